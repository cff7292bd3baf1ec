"""Which sources can stand for an unseen hospital: leave one source out, where that can be done.

A source carries a class from 30 patients on. Only where every class is carried by two sources can
one be left out without leaving its class out as well. Films of an unknown source take no part: they
may be from the one that is left out.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.films import MISSING, FilmSet

CARRIES = 30
"""A source carries a class from so many patients on."""

Integers = NDArray[np.int64]


def source_of_films(film_set: FilmSet) -> tuple[str, ...]:
    """Return where each film is from: the column source, or site where there is no source."""
    return film_set.column("source" if "source" in film_set.columns else "site")


def carried_classes(
    labels: Integers, sources: Sequence[str], patients: Integers, *, fewest: int = CARRIES
) -> dict[str, tuple[int, ...]]:
    """Return the classes that each source carries, by source, sorted; the unknown one is left out.

    Args:
        labels: classes from 0, `(N,)`.
        sources: where each film is from, `(N,)`.
        patients: number of each film's patient `(N,)`.
        fewest: patients.

    >>> found = carried_classes(np.array([0, 0, 1]), ["A", "A", "B"], np.array([1, 2, 3]), fewest=2)
    >>> found
    {'A': (0,), 'B': ()}
    """
    places = np.asarray(sources)
    return {
        source: tuple(
            label
            for label in np.unique(labels).tolist()
            if len(np.unique(patients[(places == source) & (labels == label)])) >= fewest
        )
        for source in sorted({*sources} - {MISSING})
    }


def sources_to_leave_out(
    carried: dict[str, tuple[int, ...]], classes: Sequence[str]
) -> tuple[tuple[str, ...], str]:
    """Return the sources that can be left out in turn, and "", or none and why there are none.

    Args:
        carried: of `carried_classes`.
        classes: their names.

    >>> sources_to_leave_out({"A": (0, 1), "B": (0, 1)}, ["normal", "covid19"])
    (('A', 'B'), '')
    >>> sources_to_leave_out({"A": (0, 1), "B": (0,)}, ["normal", "covid19"])[1]
    'fewer than two sources have 30 patients of covid19'
    """
    short = [
        name
        for label, name in enumerate(classes)
        if sum(label in own for own in carried.values()) < 2
    ]
    if short:
        named = " and of ".join(short)
        return (), f"fewer than two sources have {CARRIES} patients of {named}"
    several = tuple(source for source, own in carried.items() if len(own) > 1)
    if not several:
        return (), f"no source has {CARRIES} patients of two classes, to be told apart there"
    return several, ""
