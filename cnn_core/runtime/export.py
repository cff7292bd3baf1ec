"""What a person takes away of a run: files, and the command that makes it again."""

import dataclasses
import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from cnn_core.errors import CnnLabError, RunStateError, StorageError
from cnn_core.results.curve_tables import layers_csv
from cnn_core.results.events import event_to_json
from cnn_core.results.history import History
from cnn_core.results.pictures import Plan
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Studied
from cnn_core.runtime.experiment_result import experiment_command, experiment_files, without_said
from cnn_core.runtime.files import WEIGHTS_FILE, write_whole
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.rows import validate_run_id
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_runs import FILM_SET
from cnn_core.training.recipes import FILMS, OWN_PICTURES, find_recipe

_ANOTHER = "Choose another folder to write to, on a disk with room."
_OF_A_STUDY = ("fold", "folds")  # settings of its runs that its command does not set
_SHORT_ID = 16  # characters of a snapshot's id: its beginning finds it


def read_history(store: RunStore, run_id: str) -> History:
    """Return the run's events, folded."""
    history = History()
    history.extend(event for _, event in store.events(run_id))
    return history


def weights_path(store: RunStore, run_id: str) -> Path | None:
    """Return the file of the run's weights, or None while there is none."""
    path = store.folder / validate_run_id(run_id) / WEIGHTS_FILE
    return path if path.exists() else None


def summary(record: RunRecord) -> dict[str, object]:
    """Return what every list of runs says of one, as JSON values.

    An experiment says how many of its trials are done.
    """
    trials = {"done": record.steps_done, "planned": record.total_steps}
    return {
        "run": record.id,
        "group": record.group,
        "name": record.name,
        "recipe": record.recipe,
        "preset": record.preset,
        "status": record.status,
        "created": record.created,
        "seed": record.config.seed,
        "epochs": record.epochs_done,
        "device": record.device,
        "valid_accuracy": record.valid_accuracy,
        "test_accuracy": record.test_accuracy,
        "test_interval": list(record.test_interval) if record.test_interval else None,
        "train_seconds": record.train_seconds,
        "total_seconds": record.total_seconds,
        "images_per_second": record.images_per_second,
        "error": record.error,
        **({"trials": trials} if record.experiment else {}),
    }


def describe_run(record: RunRecord) -> dict[str, object]:
    """Return everything that is kept of a run but its events, as JSON values.

    Of an experiment "config" is its settings.
    """
    dataset = dataclasses.asdict(record.dataset)
    del dataset["location"]
    asked = record.config.experiment
    return {
        **summary(record),
        "config": json.loads(asked) if asked else dataclasses.asdict(record.config),
        "dataset": dataset,
        "provenance": without_said(record.provenance),
        "command": reproduce_command(record),
    }


def export_files(store: RunStore, record: RunRecord) -> dict[str, bytes]:
    """Return the files by name: run.json, the curves, and layers and weights if there are.

    Of an experiment: run.json, its result, its trials and their curves.
    """
    about = {"run.json": (json.dumps(describe_run(record), indent=2) + "\n").encode()}
    if record.experiment:
        return about | experiment_files(store, record)
    events = [event for _, event in store.events(record.id)]
    history = History(events)
    files = {
        **about,
        "steps.csv": history.to_csv("steps").encode(),
        "epochs.csv": history.to_csv("epochs").encode(),
        "events.jsonl": "".join(event_to_json(event) + "\n" for event in events).encode(),
    }
    layers = layers_csv([Studied(records=(record,), histories=(history,))])
    if layers:
        files["layers.csv"] = layers.encode()
    weights = weights_path(store, record.id)
    if weights is not None:
        files[WEIGHTS_FILE] = weights.read_bytes()
    return files


def export_run(store: RunStore, record: RunRecord, folder: Path) -> list[Path]:
    """Write `export_files` into `folder`, made if need be; return the paths.

    Raises:
        RunStateError: the run has not begun.
        StorageError: the folder cannot be written.
    """
    if record.steps_done == 0:
        raise RunStateError(f"Run {record.id} has not begun: there is nothing to export yet.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StorageError(
            f"The folder {folder.name} cannot be made ({exc.strerror}).", hint=_ANOTHER
        ) from exc
    paths = []
    for name, payload in export_files(store, record).items():
        write_whole(folder / name, payload, hint=_ANOTHER)
        paths.append(folder / name)
    return paths


def reproduce_command(record: RunRecord, seeds: Sequence[int] = ()) -> str:
    """Return the command that trains this configuration again, with other `seeds` if there are.

    Settings are named where they differ from the preset's; of a person's own pictures the snapshot
    and what was decided of it. "" where what the run saw is no longer here. An experiment has its
    seeds among its settings.
    """
    if record.experiment:
        return experiment_command(record)
    recipe = find_recipe(record.recipe)
    base = record.preset if record.preset in recipe.presets else recipe.default
    words = ["python", "-m", "cnn_core", "train", record.recipe, "--preset", base]
    if recipe.source == OWN_PICTURES:
        try:
            words += _picture_words(read_plan(record.dataset))
        except CnnLabError:
            return ""
    elif recipe.source == FILMS:  # its whole study, without what was acknowledged of its audit
        words += ["--data", record.provenance.get(FILM_SET, "")[:_SHORT_ID]]
        words += ["--folds", str(record.config.folds)]
    elif record.dataset.source != recipe.source:
        words += ["--data", record.dataset.source]
    words += ["--seed", *map(str, seeds or [record.config.seed])]
    preset = dataclasses.asdict(recipe.presets[base].config)
    changed = {
        name: value
        for name, value in dataclasses.asdict(record.config).items()
        if name not in ("seed", *_OF_A_STUDY) and value != preset[name]
    }
    if changed:
        words += ["--set", *(f"{name}={value}" for name, value in changed.items())]
    return shlex.join(words)


def _picture_words(plan: Plan) -> list[str]:
    """Return how a terminal names the pictures of `plan`, and what was decided of them."""
    last = {decision.picture: decision for decision in plan.decisions}
    left_out = [str(place) for place, each in last.items() if each.action == "exclude"]
    renamed = [f"{place}={each.label}" for place, each in last.items() if each.action == "relabel"]
    words = ["--data", plan.snapshot[:_SHORT_ID]]
    words += ["--exclude", *left_out] if left_out else []
    words += ["--relabel", *renamed] if renamed else []
    return words if plan.grouped else [*words, "--allow-duplicates"]
