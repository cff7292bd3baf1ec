"""The curves of small runs as a study keeps them, and as the analysis takes them again."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from cnn_core.results.config import TrainConfig
from cnn_core.results.events import EpochDone, RunFinished, RunStarted, StepsDone, TrainEvent
from cnn_core.results.history import History
from cnn_core.results.runs import DatasetInfo, RunRecord
from cnn_core.results.studied import Studied
from cnn_core.training.tensors import Splits

COLUMNS = (
    "train_loss",
    "valid_loss",
    "valid_accuracy",
    "running_accuracy",
    "train_accuracy",
    "train_sample_loss",
)
_DIGITS = 6  # decimals that are kept of a figure


def kept_run(events: Sequence[TrainEvent], splits: Splits) -> dict[str, Any]:
    """Return what is kept of a run: its epochs, the first step's loss and the greatest."""
    losses = [loss for each in events if isinstance(each, StepsDone) for loss in each.losses]
    epochs = [each for each in events if isinstance(each, EpochDone)]
    end = events[-1]
    if not isinstance(end, RunFinished):
        raise TypeError(f"a run ends with RunFinished, but the last event is {end}")
    return {
        "status": end.status,
        "test_accuracy": end.test_accuracy,
        "train_size": len(splits.train),
        "valid_size": len(splits.valid),
        "test_size": len(splits.test),
        "first_loss": round(losses[0], _DIGITS) if losses else None,
        "greatest_loss": round(max(losses), _DIGITS) if losses else None,
        "train_sample": epochs[-1].train_sample if epochs else 0,
        "epochs": {
            name: " ".join(_text(getattr(done, name)) for done in epochs) for name in COLUMNS
        },
    }


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.{_DIGITS}g}"


def studied_of(kept: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> Studied:
    """Return what is kept of runs of one case as the analysis takes it."""
    config = TrainConfig(**kept["config"])
    return Studied(
        records=tuple(_record(dataclasses.replace(config, seed=run["seed"]), run) for run in runs),
        histories=tuple(History(_events(config, run)) for run in runs),
    )


def _events(config: TrainConfig, run: Mapping[str, Any]) -> list[TrainEvent]:
    steps = math.ceil(run["train_size"] / config.batch_size)
    told: list[TrainEvent] = [
        RunStarted(
            step=0,
            epoch=0,
            total_steps=steps * config.epochs,
            total_epochs=config.epochs,
            steps_per_epoch=steps,
            train_size=run["train_size"],
            valid_size=run["valid_size"],
            device="cpu",
            threads=1,
            parameters=1,
        )
    ]
    if run["first_loss"] is not None:
        told.append(
            StepsDone(
                step=2,
                epoch=1,
                losses=[run["first_loss"], run["greatest_loss"]],
                images=2 * config.batch_size,
                window_seconds=1.0,
                train_seconds=1.0,
                elapsed_seconds=1.0,
                learning_rate=config.learning_rate,
            )
        )
    columns = {name: text.split() for name, text in run["epochs"].items()}
    for place, row in enumerate(zip(*columns.values(), strict=True)):
        values = {
            name: None if text == "-" else float(text)
            for name, text in zip(columns, row, strict=True)
        }
        told.append(
            EpochDone(
                step=max(2, steps * (place + 1)),
                epoch=place + 1,
                epoch_seconds=1.0,
                evaluation_seconds=0.1,
                train_seconds=place + 1.0,
                elapsed_seconds=1.1 * (place + 1),
                best=True,
                train_sample=run["train_sample"],
                **values,  # type: ignore[arg-type]
            )
        )
    return told


def _record(config: TrainConfig, run: Mapping[str, Any]) -> RunRecord:
    epochs = len(run["epochs"]["train_loss"].split())
    return RunRecord(
        id=f"case-{config.seed}",
        name=f"LeNet-5 on digits, seed {config.seed}",
        owner="study",
        group="case",
        recipe="lenet5-mnist",
        preset="custom",
        config=config,
        dataset=DatasetInfo(
            name="scikit-learn digits",
            source="digits",
            location="",
            fingerprint="",
            official=True,
            train_size=run["train_size"],
            valid_size=run["valid_size"],
            test_size=run["test_size"],
        ),
        device="cpu",
        status=run["status"],
        created=0.0,
        started=0.0,
        ended=1.1 * epochs,
        deleted=None,
        stop_requested=False,
        epochs_done=epochs,
        steps_done=epochs,
        total_steps=epochs,
        train_seconds=float(epochs),
        total_seconds=1.1 * epochs,
        images_per_second=1.0,
        valid_accuracy=None,
        test_accuracy=run["test_accuracy"],
        test_interval=None,
        error="",
        hint="",
        provenance={},
    )
