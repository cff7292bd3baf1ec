"""What probabilities and decisions are worth where disease is as common as somebody assumes.

Everything here assumes that sensitivity and specificity stay as measured; with milder disease both
change (`results.xray_prevalence.ASSUMES`). Pure functions; prevalences are shares of the classes
that add up to 1.

Refused (`ValueError`: a bug in the caller): shares that are negative or do not add up to 1.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.results.prevalences import reweighted, validate_shares
from cnn_core.results.xray_prevalence import DecisionCurve, PredictiveValues

THRESHOLDS = tuple(round(0.01 * percent, 2) for percent in range(2, 51))
"""Of the decision curve: 2 to 50 %."""


def linked(prevalences: Sequence[float], changed: int, value: float) -> tuple[float, ...]:
    """Return the prevalences after one was changed: the others keep their proportions.

    Args:
        prevalences: shares that add up to 1.
        changed: place of the one that a person moved.
        value: where to, 0 to 1.

    Returns:
        Shares that add up to 1.

    Raises:
        ValueError: shares that cannot be, `value` outside 0 to 1.

    >>> [round(share, 3) for share in linked((0.8, 0.12, 0.08), 0, 0.5)]
    [0.5, 0.3, 0.2]
    >>> linked((1.0, 0.0, 0.0), 0, 0.5)
    (0.5, 0.25, 0.25)
    """
    shares = np.asarray(prevalences, dtype=np.float64)
    validate_shares("prevalences", shares)
    if not 0 <= value <= 1:
        raise ValueError(f"A prevalence must lie between 0 and 1, but it is {value}.")
    others = np.delete(shares, changed)
    parts = others / others.sum() if others.sum() > 0 else np.full(len(others), 1 / len(others))
    return tuple(float(share) for share in np.insert(parts * (1 - value), changed, value))


def predictive_value(
    sensitivity: float, specificity: float, prevalence: float
) -> tuple[float | None, float | None]:
    """Return PPV and NPV by Bayes' rule; None where nothing is named positive, or negative.

    >>> [round(value, 3) for value in predictive_value(0.9, 0.9, 0.08)]
    [0.439, 0.99]
    """
    hits, alarms = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    spared, missed = specificity * (1 - prevalence), (1 - sensitivity) * prevalence
    return (
        hits / (hits + alarms) if hits + alarms > 0 else None,
        spared / (spared + missed) if spared + missed > 0 else None,
    )


def predictive_values(
    confusion: ArrayLike, classes: Sequence[str], prevalences: Sequence[float]
) -> tuple[PredictiveValues, ...]:
    """Return PPV and NPV of each class at assumed prevalences of all classes.

    A class's specificity is that on the others, mixed at their prevalences.

    Args:
        confusion: counts `(C, C)`, rows true, columns predicted.
        classes: names `(C,)`.
        prevalences: shares `(C,)`.

    Raises:
        ValueError: shares that cannot be.
    """
    shares = np.asarray(prevalences, dtype=np.float64)
    validate_shares("prevalences", shares)
    counts = np.asarray(confusion, dtype=np.float64)
    films = counts.sum(axis=1)
    said = np.divide(counts, films[:, None], out=np.zeros_like(counts), where=films[:, None] > 0)
    found = []
    for place, label in enumerate(classes):
        others = np.delete(np.arange(len(classes)), place)
        mix = shares[others] * (films[others] > 0)
        rest = float(mix.sum())
        prevalence = float(shares[place])
        sensitivity = float(said[place, place]) if films[place] else None
        specificity = 1 - float(mix @ said[others, place]) / rest if rest > 0 else None
        ppv = npv = None
        if sensitivity is not None and specificity is not None:
            ppv, npv = predictive_value(sensitivity, specificity, prevalence)
        found.append(
            PredictiveValues(
                label=label,
                prevalence=prevalence,
                sensitivity=sensitivity,
                specificity=specificity,
                ppv=ppv,
                npv=npv,
            )
        )
    return tuple(found)


def predictive_curve(
    confusion: ArrayLike,
    classes: Sequence[str],
    prevalences: Sequence[float],
    place: int,
    grid: Sequence[float],
) -> tuple[PredictiveValues, ...]:
    """Return one class at each prevalence of `grid`, the other classes keeping their proportions.

    Args:
        confusion: counts `(C, C)`.
        classes: names `(C,)`.
        prevalences: shares `(C,)`.
        place: of the class.
        grid: its prevalences, each 0 to 1.
    """
    return tuple(
        predictive_values(confusion, classes, linked(prevalences, place, value))[place]
        for value in grid
    )


def decision_curve(
    labels: ArrayLike,
    probabilities: NDArray[np.floating],
    place: int,
    classes: Sequence[str],
    *,
    prior: ArrayLike,
    prevalences: Sequence[float],
    thresholds: Sequence[float] = THRESHOLDS,
) -> DecisionCurve:
    """Return the net benefit of acting on one class's probability, at assumed prevalences.

    Probabilities are re-weighted to the prevalences, and each film counts as its class does there.

    Args:
        labels: true classes `(N,)`.
        probabilities: `(N, C)`, at `prior`.
        place: of the class.
        classes: names `(C,)`.
        prior: shares `(C,)` that the probabilities assume.
        prevalences: shares `(C,)` that are assumed; only of classes that have films.
        thresholds: from which probability on one acts, each above 0 and below 1.

    Raises:
        ValueError: shares that cannot be, or a class of the prevalences without a film.

    Source: A. J. Vickers, E. B. Elkin, "Decision curve analysis: a novel method for evaluating
    prediction models", Medical Decision Making 26 (2006), 565-574: net benefit.
    """
    true = np.asarray(labels)
    shares = np.asarray(prevalences, dtype=np.float64)
    films = np.bincount(true, minlength=len(classes))
    if (shares[films == 0] > 0).any():
        raise ValueError(f"Every class needs films, but there are {films.tolist()}.")
    score = reweighted(probabilities, prior, shares)[:, place]
    weight = (shares / np.maximum(films, 1))[true]
    limits = np.asarray(thresholds, dtype=np.float64)
    acted = score[:, None] >= limits
    odds = limits / (1 - limits)
    hit = true == place
    model = weight[hit] @ acted[hit] - odds * (weight[~hit] @ acted[~hit])
    prevalence = float(shares[place])
    return DecisionCurve(
        label=classes[place],
        prevalence=prevalence,
        thresholds=tuple(limits.tolist()),
        model=tuple(model.tolist()),
        everyone=tuple((prevalence - odds * (1 - prevalence)).tolist()),
    )
