"""The run store: one row for two Starts, cursors that hold, and nothing that a name can break."""

import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cnn_core.errors import RunStateError, StorageError, UnknownNameError
from cnn_core.runtime import database
from cnn_core.runtime import store as store_module
from cnn_core.runtime.database import connect, kept_open, transaction
from cnn_core.runtime.rows import new_run_id, validate_run_id
from cnn_core.runtime.store import RunStore

ROOT = Path(__file__).parents[2]
RACE = """
import json, sys, time
from pathlib import Path
from cnn_core.results.config import TrainConfig
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime.store import RunRequest, RunStore

folder, me = Path(sys.argv[1]), sys.argv[2]
dataset = DatasetInfo(name="MNIST", source="mnist", location="", fingerprint="f", official=True,
                      train_size=1, valid_size=1, test_size=1)
(folder.parent / f"ready-{me}").touch()
while len(list(folder.parent.glob("ready-*"))) < 2:
    time.sleep(0.001)
store = RunStore(folder)
found = []
for seed in range(15):
    request = RunRequest(recipe="lenet5-mnist", preset="fast",
                         config=TrainConfig(epochs=1, batch_size=1, learning_rate=1.0, seed=seed),
                         dataset=dataset, device="cpu", owner=me, provenance={})
    found.append(store.create(request, unless_same=True)[0].id)
print(json.dumps(found))
"""


def set_row(store, run_id, **values):
    with transaction(store.database) as db:
        columns = ", ".join(f"{name} = ?" for name in values)
        db.execute(f"UPDATE runs SET {columns} WHERE id = ?", (*values.values(), run_id))


def test_a_run_comes_back_as_it_was_asked_for(store, request_of):
    request = request_of(seed=7, rotation=3.5, group="g", name="my run", launcher="self")
    record, created = store.create(request)
    assert created
    assert store.get(record.id) == record
    assert record.config == request.config
    assert record.dataset == request.dataset
    assert (record.status, record.name, record.group) == ("queued", "my run", "g")
    assert record.active
    assert not record.resumable
    assert record.started is record.ended is record.test_accuracy is record.deleted is None
    assert store.list() == [record]
    assert store.list(owner="bob") == []
    assert store.list(recipe="lenet5-mnist", owner="ada") == [record]


def test_runs_are_listed_newest_first(store, new_run):
    ids = [new_run(seed=seed) for seed in range(4)]
    for age, run_id in enumerate(ids):
        set_row(store, run_id, created=100.0 + age)
    assert [record.id for record in store.list()] == ids[::-1]
    assert [record.id for record in store.list(limit=2)] == [ids[3], ids[2]]


def test_fifty_presses_of_one_button_make_one_run(store, request_of):
    made = [store.create(request_of(), unless_same=True) for _ in range(50)]
    assert [created for _, created in made] == [True] + [False] * 49
    assert len({record.id for record, _ in made}) == 1


def test_two_threads_that_press_start_make_one_run(store, request_of):
    barrier = threading.Barrier(8)

    def press(_):
        barrier.wait()
        return store.create(request_of(), unless_same=True)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(press, range(8)))
    assert sum(created for _, created in made) == 1
    assert len(store.list()) == 1


def test_two_processes_on_a_new_folder_make_one_run_of_each(tmp_path):
    """Both also make the database, at the same moment."""
    folder = tmp_path / "runs"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(folder), name],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("ada", "bob")
    ]
    found = [json.loads(racer.communicate(timeout=120)[0]) for racer in racers]
    assert found[0] == found[1]
    assert len(set(found[0])) == len(RunStore(folder).list()) == 15


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"owner": "bob", "preset": "custom", "name": "another", "device": "cuda:0"}, True),
        ({"learning_rate": 1, "rotation": 0}, True),
        ({"seed": 1}, False),
        ({"batch_size": 32}, False),
        ({"recipe": "another"}, False),
    ],
)
def test_what_counts_as_the_same_run(request_of, changes, same):
    base = request_of(learning_rate=1.0)
    changed = request_of(**{"learning_rate": 1.0, **changes})
    assert (changed.same_key == base.same_key) is same


