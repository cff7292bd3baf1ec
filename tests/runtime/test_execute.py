"""A claimed run to its end in this process, on scikit-learn's digits: every way of ending."""

import dataclasses
import itertools
import threading
import time

import filelock
import numpy as np
import pytest
import safetensors
import torch
from safetensors.torch import load_file

from cnn_core.data.datasets import open_dataset
from cnn_core.errors import CnnLabError, DataError, RunStateError, StorageError
from cnn_core.models.registry import build_model
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import CheckpointReady, EpochDone, RunFinished, RunStarted, StepsDone
from cnn_core.results.metrics import wilson_interval
from cnn_core.runtime import execute as module
from cnn_core.runtime import queue
from cnn_core.runtime.database import transaction
from cnn_core.runtime.execute import execute
from cnn_core.runtime.export import read_history, weights_path
from cnn_core.runtime.files import PREDICTIONS_FILE, read_probabilities
from cnn_core.runtime.stopping import StopFlag
from cnn_core.runtime.submit import build_request
from cnn_core.training import timing

CONFIG = TrainConfig(epochs=2, batch_size=128, learning_rate=3e-3)  # 11 steps an epoch


@pytest.fixture
def claimed(settings, store):
    """Queue and claim a run on the digits, in one thread; return its id."""

    def claimed(**changes):
        request = build_request(
            settings,
            recipe="lenet5-mnist",
            preset="custom",
            config=dataclasses.replace(CONFIG, **changes),
            owner="ada",
            source="digits",
        )
        slow = request.provenance | {"threads": "1"}
        record, _ = store.create(dataclasses.replace(request, provenance=slow))
        assert queue.claim(store) == record.id
        return record.id

    return claimed


def again(store, run_id):
    """Take a run up again; return its record as it ended."""
    store.requeue(run_id)
    assert queue.claim(store) == run_id
    return execute(store, run_id)


def kinds(store, run_id):
    return [type(event) for _, event in store.events(run_id)]


def curve(store, run_id):
    history = read_history(store, run_id)
    epochs = [(done.valid_loss, done.valid_accuracy, done.best) for done in history.epochs]
    return history.losses().tolist(), epochs, store.get(run_id).test_accuracy


@pytest.fixture
def peaceful(store, claimed):
    """The curve of a run that nobody disturbed."""
    run_id = claimed()
    execute(store, run_id)
    return curve(store, run_id)


def test_a_finished_run(store, claimed):
    run_id, seen = claimed(), []
    record = execute(store, run_id, on_event=seen.append)
    assert record == store.get(run_id)
    assert (record.status, record.epochs_done, record.steps_done) == ("finished", 2, 22)
    assert record.error == ""
    assert 0 < record.train_seconds <= record.total_seconds
    assert record.ended >= record.started
    assert [event for _, event in store.events(run_id)] == seen
    assert isinstance(seen[0], RunStarted)
    assert seen[0].threads == 1
    assert isinstance(seen[-1], RunFinished)
    for before, after in itertools.pairwise(seen):
        assert isinstance(before, EpochDone) == isinstance(after, CheckpointReady)
    assert record.test_interval == wilson_interval(round(record.test_accuracy * 360), 360)
    assert not [thread for thread in threading.enumerate() if "heartbeat" in thread.name]


def test_what_a_finished_run_leaves_on_disk(store, claimed):
    run_id = claimed()
    record = execute(store, run_id)
    folder = store.folder / run_id
    checkpoints = sorted(path.name for path in folder.glob("checkpoint-*"))
    assert checkpoints == [f"checkpoint-{11 * n:08d}-000{n}.safetensors" for n in (1, 2)]
    others = {path.name for path in folder.iterdir()} - set(checkpoints)
    assert others == {"weights.safetensors", PREDICTIONS_FILE}
    with safetensors.safe_open(weights_path(store, run_id), framework="pt") as file:
        assert file.metadata()["run"] == run_id
    model = build_model("lenet5", num_classes=10).eval()
    model.load_state_dict(load_file(weights_path(store, run_id)))
    test = open_dataset("digits", store.folder).test
    pixels = (torch.tensor(test.images)[:, None] / 255 - 0.1307) / 0.3081
    with torch.no_grad():
        probabilities = torch.softmax(model(pixels), dim=1).numpy()
    read = read_probabilities(folder / PREDICTIONS_FILE)
    np.testing.assert_allclose(read, probabilities, atol=1e-4)
    assert (read.argmax(axis=1) == test.labels).mean() == record.test_accuracy


@pytest.mark.parametrize("kind", [RunStarted, StepsDone, EpochDone])
def test_stopped_and_taken_up_again(store, claimed, peaceful, monkeypatch, kind):
    monkeypatch.setattr(timing, "WINDOW_SECONDS", 0.0)
    run_id, stop = claimed(), StopFlag()

    def ask(event):
        stop.asked = stop.asked or isinstance(event, kind)

    record = execute(store, run_id, on_event=ask, stop=stop)
    assert record.status == "stopped"
    assert record.resumable
    assert kinds(store, run_id)[-3:] == [kind, CheckpointReady, RunFinished]
    assert weights_path(store, run_id).exists()
    assert again(store, run_id).status == "finished"
    assert curve(store, run_id) == peaceful
    assert kinds(store, run_id).count(RunFinished) == 1


