"""AUROC with its interval over patients, and the lines behind it: ROC and precision-recall.

The area itself is `results.auroc`. Here are its weighted form, for all draws of a bootstrap at
once; intervals; means over folds (raw scores of different models are never pooled).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.results.auroc import macro_auroc as macro_or_none
from cnn_core.results.xray_evaluation import CurveLine, Measured
from cnn_core.xray.auroc_interval import logit_interval, nearly_perfect
from cnn_core.xray.intervals import (
    DRAWS,
    FEWEST_PATIENTS,
    Statistic,
    bootstrap,
    bounded,
    one_sided,
    too_few,
)

POINTS = 400
"""Of a curve that is drawn, at most."""


def macro_auroc(labels: ArrayLike, probabilities: NDArray[np.floating]) -> float:
    """Return the mean over the classes of the AUROC of each against the rest, 0 to 1.

    Args:
        labels: true classes `(N,)`, 0 to C - 1.
        probabilities: `(N, C)`.

    Raises:
        ValueError: fewer than two classes have a film.
    """
    value = macro_or_none(labels, probabilities)
    if value is None:
        raise ValueError("The macro-averaged AUROC needs films of two classes.")
    return value


def auroc_statistic(positive: ArrayLike, scores: ArrayLike) -> Statistic:
    """Return the AUROC as a function of film weights, NaN where a side has no weight.

    Args:
        positive: which are, bool `(N,)`.
        scores: of each `(N,)`; only their order counts.
    """
    true, values = np.asarray(positive, dtype=bool), np.asarray(scores)
    if true.shape != values.shape or true.ndim != 1:
        raise ValueError(f"expected a score a film, but got {values.shape} for {true.shape}.")
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    begins = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]][: len(ranked)])
    hit = true[order].astype(np.float32)

    def statistic(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        sorted_ = weights[:, order]
        won, lost = sorted_ * hit, sorted_ * (1 - hit)
        if len(begins) < len(ranked):  # ties: one half of those of equal score
            won = np.add.reduceat(won, begins, axis=1)
            lost = np.add.reduceat(lost, begins, axis=1)
        below = np.cumsum(lost, axis=1, dtype=np.float64)
        pairs = won.sum(axis=1, dtype=np.float64) * below[:, -1]
        with np.errstate(invalid="ignore", divide="ignore"):
            area = (won * (below - lost / 2)).sum(axis=1) / pairs
        return np.asarray(area, dtype=np.float64)

    return statistic


def macro_statistic(labels: ArrayLike, probabilities: NDArray[np.floating]) -> Statistic:
    """Return the macro-averaged AUROC as a function of film weights; absent classes do not count.

    Args:
        labels: true classes `(N,)`.
        probabilities: `(N, C)`.
    """
    true = np.asarray(labels)
    return mean_statistic(
        [auroc_statistic(true == c, probabilities[:, c]) for c in range(probabilities.shape[1])]
    )


def mean_statistic(statistics: Sequence[Statistic]) -> Statistic:
    """Return the mean of several statistics; where one is not defined, of the others."""

    def statistic(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        found = np.stack([one(weights) for one in statistics])
        known = np.isfinite(found)
        total = np.where(known, found, 0.0).sum(axis=0)
        with np.errstate(invalid="ignore"):
            return np.asarray(total / known.sum(axis=0), dtype=np.float64)

    return statistic


def over_folds(
    labels: NDArray[np.int64], probabilities: NDArray[np.floating], folds: ArrayLike
) -> Statistic:
    """Return the mean over the folds of each fold's macro-averaged AUROC."""
    parts = []
    for fold in np.unique(np.asarray(folds)):
        places = np.flatnonzero(np.asarray(folds) == fold)
        parts.append(within(macro_statistic(labels[places], probabilities[places]), places))
    return mean_statistic(parts)


def within(statistic: Statistic, places: NDArray[np.int64]) -> Statistic:
    """Return a statistic of some films as one of the weights of all."""
    return lambda weights: statistic(weights[:, places])


def auroc(
    labels: ArrayLike, scores: ArrayLike, patients: ArrayLike, *, draws: int = DRAWS, seed: int = 0
) -> Measured:
    """Return the AUROC of a score with its interval, patients drawn anew, on the logit scale.

    Args:
        labels: which films are positive, bool `(N,)`.
        scores: of each `(N,)`.
        patients: number of each film's patient `(N,)`.
        draws: of the bootstrap.
        seed: of the draws.

    Returns:
        None where either side has fewer than ten patients, or none at all: the note says which.
    """
    true, numbers = np.asarray(labels, dtype=bool), np.asarray(patients)
    return _measured(auroc_statistic(true, scores), true.astype(np.int64), numbers, draws, seed)


