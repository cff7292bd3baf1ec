"""How far a column of the table tells the label: bias-corrected Cramer's V, one count a patient.

A column that goes with the label lets a network do well without the disease: it need only see the
column in the picture (a hospital's marker, the view, the age).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import DataError
from cnn_core.results.films import FilmSet, describes_label
from cnn_core.results.xray_audit import Association, AuditFlag, Level
from cnn_core.xray.audit.columns import (
    FEWEST_SHOWN,
    MISSING_LEVEL,
    OTHER,
    Column,
    audited_columns,
    column_levels,
    shown,
)
from cnn_core.xray.splits import patient_numbers

AMBER, RED = 0.1, 0.3

Integers = NDArray[np.int64]


def cramers_v(table: NDArray[np.floating]) -> float:
    """Return the bias-corrected Cramer's V of a table of counts, 0 to 1.

    Args:
        table: counts `(rows, columns)`, whole or not, none below 0; empty rows and columns do not
            count.

    Source: W. Bergsma, "A bias-correction for Cramer's V and Tschuprow's T", Journal of the Korean
    Statistical Society 42 (2013), 323-328, equations 2 to 5.

    >>> cramers_v(np.array([[50.0, 0.0], [0.0, 50.0]])), cramers_v(np.array([[25.0, 25.0]] * 2))
    (1.0, 0.0)
    """
    counts = np.asarray(table, dtype=np.float64)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    n, (rows, columns) = counts.sum(), counts.shape
    if min(rows, columns) < 2 or n <= 1:
        return 0.0
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / n
    phi_squared = float(((counts - expected) ** 2 / expected).sum() / n)
    corrected = max(0.0, phi_squared - (rows - 1) * (columns - 1) / (n - 1))
    fewer = min(
        rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)
    )  # the corrected numbers of rows and columns
    return min(1.0, round(float(np.sqrt(corrected / (fewer - 1))), 9)) if fewer > 1 else 0.0


def patient_weights(patients: Integers, labels: Integers) -> NDArray[np.float64]:
    """Return what each film counts so that a patient counts once in each class `(N,)`."""
    pairs = patients * (int(labels.max()) + 1) + labels
    _, place, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[place])


def associations(film_set: FilmSet) -> tuple[Association, ...]:
    """Return how far each column tells the label, the most telling first.

    Columns that describe the label, that name the film or its patient, or that have one level are
    left out. Judged is by all levels; the table that is shown has those of few patients as "other".
    """
    labels = np.array([film_set.classes.index(film.label) for film in film_set.films])
    patients = patient_numbers(film_set)
    found = [
        _association(column, labels, patients, len(film_set.classes))
        for name in audited_columns(film_set)
        if not (column := column_levels(name, film_set.column(name), patients)).identifies
        and len(column.levels) > 1
    ]
    return tuple(sorted(found, key=lambda each: (-each.cramers_v, each.column)))


def _association(column: Column, labels: Integers, patients: Integers, classes: int) -> Association:
    counts = np.zeros((classes, len(column.levels)))
    np.add.at(counts, (labels, np.asarray(column.codes)), patient_weights(patients, labels))
    told = shown(column, patients)
    films = np.zeros((classes, len(told.levels)), dtype=np.int64)
    np.add.at(films, (labels, np.asarray(told.codes)), 1)
    value = cramers_v(counts)
    level: Level = "red" if value >= RED else "amber" if value >= AMBER else "green"
    return Association(
        column=column.name,
        cramers_v=value,
        levels=told.levels,
        table=tuple(tuple(int(count) for count in row) for row in films),
        level=level,
    )


def association_flags(found: Sequence[Association], film_set: FilmSet) -> tuple[AuditFlag, ...]:
    """Return a flag for each column, and one for what was left out."""
    flags = [_flag(each, film_set.classes) for each in found]
    flags += _left_out(film_set)
    if not film_set.columns:
        flags.append(
            AuditFlag(
                part=3,
                name="no-table",
                level="not judged",
                value=None,
                sentence="The films come without a table: whether source, view, age, sex or "
                "licence go with the label cannot be judged.",
            )
        )
    return tuple(flags)


def _flag(found: Association, classes: Sequence[str]) -> AuditFlag:
    said = f"{found.column} and label: Cramér's V {found.cramers_v:.2f}"
    if found.level == "green":
        sentence = f"{said}: the column hardly tells the label."
    else:
        sentence = f"{said}. {_example(found, classes)}"
    return AuditFlag(
        part=3,
        name=f"label-by-{found.column}",
        level=found.level,
        value=found.cramers_v,
        sentence=sentence,
    )


def _example(found: Association, classes: Sequence[str]) -> str:
    """Say the level that stands out most: how many films of it are of one class."""
    table = np.asarray(found.table, dtype=np.float64)
    if set(found.levels) <= {OTHER, MISSING_LEVEL}:
        return f"No value of it has {FEWEST_SHOWN} patients, so that none is shown."
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    row, column = divmod(int((table - expected).argmax()), table.shape[1])
    total, own = int(table[:, column].sum()), int(table[row, column])
    level = found.levels[column]
    said = f"{level!r}" if level != OTHER else "of another value"
    return (
        f"Of {total:,} films with {found.column} {said}, {own:,} are "
        f"{classes[row]} ({int(table[row].sum()):,} of all {int(table.sum()):,})."
    )


def _left_out(film_set: FilmSet) -> list[AuditFlag]:
    names = [name for name in film_set.columns if describes_label(name)]
    patients = patient_numbers(film_set)
    naming = [
        name
        for name in audited_columns(film_set)
        if column_levels(name, film_set.column(name), patients).identifies
    ]
    said = []
    if names:
        said.append(f"{' and '.join(names)}: it says the label in other words")
    if naming:
        said.append(f"{' and '.join(naming)}: another one for nearly every film or patient")
    if not said:
        return []
    return [
        AuditFlag(
            part=3,
            name="columns-not-judged",
            level="not judged",
            value=None,
            sentence=f"Not compared with the label: {'; '.join(said)}.",
        )
    ]


def validate_classes(film_set: FilmSet) -> None:
    """Look that there is something to tell apart.

    Raises:
        DataError: fewer than two classes have films.
    """
    there = {film.label for film in film_set.films}
    if len(there) < 2:
        raise DataError(
            f"An audit needs films of two classes, but the set has {len(there)}.",
            hint="Bring a folder for each class, or a manifest with a column `label`.",
        )
