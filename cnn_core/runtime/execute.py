"""Run a claimed run to its end in this process: the one path for page, terminal and resume.

The run must have been claimed (`queue.claim`). This process makes it its own, holds the device's
lock, writes every event, saves checkpoints (each epoch, and every `CHECKPOINT_SECONDS` between),
and looks for a stop request after each event. However it ends, the run's row says so; a kill leaves
the last checkpoint.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch

from cnn_core.errors import CnnLabError
from cnn_core.models.cuts import cut_of
from cnn_core.results.events import (
    EpochDone,
    RunFinished,
    StepsDone,
    TrainEvent,
)
from cnn_core.results.runs import RunRecord
from cnn_core.runtime import queue
from cnn_core.runtime.begin import begin
from cnn_core.runtime.begin_pictures import BegunPictures
from cnn_core.runtime.begun import Begun
from cnn_core.runtime.checkpoints import (
    clear_checkpoints,
    settle_checkpoint,
)
from cnn_core.runtime.conduct import conduct
from cnn_core.runtime.database import kept_open
from cnn_core.runtime.devices import choose_device, detect_devices
from cnn_core.runtime.endings import write_failure
from cnn_core.runtime.halving import halve_batch, may_halve, out_of_memory
from cnn_core.runtime.image_runs import fine_tunes_images
from cnn_core.runtime.judging import judge_run
from cnn_core.runtime.kept import (
    checkpoint,
    keep_weights,
    restore,
    with_rate,
)
from cnn_core.runtime.memory import forget_kills, note_kills
from cnn_core.runtime.place import find_place
from cnn_core.runtime.stopping import StopFlag
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.threads import training_threads
from cnn_core.settings import Settings
from cnn_core.training.distributed import ALONE, World, difference_from_one_process
from cnn_core.training.fit import fit
from cnn_core.training.recipes import FILMS, OWN_PICTURES, find_recipe, network_of
from cnn_core.training.state import TrainState

CHECKPOINT_SECONDS = 10.0
LARGE_CHECKPOINT_SECONDS = 30.0
LARGE_CHECKPOINT_SHARE = 0.1
"""Of the time that checkpoints of a large network may take: each is gigabytes."""
HEARTBEAT_SECONDS = 1.0

Report = Callable[[TrainEvent], None]
Gather = Callable[[RunRecord, StopFlag], World]

_log = logging.getLogger(__name__)


def execute(
    store: RunStore,
    run_id: str,
    *,
    on_event: Report | None = None,
    stop: StopFlag | None = None,
    gather: Gather | None = None,
) -> RunRecord:
    """Train the claimed run `run_id`; return its record as it ended.

    Args:
        store: where the run is.
        run_id: a run that was claimed for this process.
        on_event: called with each event after it was written.
        stop: a flag through which this process itself can ask to stop.
        gather: called before the data is read, to have other processes train the run too.

    Raises:
        UnknownNameError: there is no such run.
        RunStateError: the run is not claimed, or is another process's; nothing was changed.
        CnnLabError: the run failed; its row says so too.
        Exception: a bug; the run is marked as failed.
    """
    stop = stop or StopFlag()
    record = queue.adopt(store, run_id)
    stop.asked = stop.asked or record.stop_requested
    try:
        with (
            kept_open(store.database),
            _pulse(store, run_id, stop),
            queue.device_lock(store.folder, record.device, stop) as locked,
        ):
            report = on_event or (lambda event: None)
            if locked and record.experiment:
                conduct(store, record, stop, report)
            elif locked:
                _train(store, record, stop, report, gather)
            else:
                queue.end(store, run_id, "stopped")
    except CnnLabError as exc:
        write_failure(store, run_id, exc)
        raise
    except BaseException as exc:
        if out_of_memory(exc):
            size = max(1, store.get(run_id).config.batch_size // 2)
            short = CnnLabError(
                "There was not enough memory for this run.",
                hint="Choose smaller settings." if record.experiment else f"Try batch size {size}.",
            )
            write_failure(store, run_id, short)
            raise short from exc
        _log.exception("run %s failed", run_id)
        message = f"The run failed ({type(exc).__name__})."
        write_failure(store, run_id, CnnLabError(message, hint="Its log says more."))
        raise
    finally:
        forget_kills(store.folder / run_id)
    return store.get(run_id)


@contextmanager
def _pulse(store: RunStore, run_id: str, stop: StopFlag) -> Iterator[None]:
    """Keep the run's heart beating from a thread, which also sets `stop` on a request."""
    done = threading.Event()

    def pulse() -> None:
        while True:
            try:
                if queue.beat(store, run_id):
                    stop.asked = True
            except CnnLabError as exc:
                _log.warning("heartbeat of %s missed: %s", run_id, exc)
            if done.wait(HEARTBEAT_SECONDS):
                return

    thread = threading.Thread(target=pulse, name=f"heartbeat-{run_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _train(
    store: RunStore, record: RunRecord, stop: StopFlag, report: Report, gather: Gather | None
) -> None:
    """Train; where memory runs out in the first epoch, once more with half the batch.

    (Not where others train it too: their steps cannot be taken back.)
    """
    torch.set_num_threads(_threads(record))
    note_kills(store.run_folder(record.id))
    before = max((seq for seq, _ in store.events(record.id)), default=0)
    world = ALONE
    if gather is not None:
        if _looks_first(record):  # the others find what is looked at here
            _begin(store, record, stop, _emitter(store, record, report))
        world = gather(record, stop)
    try:
        _train_as_asked(store, record, stop, report, world, before)
        return
    except (RuntimeError, MemoryError) as exc:
        if world.size > 1 or not out_of_memory(exc) or not may_halve(store, record.id):
            raise
    _train_as_asked(store, halve_batch(store, store.get(record.id)), stop, report, world, before)