def macro_auroc_measured(
    labels: ArrayLike,
    probabilities: NDArray[np.floating],
    patients: ArrayLike,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Measured:
    """Return the macro-averaged AUROC of one model with its interval, as `auroc` does.

    Args:
        labels: true classes `(N,)`.
        probabilities: `(N, C)`.
        patients: number of each film's patient `(N,)`.
        draws: of the bootstrap.
        seed: of the draws.
    """
    true, numbers = np.asarray(labels), np.asarray(patients)
    return _measured(macro_statistic(true, probabilities), true, numbers, draws, seed)


def auroc_over_folds(
    labels: ArrayLike,
    probabilities: NDArray[np.floating],
    patients: ArrayLike,
    folds: ArrayLike,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Measured:
    """Return the mean over folds of the AUROC (macro-averaged), with its interval.

    Scores of different models are not compared: every fold has an AUROC of its own.

    Args:
        labels: true classes `(N,)`; bool for one class against the rest.
        probabilities: `(N, C)`; or the score of the one class `(N,)`.
        patients: number of each film's patient `(N,)`.
        folds: which model scored each film `(N,)`.
        draws: of the bootstrap.
        seed: of the draws.
    """
    true, numbers = np.asarray(labels).astype(np.int64), np.asarray(patients)
    scores = np.asarray(probabilities)
    if scores.ndim == 1:
        scores = np.stack([-scores, scores], axis=1)
    statistic = over_folds(true, scores, folds)
    return _measured(statistic, true, numbers, draws, seed, layers=np.asarray(folds))


def _measured(
    statistic: Statistic,
    labels: NDArray[np.int64],
    patients: NDArray[np.int64],
    draws: int,
    seed: int,
    *,
    layers: NDArray[np.int64] | None = None,
) -> Measured:
    films = len(labels)
    by_class = [len(np.unique(patients[labels == one])) for one in np.unique(labels)]
    if len(by_class) == 1:
        return one_sided(films, by_class[0])
    fewest = min(by_class, default=0)
    if fewest < FEWEST_PATIENTS:
        return too_few(films, fewest)
    strata = labels if layers is None else labels + layers * (int(labels.max()) + 1)
    value = float(statistic(np.ones((1, films), dtype=np.float32))[0])
    found = bootstrap([statistic], patients, strata=strata, draws=draws, seed=seed)[0]
    count = len(np.unique(patients))
    return Measured(
        value=value,
        interval=logit_interval(value, found, fewest, max(1, count - fewest)),
        films=films,
        patients=count,
        method=f"patient bootstrap, {draws:,} draws, on the logit scale"
        + (", with the lower end of Newcombe's method 5" if nearly_perfect(value, fewest) else ""),
    )


def roc_line(labels: ArrayLike, scores: ArrayLike) -> CurveLine:
    """Return 1 - specificity against sensitivity, from (0, 0) to (1, 1), at most 400 points.

    Args:
        labels: which films are positive, bool `(N,)`, some and not all.
        scores: of each `(N,)`.
    """
    hits, alarms = _counts(labels, scores)
    return _line(np.r_[0.0, alarms / alarms[-1]], np.r_[0.0, hits / hits[-1]])


def precision_recall_line(labels: ArrayLike, scores: ArrayLike) -> CurveLine:
    """Return recall against precision, recall ascending, at most 400 points.

    Args:
        labels: which films are positive, bool `(N,)`, at least one.
        scores: of each `(N,)`.
    """
    hits, alarms = _counts(labels, scores)
    precision = hits / (hits + alarms)
    return _line(np.r_[0.0, hits / hits[-1]], np.r_[precision[0], precision])


def average_precision(
    labels: ArrayLike, scores: ArrayLike, patients: ArrayLike, *, draws: int = DRAWS, seed: int = 0
) -> Measured:
    """Return the average precision (precision, weighted by steps of recall), with its interval.

    Args:
        labels: which films are positive, bool `(N,)`.
        scores: of each `(N,)`.
        patients: number of each film's patient `(N,)`.
        draws: of the bootstrap.
        seed: of the draws.
    """
    true, numbers = np.asarray(labels, dtype=bool), np.asarray(patients)
    if len(np.unique(true)) == 1:
        return one_sided(len(true), len(np.unique(numbers)))
    fewest = min(len(np.unique(numbers[true])), len(np.unique(numbers[~true])))
    if fewest < FEWEST_PATIENTS:
        return too_few(len(true), fewest)
    statistic = precision_statistic(true, scores)
    return bounded(statistic, numbers, strata=true, draws=draws, seed=seed)


def precision_statistic(positive: ArrayLike, scores: ArrayLike) -> Statistic:
    """Return the average precision as a function of film weights."""
    true = np.asarray(positive, dtype=bool)
    order = np.argsort(-np.asarray(scores), kind="stable")
    ranked = np.asarray(scores)[order]
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True][: len(ranked)])
    hit = true[order].astype(np.float32)

    def statistic(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        sorted_ = weights[:, order]
        hits = np.cumsum(sorted_ * hit, axis=1, dtype=np.float64)[:, ends]
        named = np.cumsum(sorted_, axis=1, dtype=np.float64)[:, ends]
        steps = np.diff(hits, axis=1, prepend=0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.where(named > 0, hits / named, 0.0)
            return np.asarray((steps * precision).sum(axis=1) / hits[:, -1], dtype=np.float64)

    return statistic


def _counts(
    labels: ArrayLike, scores: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return true and false positives at each distinct score, the highest first."""
    true, values = np.asarray(labels, dtype=bool), np.asarray(scores)
    if not true.any():
        raise ValueError("A curve needs at least one positive film.")
    order = np.argsort(-values, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(values[order]) != 0, True])
    hits = np.cumsum(true[order])[ends].astype(np.float64)
    return hits, ends + 1 - hits


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> CurveLine:
    if len(x) > POINTS:
        kept = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(np.int64))
        x, y = x[kept], y[kept]
    return CurveLine(x=tuple(x.tolist()), y=tuple(y.tolist()))
