"""The events of a training run: typed, JSON scalars and flat lists alone, never tensors.

Which events each way of ending produces (`...` = any number of StepsDone, EpochDone,
LayersSeen, CheckpointReady):

    finished    RunStarted ... RunFinished(status="finished")   with a test score
    stopped     RunStarted ... CheckpointReady RunFinished(status="stopped")
    diverged    RunStarted ... RunFinished(status="diverged", step=N); the last StepsDone ends
                with step N - 1
    failed      RunStarted ...                       the store holds the error
    disk full   RunStarted ...                       the store says "stopped", and why
    killed      RunStarted ...                       the store says "interrupted" soon after
    resumed     stopped, failed or killed, cut after the last CheckpointReady that is whole,
                then RunStarted ... as above

An experiment (`concepts`) is one run of many small trainings, its trials: RunStarted, any number of
TrialPoint and TrialDone, RunFinished. Its steps are its trials. There is no checkpoint: a resumed
one goes on after the trials that are done, so that RunStarted of a later leg drops nothing.

A run on a person's own pictures has any number of Preparing before RunStarted and before
RunFinished, and at most one RateFound before RunStarted.

All durations are in seconds of a monotonic clock; `step` counts optimizer steps from 1, over
epochs; `epoch` counts completed epochs, in StepsDone it is the one under way (from 1).
"""

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

from cnn_core.errors import DataError
from cnn_core.results.trial_events import TrialDone, TrialPoint


@dataclass(frozen=True, kw_only=True)
class StepSplit:
    """Mean seconds of the four phases of a step, over the sampled steps of a window."""

    data: float
    forward: float
    backward: float
    optimizer: float
    samples: int


@dataclass(frozen=True, kw_only=True)
class RunStarted:
    """The loop is about to take its first step (of this leg, after a resume)."""

    step: int
    epoch: int
    total_steps: int
    total_epochs: int
    steps_per_epoch: int
    train_size: int
    valid_size: int
    device: str
    threads: int
    parameters: int


@dataclass(frozen=True, kw_only=True)
class Preparing:
    """Work before the first step, or after the last: frozen outputs, the reading of the result.

    Attributes:
        what: for a person, what is being done ("VGG-16 looks at the pictures").
        done: of `total` pieces.
        total: 0 if that is not known.
        seconds: since this piece of work began.
        cached: of `total`, how many were there already.
    """

    what: str
    done: int
    total: int
    seconds: float
    cached: int = 0


@dataclass(frozen=True, kw_only=True)
class RateFound:
    """A learning rate was looked for (Smith 2017): the loss at rising rates, and the choice."""

    rates: list[float]
    losses: list[float]
    suggestion: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class StepsDone:
    """A window of steps, `step - len(losses) + 1` to `step`; at most ten windows a second.

    Attributes:
        losses: mean training loss of each step's batch (running weights, augmented images).
        images: images seen in the window.
        train_seconds: training time so far, over all legs, without evaluation and checkpoints.
        elapsed_seconds: time so far, over all legs, with evaluation and checkpoints.
        split: the sampled split of a step, or None where no step of the window was sampled.
    """

    step: int
    epoch: int
    losses: list[float]
    images: int
    window_seconds: float
    train_seconds: float
    elapsed_seconds: float
    learning_rate: float
    split: StepSplit | None = None


@dataclass(frozen=True, kw_only=True)
class EpochDone:
    """An epoch and its validation (evaluation mode, no augmentation).

    Attributes:
        train_loss: mean over the epoch's batches as they were trained on (running weights, training
            mode, augmented images).
        running_accuracy: share of those images that was right as they were trained on, 0 to 1; None
            where it was not counted (`TrainConfig.train_sample`).
        train_accuracy: share right, 0 to 1, of `train_sample` training pictures that were scored as
            validation is; None where none were.
        train_sample_loss: their mean loss.
        train_sample: how many they were.
        valid_auroc: macro-averaged AUROC, each class against the rest, 0 to 1, where the best epoch
            goes by it (`TrainConfig.select`); else None.
    """

    step: int
    epoch: int
    train_loss: float
    valid_loss: float
    valid_accuracy: float
    epoch_seconds: float
    evaluation_seconds: float
    train_seconds: float
    elapsed_seconds: float
    best: bool
    running_accuracy: float | None = None
    train_accuracy: float | None = None
    train_sample_loss: float | None = None
    train_sample: int = 0
    valid_auroc: float | None = None


