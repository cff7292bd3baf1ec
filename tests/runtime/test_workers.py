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
from cnn_core.results.events import CheckpointReady, RunFinished, RunStarted, StepsDone
from cnn_core.runtime import queue
from cnn_core.runtime.database import connect
from cnn_core.runtime.execute import execute
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


@pytest.mark.slow
def test_killed_stopped_and_resumed_a_run_is_that_of_one_in_peace(store, start, launch, wait_until):
    launcher = launch(spare=True)
    wait_until(lambda: launcher.spare_ready, "the warm spare")
    spare_pid = launcher._spare.pid

    run_id = start(epochs=LONG)
    begun = time.monotonic()
    assert launcher.dispatch() == run_id
    wait_until(lambda: store.get(run_id).steps_done, "the first step in the spare")
    assert time.monotonic() - begun < 20
    assert process_of(store, run_id)[0] == spare_pid
    assert not launcher.spare_ready

    # killed in the middle of an epoch
    wait_until(lambda: store.get(run_id).epochs_done >= 2, "two epochs")
    os.kill(spare_pid, signal.SIGKILL)
    wait_until(lambda: store.get(run_id).status == "interrupted", "the sweep", seconds=20)
    assert last_of(store, run_id, RunFinished) is None

    # stopped from the page
    cut = last_of(store, run_id, CheckpointReady).step
    store.requeue(run_id)
    wait_until(
        lambda: (
            last_of(store, run_id, RunStarted).step == cut
            and last_of(store, run_id, StepsDone).step > cut
        ),
        "a step after the resume",
    )
    asked = time.time()
    store.request_stop(run_id)
    wait_until(lambda: not store.get(run_id).active, "the stop")
    record = store.get(run_id)
    assert record.status == "stopped"
    assert record.ended - asked < 5.0
    kinds = [type(event) for _, event in store.events(run_id)]
    assert kinds[-2:] == [CheckpointReady, RunFinished]

    # and left in peace
    store.requeue(run_id)
    wait_until(lambda: store.get(run_id).status == "finished", "the end")
    launcher.close()
    assert keepers() == []
    assert not list(store.folder.glob("spare-*.ready"))

    peaceful = start(epochs=LONG)
    queue.claim(store, run_id=peaceful)
    execute(store, peaceful)
    assert curve(store, run_id) == curve(store, peaceful)
    assert len(curve(store, run_id)[0]) == LONG * 42


KILLER = """
import json, os, random, signal, sys, time
from pathlib import Path

import torch

from cnn_core.results.config import TrainConfig
from cnn_core.results.events import CheckpointReady
from cnn_core.runtime import execute as module, queue
from cnn_core.runtime.checkpoints import load_checkpoint
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.export import read_history
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request
from cnn_core.settings import Settings
from cnn_core.training import timing
from cnn_core.training.state import new_state

import dataclasses
torch.set_num_threads(1)
module.CHECKPOINT_SECONDS = timing.WINDOW_SECONDS = 0.0  # a checkpoint after every step
settings = Settings.from_environment()
store = RunStore(settings.runs)
config = TrainConfig(epochs=4, batch_size=128, learning_rate=1e-3, seed=0)
cached_dataset("digits", Path("."))


def make():
    request = build_request(settings, recipe="lenet5-mnist", preset="custom", config=config,
                            owner="ada", source="digits")
    request = dataclasses.replace(request, provenance=request.provenance | {"threads": "1"})
    return store.create(request)[0].id


def loads(run):
    saved = [event for _, event in store.events(run) if isinstance(event, CheckpointReady)][-1]
    state = new_state("lenet5", config, num_classes=10, device=torch.device("cpu"))
    load_checkpoint(store.folder / run / saved.file, saved.sha256, state)
    return state.progress.step == saved.step


run, chance = make(), random.Random(0)
kills, loaded = 0, []
for _ in range(8):
    queue.claim(store)
    known = store.events(run)[-1][0] if store.events(run) else 0
    child = os.fork()
    if child == 0:
        module.execute(store, run)
        os._exit(0)
    while not any(isinstance(e, CheckpointReady) for _, e in store.events(run, after=known)):
        time.sleep(0.001)
    time.sleep(chance.uniform(0.0, 0.03))  # a moment somewhere in a step or in a checkpoint
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    queue.sweep(store)
    if store.get(run).status != "interrupted":
        break
    kills += 1
    loaded.append(loads(run))
    store.requeue(run)
queue.claim(store)
if store.get(run).status == "running":
    module.execute(store, run)
module.CHECKPOINT_SECONDS = 10.0
other = make()
queue.claim(store)
module.execute(store, other)
strays = [path.name for path in (store.folder / run).glob(".writing-*")]
print(json.dumps({"kills": kills, "loaded": loaded, "strays": strays,
                  "status": store.get(run).status,
                  "steps": read_history(store, run).step,
                  "same": read_history(store, run).losses().tolist()
                  == read_history(store, other).losses().tolist()}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks, to import torch once")
def test_kills_during_checkpoints_leave_a_run_that_loads(settings):
    done = subprocess.run(
        [sys.executable, "-c", KILLER],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["kills"] >= 5
    assert told["loaded"] == [True] * told["kills"]
    assert (told["status"], told["steps"], told["strays"]) == ("finished", 44, [])
    assert told["same"]


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
