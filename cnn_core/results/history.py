"""A run's events folded into arrays that charts, tables and downloads read.

Events come in the order in which the loop yields them, in pieces of any size (`extend`). A
`RunStarted` at step k drops what was known of the steps after k, so the curve of a resumed run
goes on where its checkpoint was taken. Losses that are not finite, and steps that never arrived,
are kept as NaN and drawn as nothing.

Threads: one `History` may be shared by many readers and one writer. A lock guards every method;
what a method returns is the caller's own and never changes afterwards.
"""

import math
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from cnn_core.results import pace, tables
from cnn_core.results.events import (
    CheckpointReady,
    EpochDone,
    LayersSeen,
    Preparing,
    RateFound,
    RunFinished,
    RunStarted,
    StepsDone,
    TrainEvent,
)
from cnn_core.results.layer_series import LayerRows, LayerSeries
from cnn_core.results.series import (
    Floats,
    GrowingTable,
    LossPoints,
    RunningMean,
    extremes,
    smoothing_for,
)

if TYPE_CHECKING:  # 0.4 s to import: left to the functions that make frames
    import pandas as pd

SMOOTHING = 0.95  # weight of the past in the smoothed loss of 1,000 steps or more: twenty count


class History:
    """What is known of one run so far.

    >>> history = History()
    >>> history.progress(), history.remaining_seconds(), len(history.loss_points().steps)
    (0.0, None, 0)
    """

    def __init__(self, events: Iterable[TrainEvent] = ()) -> None:
        self._lock = threading.RLock()
        self._losses = GrowingTable(("loss", "smoothed"))
        self._mean = RunningMean(SMOOTHING)
        self._windows = GrowingTable(tables.WINDOW_COLUMNS)
        self._splits = GrowingTable(tables.SPLIT_COLUMNS)
        self._layers = LayerRows()
        self._epochs: list[EpochDone] = []
        self._checkpoints: list[CheckpointReady] = []
        self._started: RunStarted | None = None
        self._finished: RunFinished | None = None
        self._preparing: Preparing | None = None
        self._prepared: dict[str, float] = {}
        self._rate_found: RateFound | None = None
        self._version = 0
        self.extend(events)

    def extend(self, events: Iterable[TrainEvent]) -> None:
        """Fold `events`, each as a whole, in their order."""
        for event in events:
            with self._lock:
                self._fold(event)
                self._version += 1

    def _fold(self, event: TrainEvent) -> None:
        self._preparing = event if isinstance(event, Preparing) else None
        match event:
            case Preparing() if self._started is None:
                self._prepared[event.what] = event.seconds
            case RateFound():
                self._rate_found = event
            case RunStarted():
                self._forget_after(event.step)
                self._started = event
                if not len(self._losses):
                    self._mean = RunningMean(smoothing_for(event.total_steps))
            case StepsDone():
                self._fold_steps(event)
            case EpochDone():
                self._epochs = [done for done in self._epochs if done.epoch < event.epoch]
                self._epochs.append(event)
            case LayersSeen():
                self._layers.add(event)
            case CheckpointReady():
                self._checkpoints.append(event)
            case RunFinished():
                self._finished = event

    def _fold_steps(self, event: StepsDone) -> None:
        start = event.step - len(event.losses)
        if start < len(self._losses):
            self._forget_after(start)
        losses = [math.nan] * (start - len(self._losses)) + event.losses
        self._add_losses(losses)
        self._windows.append(tables.window_row(event))
        if event.split is not None:
            self._splits.append(tables.split_row(event, event.split))

    def _add_losses(self, losses: list[float]) -> None:
        if losses:
            self._losses.extend(np.column_stack([losses, self._mean.feed(losses)]))

    def _forget_after(self, step: int) -> None:
        kept = self._losses["loss"][:step].tolist()
        if len(kept) < len(self._losses):
            self._losses.keep(0)
            self._mean = self._mean.afresh()
            self._add_losses(kept)
        for table in (self._windows, self._splits):
            table.keep(int(np.searchsorted(table["step"], step, side="right")))
        self._layers.keep(step)
        self._epochs = [done for done in self._epochs if done.step <= step]
        self._checkpoints = [saved for saved in self._checkpoints if saved.step <= step]
        self._finished = None

    @property
    def version(self) -> int:
        """How many events were folded: equal versions of one history draw equal charts."""
        return self._version

    @property
    def nbytes(self) -> int:
        """The bytes its tables take up: 32 a step at most, 240 a window, 24 a layer and look."""
        tables = (self._losses, self._windows, self._splits, self._layers)
        return sum(table.nbytes for table in tables)

    @property
    def started(self) -> RunStarted | None:
        """The last start of the loop, None before it."""
        return self._started

    @property
    def finished(self) -> RunFinished | None:
        """The end of the loop, None while it runs."""
        return self._finished

    @property
    def preparing(self) -> Preparing | None:
        """The work beside training that is under way, None while the loop runs."""
        return self._preparing

    @property
    def prepared_seconds(self) -> float:
        """What was done before the first step took so long: the frozen part's pass, above all."""
        with self._lock:
            return sum(self._prepared.values())

    @property
    def rate_found(self) -> RateFound | None:
        """What the learning rate finder found, None if it was not asked."""
        return self._rate_found

    @property
    def epochs(self) -> tuple[EpochDone, ...]:
        """The epochs done, in order."""
        with self._lock:
            return tuple(self._epochs)

    @property
    def checkpoints(self) -> tuple[CheckpointReady, ...]:
        """The checkpoints that can be resumed from, in order."""
        with self._lock:
            return tuple(self._checkpoints)

    @property
    def step(self) -> int:
        """The last step known, 0 before the first."""
        return len(self._losses)

    @property
    def epoch(self) -> int:
        """The epoch under way or last done, 0 before the first step."""
        with self._lock:
            seen = [done.epoch for done in self._epochs[-1:]]
            return max([*seen, *self._windows["epoch"][-1:].astype(int).tolist()], default=0)

    @property
    def train_seconds(self) -> float:
        """Training time so far, over all legs, without evaluation and checkpoints."""
        with self._lock:
            known = [event.train_seconds for event in (*self._epochs[-1:], self._finished) if event]
            return max([*known, *self._windows["train"][-1:].tolist()], default=0.0)

    @property
    def elapsed_seconds(self) -> float:
        """Time so far, over all legs, with evaluation and checkpoints."""
        with self._lock:
            known = [
                event.elapsed_seconds for event in (*self._epochs[-1:], self._finished) if event
            ]
            return max([*known, *self._windows["elapsed"][-1:].tolist()], default=0.0)

    @property
    def learning_rate(self) -> float | None:
        """The learning rate of the last window, None before the first."""
        with self._lock:
            return next(iter(self._windows["rate"][-1:].tolist()), None)

    def progress(self) -> float:
        """Return the share of all steps that is done, 0 to 1."""
        with self._lock:
            if self._finished is not None and self._finished.status == "finished":
                return 1.0
            if self._started is None or self._started.total_steps < 1:
                return 0.0
            return min(1.0, self.step / self._started.total_steps)

    def images_per_second(self) -> float | None:
        """Return images/s of training alone: recently, or of the whole run once it has ended."""
        with self._lock:
            if self._finished is not None and self._finished.images_per_second > 0:
                return self._finished.images_per_second
            return pace.images_per_second(self._windows)

    def remaining_seconds(self) -> float | None:
        """Estimate the time left from the recent pace, evaluations and checkpoints included.

        Returns:
            Seconds; 0.0 once the run has ended; None before the first window of steps.
        """
        with self._lock:
            if self._finished is not None:
                return 0.0
            if self._started is None:
                return None
            return pace.remaining_seconds(
                self._windows, self._started, self._epochs, self._checkpoints
            )

    def seconds_to(self, accuracy: float) -> pace.Reached | None:
        """Return when validation accuracy (0 to 1) was first at least `accuracy`, None if never."""
        with self._lock:
            return pace.reached(self._epochs, accuracy)

    def losses(self) -> Floats:
        """Return the loss of every step, `(step,)`; NaN where a step never arrived."""
        with self._lock:
            return self._losses["loss"].copy()

    def loss_points(self, limit: int = 600) -> LossPoints:
        """Return at most `limit` losses (`series.extremes`) and the running mean at their steps."""
        with self._lock:
            chosen = extremes(self._losses["loss"], limit)
            return LossPoints(
                steps=chosen + 1,
                raw=self._losses["loss"][chosen],
                smoothed=self._losses["smoothed"][chosen],
            )

    def seconds_at(self, steps: NDArray[np.int64]) -> Floats:
        """Return the training time in seconds at the end of `steps` (`tables.seconds_at`)."""
        with self._lock:
            return tables.seconds_at(self._windows, steps)

    def split_table(self, limit: int = 120) -> "pd.DataFrame":
        """Return the sampled split of a step in milliseconds (`tables.split_table`)."""
        with self._lock:
            return tables.split_table(self._splits, limit)

    def throughput_table(self, limit: int = 120) -> "pd.DataFrame":
        """Return images/s of training alone, at most `limit` rows (`tables.throughput_table`)."""
        with self._lock:
            return tables.throughput_table(self._windows, limit)

    def layers(self, limit: int = 600) -> LayerSeries:
        """Return what was seen of the layers, at most `limit` looks; none where none was asked."""
        with self._lock:
            return self._layers.series(limit)

    def epoch_table(self) -> "pd.DataFrame":
        """Return one row an epoch (`tables.epoch_table`)."""
        return tables.epoch_table(self.epochs)

    def step_table(self) -> "pd.DataFrame":
        """Return one row a step (`tables.step_table`)."""
        with self._lock:
            return tables.step_table(self._losses, self._windows)

    def to_csv(self, rows: Literal["epochs", "steps"] = "epochs") -> str:
        """Return one row an epoch, or one row a step, as text that a spreadsheet opens.

        >>> History().to_csv().split(",")[:3]
        ['epoch', 'step', 'train_loss']
        """
        return tables.csv_text(self.epoch_table() if rows == "epochs" else self.step_table())
