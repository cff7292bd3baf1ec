"""CLAIM 2024 and TRIPOD+AI: every item is there, and answered from what a study has."""

from dataclasses import replace

import pytest

from cnn_core.results import claim2024, tripod_ai
from cnn_core.results.checklist_items import answered
from cnn_core.results.study_evidence import checklists, study_evidence
from tests.charts import film_sample
from tests.charts import study_sample as sample


def evidence(result=None, films=None, plan="given", audit="given", **more):
    return study_evidence(
        result or sample.study(),
        films or film_sample.film_set(),
        film_sample.plan() if plan == "given" else plan,
        sample.audit() if audit == "given" else audit,
        **{"failures": 3, "records": 1, "commit": "abc", **more},
    )


def status(items, found):
    return {answer.item.number: answer.status for answer in answered(items, found)}


def test_all_items_are_there_once_and_in_order():
    assert [item.number for item in claim2024.ITEMS] == [str(n) for n in range(1, 45)]
    numbers = [item.number for item in tripod_ai.ITEMS]
    assert len(set(numbers)) == len(numbers) == 52
    assert list(dict.fromkeys(int(n.rstrip("abcdefg")) for n in numbers)) == list(range(1, 28))


@pytest.mark.parametrize("items", [claim2024.ITEMS, tripod_ai.ITEMS])
def test_every_answer_says_where_or_why(items):
    for found in (frozenset(), evidence()):
        assert all(answer.note for answer in answered(items, found))


def test_what_this_program_cannot_know_is_missing_whatever_a_study_has():
    found = status(claim2024.ITEMS, evidence())
    assert [number for number, each in found.items() if each == "missing"] == [
        *("3", "8", "13", "15", "17", "18", "31", "33", "44"),
    ]
    other = status(tripod_ai.ITEMS, evidence())
    assert {other[number] for number in ("1", "17", "27c")} == {"missing"}
    assert found["27"] == "not applicable"


def blank_columns(*names):
    films = film_sample.film_set()
    places = [films.columns.index(name) for name in names]
    emptied = tuple(
        replace(
            film,
            values=tuple("" if n in places else value for n, value in enumerate(film.values)),
        )
        for film in films.films
    )
    return film_sample.film_set(films=emptied)


def without_established():
    first, *rest = film_sample.film_set().labels
    return film_sample.film_set(labels=(replace(first, established=""), *rest))


@pytest.mark.parametrize(
    ("changed", "numbers"),
    [
        ({"films": without_established()}, {"14", "16"}),
        ({"films": blank_columns("age")}, {"36"}),
        ({"films": blank_columns("source")}, {"7"}),
        ({"audit": None}, {"30"}),
        ({"failures": None}, {"39"}),
        ({"failures": 0}, set()),  # looked for, and none made
        ({"commit": ""}, {"42"}),
        ({"records": 0}, {"24", "25", "26"}),
        (
            {"result": sample.study(cross_validation=None, locked=None)},
            {"2", "28", "29", "32", "37", "38"},
        ),
    ],
    ids=lambda value: "",
)
def test_an_item_is_missing_where_a_study_lacks_what_it_needs(changed, numbers):
    whole, part = (status(claim2024.ITEMS, each) for each in (evidence(), evidence(**changed)))
    assert {number for number in whole if whole[number] != part[number]} == numbers
    assert {part[number] for number in numbers} <= {"missing"}


def test_both_checklists_are_named_with_their_papers():
    names = list(checklists(evidence()))
    assert "e240300" in names[0]
    assert "e078378" in names[1]
