"""What the table tells: levels, Cramer's V against scipy, patients, and the real set's traps."""

import csv
import dataclasses
import json
import re

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from cnn_core.data.films.table import present
from cnn_core.errors import DataError
from cnn_core.xray.audit import groups_of
from cnn_core.xray.audit.associations import (
    association_flags,
    associations,
    cramers_v,
    patient_weights,
    validate_classes,
)
from cnn_core.xray.audit.blind import (
    Material,
    blind_flag,
    blind_score,
    features_of,
    fold_scores,
    table_columns,
)
from cnn_core.xray.audit.columns import audited_columns, column_levels
from cnn_core.xray.audit.patients import cross_label_patients, images_a_patient, patient_flags
from cnn_core.xray.audit.sources import NOT_MEASURABLE, source_flags, source_rows
from tests.film_sets import film, film_set, of_films

TABLE = np.array([[30.0, 12, 8], [10, 25, 15], [9, 11, 40]])


def levels(flags):
    return {flag.name: flag.level for flag in flags}


def with_column(found, name, values):
    """Return the set with one more column."""
    films = [
        dataclasses.replace(film, values=(*film.values, value))
        for film, value in zip(found.films, values, strict=True)
    ]
    return dataclasses.replace(found, columns=(*found.columns, name), films=tuple(films))


def test_cramers_v_is_bergsmas():
    n, (rows, columns) = TABLE.sum(), TABLE.shape
    phi = chi2_contingency(TABLE, correction=False).statistic / n
    above = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
    fewer = rows - (rows - 1) ** 2 / (n - 1)
    assert cramers_v(TABLE) == pytest.approx(np.sqrt(above / (fewer - 1)), abs=1e-9)
    assert cramers_v(np.c_[TABLE, np.zeros(3)]) == cramers_v(TABLE)
    assert cramers_v(TABLE[:1]) == 0.0


def test_independent_columns_have_no_association_on_average():
    rng = np.random.default_rng(0)
    found = [
        cramers_v(np.histogram2d(rng.integers(0, 3, 300), rng.integers(0, 4, 300), (3, 4))[0])
        for _ in range(200)
    ]
    assert np.quantile(found, 0.5) < 0.05
    assert max(found) < 0.3


def test_a_patient_counts_once_in_each_class():
    patients, labels = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 0])
    assert patient_weights(patients, labels).tolist() == [0.5, 0.5, 1, 1, 1]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("view", ["PA", "", "AP", "PA"], ("AP", "PA", "missing")),
        ("age", ["30", "", "40"], ("30", "40", "missing")),  # too few to be binned
        ("study_date", ["2020-03-01", "20210405", "2020"], ("2020", "2021")),
        (
            "age",
            [*map(str, range(10)), "old"],
            ("0 to 1", "2 to 3", "4 to 5", "6 to 7", "8 to 9", "other"),
        ),
    ],
)  # fmt: skip
def test_a_column_comes_as_levels(name, values, expected):
    column = column_levels(name, values)
    assert column.levels == expected
    assert not column.identifies
    assert len(column.codes) == len(values)


def test_a_name_of_each_film_tells_nothing_of_a_new_one():
    found = with_column(film_set(10), "scan", [f"scan {place}" for place in range(30)])
    assert column_levels("scan", found.column("scan")).identifies
    assert "scan" not in {each.column for each in associations(found)}
    left_out = next(
        flag for flag in association_flags((), found) if flag.name == "columns-not-judged"
    )
    assert "scan" in left_out.sentence


