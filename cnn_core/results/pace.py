"""How fast a run goes and how long it still takes: pure functions over its windows of steps.

The tables are those of `History` (`tables.WINDOW_COLUMNS`); whoever calls holds its lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnn_core.results.events import CheckpointReady, EpochDone, RunStarted
from cnn_core.results.series import GrowingTable

RECENT_SECONDS = 5.0
"""The pace is that of so much training: long enough to be calm, short enough to notice a change."""


@dataclass(frozen=True, kw_only=True)
class Reached:
    """When validation accuracy first came up to a mark: the clock to 99 %.

    Attributes:
        epoch: the epoch after which it was measured.
        train_seconds: training alone until then.
        elapsed_seconds: with evaluation and checkpoints.
    """

    epoch: int
    train_seconds: float
    elapsed_seconds: float


def reached(epochs: Sequence[EpochDone], accuracy: float) -> Reached | None:
    """Return when validation accuracy (0 to 1) was first at least `accuracy`, None if never."""
    for done in epochs:
        if done.valid_accuracy >= accuracy:
            return Reached(
                epoch=done.epoch,
                train_seconds=done.train_seconds,
                elapsed_seconds=done.elapsed_seconds,
            )
    return None


def _recent(windows: GrowingTable) -> slice:
    ends = windows["train"]
    first = int(np.searchsorted(ends, ends[-1] - RECENT_SECONDS, side="right"))
    return slice(min(first, len(ends) - 1), len(ends))


def images_per_second(windows: GrowingTable) -> float | None:
    """Return the recent pace of training alone, None where no time has been measured."""
    if not len(windows):
        return None
    recent = _recent(windows)
    seconds = float(windows["seconds"][recent].sum())
    return float(windows["images"][recent].sum()) / seconds if seconds > 0 else None


def remaining_seconds(
    windows: GrowingTable,
    started: RunStarted,
    epochs: Sequence[EpochDone],
    checkpoints: Sequence[CheckpointReady],
) -> float | None:
    """Estimate the time left, with an evaluation after each epoch and one of the test set.

    An evaluation costs what the last three did; before the first one a forward pass is taken for a
    third of a training step. Returns seconds, or None before the first window.
    """
    if not len(windows):
        return None
    recent = _recent(windows)
    seconds = float(windows["seconds"][recent].sum())
    steps = float((windows["step"][recent] - windows["start"][recent]).sum())
    images = float(windows["images"][recent].sum())
    if epochs:
        evaluation = _mean([done.evaluation_seconds for done in epochs[-3:]])
    else:
        evaluation = started.valid_size * seconds / max(images, 1.0) / 3
    saving = _mean([saved.seconds for saved in checkpoints[-3:]])
    steps_left = max(0.0, started.total_steps - float(windows["step"][-1]))
    epochs_left = max(0, started.total_epochs - len(epochs))
    pace = seconds / max(steps, 1.0)
    return steps_left * pace + (epochs_left + 1) * evaluation + epochs_left * saving


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
