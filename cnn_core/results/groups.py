"""Several seeds as one result: mean, spread and interval, of scores and of whole curves.

Pure functions over numbers and over histories, which they only read. What is not known is NaN. The
band around a mean curve is Student's 95 % interval of the mean from three seeds on, at the places
that at least three have reached; of two seeds, whose interval says next to nothing, it reaches from
the lower one to the higher one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_core.results.events import EpochDone
from cnn_core.results.history import History
from cnn_core.results.metrics import mean_interval, t_quantile
from cnn_core.results.runs import RunStatus
from cnn_core.results.series import Floats, bin_width
from cnn_core.results.tables import known_or_nan

FEWEST_FOR_INTERVAL = 3
_OF_A_STUDY = re.compile(r"(?P<study>.*), (?:fold (?P<fold>\d+) of \d+|served model)")
_WORST_FIRST: tuple[RunStatus, ...] = (
    "running",
    "queued",
    "failed",
    "diverged",
    "interrupted",
    "stopped",
)
EpochValue = Literal[
    "valid_accuracy",
    "valid_loss",
    "train_seconds",
    "train_loss",
    "running_accuracy",
    "train_accuracy",
    "train_sample_loss",
    "valid_auroc",
    "gap",
]
"""Fields of `events.EpochDone`; "gap" is `train_accuracy` less `valid_accuracy`."""


def group_name(names: Sequence[str], seeds: Sequence[int]) -> str:
    """Return what a group is called: its runs' common name, with all their seeds.

    >>> group_name(["LeNet-5, seed 0", "LeNet-5, seed 1", "LeNet-5, seed 2"], [0, 1, 2])
    'LeNet-5, seeds 0 to 2'
    >>> group_name(["One", "LeNet-5, seed 4"], [0, 4])
    'One and 1 more'
    >>> group_name(["Clinic, fold 1 of 2", "Clinic, fold 2 of 2", "Clinic, served model"], [0] * 3)
    'Clinic, 2 folds and served model'
    """
    if (study := _study_name(names)) is not None:
        return study
    stems = {name.removesuffix(f", seed {seed}") for name, seed in zip(names, seeds, strict=True)}
    if len(stems) > 1:
        return f"{names[0]} and {len(names) - 1} more"
    ordered = sorted(seeds)
    if ordered == list(range(ordered[0], ordered[0] + len(ordered))) and len(ordered) > 2:
        return f"{stems.pop()}, seeds {ordered[0]} to {ordered[-1]}"
    return f"{stems.pop()}, seeds {', '.join(map(str, ordered))}"


def _study_name(names: Sequence[str]) -> str | None:
    """Return what a study's runs are called together; None of other runs."""
    found = [_OF_A_STUDY.fullmatch(name) for name in names]
    stems = {match and match["study"] for match in found}
    stem = stems.pop()
    if stem is None or stems:
        return None
    folds = sum(match is not None and match["fold"] is not None for match in found)
    parts = [f"{folds} fold{'s' if folds > 1 else ''}"] if folds else []
    return f"{stem}, {' and '.join(parts + ['served model'] * (folds < len(names)))}"


def group_status(statuses: Sequence[RunStatus]) -> RunStatus:
    """Return a group's status: under way if a seed is, else what went least well.

    >>> group_status(["finished", "running", "queued"]), group_status(["finished", "stopped"])
    ('running', 'stopped')
    """
    return next((status for status in _WORST_FIRST if status in statuses), "finished")


@dataclass(frozen=True, kw_only=True)
class GroupScore:
    """A score over seeds.

    Attributes:
        mean: over the seeds that have one.
        interval: Student's 95 % interval of the mean, cut at 0 and 1; None for one seed.
        deviation: standard deviation of a seed (n - 1 degrees of freedom); None for one.
        n: how many seeds.
    """

    mean: float
    interval: tuple[float, float] | None
    deviation: float | None
    n: int


def group_score(shares: Sequence[float]) -> GroupScore | None:
    """Return the score of a group from its seeds' (0 to 1); None of none.

    >>> score = group_score([0.990, 0.991, 0.992])
    >>> round(score.mean, 4), [round(end, 4) for end in score.interval], round(score.deviation, 4)
    (0.991, [0.9885, 0.9935], 0.001)
    >>> group_score([0.99, 1.0]).interval[1]
    1.0
    """
    if not shares:
        return None
    mean, interval = mean_interval(shares)
    if interval is None:
        return GroupScore(mean=mean, interval=None, deviation=None, n=1)
    low, high = interval
    return GroupScore(
        mean=mean,
        interval=(max(0.0, low), min(1.0, high)),
        deviation=float(np.std(shares, ddof=1)),
        n=len(shares),
    )


