"""What a run keeps as it goes, and goes on from: checkpoints, weights, the rate that it found."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from cnn_core.errors import CnnLabError
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import CheckpointReady, RateFound, TrainEvent
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.begin_pictures import BegunPictures
from cnn_core.runtime.begun import Begun
from cnn_core.runtime.checkpoints import (
    load_checkpoint,
    save_checkpoint,
    save_predictions,
    save_tensors,
    sweep_checkpoints,
)
from cnn_core.runtime.files import PREDICTIONS_FILE, WEIGHTS_FILE
from cnn_core.runtime.provenance import provenance
from cnn_core.runtime.store import RunStore
from cnn_core.training.distributed import World
from cnn_core.training.rate_finder import find_rate
from cnn_core.training.recipes import find_recipe, network_of
from cnn_core.training.state import TrainState, weights_on_cpu

_DECIDES_THE_BITS = ("torch", "processor", "threads", "world_size")

_log = logging.getLogger(__name__)


def restore(store: RunStore, record: RunRecord, state: TrainState, before: int) -> None:
    """Bring `state` to the newest checkpoint that is whole; drop the events and files after it.

    (Of the events, those up to `before`: what this leg has done so far stays.)
    """
    folder, cursor = store.run_folder(record.id), 0
    for seq, event in reversed(store.events(record.id)):
        if not isinstance(event, CheckpointReady):
            continue
        try:
            load_checkpoint(folder / event.file, event.sha256, state)
        except CnnLabError as exc:
            _log.warning("%s: %s The one before is tried.", record.id, exc.message)
            continue
        cursor = seq
        break
    store.drop_events_after(record.id, cursor, until=before)
    sweep_checkpoints(folder, state.progress)
    if state.progress.step:
        note_other_machine(store, record, state.progress.step)


def note_other_machine(store: RunStore, record: RunRecord, step: int) -> None:
    """Say so where a run goes on under another torch or processor: its bits may differ then.

    Args:
        store: where the run is.
        record: of the run, as it was.
        step: optimizer steps taken, of an experiment trials done.
    """
    now = provenance() | {"threads": str(torch.get_num_threads())}
    other = {name for name in _DECIDES_THE_BITS if record.provenance.get(name, "1") != now[name]}
    if other:
        what = ", ".join(f"{name} {now[name]}" for name in _DECIDES_THE_BITS if name in other)
        _log.warning("%s goes on after step %d under %s", record.id, step, what)
        store.add_provenance(record.id, "resumed", f"after step {step} under {what}")


def checkpoint(folder: Path, state: TrainState) -> CheckpointReady:
    """Save a checkpoint; return the event that puts it on record."""
    begun = time.perf_counter()
    name, digest = save_checkpoint(folder, state)
    return CheckpointReady(
        step=state.progress.step,
        epoch=state.progress.epoch,
        file=name,
        sha256=digest,
        seconds=time.perf_counter() - begun,
    )


def keep_weights(folder: Path, begun: Begun | BegunPictures, record: RunRecord) -> None:
    """Write the weights to use: the best epoch's by validation, else the latest finite ones.

    Auxiliary heads are left out: they serve training alone.
    """
    state = begun.state
    weights = state.best_weights or weights_on_cpu(state.model)
    auxiliary = model_row(network_of(find_recipe(record.recipe), record.config)).auxiliary
    if auxiliary:
        weights = {name: t for name, t in weights.items() if not name.startswith(auxiliary)}
    metadata = {
        "run": record.id,
        "recipe": record.recipe,
        "epoch": str(state.progress.best_epoch),
    }
    metadata |= begun.metadata
    save_tensors(folder / WEIGHTS_FILE, weights, metadata)
    if state.test_logits is not None:
        save_predictions(folder / PREDICTIONS_FILE, state.test_logits)


def with_rate(
    store: RunStore,
    record: RunRecord,
    begun: Begun | BegunPictures,
    emit: Callable[[TrainEvent], None],
    world: World,
) -> TrainConfig:
    """Return the configuration with the learning rate that the run found, or finds now."""
    config = record.config
    if config.rate_finder == "off" or begun.state.front is None:
        return config
    events = [event for _, event in store.events(record.id)]
    found = next((event for event in events if isinstance(event, RateFound)), None)
    if found is None:
        found = find_rate(begun.state, begun.splits.train, config)
        emit(found)
    return replace(config, learning_rate=world.from_rank_0(found.suggestion))
