"""What all sessions share: one laboratory a set of homes, and one reading of a run's events."""

import threading
from dataclasses import replace

import pytest

from cnn_core.results.config import TrainConfig
from cnn_core.results.events import CheckpointReady, RunStarted, StepsDone
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.settings import Settings
from cnn_core.ui import lab as lab_module
from cnn_core.ui.lab import Laboratory, SharedHistory

STEP = StepsDone(
    step=1,
    epoch=1,
    losses=[2.0],
    images=4,
    window_seconds=0.1,
    train_seconds=0.1,
    elapsed_seconds=0.1,
    learning_rate=0.1,
)
REQUEST = RunRequest(
    recipe="lenet5-mnist",
    preset="custom",
    config=TrainConfig(epochs=1, batch_size=4, learning_rate=0.1),
    dataset=DatasetInfo(
        name="digits",
        source="digits",
        location="",
        fingerprint="0",
        official=True,
        train_size=4,
        valid_size=2,
        test_size=2,
    ),
    device="cpu",
    owner="nobody",
    provenance={},
    launcher="self",
)


class CountingStore(RunStore):
    """A run store that counts how often events are asked for."""

    asked = 0

    def events(self, run_id, *, after=0, limit=-1):
        self.asked += 1
        return super().events(run_id, after=after, limit=limit)


@pytest.fixture
def store(tmp_path):
    return CountingStore(tmp_path / "runs")


@pytest.fixture
def run(store):
    record, _ = store.create(REQUEST)
    store.append(record.id, STEP)
    return record.id


@pytest.fixture
def clock(monkeypatch):
    """A monotonic clock that the test moves."""
    now = [100.0]
    monkeypatch.setattr(lab_module.time, "monotonic", lambda: now[0])
    return now


def test_fifteen_watchers_read_once_a_moment(store, run, clock):
    shared = SharedHistory()
    for _ in range(15):
        assert shared.catch_up(store, run, now=False).step == 1
    assert store.asked == 1
    clock[0] += lab_module.FRESH_SECONDS + 0.01
    for _ in range(15):
        shared.catch_up(store, run, now=False)
    assert store.asked == 2


