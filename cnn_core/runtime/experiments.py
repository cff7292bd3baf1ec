"""Experiments in the run store: from settings to a queued run, and from its events to its trials.

An experiment is one run of many small trainings (`concepts`): its recipe is the experiment's id,
its configuration holds the experiment's settings and looks at nothing else. Without torch.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from cnn_core.concepts.experiment import Experiment, Planned
from cnn_core.concepts.registry import find_experiment
from cnn_core.concepts.settings import ExperimentSettings, from_text, to_text, validated
from cnn_core.data.datasets import SOURCES
from cnn_core.errors import CnnLabError, ConfigError, RunStateError, UnknownNameError
from cnn_core.results.config import TrainConfig, validate_config
from cnn_core.results.events import TrainEvent
from cnn_core.results.runs import DatasetInfo, RunRecord
from cnn_core.results.trials import Standing, Trials, standing
from cnn_core.runtime.devices import choose_device, known_devices
from cnn_core.runtime.experiment_data import describe_data, open_data
from cnn_core.runtime.provenance import provenance
from cnn_core.runtime.room import require_room
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.settings import Settings

SAID = "said"
"""In a run's provenance: id of the answer that was chosen before it."""

THREADS = 1
"""Of torch in a trial: small networks gain nothing by more, and figures depend on their number."""

_COMPARED = 50  # so many finished runs are looked at for an estimate
_NEEDED = 2**23  # bytes: SQLite's log grows to 4 MB, and a trial's events take some kilobytes


def build_experiment_request(
    settings: Settings,
    *,
    experiment: str,
    preset: str,
    chosen: ExperimentSettings,
    owner: str,
    said: str = "",
    device: str = "auto",
    folder: Path | None = None,
    launcher: str = "worker",
) -> RunRequest:
    """Check everything that can be checked before an experiment is queued; return the request.

    Args:
        settings: for the homes.
        experiment: its id.
        preset: the name of one of its presets, or "custom".
        chosen: what to run; it need not be the preset's.
        owner: digest of the owner's token.
        said: id of the answer that the person chose before; "" where nobody was asked.
        device: "auto", "cpu", "cuda", "cuda:1".
        folder: of the data set, in the place of the data home.
        launcher: see `RunRequest`.

    Raises:
        ConfigError, UnknownNameError, DataError: one sentence and what to do.
        StorageError: the disk has no room.
    """
    row = find_experiment(experiment)
    if preset not in (*row.presets, "custom"):
        raise UnknownNameError(
            f"There is no preset {preset[:40]!r} of {row.title}.",
            hint=f"The presets are {', '.join(row.presets)}.",
        )
    if said and not row.answer(said):
        raise UnknownNameError(f"{row.title} has no answer {said[:40]!r}.")
    if type(chosen) is not row.settings:
        raise ConfigError(f"These are not the settings of {row.title}.")
    if not row.plan(validated(chosen)):
        raise ConfigError(f"With these settings {row.title} has nothing to run.")
    where = choose_device(device, known_devices(settings.runs))
    pictures = describe_data(open_data(settings, row, chosen, folder))
    require_room(settings.runs, _NEEDED)
    config = TrainConfig(
        epochs=1, batch_size=1, learning_rate=1.0, seed=chosen.seed, experiment=to_text(chosen)
    )
    known = provenance() | {"threads": str(THREADS)}
    return RunRequest(
        recipe=row.id,
        preset=preset,
        config=validate_config(config),
        dataset=pictures,
        device=where,
        owner=owner,
        provenance=known | {SAID: said} if said else known,
        name=_name(row, chosen, preset, pictures),
        launcher=launcher,
    )


def _name(
    experiment: Experiment, chosen: ExperimentSettings, preset: str, pictures: DatasetInfo
) -> str:
    source = SOURCES.get(pictures.source)
    title = pictures.name if source is None else source.title
    last = chosen.seed + chosen.seeds - 1
    seeds = f"seed {last}" if chosen.seeds == 1 else f"seeds {chosen.seed} to {last}"
    where = f" on {title}" if pictures.source else ""
    return f"{experiment.title.rstrip('?')}{where}, {preset}, {seeds}"


