"""The store's database: held by another process, overwritten, of another version."""

import json
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from cnn_core.errors import StorageError
from cnn_core.results.events import StepsDone
from cnn_core.runtime import database
from cnn_core.runtime.database import connect, kept_open
from cnn_core.runtime.execute import execute
from cnn_core.runtime.store import RunStore

HOLDER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
sys.stdin.readline()
db.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.readline()
db.execute("COMMIT")
"""


def test_database_locked(store, claimed, peaceful, curve):
    """Another process holds it while a run trains: the run waits, retries, and no row is lost."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(store.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    run_id, held = claimed(), []

    def give_back():
        held.append(time.monotonic())
        holder.communicate("\n")

    def hold(event):
        if isinstance(event, StepsDone) and not held:
            holder.stdin.write("\n")
            holder.stdin.flush()
            assert holder.stdout.readline() == "held\n"
            held.append(time.monotonic())
            assert store.get(run_id).steps_done == event.step  # readers do not wait
            threading.Timer(0.3, give_back).start()
            store.rename(run_id, "as soon as it can be written")  # and so does the run
            assert len(held) == 2

    record = execute(store, run_id, on_event=hold)
    assert holder.wait(timeout=60) == 0
    assert held[1] - held[0] >= 0.3
    assert (record.status, record.name) == ("finished", "as soon as it can be written")
    assert curve(run_id) == peaceful


@pytest.mark.parametrize("damage", ["text", "header", "middle"])
def test_database_corrupt(store, new_run, events, damage, caplog):
    """Found at the start, set aside as it is; the app starts with an empty store."""
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


def test_store_of_a_newer_version(store, new_run, events):
    """Its runs can be looked at, with what the newer version added left out; none is changed."""
    run_id = new_run()
    store.append(run_id, events.steps(1))
    newer = json.dumps({"kind": "StepsDone", "colour": "red", **vars(events.steps(2))})
    unknown = json.dumps({"kind": "Sung", "song": "la"})
    with sqlite3.connect(store.database) as db:
        db.execute("ALTER TABLE runs ADD COLUMN mood TEXT")
        db.execute("UPDATE runs SET dataset = json_set(dataset, '$.smell', 'none')")
        db.execute("UPDATE runs SET config = json_set(config, '$.zeal', 1)")
        db.execute("INSERT INTO events VALUES (?, 2, ?)", (run_id, newer))
        db.execute("PRAGMA user_version = 9")
    db.close()
    opened = RunStore(store.folder)
    assert [run.id for run in opened.list()] == [run_id]
    assert [event.step for _, event in opened.events(run_id)] == [1, 2]
    changes = [
        lambda: opened.rename(run_id, "x"),
        lambda: opened.request_stop(run_id),
        lambda: opened.append(run_id, events.steps(3)),
    ]
    for change in changes:
        with pytest.raises(StorageError, match="not changed") as caught:
            change()
        assert "Update CNN Lab" in caught.value.hint
    assert opened.get(run_id).name != "x"
    with sqlite3.connect(store.database) as db:
        db.execute("INSERT INTO events VALUES (?, 3, ?)", (run_id, unknown))
    db.close()
    with pytest.raises(Exception, match="a kind that this CNN Lab does not know") as caught:
        opened.events(run_id)
    assert caught.value.hint == "Update CNN Lab."


def test_store_of_an_older_version(store, new_run, monkeypatch):
    """Migrated in one transaction, its runs kept; a step that fails leaves it as it was."""
    run_id = new_run()
    step = "ALTER TABLE runs ADD COLUMN mood TEXT; UPDATE runs SET mood = 'calm'"
    monkeypatch.setattr(database, "_STEPS", (*database._STEPS, f"{step}; no sql at all"))
    with pytest.raises(StorageError, match="syntax error"):
        RunStore(store.folder)
    monkeypatch.setattr(database, "_STEPS", (*database._STEPS[:-1], step))
    migrated = RunStore(store.folder)
    assert [run.id for run in migrated.list()] == [run_id]
    with connect(store.database) as db:
        assert db.execute("SELECT mood FROM runs").fetchone()[0] == "calm"
        assert db.execute("PRAGMA user_version").fetchone()[0] == len(database._STEPS)
    RunStore(store.folder).rename(run_id, "x")
    assert store.get(run_id).name == "x"
