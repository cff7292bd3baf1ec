"""Run a claimed run to its end in this process: the one path for page, terminal and resume.

The calling process must have claimed the run (`queue.claim`) and recorded itself. It holds the
device's lock, writes every event, saves checkpoints (each epoch, and every `CHECKPOINT_SECONDS`
between), and looks for a stop request after each event. However it ends, the run's row says so; a
kill leaves the last checkpoint.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from cnn_core.errors import CnnLabError, DataError
from cnn_core.models.registry import model_row
from cnn_core.results.events import (
    CheckpointReady,
    EpochDone,
    RunFinished,
    StepsDone,
    TrainEvent,
)
from cnn_core.results.runs import RunRecord
from cnn_core.runtime import queue
from cnn_core.runtime.checkpoints import (
    load_checkpoint,
    save_checkpoint,
    save_predictions,
    save_tensors,
)
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.files import PREDICTIONS_FILE, WEIGHTS_FILE
from cnn_core.runtime.store import RunStore
from cnn_core.training.fit import fit
from cnn_core.training.recipes import find_recipe
from cnn_core.training.state import TrainState, new_state, weights_on_cpu
from cnn_core.training.tensors import split_examples

CHECKPOINT_SECONDS = 10.0
HEARTBEAT_SECONDS = 1.0

_log = logging.getLogger(__name__)


def execute(
    store: RunStore, run_id: str, *, on_event: Callable[[TrainEvent], None] | None = None
) -> RunRecord:
    """Train the claimed run `run_id`; return its record as it ended.

    Raises:
        CnnLabError: the run failed; its row says so too. Anything else that escapes marks it as
            failed.
    """
    try:
        with (
            queue.device_lock(store.folder, store.get(run_id).device),
            _pulse(store, run_id) as stop,
        ):
            _train(store, store.get(run_id), stop, on_event or (lambda event: None))
    except CnnLabError as exc:
        queue.end(store, run_id, "failed", error=exc.message, hint=exc.hint)
        raise
    except torch.OutOfMemoryError as exc:
        half = max(1, store.get(run_id).config.batch_size // 2)
        message, hint = "The device ran out of memory.", f"Try batch size {half}."
        queue.end(store, run_id, "failed", error=message, hint=hint)
        raise CnnLabError(message, hint=hint) from exc
    except BaseException as exc:
        _log.exception("run %s failed", run_id)
        queue.end(
            store,
            run_id,
            "failed",
            error=f"The run failed ({type(exc).__name__}).",
            hint="Its log says more.",
        )
        raise
    return store.get(run_id)


@contextmanager
def _pulse(store: RunStore, run_id: str) -> Iterator[threading.Event]:
    """Keep the run's heart beating from a thread; yield the event that a stop request sets."""
    stop, done = threading.Event(), threading.Event()

    def pulse() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            try:
                if queue.beat(store, run_id):
                    stop.set()
            except CnnLabError as exc:
                _log.warning("heartbeat of %s missed: %s", run_id, exc)

    if queue.beat(store, run_id):
        stop.set()
    thread = threading.Thread(target=pulse, name=f"heartbeat-{run_id}", daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        done.set()
        thread.join()


def _train(
    store: RunStore, record: RunRecord, stop: threading.Event, report: Callable[[TrainEvent], None]
) -> None:
    recipe = find_recipe(record.recipe)
    device = torch.device(record.device)
    torch.set_num_threads(int(record.provenance.get("threads", torch.get_num_threads())))
    dataset = cached_dataset(record.dataset.source, Path(record.dataset.location or "."))
    if dataset.fingerprint != record.dataset.fingerprint:
        raise DataError(
            f"The pictures of {record.dataset.name} have changed since this run was made.",
            hint="Start a new run with the data as it is now.",
        )
    row = model_row(recipe.model)
    config = record.config
    splits = split_examples(
        dataset, row, share=config.validation_share, seed=config.seed, device=device
    )
    state = new_state(recipe.model, config, num_classes=len(dataset.train.classes), device=device)
    _restore(store, record.id, state)
    folder = store.run_folder(record.id)

    def emit(event: TrainEvent) -> None:
        store.append(record.id, event)
        report(event)

    def checkpoint() -> None:
        begun = time.perf_counter()
        name, digest = save_checkpoint(folder, state)
        emit(
            CheckpointReady(
                step=state.progress.step,
                epoch=state.progress.epoch,
                file=name,
                sha256=digest,
                seconds=time.perf_counter() - begun,
            )
        )

    saved = time.perf_counter()
    finished: RunFinished | None = None
    for event in fit(state, splits, config):
        if isinstance(event, RunFinished):
            finished = event
            break
        emit(event)
        asked = stop.is_set()
        late = time.perf_counter() - saved > CHECKPOINT_SECONDS
        if isinstance(event, EpochDone) or (isinstance(event, StepsDone) and (late or asked)):
            checkpoint()
            saved = time.perf_counter()
        state.stop = asked
    if finished is None:
        raise AssertionError("fit ended without RunFinished")
    _keep_weights(folder, state, record)
    emit(finished)
    error = ""
    if finished.status == "diverged":
        error = f"The loss stopped being a number: diverged at step {finished.step:,}."
    hint = (
        "The last finite weights were kept. Try a learning rate ten times lower." if error else ""
    )
    queue.end(store, record.id, finished.status, error=error, hint=hint)


def _restore(store: RunStore, run_id: str, state: TrainState) -> None:
    """Bring `state` to the newest checkpoint that is whole; drop the events after it."""
    folder = store.run_folder(run_id)
    for seq, event in reversed(store.events(run_id)):
        if not isinstance(event, CheckpointReady):
            continue
        try:
            load_checkpoint(folder / event.file, event.sha256, state)
        except CnnLabError as exc:
            _log.warning("%s: %s The one before is tried.", run_id, exc.message)
            continue
        store.drop_events_after(run_id, seq)
        return
    store.drop_events_after(run_id, 0)


def _keep_weights(folder: Path, state: TrainState, record: RunRecord) -> None:
    """Write the weights to use: the best epoch's by validation, else the latest finite ones."""
    weights = state.best_weights or weights_on_cpu(state.model)
    save_tensors(
        folder / WEIGHTS_FILE,
        weights,
        {"run": record.id, "recipe": record.recipe, "epoch": str(state.progress.best_epoch)},
    )
    if state.test_logits is not None:
        save_predictions(folder / PREDICTIONS_FILE, state.test_logits)
