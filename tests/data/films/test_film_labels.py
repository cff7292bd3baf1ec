"""What is said of a set's labels and patients, without a file to read."""

import dataclasses

import pytest

from cnn_core.data.films.label_table import patient_notes, without_conflicts
from cnn_core.results.films import reason_to_count
from tests.film_sets import film


def of_patients(*patients):
    return [film(place, "normal", patient=patient) for place, patient in enumerate(patients)]


@pytest.mark.parametrize(("films", "shared"), [(20, 11), (30, 16)])
def test_an_id_of_more_than_half_of_the_films_is_noted_and_not_shown(films, shared):
    rest = [f"p{number}" for number in range(films - shared)]
    (note,) = patient_notes(of_patients(*["ANON"] * shared, *rest))
    assert note.startswith(f"One patient id stands on {shared} of {films} films")
    assert "ANON" not in note


@pytest.mark.parametrize(("films", "shared"), [(20, 10), (19, 19)])
def test_an_id_of_half_of_the_films_or_of_a_small_set_is_a_patients(films, shared):
    rest = [f"p{number}" for number in range(films - shared)]
    assert patient_notes(of_patients(*["ANON"] * shared, *rest)) == ()


def test_films_without_a_patient_are_no_shared_id():
    (note,) = patient_notes(of_patients(*[""] * 15, *"abcdefgh"))
    assert note.startswith("Patient leakage not excluded: 15 of 23 films")


def test_two_labels_are_named_film_by_film_and_counted_as_one_reason():
    same = [film(place // 2, label) for place, label in enumerate(["normal", "covid19"] * 3)]
    named = [dataclasses.replace(each, name=f"{place}.png") for place, each in enumerate(same)]
    _, rejected, _ = without_conflicts(named)
    assert "as '1.png'" in rejected[0].reason
    assert {reason_to_count(each.reason) for each in rejected} == {"The same image has two labels."}
