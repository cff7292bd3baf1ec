"""Workers, spare and launcher as real processes: killed, stopped, orphaned, resumed."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from cnn_core.results.config import TrainConfig
from cnn_core.results.events import CheckpointReady
from cnn_core.runtime import queue
from cnn_core.runtime.database import connect
from cnn_core.runtime.export import read_history
from cnn_core.runtime.launcher import Launcher
from cnn_core.runtime.processes import is_alive, spawn, start_time
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request

ROOT = Path(__file__).parents[2]
CONFIG = TrainConfig(epochs=6, batch_size=32, learning_rate=1e-3, shift=1)  # 42 steps an epoch
LONG = 14  # epochs: some seconds even on a fast machine, so that a stop finds the run under way

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills processes as POSIX does")


@pytest.fixture
def start(settings, store):
    """Queue a run on the digits, in one thread, and return its id."""

    def start(**changes):
        request = build_request(
            settings,
            recipe="lenet5-mnist",
            preset="custom",
            config=dataclasses.replace(CONFIG, **changes),
            owner="ada",
            source="digits",
        )
        one = request.provenance | {"threads": "1"}
        return store.create(dataclasses.replace(request, provenance=one))[0].id

    return start


@pytest.fixture
def launch(settings, store):
    """Start launchers that are closed, and workers that are killed, when the test is over."""
    launchers = []

    def launch(*, spare=False):
        launchers.append(Launcher(dataclasses.replace(settings, warm_spare=spare), store).start())
        return launchers[-1]

    yield launch
    for launcher in launchers:
        launcher.close()
    for record in store.list():
        pid, started = process_of(store, record.id)
        if record.status == "running" and is_alive(pid, started):
            os.kill(pid, signal.SIGKILL)


def process_of(store, run_id):
    with connect(store.database) as db:
        row = db.execute("SELECT pid, pid_started FROM runs WHERE id = ?", (run_id,)).fetchone()
    return row["pid"], row["pid_started"]


def curve(store, run_id):
    history = read_history(store, run_id)
    epochs = [(done.valid_loss, done.valid_accuracy, done.best) for done in history.epochs]
    return history.losses().tolist(), epochs, store.get(run_id).test_accuracy


def last_of(store, run_id, kind):
    found = [event for _, event in store.events(run_id) if isinstance(event, kind)]
    return found[-1] if found else None


def keepers():
    return [thread for thread in threading.enumerate() if thread.name == "keeper"]


@pytest.mark.slow
def test_runs_outlive_the_launcher_and_follow_each_other(store, start, launch, wait_until):
    """The server ends while the first run trains; the worker itself starts the second."""
    first, second = start(epochs=2), start(epochs=1_000, seed=1)
    launcher = launch()
    wait_until(lambda: store.get(first).steps_done, "the first step")
    launcher.close()
    assert keepers() == []
    assert is_alive(*process_of(store, first))
    wait_until(lambda: not store.get(first).active, "the first run's end")
    assert store.get(first).status == "finished"
    wait_until(lambda: store.get(second).steps_done, "the second run's first step")
    pid, started = process_of(store, second)
    assert psutil.Process(pid).nice() == 19
    assert os.sched_getscheduler(pid) == os.SCHED_IDLE
    assert psutil.Process(pid).environ()["OMP_WAIT_POLICY"] == "PASSIVE"
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not store.get(second).active, "the end after SIGTERM")
    record = store.get(second)
    assert (record.status, record.resumable) == ("stopped", True)
    assert last_of(store, second, CheckpointReady).step == record.steps_done
    wait_until(lambda: not is_alive(pid, started), "the worker's end")
    for run_id in (first, second):
        assert (store.folder / run_id / "worker.log").exists()


SERVER = """
import sys, time
from cnn_core.runtime.launcher import Launcher
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings

settings = Settings.from_environment()
launcher = Launcher(settings, RunStore(settings.runs)).start()
while not launcher.spare_ready:
    time.sleep(0.02)
