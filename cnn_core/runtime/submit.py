"""From what a person chose to a queued run: the data read, the device chosen, the estimate made."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cnn_core.data.datasets import SOURCES, dataset_state, require_alike
from cnn_core.data.images import Dataset
from cnn_core.data.parts import parts_of
from cnn_core.errors import ConfigError, DataError
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig, validate_config
from cnn_core.results.pictures import Selection
from cnn_core.results.runs import ACTIVE, DatasetInfo, RunRecord
from cnn_core.results.xray_plan import FilmSelection
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.devices import choose_device, known_devices
from cnn_core.runtime.experiments import trials_left
from cnn_core.runtime.folder_costs import require_folder_room, sizes_of
from cnn_core.runtime.image_costs import require_image_room
from cnn_core.runtime.image_runs import fine_tunes_images, require_learning
from cnn_core.runtime.picture_runs import plan_selection, require_fine_tuning
from cnn_core.runtime.provenance import provenance
from cnn_core.runtime.room import estimate_bytes, require_room
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.runtime.xray_runs import plan_films
from cnn_core.settings import Settings
from cnn_core.training.recipes import (
    FILMS,
    OWN_PICTURES,
    Recipe,
    find_preset,
    find_recipe,
    network_of,
)

_COMPARED = 200  # so many finished runs are looked at for an estimate


def build_request(
    settings: Settings,
    *,
    recipe: str,
    preset: str,
    config: TrainConfig,
    owner: str,
    device: str = "auto",
    source: str | None = None,
    folder: Path | None = None,
    group: str = "",
    name: str = "",
    launcher: str = "worker",
    selection: Selection | FilmSelection | None = None,
) -> RunRequest:
    """Check everything that can be checked before a run is queued, and return the request.

    Args:
        settings: for the homes.
        recipe: its id.
        preset: a label to keep: a preset's id, or "custom".
        config: what to train; it need not be the preset's.
        owner: digest of the owner's token.
        device: "auto", "cpu", "cuda", "cuda:1".
        source: the data set, the recipe's own unless given.
        folder: a local copy of the data, in the place of the data home.
        group: runs that differ in their seed alone carry the same group.
        name: for a person; made of recipe, data, preset and seed unless given.
        launcher: see `RunRequest`.
        selection: of a person's own pictures, or of a film set, for a recipe that trains on them;
            `source` and `folder` are then not looked at.

    Raises:
        ConfigError, UnknownNameError, DataError, WeightsError: one sentence and what to do.
        StorageError: the disk has no room for what the run would write.
    """
    validate_config(config)
    if config.experiment:
        raise ConfigError(
            "experiment is no setting of a training.",
            hint="`python -m cnn_core experiment` lists the experiments.",
        )
    row = find_recipe(recipe)
    if config.model == row.model:
        config = replace(config, model="")  # the recipe's own: no other run than without it
    if preset != "custom":
        find_preset(row, preset)
    where = choose_device(device, known_devices(settings.runs))
    known = provenance()
    if row.source in (OWN_PICTURES, FILMS):
        _refuse_for_own(config)
        require_fine_tuning(settings, row, config)
        if row.source == FILMS:
            plan, pictures, study = plan_films(settings, selection, config)
            known |= study
        else:
            plan, pictures = plan_selection(settings, selection, config)
        require_folder_room(settings, sizes_of(plan), config, recipe=recipe, device=where)
    else:
        source = source or row.source
        require_alike(source, row.source)
        require_learning(settings, row, config)
        dataset = open_or_say_how(settings, source, folder)
        pictures = describe(dataset, config)
        if fine_tunes_images(row):
            require_image_room(settings, dataset, config, recipe=recipe, device=where)
        else:
            needed = estimate_bytes(
                config,
                model_row(network_of(row, config)),
                train_size=pictures.train_size,
                test_size=pictures.test_size,
            )
            require_room(settings.runs, needed)
    return RunRequest(
        recipe=recipe,
        preset=preset,
        config=config,
        dataset=pictures,
        device=where,
        owner=owner,
        provenance=known,
        group=group,
        name=name or _name(row, pictures, preset, config),
        launcher=launcher,
    )


def _refuse_for_own(config: TrainConfig) -> None:
    """Refuse what training on a person's own pictures would not look at."""
    unused_here = (("data_share", 1.0), ("cutout", 0), ("auxiliary", 0.0), ("dropout", 0.2))
    for name, unused in unused_here:
        value = getattr(config, name)
        if value != unused:
            raise ConfigError(
                f"Pictures of your own are trained on without it: expected {name}={unused:g}, but "
                f"got {name}={value:g}.",
                hint=f"Leave {name} out.",
            )