def test_no_name_or_number_of_a_patient_is_quoted():
    found = film_set(40, films_each=3)
    places = [place // 3 for place in range(len(found.films))]  # of patients: class after class
    found = with_column(found, "patient_name", [f"DOE^JOHN{place}" for place in places])
    found = with_column(found, "mrn", [f"{70_000 + place}" for place in places])
    technicians = ["Ann" if place < 34 else f"TECH{place // 6}" for place in places]
    found = with_column(found, "technician", technicians)
    found = with_column(found, "rare", [f"ROOM{place // 8}" for place in places])
    each = {one.column: one for one in associations(found)}
    assert "patient_name" not in each
    assert each["mrn"].level == each["technician"].level == each["rare"].level == "red"
    assert each["mrn"].levels == tuple(f"part {part} of 5, by size" for part in range(1, 6))
    assert each["technician"].levels == ("Ann", "other")
    assert np.sum(each["technician"].table) == len(found.films)
    assert each["rare"].levels == ("other",)
    said = " ".join(flag.sentence for flag in association_flags(tuple(each.values()), found))
    assert "with technician 'Ann', 102 are normal" in said
    assert "No value of it has 10 patients" in said
    assert "patient_name: another one for nearly every film or patient" in said
    written = json.dumps([dataclasses.asdict(one) for one in each.values()]) + said
    assert re.findall("DOE|TECH|ROOM|70[01]", written) == []
    assert "patient_name" not in {column.name for column in table_columns(found)}


def test_a_source_per_class_is_red_and_says_how():
    found = with_column(film_set(40), "clinic", [f.label[:1] for f in film_set(40).films])
    flags = levels(association_flags(associations(found), found))
    assert flags == {"label-by-clinic": "red", "label-by-age": "green", "label-by-source": "green"}
    said = association_flags(associations(found), found)[0]
    assert said.value == pytest.approx(1.0, abs=0.01)
    assert "Of 40 films with clinic 'n', 40 are normal (40 of all 120)." in said.sentence


def test_no_table_cannot_be_judged_and_one_class_is_refused():
    found = dataclasses.replace(film_set(3), columns=())
    assert levels(association_flags(associations(found), found)) == {"no-table": "not judged"}
    with pytest.raises(DataError, match="two classes"):
        validate_classes(of_films([film(0, "normal")]))


def test_patients_with_two_labels_and_in_two_parts():
    found = film_set(5, films_each=2)
    films = list(found.films)
    films[0] = dataclasses.replace(films[0], label="covid19")
    sides = ["train", "train"] * 14 + ["Train", "test"]
    moved = with_column(of_films(films), "split", sides)
    groups = groups_of(moved).tolist()
    crossed = cross_label_patients(moved, groups)
    assert crossed == ("normal 0",)
    assert images_a_patient(moved) == {"2": 15}
    flags = {flag.name: flag for flag in patient_flags(moved, groups, crossed)}
    assert flags["patients-with-two-labels"].level == "amber"
    assert "1 patient has films" in flags["patients-with-two-labels"].sentence
    assert flags["patients-in-two-splits"].level == "red"
    assert flags["patients-in-two-splits"].value == 1.0
    clean = with_column(found, "split", ["train"] * 20 + ["TEST"] * 10)
    assert (
        levels(patient_flags(clean, groups_of(clean).tolist(), ()))["patients-in-two-splits"]
        == "green"
    )


def test_films_without_a_patient_say_that_leakage_is_not_excluded():
    nameless = of_films([dataclasses.replace(f, patient="") for f in film_set(4).films])
    flag = patient_flags(nameless, groups_of(nameless).tolist(), ())[0]
    assert (flag.level, flag.name) == ("amber", "patients-known")
    assert "patient leakage is not excluded" in flag.sentence


@pytest.mark.parametrize(
    "name", ["Finding", "findings", "Reference standard", "confirmed_by", "GROUND_TRUTH"]
)
def test_a_column_that_describes_the_label_is_not_held_against_it(name):
    films = [
        dataclasses.replace(each, values=(each.label, each.values[1])) for each in film_set(9).films
    ]
    found = dataclasses.replace(of_films(films), columns=(name, "source"))
    assert audited_columns(found) == ("source",)
    assert [each.column for each in associations(found)] == ["source"]
    flags = {flag.name: flag for flag in association_flags(associations(found), found)}
    assert f"{name}: it says the label" in flags["columns-not-judged"].sentence


def test_the_real_set_shows_its_own_traps_without_a_picture(data_home):
    with (data_home / "chest_xray" / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = tuple(sorted(set(rows[0]) - {"file", "label", "patient_id"}))
    films = [
        dataclasses.replace(
            film(place, row["label"], patient=row["patient_id"]),
            values=tuple(present(row[name], name) for name in columns),
        )
        for place, row in enumerate(rows)
    ]
    found = dataclasses.replace(of_films(films), columns=columns)
    groups = groups_of(found)
    assert len(cross_label_patients(found, groups.tolist())) == 25
    by_column = {each.column: each for each in associations(found)}
    assert {name for name, each in by_column.items() if each.level == "red"} >= {
        "source", "licence", "view", "sex", "age",
    }  # fmt: skip
    assert not {"finding", "original_file"} & set(by_column)
    labels = np.array([found.classes.index(each.label) for each in films])
    material = Material(labels=labels, groups=groups, classes=found.classes, draws=40, seed=0)
    table = blind_score("table", fold_scores(features_of(table_columns(found)), material), material)
    assert 0.75 < table.auroc < 0.85
    covid = found.classes.index("covid19")
    assert table.by_class[covid] > 0.95
    view = [column for column in table_columns(found) if column.name == "view"]
    alone = blind_score("view", fold_scores(features_of(view), material), material)
    assert alone.by_class[covid] == pytest.approx(0.97, abs=0.02)
    assert blind_flag("table", table, image=table, model_auroc=0.85).level == "red"
    flags = {
        flag.name: flag
        for flag in source_flags(found, source_rows(found, material), found.classes, ())
    }
    assert flags["sources-covid19"].level == flags["sources-normal"].level == "red"
    assert flags["sources-pneumonia"].level == "green"
    assert NOT_MEASURABLE in flags["sources-covid19"].sentence
