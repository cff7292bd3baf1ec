"""Rows of the runs table to `RunRecord`, and back to JSON."""

import dataclasses
import functools
import json
import re
import secrets
import sqlite3
import time
from typing import Any

from cnn_core.errors import UnknownNameError
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import (
    EpochDone,
    RunFinished,
    RunStarted,
    StepsDone,
    TrainEvent,
)
from cnn_core.results.runs import DatasetInfo, RunRecord
from cnn_core.results.trial_events import TrialDone

_RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,80}")
_KEPT_TEXTS = 4_096  # a list of a thousand runs is parsed once, not once for each who looks
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else


def new_run_id(recipe: str) -> str:
    """Return an id such as "lenet5-mnist-1123-k3f9q2"."""
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(6))
    return f"{recipe}-{time.strftime('%m%d')}-{tail}"


def validate_run_id(run_id: str) -> str:
    """Return `run_id` if it has the form of one; it is used as a folder's name.

    Raises:
        UnknownNameError: anything else, "../" among it.

    >>> validate_run_id("../../etc")
    Traceback (most recent call last):
    cnn_core.errors.UnknownNameError: '../../etc' is not the id of a run.
    """
    if not _RUN_ID.fullmatch(run_id):
        raise UnknownNameError(f"{run_id[:80]!r} is not the id of a run.", hint=RUNS_HINT)
    return run_id


RUNS_HINT = "The Runs page and `python -m cnn_core runs` list the runs there are."


def to_json(value: object) -> str:
    """Return a dataclass as JSON text."""
    return json.dumps(dataclasses.asdict(value))  # type: ignore[call-overload]


@functools.lru_cache(maxsize=_KEPT_TEXTS)
def config_from_json(text: str) -> TrainConfig:
    """Return the configuration that `to_json` wrote; fields of a newer version are left out."""
    return TrainConfig(**_known(TrainConfig, text))


@functools.lru_cache(maxsize=_KEPT_TEXTS)
def _dataset_from_json(text: str) -> DatasetInfo:
    return DatasetInfo(**_known(DatasetInfo, text))


@functools.lru_cache(maxsize=_KEPT_TEXTS)
def _provenance_from_json(text: str) -> dict[str, str]:
    return dict(json.loads(text))


def _known(kind: type[TrainConfig | DatasetInfo], text: str) -> dict[str, Any]:
    names = {field.name for field in dataclasses.fields(kind)}
    return {key: value for key, value in json.loads(text).items() if key in names}


def record_from_row(row: sqlite3.Row) -> RunRecord:
    """Return one row of the runs table as a record."""
    interval = None if row["test_low"] is None else (row["test_low"], row["test_high"])
    return RunRecord(
        id=row["id"],
        name=row["name"],
        owner=row["owner"],
        group=row["run_group"],
        recipe=row["recipe"],
        preset=row["preset"],
        config=config_from_json(row["config"]),
        dataset=_dataset_from_json(row["dataset"]),
        device=row["device"],
        status=row["status"],
        created=row["created"],
        started=row["started"],
        ended=row["ended"],
        deleted=row["deleted"],
        stop_requested=bool(row["stop_requested"]),
        epochs_done=row["epochs_done"],
        steps_done=row["steps_done"],
        total_steps=row["total_steps"],
        train_seconds=row["train_seconds"],
        total_seconds=row["total_seconds"],
        images_per_second=row["images_per_second"],
        valid_accuracy=row["valid_accuracy"],
        test_accuracy=row["test_accuracy"],
        test_interval=interval,
        error=row["error"],
        hint=row["hint"],
        provenance=_provenance_from_json(row["provenance"]).copy(),
    )


def columns_of(event: TrainEvent) -> dict[str, object]:
    """Return the columns of the run's row that `event` changes, with their new values."""
    if isinstance(event, RunStarted):
        return {
            "total_steps": event.total_steps,
            "steps_done": event.step,
            "epochs_done": event.epoch,
        }
    if isinstance(event, StepsDone):
        return {
            "steps_done": event.step,
            "train_seconds": event.train_seconds,
            "total_seconds": event.elapsed_seconds,
            "images_per_second": event.images / max(event.window_seconds, 1e-9),
        }
    if isinstance(event, TrialDone):
        return {"steps_done": event.step, "total_seconds": event.elapsed_seconds}
    if isinstance(event, EpochDone):
        changes: dict[str, object] = {
            "epochs_done": event.epoch,
            "total_seconds": event.elapsed_seconds,
        }
        return {**changes, "valid_accuracy": event.valid_accuracy} if event.best else changes
    if isinstance(event, RunFinished):
        low, high = event.test_interval or (None, None)
        return {
            "train_seconds": event.train_seconds,
            "total_seconds": event.elapsed_seconds,
            "images_per_second": event.images_per_second,
            "valid_accuracy": event.valid_accuracy,
            "test_accuracy": event.test_accuracy,
            "test_low": low,
            "test_high": high,
        }
    return {}
