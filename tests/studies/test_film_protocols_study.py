"""What the study of the protocols found still is what it asks for."""

import json
from pathlib import Path

from studies import film_protocols as study

FOUND = json.loads(
    (Path(study.__file__).parent / "results" / "film_protocols.json").read_text(encoding="utf-8")
)


def test_five_default_sets_are_near_one_naively_and_near_chance_honestly():
    assert FOUND["holds"] is True
    assert len({each["seed"] for each in FOUND["marker"]}) == 5
    assert min(each["naive"] for each in FOUND["marker"]) >= 0.97
    assert all(0.42 <= each["honest"] <= 0.58 and each["unseen"] for each in FOUND["marker"])


def test_of_the_clean_sets_both_ways_of_asking_say_about_the_same():
    assert FOUND["clean"]
    assert all(abs(each["naive"] - each["honest"]) < 0.1 for each in FOUND["clean"])


def test_no_two_patients_were_near_enough_to_be_joined():
    sets = [*FOUND["marker"], *FOUND["clean"]]
    assert min(each["nearest_patients_bits"] for each in sets) > study.JOINS
