"""The curve that a run, or the seeds of a group, give to a comparison: of seeds mean and band."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_core.charts.axes import LIMIT
from cnn_core.results.groups import Band, band, epoch_band, on_grid, step_grid
from cnn_core.results.history import SMOOTHING, History
from cnn_core.results.series import Floats, RunningMean

Metric = Literal["valid_accuracy", "train_loss", "valid_loss", "images_per_second"]
By = Literal["epoch", "seconds"]
Compared = History | Sequence[History]
"""A run, or the seeds of a group."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """At most `LIMIT` points; `low` and `high` are the band's ends, NaN where there is none."""

    x: Floats
    y: Floats
    low: Floats
    high: Floats


def seeds_of(compared: Compared) -> Sequence[History]:
    """Return the histories: one of a run."""
    return [compared] if isinstance(compared, History) else compared


def curve_of(compared: Compared, metric: Metric, by: By, smoothing: float) -> Curve:
    """Return the curve of a run, or the mean of a group's seeds with its band.

    Args:
        compared: the run or the seeds; at least one.
        metric: what is drawn; accuracy comes in percent.
        by: what `x` counts: epochs, or seconds of training alone (of seeds the mean).
        smoothing: weight of the past in the training loss, 0 to below 1.
    """
    seeds = seeds_of(compared)
    if metric in ("valid_accuracy", "valid_loss"):
        found = epoch_band(seeds, "valid_accuracy" if metric == "valid_accuracy" else "valid_loss")
        x = found.x if by == "epoch" else epoch_band(seeds, "train_seconds").mean
        scale = 100.0 if metric == "valid_accuracy" else 1.0
        return _thinned(x, found, scale)
    if len(seeds) == 1:
        steps, values = _by_step(seeds[0], metric, smoothing)
        found = band(steps, values[None, :])
    else:
        grid = step_grid(seeds, LIMIT // 2)
        rows = [on_grid(grid, *_by_step(each, metric, smoothing)) for each in seeds]
        found = band(grid, np.array(rows).reshape(len(seeds), len(grid)))
    return _thinned(_step_places(seeds, found.x, by), found)


def _by_step(history: History, metric: Metric, smoothing: float) -> tuple[Floats, Floats]:
    """Return the steps at which one run's pace or loss is known, and its values there."""
    if metric == "images_per_second":
        pace = history.throughput_table(LIMIT // 4)
        steps = pace["step"].to_numpy(dtype=np.float64)
        return steps, pace["images_per_second"].to_numpy(dtype=np.float64)
    points = history.loss_points(LIMIT)
    if smoothing == SMOOTHING:
        losses = points.smoothed
    elif smoothing == 0:
        losses = points.raw
    else:
        losses = np.array(RunningMean(smoothing).feed(history.losses().tolist()))[points.steps - 1]
    return points.steps.astype(np.float64), losses


def _step_places(seeds: Sequence[History], steps: Floats, by: By) -> Floats:
    """Return where `steps` stand: in epochs, or in seconds of training, mean over the seeds."""
    if by == "epoch":
        plans = [each.started.steps_per_epoch for each in seeds if each.started]
        return steps / max([1, *plans])
    whole = steps.astype(np.int64)
    times = np.array([each.seconds_at(whole) for each in seeds])
    reached = np.array([whole <= each.step for each in seeds])
    count = np.maximum(reached.sum(axis=0), 1)
    return np.asarray(np.where(reached, times, 0.0).sum(axis=0) / count, dtype=np.float64)


def _thinned(x: Floats, found: Band, scale: float = 1.0) -> Curve:
    every = max(1, math.ceil(len(x) / LIMIT))

    def thin(values: Floats) -> Floats:
        return values[::-1][::every][::-1]

    return Curve(
        x=thin(x),
        y=thin(scale * found.mean),
        low=thin(scale * found.low),
        high=thin(scale * found.high),
    )