@dataclass(frozen=True, kw_only=True)
class Band:
    """Curves of several seeds at common places, and their mean with a band.

    Attributes:
        x: the places, `(points,)`, ascending.
        values: a row a seed, `(seeds, points)`; NaN where a seed has not come yet.
        mean: over the seeds that have come so far, `(points,)`.
        low: lower end of the band, `(points,)`; NaN where there is none.
        high: upper end of the band, `(points,)`.
        seeds: how many rows have a value at all.
    """

    x: Floats
    values: Floats
    mean: Floats
    low: Floats
    high: Floats
    seeds: int


def band(x: Floats, values: Floats) -> Band:
    """Return mean and band of `values` at `x`.

    Args:
        x: places, `(points,)`, ascending.
        values: a row a seed, `(seeds, points)`; not finite: nothing is known.

    >>> found = band(np.array([1.0, 2.0]), np.array([[1.0, 1.0], [2.0, 3.0], [3.0, np.nan]]))
    >>> found.mean.tolist(), found.seeds, [round(end, 2) for end in found.high.tolist()]
    ([2.0, 2.0], 3, [4.48, nan])
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    seeds = int(known.any(axis=1).sum())
    filled = np.where(known, values, 0.0)
    mean = np.where(count > 0, filled.sum(axis=0) / np.maximum(count, 1), np.nan)
    if seeds == 2:
        there = count == 2
        low = np.where(there, np.where(known, values, np.inf).min(axis=0, initial=np.inf), np.nan)
        high = np.where(
            there, np.where(known, values, -np.inf).max(axis=0, initial=-np.inf), np.nan
        )
    elif seeds >= FEWEST_FOR_INTERVAL:
        there = count >= FEWEST_FOR_INTERVAL
        freedom = np.maximum(count - 1, 1)
        squares = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0)
        # Student (1908): mean -+ t s / sqrt(n), s^2 the squares over n - 1.
        half = t_quantile(freedom) * np.sqrt(squares / freedom / np.maximum(count, 1))
        low, high = np.where(there, mean - half, np.nan), np.where(there, mean + half, np.nan)
    else:
        low = high = np.full(len(x), np.nan)
    return Band(
        x=x, values=np.where(known, values, np.nan), mean=mean, low=low, high=high, seeds=seeds
    )


def band_name(seeds: int) -> str:
    """Return what the band around the mean of so many seeds is; "" where there is none.

    >>> band_name(1), band_name(2), band_name(5)
    ('', 'lowest to highest', '95 % interval')
    """
    if seeds < 2:
        return ""
    return "95 % interval" if seeds >= FEWEST_FOR_INTERVAL else "lowest to highest"


def step_grid(histories: Sequence[History], limit: int = 256) -> Floats:
    """Return the steps at which the seeds are compared: at most `limit` + 2, up to the furthest.

    The distance depends on the planned steps alone, so a point never moves while a run goes on.
    """
    planned = max((each.started.total_steps for each in histories if each.started), default=0)
    reached = max((each.step for each in histories), default=0)
    width = bin_width(max(planned, reached), limit)
    steps = np.concatenate([[1], np.arange(width, reached + 1, width), [planned]])
    return np.unique(steps[(steps > 0) & (steps <= reached)]).astype(np.float64)


def on_grid(grid: Floats, steps: Floats, values: Floats) -> Floats:
    """Return `values` at `steps` brought to `grid`, linear in between; NaN after the last step.

    >>> on_grid(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0]), np.array([5.0, 7.0])).tolist()
    [5.0, 6.0, nan]
    """
    if not len(steps):
        return np.full(len(grid), np.nan)
    return np.asarray(np.interp(grid, steps, values, right=np.nan), dtype=np.float64)


def loss_band(histories: Sequence[History], limit: int = 256) -> Band:
    """Return the seeds' smoothed training losses by step."""
    grid = step_grid(histories, limit)
    points = [each.loss_points() for each in histories]
    rows = [on_grid(grid, each.steps.astype(np.float64), each.smoothed) for each in points]
    return band(grid, _stacked(rows, grid))


def epoch_figure(done: EpochDone, value: EpochValue) -> float:
    """Return a figure of an epoch, NaN where it was not measured."""
    if value == "gap":
        return known_or_nan(done.train_accuracy) - done.valid_accuracy
    return known_or_nan(getattr(done, value))


def epoch_band(histories: Sequence[History], value: EpochValue) -> Band:
    """Return a figure of the seeds' epochs, `x` the epochs from 1."""
    tables = [{done.epoch: epoch_figure(done, value) for done in each.epochs} for each in histories]
    x = np.array(sorted(set().union(*tables)), dtype=np.float64)
    rows = [np.array([table.get(int(epoch), np.nan) for epoch in x]) for table in tables]
    return band(x, _stacked(rows, x))


def _stacked(rows: Sequence[Floats], x: Floats) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(x))
