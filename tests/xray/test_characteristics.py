"""Who is on the films, in words that identify nobody."""

from dataclasses import replace

from cnn_core.xray.characteristics import characteristics
from tests.charts.film_sample import film, film_set


def with_values(*rows):
    """Films of one class with these ages, sexes, sources and dates."""
    films = tuple(
        replace(
            film(number, "normal"),
            values=(age, "", sex, source, date),
            patient=f"p{number}",
        )
        for number, (age, sex, source, date) in enumerate(rows)
    )
    return film_set(films=films, classes=("normal",))


def test_ages_by_quartiles_dates_by_year_and_what_is_missing_is_counted():
    rows = [(str(age), "F", "A", f"201{age % 10}-05-17") for age in (20, 31, 42, 53, 64)]
    (row,) = characteristics(with_values(*rows, ("97", "", "", ""), ("", "M", "B", "20150101")))
    assert row.age == "median 48 (quartiles 34 to 61), 1 missing"
    assert row.dates == "2010 to 2015, 1 missing"
    assert row.sex == "F 5, M 1, missing 1"
    assert row.sites == "A 5, B 1, missing 1"
    assert "97" not in row.age


def test_few_ages_are_not_told_and_none_are_missing():
    (few,) = characteristics(with_values(("20", "", "", ""), ("31", "", "", "")))
    assert few.age == "2 known, too few to say"
    assert (few.dates, few.sex) == ("missing", "missing 2")
    (none,) = characteristics(with_values(("old", "", "", "")), [])
    assert (none.films, none.age, none.sites) == (0, "none", "none")


def test_films_without_a_patient_count_as_one_each_and_places_choose():
    films = with_values(*[("", "", "", "")] * 4)
    first, second, *rest = films.films
    same = replace(second, patient=first.patient)
    nobody = tuple(replace(film, patient="") for film in rest)
    films = replace(films, films=(first, same, *nobody))
    assert characteristics(films)[0].patients == 3
    assert characteristics(films, [0, 1])[0].patients == 1
