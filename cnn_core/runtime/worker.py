"""The worker's side: `python -m cnn_core worker RUN`, and the warm spare `worker --spare`.

A spare does what costs a fresh process seconds (import torch, build an optimizer, read MNIST), then
waits on standard input for a run's id. Standard input closes when the app ends, and the spare with
it; once it has a run it needs nobody. A worker that ends starts the next run of the queue. SIGTERM
asks a worker to stop with a checkpoint.
"""

import importlib
import logging
import os
import subprocess
import sys
from pathlib import Path

from cnn_core.errors import CnnLabError
from cnn_core.runtime import queue
from cnn_core.runtime.processes import be_background, spawn
from cnn_core.runtime.stopping import StopFlag, stop_on_signals
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings

_log = logging.getLogger(__name__)


def work(settings: Settings, run_id: str) -> int:
    """Train a claimed run in this process, start the next of the queue; return the exit code.

    A run that still waits is claimed first, if it is its turn.

    Raises:
        UnknownNameError: there is no such run.
        RunStateError: the run is not to be trained now, or another process trains it.
    """
    store = RunStore(settings.runs, examine=False)
    if store.get(run_id).status == "queued":
        queue.claim(store, run_id=run_id)
    stop = StopFlag()
    with stop_on_signals(stop):
        record = queue.adopt(store, run_id)
        be_background()
        try:
            from cnn_core.runtime.devices import remember_devices
            from cnn_core.runtime.execute import execute

            execute(store, record.id, stop=stop)
            remember_devices(settings.runs)
        except CnnLabError as exc:
            _log.warning("run %s: %s %s", run_id, exc.message, exc.hint)
            return 1
        finally:
            _start_next_or_log(settings, store)
    return 0


def _start_next_or_log(settings: Settings, store: RunStore) -> None:
    """Start the next run; where the store is lost or full, the app's keeper will do it later."""
    try:
        start_next(settings, store)
    except CnnLabError as exc:
        _log.warning("the next run was not started: %s %s", exc.message, exc.hint)


def start_next(settings: Settings, store: RunStore) -> subprocess.Popen[str] | None:
    """Claim the next run and start a fresh worker for it; return that, None if none waits."""
    run_id = queue.claim(store)
    return None if run_id is None else start_worker(settings, store, run_id)


def start_worker(settings: Settings, store: RunStore, run_id: str) -> subprocess.Popen[str]:
    """Start a fresh worker for a claimed run.

    Raises:
        StorageError: that was not possible; the run's row says so too.
    """
    try:
        process = spawn(["worker", run_id], settings, store.run_folder(run_id) / "worker.log")
    except CnnLabError as exc:
        queue.end(store, run_id, "failed", error=exc.message, hint=exc.hint)
        raise
    queue.record_process(store, run_id, process.pid)
    return process


def ready_file(settings: Settings, pid: int) -> Path:
    """Return the file that a spare with this process id makes while it is warm and waits."""
    return settings.runs / f"spare-{pid}.ready"


def wait_as_spare(settings: Settings) -> int:
    """Warm up, say so (`ready_file`), wait for a run's id on standard input, and work on it."""
    be_background()
    store = RunStore(settings.runs, examine=False)
    warm_up(settings)
    ready = ready_file(settings, os.getpid())
    try:
        ready.touch()
        run_id = sys.stdin.readline().strip()
    finally:
        ready.unlink(missing_ok=True)
    if not run_id:
        return 0
    _log_into(store.run_folder(run_id) / "worker.log")
    return work(settings, run_id)


def warm_up(settings: Settings) -> None:
    """Do once what the first run of a process would pay for."""
    import torch

    from cnn_core.results.config import TrainConfig
    from cnn_core.runtime.devices import remember_devices
    from cnn_core.runtime.threads import training_threads
    from cnn_core.training.state import new_state
    from cnn_core.training.step import train_step
    from cnn_core.training.tensors import Examples

    importlib.import_module("cnn_core.runtime.execute")
    torch.set_num_threads(training_threads())
    config = TrainConfig(epochs=1, batch_size=2, learning_rate=1e-3)
    state = new_state("lenet5", config, num_classes=10, device=torch.device("cpu"))
    blank = Examples(
        images=torch.zeros(2, 1, 28, 28, dtype=torch.uint8),
        labels=torch.zeros(2, dtype=torch.int64),
        mean=(0.0,),
        std=(1.0,),
    )
    train_step(state, blank, torch.arange(2), config, step=1, total_steps=1, mark=lambda: None)
    _read_mnist(settings)
    remember_devices(settings.runs)


def _read_mnist(settings: Settings) -> None:
    """Read MNIST if it can be read: a run that needs it says what is wrong with it."""
    from cnn_core.data.datasets import dataset_state
    from cnn_core.runtime.datasets import cached_dataset

    try:
        if dataset_state("mnist", settings.data).ready:
            cached_dataset("mnist", settings.data)
    except CnnLabError as exc:
        _log.warning("the spare could not read MNIST: %s", exc.message)


def _log_into(path: Path) -> None:
    """Point this process's standard output and error at `path`."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