@pytest.mark.parametrize(
    ("status", "found"),
    [
        *[(status, True) for status in ("queued", "running", "finished")],
        *[(status, False) for status in ("stopped", "interrupted", "failed", "diverged")],
    ],
)
def test_an_equal_run_is_offered_if_it_goes_on_or_finished(store, request_of, status, found):
    record, _ = store.create(request_of())
    set_row(store, record.id, status=status)
    same = store.find_same(request_of().same_key)
    assert (same is not None and same.id == record.id) is found
    if found and status == "finished":
        store.delete(record.id)
        assert store.find_same(request_of().same_key) is None


def test_a_cursor_reads_every_event_once(store, new_run, events):
    run_id = new_run()
    written = [events.started(), *(events.steps(step) for step in range(1, 6)), events.saved(5)]
    for event in written[:3]:
        store.append(run_id, event)
    first = store.events(run_id)
    for event in written[3:]:
        store.append(run_id, event)
    second = store.events(run_id, after=first[-1][0])
    assert [event for _, event in (*first, *second)] == written
    assert store.events(run_id, after=second[-1][0]) == []


def test_sequence_numbers_are_never_used_again(store, new_run, events):
    """A page whose cursor is beyond a dropped event still gets every event after it."""
    run_id = new_run()
    for step in range(1, 6):
        store.append(run_id, events.steps(step))
    cursor = store.events(run_id)[-1][0]
    store.drop_events_after(run_id, store.events(run_id)[1][0])
    assert len(store.events(run_id)) == 2
    store.append(run_id, events.started(step=2))
    fresh = store.events(run_id, after=cursor)
    assert [event for _, event in fresh] == [events.started(step=2)]


def test_events_of_one_run_are_its_own(store, new_run, events):
    one, other = new_run(), new_run(seed=1)
    store.append(one, events.steps(1))
    store.append(other, events.steps(2))
    store.drop_events_after(one, 0)
    assert store.events(one) == []
    assert [event.step for _, event in store.events(other)] == [2]


def test_events_write_the_runs_row(store, new_run, events):
    run_id = new_run()
    store.append(run_id, events.started())
    assert store.get(run_id).total_steps == 20
    store.append(run_id, events.steps(4, count=4))
    record = store.get(run_id)
    assert (record.steps_done, record.train_seconds) == (4, pytest.approx(0.4))
    assert record.images_per_second == pytest.approx(640.0)
    store.append(run_id, events.epoch_done(1, 0.6))
    store.append(run_id, events.epoch_done(2, 0.5, best=False))
    record = store.get(run_id)
    assert (record.epochs_done, record.valid_accuracy) == (2, 0.6)
    store.append(run_id, events.finished())
    record = store.get(run_id)
    assert (record.test_accuracy, record.test_interval) == (0.9, (0.85, 0.94))
    assert (record.valid_accuracy, record.total_seconds) == (0.8, 3.0)
    store.append(run_id, events.finished("stopped"))
    assert store.get(run_id).test_interval is None


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Ada's best", "Ada's best"),
        ("  two\n words\t", "two words"),
        ("<img onerror=x>", "<img onerror=x>"),
        ("a\u202eb\x00c", "abc"),
        ("x" * 500, "x" * 80),
        ("", "before"),
        (" \n\u200b", "before"),
    ],
)
def test_rename(store, new_run, name, kept):
    run_id = new_run(name="before")
    store.rename(run_id, name)
    assert store.get(run_id).name == kept


