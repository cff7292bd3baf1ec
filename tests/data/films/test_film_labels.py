"""What is said of a set's labels and patients, without a file to read."""

import dataclasses

import pytest

from cnn_core.data.films.assembling import Described, FoundFilm, assembled
from cnn_core.data.films.label_table import patient_notes, without_conflicts
from cnn_core.data.films.layout import FilmLayout, FilmPlace
from cnn_core.data.films.taking import take_film
from cnn_core.results.films import reason_to_count
from tests.data.films import film_files as files
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


def joined(*named):
    """The patients of a set of films whose table and whose headers name them so."""
    found = []
    for place, (table, header) in enumerate(named):
        taken = take_film(files.film(place), b"")
        taken = dataclasses.replace(taken, columns={"patient_id": header} if header else {})
        where = FilmPlace(
            file=None, name=f"{place}.png", label=f"{place % 2}", patient=table, values={}
        )
        digest = f"{place:064x}"
        found.append(FoundFilm(place=where, taken=taken, picture=digest, size=1))
    layout = FilmLayout(title="", places=(), columns=(), rejected=(), notes=())
    said = Described(title="", synthetic=False, licence="", citation="")
    _, film_set = assembled(found, layout, (), said, salt=b"salt")
    return [each.patient for each in sorted(film_set.films, key=lambda each: each.name)]


def test_a_film_with_both_names_joins_those_with_either():
    both, header, table, other = joined(("Q1", "h1"), ("", "h1"), ("Q1", ""), ("", "h2"))
    assert both == header == table
    assert other == "h2"


def test_a_header_that_stands_for_several_patients_joins_none_of_them():
    one, two, header = joined(("Q1", "anon"), ("Q2", "anon"), ("", "anon"))
    assert len({one, two, header}) == 3


def test_a_tables_names_stay_as_they_are_where_no_header_is_needed():
    assert joined(("Q1", "h1"), ("Q2", ""), ("", "")) == ["Q1", "Q2", ""]
