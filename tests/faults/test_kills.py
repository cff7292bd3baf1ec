"""Processes that are really killed: a worker, a server; a stop; a stranger under the same id."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from cnn_core.results.events import CheckpointReady, EpochDone, RunFinished, RunStarted, StepsDone
from cnn_core.runtime import queue
from cnn_core.runtime.execute import execute
from cnn_core.runtime.export import read_history, weights_path
from cnn_core.runtime.processes import is_alive, start_time
from studies import kills

ROOT = Path(__file__).parents[2]
LONG = 10  # epochs: some seconds even on a fast machine, so that a stop finds the run under way

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills processes as POSIX does")


def keepers():
    return [thread for thread in threading.enumerate() if thread.name == "keeper"]


@pytest.mark.slow
def test_kill_in_the_middle_of_an_epoch(
    store, queued, launch, wait_until, curve, last_of, process_of
):
    """Killed, then stopped, then left in peace: bit for bit the run of one left in peace."""
    launcher = launch(spare=True)
    wait_until(lambda: launcher.spare_ready, "the warm spare")
    spare_pid = launcher._spare.pid

    run_id = queued(epochs=LONG, batch_size=32, shift=1)  # 42 steps an epoch
    begun = time.monotonic()
    assert launcher.dispatch() == run_id
    wait_until(lambda: store.get(run_id).steps_done, "the first step in the spare")
    assert time.monotonic() - begun < 20
    assert process_of(run_id)[0] == spare_pid
    assert not launcher.spare_ready

    # killed in the middle of an epoch
    wait_until(lambda: store.get(run_id).epochs_done >= 2, "two epochs")
    os.kill(spare_pid, signal.SIGKILL)
    wait_until(lambda: store.get(run_id).status == "interrupted", "the sweep", seconds=20)
    assert last_of(run_id, RunFinished) is None

    # stopped from the page
    cut = last_of(run_id, CheckpointReady).step
    store.requeue(run_id)
    wait_until(
        lambda: last_of(run_id, RunStarted).step == cut and last_of(run_id, StepsDone).step > cut,
        "a step after the resume",
    )
    store.request_stop(run_id)
    wait_until(lambda: not store.get(run_id).active, "the stop")
    assert store.get(run_id).status == "stopped"
    kinds = [type(event) for _, event in store.events(run_id)]
    assert kinds[-2:] == [CheckpointReady, RunFinished]

    # and left in peace
    store.requeue(run_id)
    wait_until(lambda: store.get(run_id).status == "finished", "the end")
    launcher.close()
    assert keepers() == []
    assert not list(store.folder.glob("spare-*.ready"))

    other = queued(epochs=LONG, batch_size=32, shift=1, launcher="self")  # no ending worker's
    assert queue.claim(store, run_id=other) == other
    execute(store, other)
    assert curve(run_id) == curve(other)
    assert len(curve(run_id)[0]) == LONG * 42


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, to import torch once")
def test_kill_while_a_checkpoint_is_written():
    """Ten of the hundred kills of `python -m studies kills`."""
    found = kills.measure(count=10)
    assert found["kills"] == found["loadable"] == 10
    assert found["bit_for_bit_equal"] == found["runs_trained_to_their_end"] > 0
    assert found["half_written_files"] > 0  # else the moments were no moments of writing
    assert found["holds"]


SERVER = """
import time
from cnn_core.runtime.launcher import Launcher
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings

settings = Settings.from_environment()
Launcher(settings, RunStore(settings.runs)).start()
time.sleep(600)
"""


@pytest.mark.slow
def test_server_restarted(settings, store, queued, launch, wait_until, process_of):
    """The server is killed; the next one finds the run where it is, and its history whole."""
    run_id = queued(epochs=1_000)
    server = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT)
    try:
        wait_until(lambda: store.get(run_id).steps_done, "the first step")
    finally:
        server.kill()
        server.wait()
    worker = process_of(run_id)
    launch()
    reached = store.get(run_id).steps_done
    wait_until(lambda: store.get(run_id).steps_done > reached, "a step under the next server")
    assert process_of(run_id) == worker
    assert is_alive(*worker)
    store.request_stop(run_id)
    wait_until(lambda: not store.get(run_id).active, "the stop")
    record, history = store.get(run_id), read_history(store, run_id)
    assert record.status == "stopped"
    assert len(history.losses()) == history.step == record.steps_done
    assert len([e for _, e in store.events(run_id) if isinstance(e, RunStarted)]) == 1
    wait_until(lambda: not is_alive(*worker), "the worker's end")


def test_machine_restarted_process_id_reused(store, new_run, set_row):
    """A stranger has the worker's process id: the run is lost, and the stranger is left alone."""
    run_id = new_run()
    queue.claim(store)
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        started = start_time(stranger.pid)
        before = {"pid": stranger.pid, "pid_started": started - 5, "host": socket.gethostname()}
        set_row(run_id, **before)
        queue.sweep(store)
        assert store.get(run_id).status == "interrupted"
        assert is_alive(stranger.pid, started)
        store.request_stop(run_id)
        store.requeue(run_id)
        assert queue.claim(store) == run_id
        assert stranger.poll() is None
    finally:
        stranger.communicate()


def test_stop_pressed(store, claimed):
    """Stopped within five seconds with the default heartbeat; the best epoch's weights are kept."""
    run_id, pressed = claimed(epochs=1_000), []

    def press(event):
        if isinstance(event, EpochDone) and not pressed:
            store.request_stop(run_id)
            pressed.append(time.monotonic())

    record = execute(store, run_id, on_event=press)
    assert time.monotonic() - pressed[0] < 5.0
    assert record.status == "stopped"
    assert record.resumable
    assert 1 <= record.epochs_done < 1_000
    weights = load_file(weights_path(store, run_id))
    assert all(tensor.isfinite().all() for tensor in weights.values())
