"""The highest threshold on the triage score that is guaranteed to keep nine in ten of the diseased.

Found for each disease on one film of each of its calibration patients; the lower one counts. The
guarantee is that of the exact binomial interval: of 1,000 calibration sets at most 25 give a
threshold that catches less than the target, whatever the scores are like.
"""

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.results.chance import percent
from cnn_core.results.metrics import clopper_pearson
from cnn_core.results.xray_decision import DiseasePoint, OperatingPoint
from cnn_core.xray.conformal import APPROXIMATE
from cnn_core.xray.intervals import one_each

TARGET = 0.90
"""Sensitivity that the lower end of the interval has to reach."""
NORMAL = "normal"
"""The class that is no disease."""


def disease_places(classes: Sequence[str]) -> tuple[int, ...]:
    """Return the places of all classes but "normal"; () where there is no such class.

    >>> disease_places(("normal", "covid19", "pneumonia"))
    (1, 2)
    """
    if NORMAL not in classes:
        return ()
    return tuple(place for place, name in enumerate(classes) if name != NORMAL)


def triage_score(
    probabilities: NDArray[np.floating], classes: Sequence[str]
) -> NDArray[np.float64]:
    """Return P(pneumonia) + P(COVID-19) of each film, float64 `(N,)`, 0 to 1.

    Args:
        probabilities: `(N, C)`, rows adding up to 1.
        classes: their names; every class but "normal" is a disease.
    """
    diseased = np.asarray(probabilities, dtype=np.float64)[:, list(disease_places(classes))]
    return np.asarray(diseased.sum(axis=1), dtype=np.float64)


def fewest_patients(target: float = TARGET) -> int:
    """Return how many patients are needed at least, all of them caught.

    >>> fewest_patients()
    36
    """
    n = 1
    while clopper_pearson(n, n)[0] < target:
        n += 1
    return n


def just_below(score: float) -> float:
    """Return the threshold above which the last film to be caught, and its ties, still stand.

    >>> just_below(0.5) < 0.5
    True
    """
    return math.nextafter(float(score), -math.inf)


@functools.cache
def may_miss(n: int, target: float = TARGET) -> int | None:
    """Return how many of `n` may be missed while the interval's lower end reaches the target.

    None where not even none may.

    >>> may_miss(36), may_miss(160), may_miss(35) is None
    (0, 8, True)
    """
    missed = None
    while (missed or 0) < n:
        further = 0 if missed is None else missed + 1
        if clopper_pearson(n - further, n)[0] < target:
            break
        missed = further
    return missed


def operating_point(
    probabilities: NDArray[np.floating],
    labels: ArrayLike,
    patients: ArrayLike,
    classes: Sequence[str],
    *,
    target: float = TARGET,
    approximate: bool = False,
    seed: int = 0,
) -> OperatingPoint:
    """Return the highest guaranteed threshold on the triage score, or why there is none.

    A film whose score equals a threshold counts as below it: a threshold lies just below the score
    of the last film that it has to catch.

    Args:
        probabilities: of calibration films, `(N, C)`.
        labels: true classes `(N,)`.
        patients: number of each film's patient `(N,)`; one film of each is used.
        classes: names, in the order of the columns.
        target: sensitivity, 0 to 1.
        approximate: whether the scores are out-of-fold ones.
        seed: of which film of a patient.

    Raises:
        ValueError: different lengths.
    """
    true, numbers = np.asarray(labels), np.asarray(patients)
    if not len(probabilities) == len(true) == len(numbers):
        raise ValueError(
            f"expected a row, a label and a patient a film, but got {len(probabilities)}, "
            f"{len(true)} and {len(numbers)}."
        )
    scores = triage_score(probabilities, classes)
    points = []
    for place in disease_places(classes):
        members = np.flatnonzero(true == place)
        chosen = members[one_each(numbers[members], seed=seed)]
        points.append(disease_point(scores[chosen], classes[place], target))
    known = [point.threshold for point in points if point.threshold is not None]
    threshold = min(known) if points and len(known) == len(points) else None
    return OperatingPoint(
        threshold=threshold,
        diseases=tuple(points),
        target=target,
        sentence=_sentence(points, threshold, target) + (APPROXIMATE if approximate else ""),
    )


def disease_point(scores: NDArray[np.floating], label: str, target: float = TARGET) -> DiseasePoint:
    """Return the highest threshold that is guaranteed to catch `target` of one disease.

    Args:
        scores: triage score of one film of each patient `(P,)`.
        label: the disease.
        target: sensitivity, 0 to 1.
    """
    ranked = np.sort(np.asarray(scores, dtype=np.float64))
    n = len(ranked)
    missed = may_miss(n, target)
    if missed is None:
        return DiseasePoint(
            label=label,
            threshold=None,
            patients=n,
            caught=0,
            interval=None,
            sentence=(
                f"{label}: {n} patients cannot guarantee a sensitivity of {target:.2f}; "
                f"{fewest_patients(target)} are needed at least."
            ),
        )
    threshold = just_below(ranked[missed])
    caught = int((ranked > threshold).sum())
    interval = clopper_pearson(caught, n)
    return DiseasePoint(
        label=label,
        threshold=threshold,
        patients=n,
        caught=caught,
        interval=interval,
        sentence=(
            f"{label}: {caught} of {n} patients stand above {threshold:.3f}, a sensitivity of "
            f"{caught / n:.3f} ({interval[0]:.3f} to {interval[1]:.3f}, Clopper-Pearson)."
        ),
    )


def _sentence(points: Sequence[DiseasePoint], threshold: float | None, target: float) -> str:
    if not points:
        return 'An operating point needs a class "normal" and a disease, and there are none.'
    if threshold is None:
        reasons = " ".join(point.sentence for point in points if point.threshold is None)
        return f"The operating point cannot be guaranteed. {reasons}"
    names = " and of ".join(point.label for point in points)
    return (
        f"At a triage score of {threshold:.3f} or more, at least {percent(target)} of {names} "
        "patients of this mix of hospitals are referred: the lower end of the 95 % interval of "
        "each, one film a patient."
    )