@dataclass(frozen=True, kw_only=True)
class LayersSeen:
    """The layers at one step, where that was asked for (`TrainConfig.watch`); a row a layer.

    Attributes:
        layers: dotted names of layers with weights, in the order in which they run.
        dead: share of the units (channels) of the ReLU that follows each that gave nothing but 0 on
            the step's batch; NaN-free: -1 where no ReLU follows.
        gradient_norms: Euclidean norm of the gradient of the layer's weights (without its bias); -1
            where that is not finite.
        update_ratios: norm of the step's change of the weights over the norm that they had; -1
            likewise.
        seconds: that the look cost.
    """

    step: int
    epoch: int
    layers: list[str]
    dead: list[float]
    gradient_norms: list[float]
    update_ratios: list[float]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class CheckpointReady:
    """A checkpoint that `resume` can go on from has reached the disk."""

    step: int
    epoch: int
    file: str
    sha256: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RunFinished:
    """The end of the loop: "finished", "stopped" or "diverged".

    Attributes:
        step: the last step taken; for "diverged" the step whose loss was not finite.
        test_accuracy: share of the test set, 0 to 1; None unless finished.
        test_interval: its 95 % Wilson interval.
        best_epoch: the epoch whose weights were kept (0: none was completed).
    """

    step: int
    epoch: int
    status: str
    train_seconds: float
    elapsed_seconds: float
    images_per_second: float
    best_epoch: int
    valid_accuracy: float | None = None
    test_accuracy: float | None = None
    test_loss: float | None = None
    test_interval: list[float] = field(default_factory=list)
    test_size: int = 0


TrainEvent = (
    Preparing
    | RateFound
    | RunStarted
    | StepsDone
    | EpochDone
    | LayersSeen
    | CheckpointReady
    | TrialPoint
    | TrialDone
    | RunFinished
)
_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Preparing,
        RateFound,
        RunStarted,
        StepsDone,
        EpochDone,
        LayersSeen,
        CheckpointReady,
        TrialPoint,
        TrialDone,
        RunFinished,
    )
}

_FIELDS = {kind: {field.name for field in dataclasses.fields(kind)} for kind in _KINDS.values()}

_LOST = "Train it again: its command is in its details. Weights that were kept are as they were."


def event_to_json(event: TrainEvent) -> str:
    """Return `event` as one JSON object; its class is under "kind".

    Raises:
        ValueError: a number that is not finite, which JSON does not know: a bug in the loop.

    >>> saved = CheckpointReady(step=3, epoch=1, file="c.safetensors", sha256="", seconds=0.1)
    >>> event_from_json(event_to_json(saved)) == saved
    True
    """
    body = {"kind": type(event).__name__, **dataclasses.asdict(event)}
    return json.dumps(body, allow_nan=False)


def event_from_json(text: str) -> TrainEvent:
    """Return the event that `event_to_json` wrote; fields of a newer version are left out.

    Raises:
        DataError: a kind of event that only a newer version knows, or one that is damaged.
    """
    try:
        body = json.loads(text)
        named, kind = body["kind"], _KINDS.get(body["kind"])
    except (ValueError, TypeError, KeyError) as exc:
        raise DataError("An event of this run is damaged: it has no kind.", hint=_LOST) from exc
    if kind is None:
        raise DataError(
            f"This run has an event of a kind that this CNN Lab does not know ({named!r}).",
            hint="Update CNN Lab.",
        )
    body = {name: value for name, value in body.items() if name in _FIELDS[kind]}
    try:
        if body.get("split"):
            body["split"] = StepSplit(**body["split"])
        event: TrainEvent = kind(**body)
    except TypeError as exc:
        raise DataError(
            f"An event of this run is damaged: a {named} that is not whole.", hint=_LOST
        ) from exc
    except DataError as exc:
        raise DataError(f"An event of this run is damaged: {exc.message}", hint=_LOST) from exc
    return event
