"""Finished runs as networks: "run:ID" stands for a run's best weights. Found without torch."""

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

from cnn_core.data.datasets import SOURCES
from cnn_core.errors import UnknownNameError, WeightsError
from cnn_core.models.registry import ModelRow, model_row
from cnn_core.results.inspection import WeightsState
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.files import WEIGHTS_FILE
from cnn_core.runtime.rows import RUNS_HINT, validate_run_id
from cnn_core.runtime.store import RunStore
from cnn_core.training.recipes import find_recipe, network_of

PREFIX = "run:"


@dataclass(frozen=True, kw_only=True)
class TrainedNetwork:
    """A finished run's network.

    Attributes:
        row: of the registry: what was trained.
        classes: of the data that it was trained on.
        path: the file of the best epoch's weights (safetensors).
        stamp: differs when the file has changed.
    """

    row: ModelRow
    title: str
    weights: WeightsState
    classes: tuple[str, ...]
    path: Path
    stamp: tuple[int, int]


def trained_networks(runs: Path) -> list[tuple[str, str, str]]:
    """Return name, title and a sentence on the weights of every finished run, newest first."""
    if not (runs / "runs.sqlite").exists():
        return []
    store = RunStore(runs, examine=False)
    return [
        (PREFIX + record.id, _title(record, _row_of(record)), _sentence(record))
        for record in store.list(statuses=("finished",))
        if (runs / record.id / WEIGHTS_FILE).exists()
    ]


def find_trained(runs: Path, name: str) -> TrainedNetwork:
    """Return the network that "run:ID" names.

    Raises:
        UnknownNameError: there is no such run, it was deleted, or it has not finished.
        WeightsError: its weights are not there any more.
    """
    run_id = validate_run_id(name.removeprefix(PREFIX))
    if not (runs / "runs.sqlite").exists():
        raise UnknownNameError(f"There is no run {run_id!r}.", hint=RUNS_HINT)
    record = RunStore(runs, examine=False).get(run_id)
    if record.deleted is not None or record.status != "finished":
        state = "deleted" if record.deleted is not None else record.status
        raise UnknownNameError(
            f"Run {run_id} is {state}: only a finished run can be opened.", hint=RUNS_HINT
        )
    path = runs / run_id / WEIGHTS_FILE
    try:
        status = path.stat()
        stamp = (status.st_size, status.st_mtime_ns)
        digest = _sha256(path, stamp)
    except OSError as exc:
        raise WeightsError(
            f"The weights of run {run_id} are missing ({exc.strerror}).", hint="Train it again."
        ) from exc
    row = _row_of(record)
    return TrainedNetwork(
        row=row,
        title=_title(record, row),
        weights=WeightsState(kind="trained", sentence=_sentence(record), sha256=digest),
        classes=SOURCES[record.dataset.source].classes,
        path=path,
        stamp=stamp,
    )


@functools.lru_cache(maxsize=256)
def _sha256(path: Path, stamp: tuple[int, int]) -> str:
    del stamp  # part of the key alone
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _row_of(record: RunRecord) -> ModelRow:
    return model_row(network_of(find_recipe(record.recipe), record.config))


def _title(record: RunRecord, row: ModelRow) -> str:
    return f"{row.title}, run {record.name}"


def _sentence(record: RunRecord) -> str:
    right = ""
    if record.test_accuracy is not None:
        right = f"; {100 * record.test_accuracy:.2f} % of the test pictures right"
    return f"Trained here on {record.dataset.name} (run {record.id}){right}."