def test_delete_undelete_and_purge(store, new_run, events):
    run_id = new_run()
    store.append(run_id, events.steps(1))
    (store.run_folder(run_id) / "weights.safetensors").touch()
    set_row(store, run_id, status="finished")
    store.delete(run_id)
    assert store.list() == []
    assert store.get(run_id).deleted is not None  # a link to it says what it was
    store.undelete(run_id)
    assert [record.id for record in store.list()] == [run_id]
    store.purge()
    assert len(store.events(run_id)) == 1

    store.delete(run_id)
    store.purge()
    assert store.run_folder(run_id).exists()
    set_row(store, run_id, deleted=time.time() - store_module.UNDO_SECONDS - 1)
    store.delete(run_id)  # pressed again: the clock goes on from the first time
    with pytest.raises(RunStateError, match="can be undone for ten minutes"):
        store.undelete(run_id)
    store.purge()
    assert store.events(run_id) == []
    assert not (store.folder / run_id).exists()
    assert store.get(run_id).config.epochs == 2
    with pytest.raises(RunStateError, match="is deleted"):
        store.requeue(run_id)


@pytest.mark.parametrize("status", ["queued", "running"])
def test_an_active_run_is_not_deleted(store, new_run, status):
    run_id = new_run()
    set_row(store, run_id, status=status)
    with pytest.raises(RunStateError, match=f"is {status} and cannot be deleted") as caught:
        store.delete(run_id)
    assert caught.value.hint == "Stop it first."
    assert store.get(run_id).deleted is None


def test_stopping_and_taking_up_again(store, new_run):
    run_id = new_run()
    store.request_stop(run_id)
    record = store.get(run_id)
    assert (record.status, record.stop_requested) == ("stopped", True)
    record = store.requeue(run_id)
    assert (record.status, record.stop_requested, record.ended) == ("queued", False, None)
    set_row(store, run_id, status="running")
    store.request_stop(run_id)
    record = store.get(run_id)
    assert (record.status, record.stop_requested) == ("running", True)


@pytest.mark.parametrize("status", ["queued", "running", "finished", "diverged"])
def test_only_what_has_stopped_is_taken_up(store, new_run, status):
    run_id = new_run()
    set_row(store, run_id, status=status)
    with pytest.raises(RunStateError, match=f"is {status}; it cannot be resumed"):
        store.requeue(run_id)


def test_a_stop_after_the_end_changes_nothing(store, new_run):
    run_id = new_run()
    set_row(store, run_id, status="finished")
    before = store.get(run_id)
    store.request_stop(run_id)
    assert store.get(run_id) == before


@pytest.mark.parametrize(
    "run_id",
    [
        *("../secret", "..", "a/b", "a\\b", "/etc/passwd", "C:\\x", "", "x", "Ü" * 9, "a" * 200),
        *("run\x00", "run\n", "-start", "' OR 1=1 --", "lenet5-mnist-1123-abc/.."),
    ],
)
def test_a_run_id_is_never_a_path(store, run_id):
    actions = [
        *(store.get, store.events, store.run_folder, store.request_stop, store.requeue),
        *(store.delete, store.undelete, lambda run_id: store.rename(run_id, "x")),
    ]
    for action in actions:
        with pytest.raises(UnknownNameError, match="is not the id of a run"):
            action(run_id)


def test_new_ids_are_valid_and_unlike():
    ids = {new_run_id("lenet5-mnist") for _ in range(200)}
    assert len(ids) == 200
    assert all(validate_run_id(run_id) == run_id for run_id in ids)


def test_an_unknown_run_is_named(store):
    with pytest.raises(UnknownNameError, match="There is no run 'lenet5-mnist-0101-abcdef'"):
        store.get("lenet5-mnist-0101-abcdef")


def test_provenance_grows(store, new_run):
    run_id = new_run()
    store.add_provenance(run_id, "resumed", 'after step 3 under torch "9"')
    assert store.get(run_id).provenance == {
        "torch": "2.0",
        "threads": "1",
        "resumed": 'after step 3 under torch "9"',
    }


# The file


def test_a_newer_store_is_refused_and_left_alone(store, new_run):
    new_run()
    with sqlite3.connect(store.database) as db:
        db.execute("PRAGMA user_version = 9")
    db.close()
    before = store.database.read_bytes()
    with pytest.raises(StorageError, match="of version 9, newer than") as caught:
        RunStore(store.folder)
    assert "Update CNN Lab" in caught.value.hint
    assert store.database.read_bytes() == before