def test_a_stop_before_the_first_step(store, claimed):
    run_id = claimed()
    store.request_stop(run_id)
    record = execute(store, run_id)
    assert (record.status, record.steps_done) == ("stopped", 0)
    assert kinds(store, run_id) == []
    assert again(store, run_id).status == "finished"


def test_checkpoints_come_between_epochs_too(store, claimed, monkeypatch):
    monkeypatch.setattr(timing, "WINDOW_SECONDS", 0.0)
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0.0)
    run_id = claimed(epochs=1)
    (store.run_folder(run_id) / ".writing-00").touch()
    execute(store, run_id)
    saved = [event for _, event in store.events(run_id) if isinstance(event, CheckpointReady)]
    assert [event.step for event in saved] == [*range(1, 12), 11]
    assert len(list((store.folder / run_id).glob("checkpoint-*"))) == 2
    assert not (store.folder / run_id / ".writing-00").exists()


def test_data_that_has_gone_is_said(store, claimed, tmp_path):
    run_id = claimed()
    with transaction(store.database) as db:
        db.execute(
            "UPDATE runs SET dataset = json_set(dataset, '$.source', 'mnist', '$.location', ?)",
            (str(tmp_path / "gone"),),
        )
    with pytest.raises(DataError, match="MNIST is not in the data folder"):
        execute(store, run_id)
    assert store.get(run_id).status == "failed"


def test_a_device_that_is_not_here_is_said(store, claimed):
    run_id = claimed()
    with transaction(store.database) as db:
        db.execute("UPDATE runs SET device = 'cuda:17'")
    with pytest.raises(CnnLabError, match="There is no device 'cuda:17'"):
        execute(store, run_id)
    assert store.get(run_id).status == "failed"


def test_a_bug_marks_the_run_as_failed_and_goes_on(store, claimed, monkeypatch, caplog):
    def fail(*args):
        raise KeyError("a bug")
        yield

    monkeypatch.setattr(module, "fit", fail)
    run_id = claimed()
    with pytest.raises(KeyError):
        execute(store, run_id)
    record = store.get(run_id)
    assert (record.status, record.error) == ("failed", "The run failed (KeyError).")
    assert "a bug" in caplog.text


def test_going_on_under_another_torch_is_written_down(store, claimed):
    run_id, stop = claimed(), StopFlag()
    execute(store, run_id, on_event=lambda event: setattr(stop, "asked", True), stop=stop)
    assert "resumed" not in store.get(run_id).provenance
    with transaction(store.database) as db:
        db.execute("UPDATE runs SET provenance = json_set(provenance, '$.torch', '1.0')")
    store.requeue(run_id)
    queue.claim(store)
    stop = StopFlag()
    seen = []

    def ask(event):
        seen.append(event)
        stop.asked = isinstance(event, EpochDone)

    execute(store, run_id, on_event=ask, stop=stop)
    assert "resumed" not in store.get(run_id).provenance  # nothing had been trained under the other
    with transaction(store.database) as db:
        db.execute("UPDATE runs SET provenance = json_set(provenance, '$.torch', '1.1')")
    again(store, run_id)
    text = store.get(run_id).provenance["resumed"]
    assert text == f"after step 11 under torch {torch.__version__.partition('+')[0]}"


@pytest.mark.parametrize("status", ["queued", "finished", "stopped"])
def test_only_a_claimed_run_is_trained(store, claimed, status):
    run_id = claimed()
    queue.end(store, run_id, status)
    before = store.get(run_id)
    with pytest.raises(RunStateError, match=f"is {status}"):
        execute(store, run_id)
    assert store.get(run_id) == before


def test_waiting_for_a_device_ends_with_a_stop(store, claimed, monkeypatch):
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.02)
    run_id = claimed()
    (store.folder / "locks").mkdir(exist_ok=True)
    with filelock.FileLock(store.folder / "locks" / "cpu.lock"):
        timer = threading.Timer(0.2, store.request_stop, [run_id])
        timer.start()
        record = execute(store, run_id)
        timer.join()
    assert (record.status, record.steps_done) == ("stopped", 0)


def test_the_heart_beats_while_a_run_trains(store, claimed, monkeypatch):
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.01)
    beats = []
    beat = queue.beat
    monkeypatch.setattr(queue, "beat", lambda *args: beats.append(time.monotonic()) or beat(*args))
    execute(store, claimed())
    assert len(beats) >= 3


def test_a_missed_heartbeat_does_not_end_the_run(store, claimed, monkeypatch, caplog):
    def fail(*args):
        raise StorageError("The run store could not be read or written (locked).")

    monkeypatch.setattr(queue, "beat", fail)
    assert execute(store, claimed()).status == "finished"
    assert "missed" in caplog.text
