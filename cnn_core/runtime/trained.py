"""Finished runs as networks: "run:ID" stands for a run's best weights. Found without torch."""

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

import safetensors

from cnn_core.data.datasets import SOURCES
from cnn_core.errors import UnknownNameError, WeightsError
from cnn_core.models.registry import ModelRow
from cnn_core.results.inspection import WeightsState
from cnn_core.results.runs import RunRecord
from cnn_core.runtime import weights
from cnn_core.runtime.experiments import require_training
from cnn_core.runtime.files import WEIGHTS_FILE
from cnn_core.runtime.image_runs import fine_tunes_images, seen_row
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.rows import RUNS_HINT, validate_run_id
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings
from cnn_core.training.recipes import FILMS, OWN_PICTURES, find_recipe

PREFIX = "run:"


@dataclass(frozen=True, kw_only=True)
class TrainedNetwork:
    """A finished run's network.

    Attributes:
        row: of the registry: what was trained.
        classes: of the data that it was trained on.
        path: the file of the best epoch's weights (safetensors).
        stamp: differs when the file has changed.
        tuned: how it was fine-tuned, None where all of it is in `path`.
    """

    row: ModelRow
    title: str
    weights: WeightsState
    classes: tuple[str, ...]
    path: Path
    stamp: tuple[int, int]
    tuned: "FineTuned | None" = None


@dataclass(frozen=True, kw_only=True)
class FineTuned:
    """What a run that fine-tuned a network was made from.

    Attributes:
        head: see `TrainConfig`.
        base: the file of the weights that it began with, None from scratch.
        base_sha256: of that file, when the run began and now; "" from scratch.
    """

    head: str
    base: Path | None
    base_sha256: str


def trained_networks(runs: Path) -> list[tuple[str, str, str]]:
    """Return name, title and a sentence on the weights of every finished run, newest first."""
    if not (runs / "runs.sqlite").exists():
        return []
    store = RunStore(runs, examine=False)
    return [
        (PREFIX + record.id, _title(record, _row_of(record)), _sentence(record))
        for record in store.list(statuses=("finished",))
        if not record.experiment and (runs / record.id / WEIGHTS_FILE).exists()
    ]


def find_trained(settings: Settings, name: str) -> TrainedNetwork:
    """Return the network that "run:ID" names.

    Raises:
        UnknownNameError: there is no such run, it was deleted, or it has not finished.
        RunStateError: it is an experiment.
        WeightsError: its weights, or those that it began with, are not there any more.
        DataError: the plan of its pictures is gone.
    """
    runs = settings.runs
    run_id = validate_run_id(name.removeprefix(PREFIX))
    if not (runs / "runs.sqlite").exists():
        raise UnknownNameError(f"There is no run {run_id!r}.", hint=RUNS_HINT)
    record = RunStore(runs, examine=False).get(run_id)
    if record.deleted is not None or record.status != "finished":
        state = "deleted" if record.deleted is not None else record.status
        raise UnknownNameError(
            f"Run {run_id} is {state}: only a finished run can be opened.", hint=RUNS_HINT
        )
    require_training(record)
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
    recipe = find_recipe(record.recipe)
    tuned = record.dataset.source in (OWN_PICTURES, FILMS) or fine_tunes_images(recipe)
    return TrainedNetwork(
        row=row,
        title=_title(record, row),
        weights=WeightsState(kind="trained", sentence=_sentence(record), sha256=digest),
        classes=classes_of(record),
        path=path,
        stamp=stamp,
        tuned=_fine_tuned(settings, record, row, path) if tuned else None,
    )


def classes_of(record: RunRecord) -> tuple[str, ...]:
    """Return the names of the outputs of a run's network, in their order.

    Raises:
        DataError: the plan of its pictures is gone.
    """
    if record.dataset.source in (OWN_PICTURES, FILMS):
        return read_plan(record.dataset).classes
    return SOURCES[record.dataset.source].classes


def _fine_tuned(settings: Settings, record: RunRecord, row: ModelRow, path: Path) -> FineTuned:
    """Return what the run was made from, if that is still what the weights' file says it was."""
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            told: dict[str, str] = file.metadata() or {}
    except (OSError, safetensors.SafetensorError) as exc:
        raise WeightsError(
            f"The weights of run {record.id} are damaged.", hint="Train it again."
        ) from exc
    head, base = record.config.head, told.get("base", "")
    if not base:
        return FineTuned(head=head, base=None, base_sha256="")
    at_hand = weights.find_by_sha256(settings, row, base)
    if at_hand is None:
        raise WeightsError(
            f"Run {record.id} began with weights of {row.title} that are not on this machine any "
            "more.",
            hint="Put that file back into the folder of weights, or train the run again.",
        )
    return FineTuned(head=head, base=at_hand, base_sha256=base)


@functools.lru_cache(maxsize=256)
def _sha256(path: Path, stamp: tuple[int, int]) -> str:
    del stamp  # part of the key alone
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _row_of(record: RunRecord) -> ModelRow:
    return seen_row(find_recipe(record.recipe), record.config)


def _title(record: RunRecord, row: ModelRow) -> str:
    return f"{row.title}, run {record.name}"


def _sentence(record: RunRecord) -> str:
    right = ""
    if record.test_accuracy is not None:
        right = f"; {100 * record.test_accuracy:.2f} % of the test pictures right"
    return f"Trained here on {record.dataset.name} (run {record.id}){right}."