def _name(recipe: Recipe, pictures: DatasetInfo, preset: str, config: TrainConfig) -> str:
    """Return a run's name: the network on the data it really sees, the preset and the seed."""
    network = model_row(network_of(recipe, config)).title
    source = SOURCES.get(pictures.source)
    data = pictures.name if source is None else source.title
    return f"{network} on {data}, {preset}, seed {config.seed}"


def open_or_say_how(settings: Settings, source: str, folder: Path | None) -> Dataset:
    """Open the data set; where it is missing, say what to do about it.

    Raises:
        DataError: with the state's own sentence.
    """
    home = folder or settings.data
    state = dataset_state(source, home)
    if not state.ready:
        raise DataError(state.message, hint=state.hint)
    return cached_dataset(source, home)


def describe(dataset: Dataset, config: TrainConfig) -> DatasetInfo:
    """Return what a run keeps of its data set, with the sizes of the parts that it uses.

    Raises:
        DataError: its share of the data is too small to be split.
    """
    parts = parts_of(
        dataset,
        data_share=config.data_share,
        validation_share=config.validation_share,
        seed=config.seed,
    )
    return DatasetInfo(
        name=dataset.name,
        source=dataset.source,
        location=dataset.location,
        fingerprint=dataset.fingerprint,
        official=dataset.official,
        train_size=len(parts.train),
        valid_size=len(parts.valid),
        test_size=len(parts.test),
    )


def steps_of(config: TrainConfig, train_size: int) -> int:
    """Return how many optimizer steps the configuration takes.

    >>> steps_of(TrainConfig(epochs=2, batch_size=64, learning_rate=0.1), 100)
    4
    """
    return math.ceil(train_size / config.batch_size) * config.epochs


def estimate_seconds(
    store: RunStore, recipe: str, config: TrainConfig, device: str, *, source: str | None = None
) -> float | None:
    """Return about how long a run would take here, from finished ones; None before the first.

    The time of an epoch is that of the newest run of the same network on the same data whose
    augmentation and batch size come nearest; evaluation has its share in it.

    Args:
        store: where the finished runs are.
        recipe: its id.
        config: what would be trained.
        device: where.
        source: the data set, the recipe's own unless given.
    """
    source = source or find_recipe(recipe).source
    done = store.list(recipe=recipe, statuses=("finished",), limit=_COMPARED)
    return estimate_from(done, config, device, source)


def estimate_from(
    done: Sequence[RunRecord],
    config: TrainConfig,
    device: str,
    source: str,
    *,
    train_size: int | None = None,
) -> float | None:
    """Return what `estimate_seconds` does, from the finished runs `done`, newest first.

    Where `train_size` pictures are trained on, a run on others counts in proportion.
    """
    asked = (config.model, config.mode, config.head, config.cache)
    fitting = [
        run
        for run in done
        if run.device == device and run.dataset.source == source
        if (run.config.model, run.config.mode, run.config.head, run.config.cache) == asked
    ]

    def distance(run: RunRecord) -> tuple[bool, float]:
        alike = run.config.resamples == config.resamples
        return not alike, abs(math.log(run.config.batch_size / config.batch_size))

    if not fitting:
        return None
    nearest = min(fitting, key=distance)
    share = config.data_share / nearest.config.data_share
    if train_size is not None:
        share = train_size / nearest.dataset.train_size
    return nearest.total_seconds / nearest.config.epochs * config.epochs * share


def waiting_seconds(store: RunStore, ahead: list[str]) -> float | None:
    """Return how long the runs `ahead` will take together; None if one cannot be estimated."""
    if not ahead:
        return 0.0
    left = seconds_left(store, store.list(statuses=ACTIVE, limit=-1))
    total = 0.0
    for run_id in ahead:
        seconds = left.get(run_id, 0.0)  # it has ended since
        if seconds is None:
            return None
        total += seconds
    return total


def seconds_left(store: RunStore, runs: Sequence[RunRecord]) -> dict[str, float | None]:
    """Return by id how long each of `runs` will still take; None if it cannot be estimated."""
    done = {
        recipe: store.list(recipe=recipe, statuses=("finished",), limit=_COMPARED)
        for recipe in {run.recipe for run in runs if not run.experiment}
    }
    left: dict[str, float | None] = {}
    for run in runs:
        if run.experiment:
            left[run.id] = trials_left(store, run)
            continue
        whole = estimate_from(
            done[run.recipe],
            run.config,
            run.device,
            run.dataset.source,
            train_size=run.dataset.train_size,
        )
        share = 1 - run.steps_done / run.total_steps if run.total_steps else 1.0
        left[run.id] = None if whole is None else whole * share
    return left
