"""Prediction sets that keep the true class of so many films of each class: split conformal sets.

Class-conditional (Mondrian): each class has a quantile of its own, found on one film of each of its
calibration patients. With fewer than 30 of them there is none, and the class is in every set.

Source: V. Vovk, "Conditional validity of inductive conformal predictors", ACML (2012), 475-490,
section 4 (conditional on the label) and proposition 2a (coverage realised by one calibration set).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.results.xray_decision import ConformalSets
from cnn_core.results.xray_evaluation import Interval
from cnn_core.xray.intervals import one_each

FEWEST = 30
"""Calibration patients of a class without whom it has no quantile."""
ENOUGH = 100
"""Calibration patients from whom on the realised coverage is near enough to what is aimed at."""
APPROXIMATE = " Approximate (cross-fitted): too few patients to calibrate on some of their own."


def conformal_sets(
    probabilities: NDArray[np.floating],
    labels: ArrayLike,
    patients: ArrayLike,
    alpha: float = 0.1,
    *,
    classes: Sequence[str] = (),
    approximate: bool = False,
    seed: int = 0,
    fewest: int = FEWEST,
) -> ConformalSets:
    """Return the quantile of each class, and what the sets promise.

    Args:
        probabilities: of calibration films, `(N, C)`, rows adding up to 1.
        labels: true classes `(N,)`, 0 to C - 1.
        patients: number of each film's patient `(N,)`; one film of each is used.
        alpha: share of each class whose sets may miss it, 0 to 1.
        classes: their names, for sentences.
        approximate: whether the scores are out-of-fold ones.
        seed: of which film of a patient.
        fewest: patients of a class without whom it has no quantile.

    Raises:
        ValueError: `alpha` outside 0 to 1, or different lengths.
    """
    given, true = np.asarray(probabilities, dtype=np.float64), np.asarray(labels)
    _validate(given, true, np.asarray(patients), alpha)
    quantiles: list[float | None] = []
    plausible: list[Interval | None] = []
    counts: list[int] = []
    for label in range(given.shape[1]):
        places = np.flatnonzero(true == label)
        chosen = places[one_each(np.asarray(patients)[places], seed=seed)]
        n = len(chosen)
        counts.append(n)
        quantiles.append(_quantile(1 - given[chosen, label], alpha) if n >= fewest else None)
        plausible.append(realised_coverage(n, alpha) if FEWEST <= n < ENOUGH else None)
    return ConformalSets(
        alpha=alpha,
        quantiles=tuple(quantiles),
        calibration=tuple(counts),
        plausible=tuple(plausible),
        on=all(quantile is not None for quantile in quantiles),
        sentence=_sentence(counts, alpha, classes) + (APPROXIMATE if approximate else ""),
    )


def sets_of(probabilities: NDArray[np.floating], conformal: ConformalSets) -> NDArray[np.bool_]:
    """Return which classes are in the set of each film, bool `(N, C)`.

    Args:
        probabilities: `(N, C)`, at the prior of the calibration films.
        conformal: the quantiles.
    """
    limits = [1.0 if quantile is None else quantile for quantile in conformal.quantiles]
    return np.asarray(1 - np.asarray(probabilities, dtype=np.float64) <= np.array(limits))


def rank(n: int, alpha: float) -> int:
    """Return which smallest score of `n` is the quantile: ceil((n + 1) (1 - alpha)).

    More than `n` where there are too few to exclude anything.

    >>> rank(39, 0.1), rank(9, 0.1), rank(8, 0.1)
    (36, 9, 9)
    """
    return math.ceil(round((n + 1) * (1 - alpha), 9))


def realised_coverage(n: int, alpha: float) -> Interval:
    """Return between which shares the realised coverage of a class lies for 95 % of such sets.

    Source: Vovk (2012), proposition 2a: it is beta distributed with parameters k and n + 1 - k, k
    the rank of the quantile.

    >>> [round(end, 2) for end in realised_coverage(39, 0.1)]
    [0.79, 0.97]
    """
    from scipy.special import betaincinv

    k = rank(n, alpha)
    if k > n:
        return 1.0, 1.0
    low, high = betaincinv(k, n + 1 - k, np.array([0.025, 0.975]))
    return float(low), float(high)


def _validate(
    given: NDArray[np.float64], labels: NDArray[np.int64], patients: NDArray[np.int64], alpha: float
) -> None:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, but it is {alpha}.")
    if given.ndim != 2 or not len(given) == len(labels) == len(patients):
        raise ValueError(
            f"expected a row, a label and a patient a film, but got {given.shape}, "
            f"{labels.shape} and {patients.shape}."
        )


def _quantile(scores: NDArray[np.float64], alpha: float) -> float:
    k = rank(len(scores), alpha)
    return float(np.sort(scores)[k - 1]) if k <= len(scores) else 1.0


def _sentence(counts: Sequence[int], alpha: float, classes: Sequence[str]) -> str:
    names = list(classes) or [f"class {place}" for place in range(len(counts))]
    lacking = [f"{name} has {n}" for name, n in zip(names, counts, strict=True) if n < FEWEST]
    if lacking:
        return (
            f"Prediction sets are off: each class needs {FEWEST} calibration patients, but "
            f"{', '.join(lacking)}."
        )
    return (
        f"Of 100 films of each class about {100 * (1 - alpha):.0f} keep their true class in the "
        "set; this is not the chance that a single label is right."
    )