print(launcher._spare.pid, flush=True)
time.sleep(600)
"""


def test_the_spare_ends_with_the_server(settings, wait_until):
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        cwd=ROOT,
        env={**os.environ, "CNN_LAB_SPARE": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    pid = int(server.stdout.readline())
    started = start_time(pid)
    assert is_alive(pid, started)
    server.kill()
    server.communicate()
    wait_until(lambda: not is_alive(pid, started), "the spare's end", seconds=20)
    assert not list(settings.runs.glob("spare-*.ready"))


# Without torch


def test_a_spare_that_cannot_start_is_not_tried_again_at_once(settings, store, monkeypatch):
    from cnn_core.runtime import launcher as module

    tried = []

    def crash(arguments, settings, log, *, listens=False):
        tried.append(arguments)
        return subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"], text=True)

    monkeypatch.setattr(module, "spawn", crash)
    monkeypatch.setattr(module, "SPARE_DELAY_SECONDS", 0.0)
    launcher = Launcher(dataclasses.replace(settings, warm_spare=True), store)
    launcher._renew_spare()
    launcher._spare.wait()
    for _ in range(5):
        launcher._renew_spare()
    assert tried == [["worker", "--spare"]]
    assert launcher._spare is None
    assert not launcher.spare_ready
    launcher.close()


def test_a_run_that_the_dead_spare_cannot_take_gets_a_fresh_worker(
    settings, store, new_run, monkeypatch
):
    from cnn_core.runtime import launcher as module

    started = []
    monkeypatch.setattr(
        module, "start_worker", lambda settings, store, run_id: started.append(run_id)
    )
    launcher = Launcher(settings, store)
    deaf = subprocess.Popen(
        [sys.executable, "-c", "import os, time; os.close(0); print(flush=True); time.sleep(60)"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    deaf.stdout.readline()
    launcher._spare = deaf
    run_id = new_run()
    assert launcher.dispatch() == run_id
    assert started == [run_id]
    launcher._children.clear()
    deaf.kill()
    deaf.stdout.close()
    deaf.wait()


def test_nothing_is_kept_warm_while_a_run_waits_or_trains(settings, store, new_run, monkeypatch):
    from cnn_core.runtime import launcher as module

    monkeypatch.setattr(module, "spawn", lambda *args, **kwargs: pytest.fail("a spare was started"))
    run_id = new_run()
    launcher = Launcher(dataclasses.replace(settings, warm_spare=True), store)
    launcher._renew_spare()
    queue.claim(store)
    launcher._renew_spare()
    assert store.get(run_id).status == "running"


def test_the_keeper_survives_what_goes_wrong(settings, store, monkeypatch, wait_until, caplog):
    looks = []

    def fail():
        looks.append(time.monotonic())
        raise KeyError("a bug") if len(looks) == 1 else RuntimeError("another")

    monkeypatch.setattr(queue, "claim", lambda store: fail())
    monkeypatch.setattr("cnn_core.runtime.launcher.KEEPER_SECONDS", 0.01)
    launcher = Launcher(settings, store).start()
    wait_until(lambda: len(looks) > 3, "several looks")
    launcher.close()
    assert keepers() == []
    assert "a bug" in caplog.text


def test_a_worker_that_cannot_be_started_fails_its_run(settings, store, new_run):
    run_id = new_run()
    (store.folder / run_id).touch()  # a file where the folder should be
    with pytest.raises(Exception, match="folder for runs cannot be made"):
        Launcher(settings, store).dispatch()
    record = store.get(run_id)
    assert (record.status, record.error[:40]) == (
        "failed",
        "The folder for runs cannot be made (File",
    )


def test_closing_twice_and_before_the_start(settings, store):
    launcher = Launcher(settings, store)
    launcher.close()
    launcher.close()


def environment_of(process, wait_until):
    """The process's environment: for a moment after its start the system shows none."""
    return wait_until(psutil.Process(process.pid).environ, "the environment of the process")


def test_what_is_started_knows_the_homes_and_waits_passively(
    settings, tmp_path, monkeypatch, wait_until
):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.chdir(tmp_path)  # the package is found from anywhere
    settings.runs.mkdir(parents=True)
    log = tmp_path / "log"
    process = spawn(["doctor", "--json"], settings, log)
    assert process.stdin is None
    assert os.getsid(process.pid) == process.pid  # our Ctrl-C does not reach it
    environment = environment_of(process, wait_until)
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environment["CNN_LAB_RUNS"] == str(settings.runs)
    assert process.wait(timeout=120) == 0
    report = json.loads(log.read_text().splitlines()[-1])
    assert report["homes"]["runs"] == str(settings.runs)


def test_a_choice_of_how_threads_wait_is_kept(settings, tmp_path, monkeypatch, wait_until):
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    process = spawn(["--help"], settings, tmp_path / "log")
    assert environment_of(process, wait_until)["OMP_WAIT_POLICY"] == "ACTIVE"
    process.wait(timeout=60)


def test_a_log_that_cannot_be_written(settings, tmp_path):
    with pytest.raises(Exception, match="A worker could not be started"):
        spawn(["--help"], settings, tmp_path / "gone" / "log")


def test_a_second_store_sees_the_same_runs(store, new_run):
    run_id = new_run()
    assert RunStore(store.folder, examine=False).get(run_id) == store.get(run_id)
