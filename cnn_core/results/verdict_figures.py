"""The figures that a fit verdict rests on, measured on the epochs of one run or of several seeds.

Pure functions over histories, which they only read. Shares lie between 0 and 1. What cannot be
measured is None; epochs whose figures are not finite are left out.

Of three seeds or more, the interval of an accuracy is Student's over the seeds. Of fewer it can
only say what the pictures leave open: Wilson's, and Newcombe's for the gap (over those of one run,
however many there are: the seeds share them; training pictures that are scored as a whole are no
sample). Slopes have the interval of Kendall's test, over
epochs and seeds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_core.results.chance import difference_interval
from cnn_core.results.events import EpochDone
from cnn_core.results.groups import FEWEST_FOR_INTERVAL
from cnn_core.results.history import History
from cnn_core.results.metrics import mean_interval, wilson_interval
from cnn_core.results.series import Floats
from cnn_core.results.studied import Studied
from cnn_core.results.trend import FEWEST_POINTS, sen_slope

FEWEST_EPOCHS = FEWEST_POINTS
"""A slope is read over so many epochs at least."""

LAST_SHARE, MOST_LAST = 1 / 3, 20
"""Slopes are read over the last third of the epochs (what came before has long been learned), at
least `FEWEST_EPOCHS` of them and at most so many."""

AVERAGED = 3
"""Accuracies are means over so many last epochs: one alone may be a lucky one."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A figure with its 95 % interval, None at either end where there is none."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Both ends, None if there are none."""
        return None if self.low is None or self.high is None else (self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured.

    Attributes:
        runs: how many runs were read: those that have finished, else those that came furthest.
        diverged: how many of all ended because a loss was not finite.
        epochs: the fewest that one of the runs read has.
        last: over so many last epochs the slopes are read; 0 if there are too few.
        train_size: training pictures that were scored as validation is; 0: none.
        valid_size: validation pictures.
        train: share of those training pictures that is right, None where none were scored.
        valid: share of the validation pictures that is right.
        gap: the first less the second.
        running: share right as they were trained on, None where it was not counted.
        train_rise: by how much `train` changes over the last epochs, by the line through them.
        valid_rise: likewise `valid`.
        loss_rise: likewise the validation loss.
        train_loss_rise: likewise the training loss (running).
        start_loss: mean loss of the very first step, of the untrained network.
        peak_loss: the greatest loss of a step.
        lowest_loss: the lowest mean training loss of an epoch.
        last_loss: that of the last epoch.
        lowest_valid_loss: the lowest validation loss of an epoch, mean over the runs.
        last_valid_loss: mean of the last epochs' validation losses.
    """

    runs: int
    diverged: int
    epochs: int
    last: int
    train_size: int
    valid_size: int
    train: Measured | None = None
    valid: Measured | None = None
    gap: Measured | None = None
    running: float | None = None
    train_rise: Measured | None = None
    valid_rise: Measured | None = None
    loss_rise: Measured | None = None
    train_loss_rise: Measured | None = None
    start_loss: float | None = None
    peak_loss: float | None = None
    lowest_loss: float | None = None
    last_loss: float | None = None
    lowest_valid_loss: float | None = None
    last_valid_loss: float | None = None


def figures(studied: Studied) -> Figures:
    """Measure what the epochs of `studied` give."""
    pairs = list(zip(studied.records, studied.histories, strict=True))
    diverged = [
        record.status == "diverged"
        or (history.finished is not None and history.finished.status == "diverged")
        for record, history in pairs
    ]
    finished = [history for record, history in pairs if record.status == "finished"]
    known = [_whole(history) for history in finished or studied.histories]
    furthest = max(map(len, known), default=0)
    if not finished:
        known = [epochs for epochs in known if len(epochs) == furthest]
    runs = [epochs for epochs in known if epochs]
    start, peak = _step_losses(studied.histories)
    if not runs:
        return Figures(
            runs=0,
            diverged=sum(diverged),
            epochs=0,
            last=0,
            train_size=0,
            valid_size=0,
            start_loss=start,
            peak_loss=peak,
        )
    fewest = min(map(len, runs))
    last = window(fewest)
    train_size = min(epochs[-1].train_sample for epochs in runs)
    valid_size = _least(studied, "valid_size")
    whole = train_size >= _least(studied, "train_size")
    train, valid = _ends(runs, "train_accuracy"), _ends(runs, "valid_accuracy")
    running = _ends(runs, "running_accuracy")
    return Figures(
        runs=len(runs),
        diverged=sum(diverged),
        epochs=fewest,
        last=last,
        train_size=train_size if train else 0,
        valid_size=valid_size,
        train=share(train, train_size, whole=whole) if train else None,
        valid=share(valid, valid_size) if valid else None,
        gap=gap(train, train_size, valid, valid_size, whole=whole) if train and valid else None,
        running=float(np.mean(running)) if running else None,
        train_rise=rise(runs, "train_accuracy", last),
        valid_rise=rise(runs, "valid_accuracy", last),
        loss_rise=rise(runs, "valid_loss", last),
        train_loss_rise=rise(runs, "train_loss", last),
        lowest_loss=_mean_of([min(e.train_loss for e in epochs) for epochs in runs]),
        last_loss=_mean_of([epochs[-1].train_loss for epochs in runs]),
        lowest_valid_loss=_mean_of([min(e.valid_loss for e in epochs) for epochs in runs]),
        last_valid_loss=_mean_of(_ends(runs, "valid_loss") or []),
        start_loss=start,
        peak_loss=peak,
    )