def require_training(record: RunRecord) -> None:
    """Refuse an experiment where a training is meant.

    Raises:
        RunStateError: it is an experiment, of whose many small networks none is kept.
    """
    if record.experiment:
        raise RunStateError(
            f"Run {record.id} is an experiment: of its many small trainings no network is kept.",
            hint=f"`python -m cnn_core show {record.id}` says what it found.",
        )


def chosen_of(record: RunRecord) -> tuple[Experiment, ExperimentSettings]:
    """Return the experiment of a run, and the settings that it was run with.

    Raises:
        UnknownNameError: there is no such experiment any more.
        DataError: its settings are damaged, or it is no experiment.
    """
    experiment = find_experiment(record.recipe)
    return experiment, from_text(experiment.settings, record.config.experiment)


def events_of(store: RunStore, run_id: str) -> list[TrainEvent]:
    """Return the run's events, in their order; `results.trials.standing` folds them."""
    return [event for _, event in store.events(run_id)]


def standing_of(store: RunStore, run_id: str) -> Standing:
    """Return where the experiment stands."""
    return standing(events_of(store, run_id))


def to_come(planned: Sequence[Planned], trials: Trials) -> list[Planned]:
    """Return the trials that are not done, in the order of the plan."""
    done = {(trial.arm, trial.condition, trial.seed) for trial in trials.done}
    return [each for each in planned if (each.arm, each.condition, each.seed) not in done]


def estimate_seconds(
    store: RunStore, experiment_id: str, chosen: ExperimentSettings, device: str
) -> float | None:
    """Return about how long these settings take here; None where nothing is known.

    From the newest finished run of the experiment on this device (on the same data, if there is
    one), in proportion to the weights of the planned trials; else from what was measured of the
    preset that comes nearest.

    Raises:
        UnknownNameError: there is no such experiment.
    """
    experiment = find_experiment(experiment_id)
    asked = weight_of(experiment.plan(chosen))
    found = _newest(store, experiment, chosen, device)
    if found is not None:
        weight, seconds = found
        return seconds * asked / weight
    if device != "cpu":
        return None
    measured = [
        (weight_of(experiment.plan(experiment.presets[name])), seconds)
        for name, seconds in experiment.seconds.items()
        if name in experiment.presets
    ]
    if not measured or not asked:
        return None
    weight, seconds = min(measured, key=lambda each: abs(each[0] - asked))
    return seconds * asked / weight if weight else None


def _newest(
    store: RunStore, experiment: Experiment, chosen: ExperimentSettings, device: str
) -> tuple[float, float] | None:
    """Return weight and seconds of the newest finished run that fits, None if there is none.

    A run whose settings cannot be read any more, damaged or of another version, is passed over.
    """
    others: list[tuple[float, float]] = []
    done = store.list(recipe=experiment.id, statuses=("finished",), limit=_COMPARED)
    for run in done:
        if run.device != device or not run.experiment:
            continue
        try:
            settings = from_text(experiment.settings, run.config.experiment)
            weight = weight_of(experiment.plan(settings))
        except CnnLabError:
            continue
        if not weight or not run.total_seconds:
            continue
        if settings.data == chosen.data:
            return weight, run.total_seconds
        others.append((weight, run.total_seconds))
    return others[0] if others else None


def weight_of(planned: Sequence[Planned]) -> float:
    """Return how much work trials are together, in their own unit."""
    return sum(each.weight for each in planned)


def trials_left(store: RunStore, record: RunRecord) -> float | None:
    """Return how many seconds a queued or running experiment has left; None if nothing is known.

    Once trials are done, their own pace counts. Of an experiment that is not known here, or whose
    settings are damaged, nothing is known.
    """
    try:
        experiment, chosen = chosen_of(record)
        planned = experiment.plan(chosen)
    except CnnLabError:
        return None
    whole = weight_of(planned)
    left = weight_of(planned[record.steps_done :])  # trials are done in the order of the plan
    if record.steps_done and whole > left:
        return record.total_seconds / (whole - left) * left
    seconds = estimate_seconds(store, experiment.id, chosen, record.device)
    if seconds is None:
        return None
    since = 0.0 if record.started is None else time.time() - record.started
    return max(0.0, seconds * (left / whole if whole else 0.0) - max(0.0, since))