def test_watchers_in_threads_fold_each_event_once(store, run):
    shared = SharedHistory()
    for step in range(2, 40):
        store.append(run, replace(STEP, step=step, losses=[1 / step]))
    gate = threading.Barrier(8)

    def watch():
        gate.wait()
        shared.catch_up(store, run, now=True)

    threads = [threading.Thread(target=watch) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.history.version == 39
    assert shared.history.losses().tolist() == [2.0, *(1 / step for step in range(2, 40))]


def test_event_that_came_meanwhile_is_seen_now_or_a_moment_later(store, run, clock):
    shared = SharedHistory()
    shared.catch_up(store, run, now=False)
    store.append(run, replace(STEP, step=2))
    assert shared.catch_up(store, run, now=False).step == 1
    assert shared.catch_up(store, run, now=True).step == 2
    store.append(run, replace(STEP, step=3))
    clock[0] += lab_module.FRESH_SECONDS + 0.01
    assert shared.catch_up(store, run, now=False).step == 3


def test_resumed_run_loses_the_steps_after_its_checkpoint(store, run):
    started = RunStarted(
        step=0,
        epoch=0,
        total_steps=9,
        total_epochs=1,
        steps_per_epoch=9,
        train_size=36,
        valid_size=2,
        device="cpu",
        threads=1,
        parameters=1,
    )
    saved = CheckpointReady(step=1, epoch=0, file="c", sha256="", seconds=0.1)
    shared = SharedHistory()
    store.append(run, saved)
    store.append(run, replace(STEP, step=2, losses=[9.0]))
    assert shared.catch_up(store, run, now=True).step == 2
    store.drop_events_after(run, 2)
    store.append(run, replace(started, step=1))
    store.append(run, replace(STEP, step=2, losses=[1.0]))
    assert shared.catch_up(store, run, now=True).losses().tolist() == [2.0, 1.0]


@pytest.fixture
def laboratory(tmp_path):
    home = Settings.from_environment({"CNN_LAB_HOME": str(tmp_path), "CNN_LAB_SPARE": "0"})
    made = Laboratory(home)
    yield made
    made.launcher.close()


def test_laboratory_shares_a_history_a_run_and_forgets_the_oldest(laboratory, monkeypatch):
    monkeypatch.setattr(lab_module, "_KEPT_HISTORIES", 2)
    runs = [laboratory.store.create(REQUEST)[0].id for _ in range(3)]
    first = laboratory.history(runs[0])
    assert laboratory.history(runs[0]) is first
    for run in runs[1:]:
        laboratory.history(run)
    assert laboratory.history(runs[0]) is not first


@pytest.mark.parametrize("events", [5, 6, 7])
def test_a_long_run_is_read_in_pieces_and_whole(store, run, monkeypatch, events):
    monkeypatch.setattr(lab_module, "_READ_EVENTS", 3)
    for step in range(2, events + 1):
        store.append(run, replace(STEP, step=step, losses=[1 / step]))
    shared = SharedHistory()
    assert shared.catch_up(store, run, now=True).step == events
    assert store.asked == events // 3 + 1
    store.append(run, replace(STEP, step=events + 1))
    assert shared.catch_up(store, run, now=True).step == events + 1
    assert shared.history.version == events + 1


def test_large_histories_are_forgotten_sooner(laboratory, monkeypatch):
    """The one that is asked for stays, however large it is."""
    runs = [laboratory.store.create(REQUEST)[0].id for _ in range(3)]
    monkeypatch.setattr(lab_module, "_KEPT_BYTES", laboratory.history(runs[0]).nbytes * 2)
    first, second = (laboratory.history(run) for run in runs[:2])
    assert laboratory.history(runs[0]) is first
    laboratory.history(runs[2])
    assert laboratory.history(runs[0]) is first
    assert laboratory.history(runs[1]) is not second
    monkeypatch.setattr(lab_module, "_KEPT_BYTES", 1)
    assert laboratory.history(runs[1]) is laboratory.history(runs[1])


def test_the_queue_is_looked_at_once_for_all_who_wait(laboratory, clock, monkeypatch):
    laboratory.launcher.close()
    looks = []
    ask = lab_module.waits
    monkeypatch.setattr(lab_module, "waits", lambda store: looks.append(1) or ask(store))
    owners = ("ada", "bob")
    runs = [laboratory.store.create(replace(REQUEST, owner=name))[0].id for name in owners]
    clock[0] += lab_module.FRESH_SECONDS + 0.01
    assert [laboratory.wait(run).ahead for run in runs * 15] == [0, 1] * 15
    assert len(looks) == 1
    laboratory.store.request_stop(runs[0])
    assert laboratory.wait(runs[1]).ahead == 1
    clock[0] += lab_module.FRESH_SECONDS + 0.01
    assert laboratory.wait(runs[1]).ahead == 0
    assert laboratory.wait(runs[0]).ahead == 0  # it waits no more


def test_one_laboratory_for_each_set_of_homes(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_SPARE", "0")
    made = []
    for name in ("one", "one", "two"):
        monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path / name))
        made.append(lab_module.laboratory())
    for each in {id(lab): lab for lab in made}.values():
        each.launcher.close()
    assert made[0] is made[1]
    assert made[2] is not made[0]
    assert made[2].settings.runs == tmp_path / "two" / "runs"


def test_closing_a_laboratory_ends_its_keeper(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_RUNS", str(tmp_path / "runs"))
    first = lab_module.laboratory()
    assert lab_module.laboratory() is first
    keeper = first.launcher._thread
    assert keeper.is_alive()
    lab_module.close_laboratories()
    assert not keeper.is_alive()
    assert lab_module.laboratory() is not first