def _looks_first(record: RunRecord) -> bool:
    """Whether a frozen part may look at the pictures before the first step."""
    recipe, config = find_recipe(record.recipe), record.config
    if record.dataset.source in (OWN_PICTURES, FILMS):
        return True
    images = fine_tunes_images(recipe)
    return images and cut_of(network_of(recipe, config), config.mode, config.head) > 0


def _threads(record: RunRecord) -> int:
    """As many as the run began with; as many as there are if it began in several processes."""
    if record.provenance.get("world_size", "1") != str(find_place().world_size):
        return training_threads()
    return int(record.provenance.get("threads", torch.get_num_threads()))


def _train_as_asked(
    store: RunStore,
    record: RunRecord,
    stop: StopFlag,
    report: Report,
    world: World,
    before: int,
) -> None:
    emit = _emitter(store, record, report)

    def save() -> None:
        saved = checkpoint(folder, state)
        emit(saved)
        settle_checkpoint(folder, saved.file, state)

    begun = _begin(store, record, stop, emit)
    if begun is None:
        queue.end(store, record.id, "stopped")
        return
    splits, state = begun.splits, begun.state
    restore(store, record, state, before)
    config = with_rate(store, record, begun, emit, world)
    folder, saved_step = store.run_folder(record.id), -1
    different = difference_from_one_process(state.model, world.size)
    if different:
        _log.warning("%s: %s", record.id, different)
        store.add_provenance(record.id, "distributed", different)

    saved, took = time.perf_counter(), 0.0
    for event in fit(state, splits, config, world):
        if isinstance(event, RunFinished):
            if event.status == "stopped" and event.step != saved_step:  # another process asked
                save()
            keep_weights(folder, begun, record)
            if isinstance(begun, BegunPictures) and event.status == "finished":
                judge_run(store, record, begun, state, emit)
            emit(event)
            _end(store, record, event, state)
            return
        emit(event)
        state.stop = stop.asked
        waited = time.perf_counter() - saved
        due = checkpoint_is_due(event, large=state.large, waited=waited, took=took)
        if (due or state.stop) and not state.diverged_at:
            begun_saving = time.perf_counter()
            save()
            saved, saved_step = time.perf_counter(), state.progress.step
            took = saved - begun_saving
    raise AssertionError("fit ended without RunFinished")


def checkpoint_is_due(event: TrainEvent, *, large: bool, waited: float, took: float) -> bool:
    """Whether a checkpoint is to be saved after `event`.

    Args:
        event: of the loop.
        large: whether the network is (`TrainState.large`): its checkpoints come after epochs alone,
            and take a tenth of the time at most.
        waited: seconds since the last one, or since the beginning.
        took: seconds that the last one took.
    """
    if large:
        pause = max(LARGE_CHECKPOINT_SECONDS, took / LARGE_CHECKPOINT_SHARE)
        return isinstance(event, EpochDone) and waited > pause
    return isinstance(event, EpochDone) or (
        isinstance(event, StepsDone) and waited > CHECKPOINT_SECONDS
    )


def _emitter(store: RunStore, record: RunRecord, report: Report) -> Report:
    def emit(event: TrainEvent) -> None:
        store.append(record.id, event)
        report(event)

    return emit


def _begin(
    store: RunStore, record: RunRecord, stop: StopFlag, emit: Report
) -> Begun | BegunPictures | None:
    """Return the data on the device, and a fresh state; None if a stop was asked for."""
    return begin(
        record.recipe,
        record.config,
        record.dataset,
        choose_device(record.device, detect_devices()),
        settings=replace(Settings.from_environment(), runs=store.folder),
        report=emit,
        asked_to_stop=lambda: stop.asked,
    )


def _end(store: RunStore, record: RunRecord, event: RunFinished, state: TrainState) -> None:
    error = hint = ""
    if event.status == "diverged":
        error = f"The loss stopped being a number: diverged at step {event.step:,}."
        hint = "The last finite weights were kept. Try a learning rate ten times lower."
    queue.end(store, record.id, event.status, error=error, hint=hint)
    if event.status == "finished":
        clear_checkpoints(store.run_folder(record.id), state)
