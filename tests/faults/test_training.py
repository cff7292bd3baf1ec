"""What can go wrong while a network trains: data, memory, numbers, clocks, weights in use."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from cnn_core.errors import CnnLabError, DataError
from cnn_core.results.events import CheckpointReady, EpochDone
from cnn_core.runtime import memory, queue
from cnn_core.runtime.checkpoints import save_tensors
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.execute import execute
from cnn_core.runtime.export import weights_path
from cnn_core.runtime.memory import OUT_OF_MEMORY, note_kills
from cnn_core.runtime.processes import start_time
from cnn_core.runtime.queue import LOST
from cnn_core.runtime.rows import to_json
from cnn_core.runtime.submit import describe
from cnn_core.training import state as training_state


@pytest.fixture
def edited(tmp_path):
    """A folder of 600 and 100 pictures in MNIST's files, and how to draw all over them."""
    raw, draw = tmp_path / "MNIST" / "raw", np.random.default_rng(0)
    raw.mkdir(parents=True)
    for part, count in (("train", 600), ("t10k", 100)):
        images = draw.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        header = np.array([0x803, count, 28, 28], ">i4").tobytes()
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        header = np.array([0x801, count], ">i4").tobytes()
        labels = np.arange(count, dtype=np.uint8) % 10
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())

    def edit():
        for path in raw.glob("*-images-*"):
            with path.open("r+b") as file:  # in place: a mapped file would change with it
                file.seek(16)
                file.write(b"\x7f" * (path.stat().st_size - 16))

    return tmp_path, edit


def test_dataset_edited_while_training(store, claimed, curve, again, edited, set_row):
    """A run reads its own copy, whose hash it keeps; taken up later, it says what has changed."""
    folder, edit = edited
    info = describe(cached_dataset("mnist", folder), store.get(claimed()).config)
    queue.end(store, store.list()[0].id, "stopped")
    curves = []
    for disturb in (False, True):
        run_id = claimed()
        set_row(run_id, dataset=to_json(info))
        execute(
            store,
            run_id,
            on_event=lambda event, disturb=disturb: (
                edit() if disturb and isinstance(event, EpochDone) and event.epoch == 1 else None
            ),
        )
        curves.append(curve(run_id))
    assert curves[0] == curves[1]
    assert len(curves[0][0]) > 0
    set_row(run_id, status="stopped")
    with pytest.raises(DataError, match="have changed since this run was made"):
        again(run_id)
    record = store.get(run_id)
    assert record.status == "failed"
    assert record.hint == "Start a new run with the data as it is now."


# Memory


def killed_worker(store, run_id, set_row):
    """Let a process that has been killed with SIGKILL be the one that trained the run."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    set_row(
        run_id,
        pid=process.pid,
        pid_started=start_time(process.pid),
        host=socket.gethostname(),
    )
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize(
    ("file", "before", "after", "for_memory"),
    [
        ("memory.events", "low 0\noom 3\noom_kill 3\n", "low 0\noom 4\noom_kill 4\n", True),
        ("memory.oom_control", "under_oom 0\noom_kill 0\n", "under_oom 0\noom_kill 1\n", True),
        ("memory.events", "low 0\noom 3\noom_kill 3\n", "low 9\noom 4\noom_kill 3\n", False),
        ("memory.events", "low 0\n", "low 0\n", False),
    ],
    ids=["v2", "v1", "killed by a person", "not counted"],
)
def test_killed_for_memory(
    store, new_run, set_row, tmp_path, monkeypatch, file, before, after, for_memory
):
    counter, run_id = tmp_path / file, new_run()
    assert queue.claim(store) == run_id
    counter.write_text(before)
    monkeypatch.setattr(memory, "_counters", lambda: [counter])
    note_kills(store.run_folder(run_id))
    killed_worker(store, run_id, set_row)
    counter.write_text(after)
    queue.sweep(store)
    record = store.get(run_id)
    assert record.status == "interrupted"
    assert record.error == (OUT_OF_MEMORY if for_memory else LOST)
    assert ("Try batch size 32." in record.hint) is for_memory


GREEDY = """
import sys
from pathlib import Path
from cnn_core.runtime.memory import note_kills

