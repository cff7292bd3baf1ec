"""A run store of its own for each test, requests to put into it, and patience without sleeping."""

import dataclasses
import time

import pytest

from cnn_core.results.config import TrainConfig
from cnn_core.results.events import CheckpointReady, EpochDone, RunFinished, RunStarted, StepsDone
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.settings import Settings

CONFIG = TrainConfig(epochs=2, batch_size=64, learning_rate=1e-3)
DATASET = DatasetInfo(
    name="MNIST",
    source="mnist",
    location="",
    fingerprint="f" * 64,
    official=True,
    train_size=640,
    valid_size=50,
    test_size=100,
)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Homes of its own; the environment names them too."""
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path / "home"))
    for name in ("CNN_LAB_DATA", "CNN_LAB_WEIGHTS", "CNN_LAB_RUNS"):
        monkeypatch.delenv(name, raising=False)
    return Settings.from_environment()


@pytest.fixture
def store(settings):
    return RunStore(settings.runs)


@pytest.fixture
def request_of():
    """Make a request; keywords replace fields of the request or of its configuration."""

    def request_of(**changes):
        fields = {field.name for field in dataclasses.fields(TrainConfig)}
        config = {name: changes.pop(name) for name in list(changes) if name in fields}
        values = {
            "recipe": "lenet5-mnist",
            "preset": "fast",
            "config": dataclasses.replace(CONFIG, **config),
            "dataset": DATASET,
            "device": "cpu",
            "owner": "ada",
            "provenance": {"torch": "2.0", "threads": "1"},
        }
        return RunRequest(**{**values, **changes})

    return request_of


@pytest.fixture
def new_run(store, request_of):
    """Queue a run and return its id."""

    def new_run(**changes):
        return store.create(request_of(**changes))[0].id

    return new_run


@pytest.fixture
def wait_until():
    """Look until something holds; fail, saying what was awaited, after a long time."""

    def wait_until(holds, what, seconds=120.0):
        deadline = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
            time.sleep(0.02)
        return found

    return wait_until


def started(step=0, epoch=0):
    return RunStarted(
        step=step,
        epoch=epoch,
        total_steps=20,
        total_epochs=2,
        steps_per_epoch=10,
        train_size=640,
        valid_size=50,
        device="cpu",
        threads=1,
        parameters=44_426,
    )


def steps(step, count=1):
    return StepsDone(
        step=step,
        epoch=1,
        losses=[2.0] * count,
        images=64 * count,
        window_seconds=0.1 * count,
        train_seconds=0.1 * step,
        elapsed_seconds=0.2 * step,
        learning_rate=1e-3,
    )


def epoch_done(epoch, accuracy=0.5, *, best=True):
    return EpochDone(
        step=10 * epoch,
        epoch=epoch,
        train_loss=1.0,
        valid_loss=1.0,
        valid_accuracy=accuracy,
        epoch_seconds=1.0,
        evaluation_seconds=0.1,
        train_seconds=1.0 * epoch,
        elapsed_seconds=1.5 * epoch,
        best=best,
    )


def saved(step, epoch=0):
    return CheckpointReady(step=step, epoch=epoch, file="c.safetensors", sha256="", seconds=0.1)


def finished(status="finished"):
    tested = {"test_accuracy": 0.9, "test_interval": [0.85, 0.94], "test_size": 100}
    return RunFinished(
        step=20,
        epoch=2,
        status=status,
        train_seconds=2.0,
        elapsed_seconds=3.0,
        images_per_second=640.0,
        best_epoch=2,
        valid_accuracy=0.8,
        **(tested if status == "finished" else {}),
    )


class Events:
    """The makers of events above, for tests that ask for the fixture `events`."""

    started = staticmethod(started)
    steps = staticmethod(steps)
    epoch_done = staticmethod(epoch_done)
    saved = staticmethod(saved)
    finished = staticmethod(finished)


@pytest.fixture
def events():
    return Events