def window(epochs: int) -> int:
    """Return over how many last epochs a slope is read, 0 where there are too few for one.

    >>> window(4), window(5), window(30), window(200)
    (0, 5, 10, 20)
    """
    if epochs < FEWEST_EPOCHS:
        return 0
    return min(max(FEWEST_EPOCHS, math.ceil(LAST_SHARE * epochs)), MOST_LAST)


def share(shares: Sequence[float], size: int, *, whole: bool = False) -> Measured:
    """Return the mean of seeds' shares with its interval.

    Args:
        shares: one a seed, at least one.
        size: how many pictures each is a share of; 0 if that is not known.
        whole: whether these are all there are, and no sample: then a share is exact.

    >>> found = share([0.9], 1_000)
    >>> round(found.low, 3), round(found.high, 3)
    (0.88, 0.917)
    """
    mean, interval = mean_interval(shares)
    if len(shares) < FEWEST_FOR_INTERVAL or interval is None:
        interval = wilson_interval(mean * size, size) if size else None
        interval = (mean, mean) if whole else interval
    if interval is None:
        return Measured(value=mean)
    return Measured(value=mean, low=max(0.0, interval[0]), high=min(1.0, interval[1]))


def gap(
    train: Sequence[float],
    train_size: int,
    valid: Sequence[float],
    valid_size: int,
    *,
    whole: bool = False,
) -> Measured:
    """Return the mean of `train` less `valid`, seed by seed, with its interval.

    Where the training pictures are scored as a whole, nothing but `valid` is an estimate.

    >>> found = gap([0.95], 2_000, [0.85], 1_000)
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.1, 0.077, 0.125)
    """
    mean, interval = mean_interval([one - other for one, other in zip(train, valid, strict=True)])
    if len(train) < FEWEST_FOR_INTERVAL:
        interval = None
        if whole and valid_size:
            low, high = wilson_interval(float(np.mean(valid)) * valid_size, valid_size)
            interval = (float(np.mean(train)) - high, float(np.mean(train)) - low)
        elif train_size and valid_size:
            interval = difference_interval(
                (float(np.mean(train)) * train_size, train_size),
                (float(np.mean(valid)) * valid_size, valid_size),
            )
    return Measured(value=mean, low=interval and interval[0], high=interval and interval[1])


def rise(runs: Sequence[Sequence[EpochDone]], name: str, last: int) -> Measured | None:
    """Return by how much a figure changes over the `last` epochs: Sen's slope (`trend.sen_slope`).

    Returns:
        The change from the first to the last of these epochs, with its interval against the noise
        between epochs and between seeds; None if it cannot be measured.
    """
    series = [column(epochs, name)[-last:] for epochs in runs] if last else []
    if not series or not all(np.isfinite(values).all() for values in series):
        return None
    slope, (low, high) = sen_slope(series)
    return Measured(value=slope * (last - 1), low=low * (last - 1), high=high * (last - 1))


def column(epochs: Sequence[EpochDone], name: str) -> Floats:
    """Return a figure by epoch, `(epochs,)`; NaN where it was not measured."""
    values = [getattr(done, name) for done in epochs]
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def run_share(history: History, name: str) -> float | None:
    """Return a run's accuracy at its end: the mean over its last epochs, None if not measured."""
    ends = _ends([_whole(history)], name)
    return ends[0] if ends else None


def _whole(history: History) -> tuple[EpochDone, ...]:
    """Return the epochs whose losses and accuracy are numbers."""
    return tuple(
        done
        for done in history.epochs
        if all(map(math.isfinite, (done.train_loss, done.valid_loss, done.valid_accuracy)))
    )


def _ends(runs: Sequence[Sequence[EpochDone]], name: str) -> list[float] | None:
    """Return each run's mean over its last epochs; None if one of them is not known."""
    ends = [float(column(epochs, name)[-AVERAGED:].mean()) for epochs in runs if epochs]
    return ends if all(map(math.isfinite, ends)) else None


def _mean_of(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _least(studied: Studied, size: Literal["train_size", "valid_size"]) -> int:
    told = [getattr(each.started, size) for each in studied.histories if each.started is not None]
    return int(min(told or [getattr(run.dataset, size) for run in studied.records]))


def _step_losses(histories: Sequence[History]) -> tuple[float | None, float | None]:
    """Return the loss of the first step and the greatest of all steps, means over the runs."""
    losses = [each.losses() for each in histories]
    first = [float(each[0]) for each in losses if len(each) and math.isfinite(each[0])]
    greatest = [float(np.nanmax(each)) for each in losses if np.isfinite(each).any()]
    return _mean_of(first), _mean_of(greatest)