@pytest.mark.parametrize("damage", ["text", "header", "middle"])
def test_a_corrupt_store_is_set_aside_and_the_app_starts(store, new_run, events, damage, caplog):
    run_id = new_run()
    with kept_open(store.database):
        for step in range(1, 400):
            store.append(run_id, events.steps(step))
    with connect(store.database) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = store.database.read_bytes()
    page = 4_096
    broken = {
        "text": b"this is no database at all\n" * 400,
        "header": b"\0" * page + whole[page:],
        "middle": whole[: 3 * page] + b"\xff" * (len(whole) - 4 * page) + whole[-page:],
    }[damage]
    store.database.write_bytes(broken)
    fresh = RunStore(store.folder)
    assert fresh.list() == []
    (aside,) = store.folder.glob("runs-damaged-*.sqlite")
    assert aside.read_bytes() == broken
    assert aside.name in caplog.text


def test_an_empty_file_becomes_a_store(tmp_path):
    (tmp_path / "runs.sqlite").touch()
    assert RunStore(tmp_path).list() == []
    assert not list(tmp_path.glob("runs-damaged-*"))


def test_a_locked_database_is_waited_for(store, new_run, events):
    run_id = new_run()
    holder = sqlite3.connect(store.database, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(store.append, run_id, events.steps(step)) for step in range(1, 5)]
        assert store.get(run_id).id == run_id  # readers do not wait
        time.sleep(0.3)
        assert not any(write.done() for write in writing)
        holder.execute("COMMIT")
        for write in writing:
            write.result(timeout=60)
    holder.close()
    assert sorted(event.step for _, event in store.events(run_id)) == [1, 2, 3, 4]


def test_a_database_locked_for_too_long_is_said(store, new_run, monkeypatch):
    run_id = new_run()
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with transaction(store.database), pytest.raises(StorageError, match="locked"):
        store.rename(run_id, "x")
    store.rename(run_id, "y")
    assert store.get(run_id).name == "y"


def test_a_transaction_that_fails_leaves_nothing(store, new_run):
    run_id = new_run(name="before")

    def fail_halfway():
        with transaction(store.database) as db:
            db.execute("UPDATE runs SET name = 'half'")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert store.get(run_id).name == "before"


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="folder for runs cannot be made") as caught:
        RunStore(tmp_path / "file" / "runs")
    assert "CNN_LAB_RUNS" in caught.value.hint


def test_a_database_that_cannot_be_opened(tmp_path):
    (tmp_path / "runs.sqlite").mkdir()
    with pytest.raises(StorageError, match="could not be read or written"):
        RunStore(tmp_path)


def test_a_store_that_became_read_only(store, new_run, monkeypatch, events):
    run_id = new_run()

    def read_only(path):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        connection.row_factory = sqlite3.Row
        return connection

    monkeypatch.setattr(database, "_open", read_only)
    assert store.get(run_id).id == run_id
    with pytest.raises(StorageError, match="readonly"):
        store.append(run_id, events.steps(1))


def test_a_full_disk_is_said_and_nothing_is_half_written(store, new_run, monkeypatch, events):
    run_id = new_run()
    store.append(run_id, events.steps(1))
    opened = database._open

    def full(path):
        connection = opened(path)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(database, "_open", full)

    def fill():
        for step in range(2, 2_000):
            store.append(run_id, events.steps(step, count=50))

    with kept_open(store.database), pytest.raises(StorageError, match="full"):
        fill()
    monkeypatch.undo()
    written = [event.step for _, event in store.events(run_id)]
    assert written == list(range(1, len(written) + 1))
    assert store.get(run_id).steps_done == written[-1]
    store.append(run_id, events.steps(written[-1] + 1))


def test_a_lost_folder_is_said(store, new_run):
    run_id = new_run()
    shutil.rmtree(store.folder)
    with pytest.raises(StorageError):
        store.get(run_id)
