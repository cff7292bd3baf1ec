"""kill -9 while checkpoints are written: does a loadable run remain, every time?

A run on scikit-learn's digits saves a checkpoint after every step. A child process trains it and is
killed with SIGKILL at a random moment: half of the times anywhere, half of the times as soon as a
half-written file (`.writing-*`) is seen in the run's folder. After each kill the newest checkpoint
in the store must load, and the run is taken up again from it; every tenth time it is trained to
its end and must equal, loss for loss, a run that nobody disturbed. Needs fork and signals (POSIX).
"""

import contextlib
import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from cnn_core.results.config import TrainConfig
from cnn_core.results.events import CheckpointReady
from cnn_core.runtime import execute as execution
from cnn_core.runtime import queue
from cnn_core.runtime.checkpoints import load_checkpoint
from cnn_core.runtime.export import read_history
from cnn_core.runtime.files import TEMPORARY
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request
from cnn_core.settings import Settings
from cnn_core.training import timing
from cnn_core.training.state import new_state

ROOT = Path(__file__).resolve().parents[1]
KILLS_A_RUN = 10
CONFIG = TrainConfig(epochs=4, batch_size=128, learning_rate=1e-3, seed=0)

Course = tuple[list[float], float | None]  # the losses and the test accuracy


def measure(count: int = 100) -> dict[str, object]:
    """Kill `count` times in a process of its own (it forks, and trains in one thread).

    Returns:
        How many kills there were, how many of them hit a half-written file, how many left a run
        that loads, and whether every resumed run was bit for bit the undisturbed one (`holds`).

    Raises:
        RuntimeError: the process did not come to its end; with what it said.
    """
    with tempfile.TemporaryDirectory(prefix="cnn-lab-kills-") as home:
        done = subprocess.run(
            [sys.executable, "-m", "studies.kills", home, str(count)],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"the killing process ended with {done.returncode}: {done.stderr}")
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def _kill_often(home: Path, count: int) -> dict[str, object]:
    """Do the killing, in this process, which forks."""
    torch.set_num_threads(1)
    execution.CHECKPOINT_SECONDS = timing.WINDOW_SECONDS = 0.0  # one after every step
    settings = Settings.from_environment({"CNN_LAB_HOME": str(home)})
    store = RunStore(settings.runs)
    peaceful = _finish(store, _queue_run(settings, store))
    chance = random.Random(CONFIG.seed)
    kills = halves = loaded = 0
    courses: list[Course] = []
    while kills < count:
        run = _queue_run(settings, store)
        for _ in range(min(KILLS_A_RUN, count - kills)):
            _train_and_die(store, run, chance)
            halves += bool(_strays(store, run))
            if store.get(run).status != "interrupted":
                break  # it had come to its end before
            kills += 1
            loaded += _loads(store, run)
            store.requeue(run)
        courses.append(_finish(store, run))
    equal = sum(course == peaceful for course in courses)
    return {
        "kills": kills,
        "half_written_files": halves,
        "loadable": loaded,
        "runs_trained_to_their_end": len(courses),
        "bit_for_bit_equal": equal,
        "holds": kills == loaded == count and len(courses) == equal,
    }


def _queue_run(settings: Settings, store: RunStore) -> str:
    """Queue a run on the digits, in one thread; return its id."""
    request = build_request(
        settings,
        recipe="lenet5-mnist",
        preset="custom",
        config=CONFIG,
        owner="study",
        source="digits",
    )
    one = request.provenance | {"threads": "1"}
    return store.create(dataclasses.replace(request, provenance=one))[0].id


def _finish(store: RunStore, run: str) -> Course:
    """Train the run to its end if it waits; return its course.

    Raises:
        AssertionError: it did not finish, or has left a half-written file.
    """
    if queue.claim(store, run_id=run):
        execution.execute(store, run)
    record = store.get(run)
    if record.status != "finished" or _strays(store, run):
        raise AssertionError(f"expected a clean finished run, got one that is {record.status}")
    return read_history(store, run).losses().tolist(), record.test_accuracy


def _strays(store: RunStore, run: str) -> list[Path]:
    return list(store.run_folder(run).glob(f"{TEMPORARY}*"))


def _train_and_die(store: RunStore, run: str, chance: random.Random) -> None:
    """Train the run in a child; kill it at a random moment after its first new checkpoint."""
    queue.claim(store, run_id=run)
    known = max((seq for seq, _ in store.events(run)), default=0)
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):  # a child never comes back from here
            execution.execute(store, run)
        os._exit(0)
    while not any(
        isinstance(event, CheckpointReady) for _, event in store.events(run, after=known)
    ):
        time.sleep(0.001)
    until = time.perf_counter() + chance.uniform(0.0, 0.04)
    while time.perf_counter() < until:
        pass
    if chance.random() < 0.5:  # else at this very moment, whatever it is
        until += 0.5
        while time.perf_counter() < until and not _strays(store, run):
            pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    queue.sweep(store)


def _loads(store: RunStore, run: str) -> bool:
    """Whether the newest checkpoint of the store is whole and of the step that it says."""
    saved = [event for _, event in store.events(run) if isinstance(event, CheckpointReady)][-1]
    state = new_state("lenet5", CONFIG, num_classes=10, device=torch.device("cpu"))
    load_checkpoint(store.folder / run / saved.file, saved.sha256, state)
    return state.progress.step == saved.step


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_kill_often(Path(sys.argv[1]), int(sys.argv[2]))) + "\n")
