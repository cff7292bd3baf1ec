"""The table's columns as levels: words as they are, numbers in bins, dates as years, missing too.

What every other part of the audit asks of a column, so that a table, its association with the
label and the model that sees nothing but the table speak of the same levels.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.films import KNOWN_COLUMNS, MISSING, FilmSet, describes_label

MISSING_LEVEL = "missing"
MOST_LEVELS = 20
"""Beyond the commonest so many, levels of a column are one: "other"."""
OTHER = "other"
FEWEST_SHOWN = 10
"""A level of fewer patients is shown to nobody: it may be a name."""

_BINS = 5
_NUMBERS = 0.9  # of what is there has to be numbers, or dates, for a column to be of them
_DISTINCT = 8  # fewer different numbers are levels as they are
_DATE = re.compile(r"\s*(\d{4})(?:[-/.]?\d{2}){0,2}(?:[T ].*)?\s*")
_UNIQUE = 0.9  # so many values for each patient: they name patients, or films

Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column as levels.

    Attributes:
        name: of the column.
        levels: in order; "missing" last where there is one.
        codes: place in `levels` of each film `(N,)`.
        identifies: whether it names the films, or their patients (each has a text of its own), so
            that it tells nothing of a new one.
    """

    name: str
    levels: tuple[str, ...]
    codes: tuple[int, ...]
    identifies: bool = False


def audited_columns(film_set: FilmSet) -> tuple[str, ...]:
    """Return the columns that may tell the label: all but those that describe it, and `split`."""
    return tuple(name for name in film_set.columns if not describes_label(name) and name != "split")


def column_levels(name: str, values: Sequence[str], patients: Integers | None = None) -> Column:
    """Return a column as levels.

    Numbers (nine in ten that are there, and more than eight different ones) come in at most five
    bins of equally many films, dates as their years; of other texts the `MOST_LEVELS` commonest.
    Bins of whole numbers that are as many as the patients say no number: it may be a patient's.

    Args:
        name: of the column.
        values: of each film `(N,)`.
        patients: number of each film's patient `(N,)`; None: each film is one.

    >>> column_levels("sex", ["F", "M", "", "F"]).levels
    ('F', 'M', 'missing')
    >>> column_levels("age", [str(age) for age in range(20, 80)]).levels
    ('20 to 31', '32 to 43', '44 to 55', '56 to 67', '68 to 79')
    """
    there = [value for value in values if value != MISSING]
    count = len(values) if patients is None else len(np.unique(patients))
    names_each = len(there) > _DISTINCT and len(set(there)) >= _UNIQUE * count
    numbers = _numbers(there)
    dates = [found[1] if (found := _DATE.fullmatch(value)) else None for value in there]
    if numbers is not None:
        nameless = patients is not None and names_each and name not in KNOWN_COLUMNS
        nameless &= all(number.is_integer() for number in numbers)
        return _coded(name, values, _binned(values, numbers, nameless=nameless))
    if there and name.endswith("date") and dates.count(None) <= (1 - _NUMBERS) * len(there):
        years = [found[1] if (found := _DATE.fullmatch(value)) else value for value in values]
        return _coded(name, values, years)
    common = {level for level, _ in Counter(there).most_common(MOST_LEVELS)}
    words = [value if value in common else OTHER for value in values]
    return _coded(name, values, words, identifies=names_each)


def shown(column: Column, patients: Integers) -> Column:
    """Return a column as it may be shown: levels of few patients (`FEWEST_SHOWN`) are "other".

    Args:
        column: of `column_levels`.
        patients: number of each film's patient `(N,)`.

    >>> views = column_levels("view", ["PA"] * 10 + ["Doe, John"])
    >>> shown(views, np.arange(11)).levels
    ('PA', 'other')
    """
    codes = np.asarray(column.codes, dtype=np.int64)
    kept = [
        level
        if level == MISSING_LEVEL or len(np.unique(patients[codes == code])) >= FEWEST_SHOWN
        else OTHER
        for code, level in enumerate(column.levels)
    ]
    levels = tuple(dict.fromkeys(sorted(kept, key=lambda level: level in (OTHER, MISSING_LEVEL))))
    return Column(
        name=column.name,
        levels=levels,
        codes=tuple(levels.index(kept[code]) for code in column.codes),
        identifies=column.identifies,
    )


def _coded(
    name: str, values: Sequence[str], words: Sequence[str], *, identifies: bool = False
) -> Column:
    known = [word for word, value in zip(words, values, strict=True) if value != MISSING]
    levels = sorted(set(known), key=_in_order)
    if len(known) < len(values):
        levels.append(MISSING_LEVEL)
    place = {level: number for number, level in enumerate(levels)}
    codes = tuple(
        place[word] if value != MISSING else len(levels) - 1
        for word, value in zip(words, values, strict=True)
    )
    return Column(name=name, levels=tuple(levels), codes=codes, identifies=identifies)


def _in_order(level: str) -> tuple[float, str]:
    """Bins and years by their number, texts by the alphabet."""
    found = re.match(r"-?\d+(?:\.\d+)?", level)
    return (float(found[0]) if found else math.inf), level


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _numbers(there: Sequence[str]) -> list[float] | None:
    """Return the numbers of a column of numbers, None where it is none."""
    found = [value for text in there if (value := _number(text)) is not None]
    if len(found) < _NUMBERS * len(there) or len(set(found)) <= _DISTINCT:
        return None
    return found


def _binned(values: Sequence[str], numbers: Sequence[float], *, nameless: bool) -> list[str]:
    """Return the bin of each value, by its ends or its place; what is no number is "other"."""
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, _BINS + 1)[1:-1]))
    own = np.asarray(numbers)
    bins = np.searchsorted(edges, own, side="right")
    names = {
        int(number): f"part {place} of {len(np.unique(bins))}, by size"
        if nameless
        else f"{own[bins == number].min():g} to {own[bins == number].max():g}"
        for place, number in enumerate(np.unique(bins), start=1)
    }
    return [
        names[int(np.searchsorted(edges, value, side="right"))]
        if (value := _number(text)) is not None
        else OTHER
        for text in values
    ]


def one_hot(columns: Sequence[Column]) -> NDArray[np.float64]:
    """Return 1 for each film's level of each column, else 0: float64 `(N, levels of all)`."""
    blocks = [
        np.eye(len(column.levels))[np.asarray(column.codes, dtype=np.int64)] for column in columns
    ]
    return np.concatenate(blocks, axis=1)
