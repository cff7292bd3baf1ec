"""The store's file: made, refused, and a transaction that leaves nothing behind."""

import sqlite3

import pytest

from cnn_core.errors import StorageError
from cnn_core.runtime import database
from cnn_core.runtime.database import kept_open, transaction
from cnn_core.runtime.store import RunStore


def test_an_empty_file_becomes_a_store(tmp_path):
    (tmp_path / "runs.sqlite").touch()
    assert RunStore(tmp_path).list() == []
    assert not list(tmp_path.glob("runs-damaged-*"))


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
