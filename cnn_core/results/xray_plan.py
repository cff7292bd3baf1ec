"""Who sees which film of a chest X-ray study, and what models said: plain values and arrays.

A study is a group of runs of the recipe xray-triage: `fold` 1 to k are trained on all other folds,
`fold` 0 is the model that is served.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Role = Literal["fit", "temperature", "decide", "locked"]
"""What a patient is for: 60 % fit the served model; 20 % calibrate it, half of them its
temperature, half its operating point, conformal sets and gate; 20 % are locked away."""

PREVALENCES = {"normal": 0.80, "pneumonia": 0.12, "covid19": 0.08}
"""What the page assumes before anybody says otherwise (a clinic's, not the data set's)."""


@dataclass(frozen=True, kw_only=True)
class FilmSelection:
    """What a study is about: a film set, and what a person has acknowledged.

    Attributes:
        film_set: its id.
        folds: of the cross-validation, 0 (the served model alone) or 2 to 10.
        acknowledged: whether the red flags of its audit were read and accepted.
    """

    film_set: str
    folds: int = 5
    acknowledged: bool = False


@dataclass(frozen=True, kw_only=True)
class StudyPlan:
    """Who sees which patient. A group (a patient, with near-duplicates) is never divided.

    Attributes:
        id: SHA-256 of everything below, hexadecimal.
        film_set: its id.
        title: the film set's.
        classes: in the set's order: the outputs of the network.
        films: places in `FilmSet.films` of the films that take part, ascending `(N,)`.
        labels: index into `classes` of each `(N,)`.
        groups: number of each film's group `(N,)`.
        patients: likewise: whoever shares a name or near-duplicates is one patient `(N,)`, in every
            count, guarantee and interval.
        roles: of each `(N,)`.
        folds: 1 to k of each film that is not locked, 0 of those that are `(N,)`.
        fold_count: k; fewer than asked for where a fold would lack two patients of a class.
        approximate: too few patients to calibrate on some of their own: out-of-fold scores take the
            place of "temperature" and "decide" where a fold has finished, and every guarantee is
            then approximate (cross-fitted).
        seed: of the split.
        notes: what had to be done, a sentence each.
    """

    id: str
    film_set: str
    title: str
    classes: tuple[str, ...]
    films: tuple[int, ...]
    labels: tuple[int, ...]
    groups: tuple[int, ...]
    patients: tuple[int, ...]
    roles: tuple[Role, ...]
    folds: tuple[int, ...]
    fold_count: int
    approximate: bool
    seed: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """What models said of films that they were not trained on.

    Attributes:
        films: places in `FilmSet.films`, int64 `(N,)`.
        labels: true classes, int64 `(N,)`.
        patients: number of each film's patient, with near-duplicates, int64 `(N,)`.
        folds: which fold's model said it, int64 `(N,)`; 0: the served model.
        probabilities: float64 `(N, C)`, each row adds up to 1; they belong to `prior`.
        prior: share of each class that the probabilities assume, float64 `(C,)`.
        embeddings: float32 `(N, D)`, or `(N, 0)`.
    """

    films: NDArray[np.int64]
    labels: NDArray[np.int64]
    patients: NDArray[np.int64]
    folds: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    prior: NDArray[np.float64]
    embeddings: NDArray[np.float32]


STATEMENT = (
    "Research prototype. Not a medical device. Do not use for diagnosis. "
    "COVID-19 cannot be confirmed or excluded from an X-ray."
)
"""Stands on every page, report and reply."""


def resembles(label: str) -> str:
    """Return what a class is called towards a person.

    >>> resembles("covid19"), resembles("normal")
    ('resembles: COVID-19-labelled films', 'resembles: normal-labelled films')
    """
    return f"resembles: {'COVID-19' if label == 'covid19' else label}-labelled films"