(Path(sys.argv[1]) / "cgroup.procs").write_text("0")
note_kills(Path(sys.argv[2]))
print("noted", flush=True)
sys.stdin.readline()
hoard = [bytearray(b"x" * 2**20) for _ in range(512)]
"""


@pytest.fixture
def small_memory():
    """A memory group of 64 MiB (cgroup v1 or v2), below our own."""
    for counter in memory._counters():
        group = counter.parent / f"cnn-lab-test-{os.getpid()}"
        memory_files = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.max")
        limits = {**dict.fromkeys(memory_files, str(2**26)), "memory.swap.max": "0"}
        try:
            group.mkdir()
        except OSError:
            continue
        there = [name for name in limits if (group / name).exists()]
        for name in there:
            (group / name).write_text(limits[name])
        if there:
            yield group
        group.rmdir()
        if there:
            return
    pytest.skip("no memory group can be made here; the test above needs none")


def test_killed_for_memory_by_the_kernel(store, new_run, set_row, small_memory, wait_until):
    run_id = new_run()
    assert queue.claim(store) == run_id
    folder = store.run_folder(run_id)
    process = subprocess.Popen(
        [sys.executable, "-c", GREEDY, str(small_memory), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout.readline() == "noted\n"
    set_row(
        run_id,
        pid=process.pid,
        pid_started=start_time(process.pid),
        host=socket.gethostname(),
    )
    process.communicate("\n")
    assert process.returncode == -signal.SIGKILL
    queue.sweep(store)
    record = store.get(run_id)
    assert (record.error, record.hint) == (OUT_OF_MEMORY, "Try batch size 32.")


@pytest.fixture
def greedy(monkeypatch):
    """Let the network ask for far too much memory wherever a batch is larger than `most`."""
    build = training_state.build_model

    def greedy(most, *, where="cpu", after=0):
        calls = itertools.count()

        def ask(model, images):
            if model.training and len(images[0]) > most and next(calls) >= after:
                torch.empty(2**47, device=where)  # 512 TiB

        def build_model(*args, **kwargs):
            model = build(*args, **kwargs)
            model.register_forward_pre_hook(ask)
            return model

        monkeypatch.setattr(training_state, "build_model", build_model)

    return greedy


@pytest.mark.parametrize("where", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_gpu_out_of_memory(store, claimed, curve, greedy, caplog, where):
    """The batch is halved once, which is logged, and the run is one of the smaller batch."""
    if where == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no CUDA device here")
    smaller = claimed(batch_size=64)
    execute(store, smaller)
    greedy(64, where=where, after=3)
    run_id = claimed(batch_size=128)
    record = execute(store, run_id)
    assert record.status == "finished"
    assert record.config == store.get(smaller).config
    assert record.provenance["batch halved"].startswith("from 128 to 64: memory ran out after ")
    assert "the batch is halved from 128 to 64" in caplog.text
    assert curve(run_id) == curve(smaller)


def test_gpu_out_of_memory_again(store, claimed, greedy):
    """Halved once, not twice: then a clean failure, and so after the first epoch."""
    greedy(16)
    run_id = claimed(batch_size=128)
    with pytest.raises(CnnLabError, match="not enough memory"):
        execute(store, run_id)
    record = store.get(run_id)
    assert (record.status, record.hint) == ("failed", "Try batch size 32.")
    assert record.config.batch_size == 64
    greedy(16, after=11)  # the first epoch's steps
    run_id = claimed(batch_size=128)
    with pytest.raises(CnnLabError, match="not enough memory"):
        execute(store, run_id)
    record = store.get(run_id)
    assert (record.status, record.epochs_done, record.config.batch_size) == ("failed", 1, 128)
    assert record.resumable


# Numbers, clocks, weights


def test_nan_or_inf_loss(store, claimed):
    run_id = claimed(learning_rate=1e9)
    record = execute(store, run_id)
    assert record.status == "diverged"
    events = [event for _, event in store.events(run_id)]
    assert record.error == f"The loss stopped being a number: diverged at step {events[-1].step}."
    assert "ten times lower" in record.hint
    assert not record.resumable
    assert not any(isinstance(event, CheckpointReady) for event in events)
    weights = load_file(weights_path(store, run_id))
    assert all(tensor.isfinite().all() for tensor in weights.values())


def test_clock_jumps(store, claimed, monkeypatch):
    """The machine's clock is set by hours at every look: durations stay what they were."""
    run_id, begun, jumps = claimed(), time.monotonic(), itertools.cycle([3_600.0, -90_000.0, 7.0])
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    record = execute(store, run_id, on_event=lambda event: queue.sweep(store))
    spent = time.monotonic() - begun
    assert record.status == "finished"
    elapsed = [e.elapsed_seconds for _, e in store.events(run_id) if hasattr(e, "elapsed_seconds")]
    assert elapsed == sorted(elapsed)
    assert 0 < record.train_seconds <= record.total_seconds == elapsed[-1] <= spent


def test_the_model_is_replaced_during_inference(tmp_path):
    """Weights are replaced by renaming: who began with a file has that one, who opens it one."""
    path, done = tmp_path / "weights.safetensors", threading.Event()
    save_tensors(path, {"w": torch.zeros(50_000), "v": torch.zeros(50_000)}, {})

    def replace():
        for number in itertools.count(1):
            if done.is_set():
                return
            value = float(number)
            pair = {"w": torch.full((50_000,), value), "v": torch.full((50_000,), value)}
            save_tensors(path, pair, {})

    writer = threading.Thread(target=replace)
    with safe_open(path, framework="pt") as request:
        writer.start()
        seen = set()
        while len(seen) < 5:
            weights = load_file(path)
            (value,) = {*weights["w"].unique().tolist(), *weights["v"].unique().tolist()}
            seen.add(value)
        assert request.get_tensor("w").unique().tolist() == [0.0]
        assert request.get_tensor("v").unique().tolist() == [0.0]
    done.set()
    writer.join()
