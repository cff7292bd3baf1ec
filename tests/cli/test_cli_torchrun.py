"""`torchrun -m cnn_core train`: one run by two processes, and what becomes of it without one."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnn_core.results.events import CheckpointReady, StepsDone
from cnn_core.runtime.place import Place, find_place
from cnn_core.runtime.threads import training_threads, usable_cores

ROOT = Path(__file__).parents[2]
DIGITS = ("train", "lenet5-mnist", "--data", "digits")
TORCHRUN = ("-m", "torch.distributed.run", "--nproc-per-node=2", "-m", "cnn_core")
PATIENCE_SECONDS = 240
EPOCHS = 12  # enough that a process is killed before the last, few enough to train again


def start(*words, **environment):
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process):
    try:
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    return process.returncode, out, err


def losses_of(store, run_id):
    """The losses in the order of the steps; a step that is missing or comes twice is an error."""
    losses = []
    for _, event in store.events(run_id):
        if isinstance(event, StepsDone):
            losses += event.losses
            assert event.step == len(losses)
    return losses


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def torchrun_environment(rank, port):
    """What torchrun gives to the processes of one machine."""
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
    }


@pytest.mark.slow
def test_two_processes_make_one_run_that_matches_one_process(lab, store):
    """105 steps, the last of each epoch smaller; loss within 1e-4, score within seeds'."""
    words = (*DIGITS, "--preset", "reference", "--epochs", "5", "--json")
    together = start(*TORCHRUN, *words)
    one = lab(*words, "--seed", "0", "1", "2").json
    code, out, err = outcome(together)
    assert code == 0, err
    told = json.loads(out)  # rank 0 alone speaks
    assert (told["world_size"], one["world_size"], told["status"]) == (2, 1, "finished")
    assert len(store.list()) == 4
    assert err.count("epoch 5/5") == 1

    losses, expected = losses_of(store, told["run"]), losses_of(store, one["runs"][0])
    assert len(losses) == len(expected) == 5 * 21
    assert losses[:100] == pytest.approx(expected[:100], abs=1e-4)
    scores = [run["test_accuracy"] for run in one["per_run"]]
    assert abs(told["test_accuracy"] - scores[0]) <= max(scores) - min(scores) + 1e-9
    record = store.get(told["run"])
    assert record.provenance["world_size"] == "2"
    assert record.provenance["threads"] == str(max(1, min(usable_cores(), 16) // 2))


@pytest.mark.slow
def test_a_killed_process_ends_the_run_and_one_process_takes_it_up(lab, store):
    """Without torchrun's agent, which would end the other: it ends by itself, with a sentence."""
    port = free_port()
    words = ("-m", "cnn_core", *DIGITS, "--epochs", str(EPOCHS))
    zero, one = (start(*words, **torchrun_environment(rank, port)) for rank in (0, 1))
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not any(
            isinstance(event, CheckpointReady)
            for run in store.list()
            for _, event in store.events(run.id)
        ):
            assert time.monotonic() < deadline, "no checkpoint came"
            assert zero.poll() is None, zero.communicate()
            time.sleep(0.02)
        one.send_signal(signal.SIGKILL)
        code, _, err = outcome(zero)
    finally:
        one.kill()
        one.communicate()
    assert code == 1
    sentence = "Another of the 2 processes of this run ended, or stopped answering."
    assert f"error: {sentence}" in err
    (record,) = store.list()
    assert (record.status, record.error) == ("failed", sentence)
    assert 1 <= record.epochs_done < EPOCHS

    assert lab("resume", record.id).code == 0
    taken_up = store.get(record.id)
    assert (taken_up.status, taken_up.epochs_done) == ("finished", EPOCHS)
    assert len(losses_of(store, record.id)) == EPOCHS * 6
    assert "world_size 1" in taken_up.provenance["resumed"]


@pytest.mark.gpu
def test_two_gpus_make_one_run(lab, store):
    torch = pytest.importorskip("torch")
    if torch.cuda.device_count() < 2:
        pytest.skip("needs two CUDA devices")
    words = (*DIGITS, "--epochs", "5", "--set", "batch_size=60", "--device", "cuda", "--json")
    one = lab(*words).json
    code, out, err = outcome(start(*TORCHRUN, *words))
    assert code == 0, err
    losses = losses_of(store, json.loads(out)["run"])
    assert losses[:100] == pytest.approx(losses_of(store, one["run"])[:100], abs=1e-4)


# What needs no second process


@pytest.fixture
def two_processes(monkeypatch):
    """The environment of rank 0 of two."""
    for name, value in torchrun_environment(0, free_port()).items():
        monkeypatch.setenv(name, value)


def test_other_commands_say_that_they_are_not_shared(lab, two_processes):
    said = lab("runs")
    assert said.code == 1
    assert "torchrun started this command 2 times, but only `train` shares its work." in said.err


def test_processes_share_the_cores(two_processes):
    assert training_threads() == max(1, min(usable_cores(), 16) // 2)


@pytest.mark.parametrize("missing", ["RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR"])
def test_half_an_environment_is_none(two_processes, monkeypatch, missing):
    assert find_place().world_size == 2
    monkeypatch.delenv(missing)
    assert find_place() == Place()
