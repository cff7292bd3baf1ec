"""Intervals of shares and of anything else that films tell, where a patient may have several films.

What is drawn anew in a bootstrap is the patient, never the film. A statistic is a function of film
weights (how often each film is in each draw), so that all draws are computed at once.

Refused (`ValueError`: a bug in the caller): arrays of different lengths, impossible counts. Fewer
than ten patients have no figure: `Measured.note` says "too few". Pure functions, for any thread.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnn_core.data.pictures.wording import counted
from cnn_core.results.metrics import wilson_interval
from cnn_core.results.xray_evaluation import Interval, Measured
from cnn_core.xray.effective import effective_size

DRAWS = 2_000
"""Of a patient bootstrap."""
FEWEST_PATIENTS = 10
"""Below, a group of patients is too few for a figure."""
ENOUGH_PATIENTS = 100
"""Below, and outside `USUAL`, the percentiles of a bootstrap do not cover: Wilson takes over."""
USUAL = (0.1, 0.9)
COVERS = (
    "Intervals are 95 % and over patients: they cover the patients drawn, not re-training the "
    "model."
)
_CELLS = 250_000  # weights held at once: they stay in the cache of a core

Statistic = Callable[[NDArray[np.float32]], NDArray[np.float64]]
"""From weights of films `(B, N)` to a figure of each draw `(B,)`, NaN where it is not defined."""


def one_each(patients: ArrayLike, *, seed: int = 0) -> NDArray[np.int64]:
    """Return the place of one film of each patient, drawn at random, ascending, int64 `(P,)`.

    >>> one_each([7, 8, 9]).tolist()
    [0, 1, 2]
    """
    numbers = np.asarray(patients, dtype=np.int64)
    order = np.random.default_rng(seed).permutation(len(numbers))
    _, first = np.unique(numbers[order], return_index=True)
    return np.sort(order[first]).astype(np.int64)


def bootstrap(
    statistics: Sequence[Statistic],
    patients: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return what each statistic is in each draw of patients with replacement.

    The same draws serve every statistic: their differences are paired.

    Args:
        statistics: K functions of film weights.
        patients: number of each film's patient `(N,)`.
        strata: a class of each film `(N,)`: patients are drawn within that of their first film, so
            that every draw has as many of each. None: from all of them.
        draws: B, at least 1.
        seed: of the draws.

    Returns:
        float64 `(K, B)`.
    """
    _, first, member = np.unique(np.asarray(patients), return_index=True, return_inverse=True)
    count = len(first)
    layer = np.zeros(count, dtype=np.int64) if strata is None else np.asarray(strata)[first]
    layers = [np.flatnonzero(layer == one) for one in np.unique(layer)]
    generator = np.random.default_rng(seed)
    at_once = max(1, _CELLS // max(1, len(member)))
    found: list[list[NDArray[np.float64]]] = [[] for _ in statistics]
    for begin in range(0, draws, at_once):
        rows = min(at_once, draws - begin)
        drawn = np.zeros((rows, count), dtype=np.float32)
        for places in layers:
            chosen = generator.integers(len(places), size=(rows, len(places)))
            cells = chosen + np.arange(rows)[:, None] * len(places)
            counts = np.bincount(cells.ravel(), minlength=rows * len(places))
            drawn[:, places] = counts.reshape(rows, len(places))
        weights = drawn[:, member]
        for values, statistic in zip(found, statistics, strict=True):
            values.append(np.asarray(statistic(weights), dtype=np.float64))
    return np.stack([np.concatenate(values) for values in found])


def paired_bootstrap(
    statistics: Sequence[Statistic],
    patients: ArrayLike,
    *,
    combine: Callable[..., Any] = np.subtract,
    strata: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float, Interval]:
    """Return a figure made of several statistics of the same films, and its percentile interval.

    Args:
        statistics: what `combine` takes, in its order.
        patients: number of each film's patient `(N,)`.
        combine: from K arrays `(B,)` to one; the difference, first minus second, by default.
        strata: as of `bootstrap`.
        draws: B.
        seed: of the draws.

    Raises:
        ValueError: the figure is not defined for these films, or in no draw.

    >>> a, b = np.arange(40) % 2 == 0, np.arange(40) % 4 == 0
    >>> value, (low, high) = paired_bootstrap([mean_of(a), mean_of(b)], np.arange(40), draws=200)
    >>> value, low < value < high
    (0.25, True)
    """
    ones = np.ones((1, len(np.asarray(patients))), dtype=np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(np.asarray(combine(*(statistic(ones) for statistic in statistics)))[0])
        found = bootstrap(statistics, patients, strata=strata, draws=draws, seed=seed)
        combined = np.asarray(combine(*found), dtype=np.float64)
    known = combined[np.isfinite(combined)]
    if not np.isfinite(value) or not len(known):
        raise ValueError(f"The figure is not defined for these films: {value}.")
    low, high = np.quantile(known, (0.025, 0.975))
    return value, (float(low), float(high))


def mean_of(values: ArrayLike) -> Statistic:
    """Return the statistic "mean of these values over the films", one value a film `(N,)`."""
    given = np.asarray(values, dtype=np.float32)

    def statistic(weights: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(weights @ given / weights.sum(axis=1), dtype=np.float64)

    return statistic


def proportion(
    successes: ArrayLike, patients: ArrayLike, *, draws: int = DRAWS, seed: int = 0
) -> Measured:
    """Return the share of films that succeed, with its interval over patients.

    One film a patient: Wilson's interval. Several: a patient bootstrap; for shares below 0.1 or
    above 0.9, or fewer than 100 patients, Wilson's at the effective sample size instead.

    Args:
        successes: of each film, bool `(N,)`.
        patients: number of each film's patient `(N,)`.
        draws: of the bootstrap.
        seed: of the draws.

    Raises:
        ValueError: different lengths.

    >>> proportion([True] * 191 + [False] * 9, range(200)).interval
    (0.9167..., 0.9761...)
    >>> proportion([True] * 9, range(9)).note
    'too few: 9 patients'
    """
    good, numbers = np.asarray(successes, dtype=bool), np.asarray(patients)
    if good.shape != numbers.shape or good.ndim != 1:
        raise ValueError(f"expected a patient a film, but got {numbers.shape} for {good.shape}.")
    films, count = len(good), len(np.unique(numbers))
    if count < FEWEST_PATIENTS:
        return too_few(films, count)
    share = float(good.mean())
    if count == films:
        interval = wilson_interval(int(good.sum()), films)
        return Measured(
            value=share, interval=interval, films=films, patients=count, method="Wilson on patients"
        )
    if count >= ENOUGH_PATIENTS and USUAL[0] <= share <= USUAL[1]:
        found = bootstrap([mean_of(good)], numbers, draws=draws, seed=seed)[0]
        return _percentiles(share, found, films, count)
    return _effective(share, effective_size(good, numbers), films, count)


def bounded(
    statistic: Statistic,
    patients: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Measured:
    """Return a figure between 0 and 1 (F1, accuracy, average precision) with its interval.

    By the same rule as `proportion`, the variance being that of the patient bootstrap.

    Args:
        statistic: the figure, as a function of film weights.
        patients: number of each film's patient `(N,)`.
        strata: as of `bootstrap`.
        draws: of the bootstrap.
        seed: of the draws.
    """
    numbers = np.asarray(patients)
    films, count = len(numbers), len(np.unique(numbers))
    if count < FEWEST_PATIENTS:
        return too_few(films, count)
    value = float(statistic(np.ones((1, films), dtype=np.float32))[0])
    if not np.isfinite(value):
        return no_figure(films, count, "not defined")
    found = bootstrap([statistic], numbers, strata=strata, draws=draws, seed=seed)[0]
    known = found[np.isfinite(found)]
    if count >= ENOUGH_PATIENTS and USUAL[0] <= value <= USUAL[1]:
        return _percentiles(value, known, films, count)
    variance = float(known.var(ddof=1))
    size = value * (1 - value) / variance if variance > 0 else float(count)
    return _effective(value, float(np.clip(size, 1.0, films)), films, count)


def no_figure(films: int, patients: int, note: str) -> Measured:
    """Return a figure that there is not, and why."""
    return Measured(value=None, interval=None, films=films, patients=patients, method="", note=note)


def too_few(films: int, patients: int) -> Measured:
    """Return the figure of fewer than ten patients: none, and why."""
    return no_figure(films, patients, f"too few: {counted(patients, 'patient')}")


def one_sided(films: int, patients: int) -> Measured:
    """Return the figure of films that are all of one class: nothing to be told apart, and why."""
    return no_figure(films, patients, f"films of one side only: {counted(patients, 'patient')}")


def _percentiles(value: float, found: NDArray[np.float64], films: int, patients: int) -> Measured:
    low, high = np.quantile(found, (0.025, 0.975))
    return Measured(
        value=value,
        interval=(min(float(low), value), max(float(high), value)),
        films=films,
        patients=patients,
        method=f"patient bootstrap, {len(found):,} draws",
    )


def _effective(value: float, size: float, films: int, patients: int) -> Measured:
    """Return Wilson's interval at an effective sample size.

    Source: E. L. Korn, B. I. Graubard, "Confidence intervals for proportions with small expected
    number of positive counts estimated from survey data", Survey Methodology 24 (1998), 193-201,
    with Wilson's interval in the place of Clopper and Pearson's, which covers too much.
    """
    return Measured(
        value=value,
        interval=wilson_interval(value * size, size),
        films=films,
        patients=patients,
        method=f"Wilson at the effective sample size ({size:.0f} of {films} films)",
    )
