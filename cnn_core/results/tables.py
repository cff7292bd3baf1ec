"""A run's history as data frames and as text for a spreadsheet: pure functions, used by `History`.

The frames are new at every call. The text holds fixed headings and numbers alone, never a name
that a person typed, so no cell of it can be taken for a formula.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.events import EpochDone, StepsDone, StepSplit
from cnn_core.results.series import Floats, GrowingTable, bin_starts

if TYPE_CHECKING:  # 0.4 s to import: left to the functions that make frames
    import pandas as pd

PHASES = ("data", "forward", "backward", "optimizer")
WINDOW_COLUMNS = ("start", "step", "epoch", "images", "seconds", "train", "elapsed", "rate")
SPLIT_COLUMNS = ("start", "step", *PHASES, "samples")
_EPOCH_COLUMNS = (
    "epoch",
    "step",
    "train_loss",
    "valid_loss",
    "valid_accuracy",
    "training_seconds",
    "evaluation_seconds",
    "train_seconds_so_far",
    "elapsed_seconds_so_far",
    "best",
    "running_accuracy",
    "train_accuracy",
    "train_sample_loss",
    "valid_auroc",
)


def window_row(event: StepsDone) -> tuple[float, ...]:
    """Return a window of steps under `WINDOW_COLUMNS`."""
    return (
        event.step - len(event.losses),
        event.step,
        event.epoch,
        event.images,
        event.window_seconds,
        event.train_seconds,
        event.elapsed_seconds,
        event.learning_rate,
    )


def split_row(event: StepsDone, split: StepSplit) -> tuple[float, ...]:
    """Return the sampled split of the event's window under `SPLIT_COLUMNS`."""
    phases = (split.data, split.forward, split.backward, split.optimizer)
    return (event.step - len(event.losses), event.step, *phases, split.samples)


def known_or_nan(value: float | None) -> float:
    """Return `value`, NaN where it is not known."""
    return float("nan") if value is None else float(value)


def _bins(table: GrowingTable, limit: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first = bin_starts(len(table), limit)
    return first, np.append(first[1:], len(table)) - 1


def split_table(splits: GrowingTable, limit: int) -> "pd.DataFrame":
    """Return the sampled split of a step, weighted by samples where windows are taken together.

    Args:
        splits: a row a window, under `SPLIT_COLUMNS`, phases in seconds.
        limit: at most so many rows come back.

    Returns:
        Columns start, step (the split holds for the steps after `start` up to `step`), data,
        forward, backward, optimizer (milliseconds of one step), samples.
    """
    import pandas as pd

    if not len(splits):
        return pd.DataFrame({name: np.empty(0) for name in SPLIT_COLUMNS})
    first, last = _bins(splits, limit)
    samples = np.add.reduceat(splits["samples"], first)
    frame = pd.DataFrame({"start": splits["start"][first], "step": splits["step"][last]})
    for phase in PHASES:
        total = np.add.reduceat(splits[phase] * splits["samples"], first)
        frame[phase] = 1e3 * total / np.maximum(samples, 1.0)
    frame["samples"] = samples
    return frame


def throughput_table(windows: GrowingTable, limit: int) -> "pd.DataFrame":
    """Return the pace of training alone, without evaluation and checkpoints.

    Args:
        windows: a row a window, under `WINDOW_COLUMNS`.
        limit: at most so many rows come back.

    Returns:
        Columns start, step (the pace held for the steps after `start` up to `step`),
        images_per_second (NaN where a window took no time), train_seconds (training time when
        `step` was done).
    """
    import pandas as pd

    if not len(windows):
        names = ("start", "step", "images_per_second", "train_seconds")
        return pd.DataFrame({name: np.empty(0) for name in names})
    first, last = _bins(windows, limit)
    seconds = np.add.reduceat(windows["seconds"], first)
    images = np.add.reduceat(windows["images"], first)
    return pd.DataFrame(
        {
            "start": windows["start"][first],
            "step": windows["step"][last],
            "images_per_second": images / np.where(seconds > 0, seconds, np.nan),
            "train_seconds": windows["train"][last],
        }
    )


def epoch_table(epochs: Sequence[EpochDone]) -> "pd.DataFrame":
    """Return one row an epoch; accuracy 0 to 1, durations in seconds.

    `training_seconds` is the epoch's own training; `train_seconds_so_far` and
    `elapsed_seconds_so_far` (with evaluation and checkpoints) are counted from the run's start.
    What was not measured is NaN (`events.EpochDone`).
    """
    import pandas as pd

    ends = np.array([0.0, *(done.train_seconds for done in epochs)])
    rows = [
        (
            done.epoch,
            done.step,
            done.train_loss,
            done.valid_loss,
            done.valid_accuracy,
            own,
            done.evaluation_seconds,
            done.train_seconds,
            done.elapsed_seconds,
            done.best,
            *map(known_or_nan, (done.running_accuracy, done.train_accuracy)),
            *map(known_or_nan, (done.train_sample_loss, done.valid_auroc)),
        )
        for done, own in zip(epochs, np.maximum(0.0, np.diff(ends)).tolist(), strict=True)
    ]
    return pd.DataFrame(rows, columns=list(_EPOCH_COLUMNS))


def step_table(losses: GrowingTable, windows: GrowingTable) -> "pd.DataFrame":
    """Return one row a step.

    Args:
        losses: a row a step, columns loss and smoothed.
        windows: a row a window, under `WINDOW_COLUMNS`.

    Returns:
        Columns step, epoch, loss, smoothed_loss (NaN where the loss was not finite), learning_rate,
        images_per_second (of the step's window), train_seconds (linear within the window).
    """
    import pandas as pd

    steps = np.arange(1, len(losses) + 1)
    frame = pd.DataFrame({"step": steps})
    if not len(windows):
        return frame.assign(loss=losses["loss"].copy(), smoothed_loss=losses["smoothed"].copy())
    window = np.minimum(np.searchsorted(windows["step"], steps), len(windows) - 1)
    seconds = np.where(windows["seconds"] > 0, windows["seconds"], np.nan)
    frame["epoch"] = windows["epoch"][window].astype(np.int64)
    frame["loss"] = losses["loss"]
    frame["smoothed_loss"] = losses["smoothed"]
    frame["learning_rate"] = windows["rate"][window]
    frame["images_per_second"] = (windows["images"] / seconds)[window]
    frame["train_seconds"] = seconds_at(windows, steps)
    return frame


def seconds_at(windows: GrowingTable, steps: NDArray[np.int64]) -> Floats:
    """Return the training time when each of `steps` was done: seconds, linear within a window."""
    ends = np.concatenate([[0.0], windows["step"]])
    train = np.concatenate([[0.0], windows["train"]])
    return np.asarray(np.interp(steps, ends, train), dtype=np.float64)


def csv_text(frame: "pd.DataFrame") -> str:
    r"""Return `frame` as comma-separated text; what is not finite becomes an empty cell.

    >>> import pandas as pd
    >>> csv_text(pd.DataFrame({"step": [1, 2], "loss": [2.25, float("inf")]}))
    'step,loss\n1,2.25\n2,\n'
    """
    finite = frame.replace([np.inf, -np.inf], np.nan)
    return finite.to_csv(index=False, float_format="%.7g", lineterminator="\n")
