"""Who trains next: one slot a device, and a queue that is a table.

Nobody owns the queue. Whoever sees a free slot (the app's keeper, a worker that ends, the command
line) claims the next run in one transaction. Between owners it is fair: next is the run of the
owner who was served least recently. The file lock that a worker holds (`device_lock`) has the last
word on a device.
"""

import contextlib
import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import filelock

from cnn_core.errors import RunStateError
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.database import connect, transaction
from cnn_core.runtime.files import make_folder
from cnn_core.runtime.memory import OUT_OF_MEMORY, killed_for_memory, why_lost
from cnn_core.runtime.processes import is_alive, start_time
from cnn_core.runtime.rows import validate_run_id
from cnn_core.runtime.stopping import StopFlag
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.turns import Waiting, serving_order

CLAIM_SECONDS = 60.0  # a run whose process is not known by then was lost with whoever made it
FOREIGN_HEARTBEAT_SECONDS = 60.0
LOCK_POLL_SECONDS = 0.25
LOST = "The process that trained this run ended without a word (killed, or out of memory)."
LOST_HINT = "Resume goes on from its last checkpoint; if memory was short, try half the batch size."
LOST_TRIAL_HINT = "Resume goes on after the trials that are done."

_WAITING = """
SELECT id, owner, queued FROM runs
WHERE status = 'queued' AND deleted IS NULL AND device = ?
"""
_SERVED = "SELECT owner, MAX(started) AS latest FROM runs WHERE device = ? GROUP BY owner"
_FREE = """
SELECT DISTINCT device FROM runs WHERE status = 'queued' AND deleted IS NULL AND device NOT IN (
    SELECT device FROM runs WHERE status = 'running') ORDER BY device
"""


def claim(store: RunStore, *, run_id: str | None = None) -> str | None:
    """Mark the next run of a free device as running; return its id, None if there is none.

    Args:
        store: the run store.
        run_id: claim this one, and only if it is next; without it, runs that wait for their own
            process (`launcher` "self") are left to it.
    """
    sweep(store)
    with transaction(store.database) as db:
        for (device,) in db.execute(_FREE).fetchall():
            head = _order(db, device)[0]
            row = db.execute("SELECT launcher FROM runs WHERE id = ?", (head,)).fetchone()
            if head != run_id if run_id is not None else row["launcher"] == "self":
                continue
            now = time.time()
            db.execute(
                "UPDATE runs SET status = 'running', started = ?, heartbeat = ?, host = ?, "
                "pid = NULL, pid_started = NULL WHERE id = ?",
                (now, now, socket.gethostname(), head),
            )
            return head
    return None


def record_process(store: RunStore, run_id: str, pid: int) -> None:
    """Write down which process runs (or, queued, waits for) `run_id`."""
    with transaction(store.database) as db:
        db.execute(
            "UPDATE runs SET pid = ?, pid_started = ?, host = ? "
            "WHERE id = ? AND status IN ('queued', 'running')",
            (pid, start_time(pid), socket.gethostname(), validate_run_id(run_id)),
        )


def adopt(store: RunStore, run_id: str) -> RunRecord:
    """Make a claimed run this process's own, and return it.

    Raises:
        UnknownNameError: there is no such run.
        RunStateError: it is not claimed, or another process trains it.
    """
    pid, host = os.getpid(), socket.gethostname()
    with transaction(store.database) as db:
        changed = db.execute(
            "UPDATE runs SET pid = ?, pid_started = ?, host = ?, heartbeat = ? "
            "WHERE id = ? AND status = 'running' AND (pid IS NULL OR (pid = ? AND host = ?))",
            (pid, start_time(pid), host, time.time(), validate_run_id(run_id), pid, host),
        ).rowcount
    record = store.get(run_id)
    if not changed:
        what = "in another process" if record.status == "running" else record.status
        raise RunStateError(
            f"Run {run_id} is {what}; it cannot be trained here.",
            hint="`python -m cnn_core resume` takes up a run that has stopped.",
        )
    return record


def beat(store: RunStore, run_id: str) -> bool:
    """Write the run's heartbeat; return whether somebody asked it to stop."""
    with transaction(store.database) as db:
        db.execute("UPDATE runs SET heartbeat = ? WHERE id = ?", (time.time(), run_id))
        row = db.execute("SELECT stop_requested FROM runs WHERE id = ?", (run_id,)).fetchone()
    return bool(row and row["stop_requested"])


def end(store: RunStore, run_id: str, status: str, *, error: str = "", hint: str = "") -> None:
    """Write how a run ended."""
    with transaction(store.database) as db:
        db.execute(
            "UPDATE runs SET status = ?, ended = ?, error = ?, hint = ?, pid = NULL WHERE id = ?",
            (status, time.time(), error, hint, run_id),
        )


def sweep(store: RunStore) -> None:
    """Mark runs whose process is gone as interrupted; their last checkpoint can be resumed."""
    with connect(store.database) as db:
        rows = db.execute(
            "SELECT id, status, host, pid, pid_started, queued, heartbeat, "
            "json_extract(config, '$.batch_size') AS batch_size, "
            "json_extract(config, '$.experiment') AS experiment FROM runs "
            "WHERE status = 'running' OR (status = 'queued' AND launcher = 'self')"
        ).fetchall()
    for row in rows:
        if not _lost(row):
            continue
        with transaction(store.database) as db:
            db.execute(
                "UPDATE runs SET status = 'interrupted', ended = ?, error = ?, hint = ?, "
                "pid = NULL WHERE id = ? AND status = ? AND pid IS ? AND heartbeat IS ?",
                (
                    row["heartbeat"] or time.time(),
                    *_why_lost(store, row),
                    row["id"],
                    row["status"],
                    row["pid"],
                    row["heartbeat"],
                ),
            )


def _why_lost(store: RunStore, row: sqlite3.Row) -> tuple[str, str]:
    folder = store.folder / row["id"]
    if not row["experiment"]:
        return why_lost(folder, row["batch_size"], (LOST, LOST_HINT))
    if killed_for_memory(folder):
        return OUT_OF_MEMORY, f"Choose smaller settings. {LOST_TRIAL_HINT}"
    return LOST, LOST_TRIAL_HINT


def _lost(row: sqlite3.Row) -> bool:
    """Whether nobody works on (or, queued, waits with) the run of this row any more."""
    waiting = row["status"] == "queued"
    silence = time.time() - ((row["queued"] if waiting else row["heartbeat"]) or 0.0)
    if row["pid"] is None:
        return silence > CLAIM_SECONDS
    if row["host"] == socket.gethostname():
        return not is_alive(row["pid"], row["pid_started"])
    return not waiting and silence > FOREIGN_HEARTBEAT_SECONDS


def waiting_order(store: RunStore, device: str) -> list[str]:
    """Return the ids of the device's queued runs in the order in which they would be served."""
    with connect(store.database) as db:
        return _order(db, device)


def _order(db: sqlite3.Connection, device: str) -> list[str]:
    waiting = [Waiting(**row) for row in db.execute(_WAITING, (device,))]
    served = {row["owner"]: row["latest"] or 0.0 for row in db.execute(_SERVED, (device,))}
    return serving_order(waiting, served)


def ahead_of(store: RunStore, record: RunRecord) -> list[str]:
    """Return the ids of the runs before a queued run on its device, the running one first."""
    with connect(store.database) as db:
        running = db.execute(
            "SELECT id FROM runs WHERE status = 'running' AND device = ?", (record.device,)
        ).fetchall()
    order = waiting_order(store, record.device)
    before = order[: order.index(record.id)] if record.id in order else []
    return [*(row["id"] for row in running), *before]


def place(store: RunStore, record: RunRecord) -> int:
    """Return how many runs come before a queued run, the running one counted."""
    return len(ahead_of(store, record))


@contextlib.contextmanager
def device_lock(runs: Path, device: str, stop: StopFlag) -> Iterator[bool]:
    """Wait for the operating system's lock on a device and hold it; yield whether it was got.

    It is not got where `stop` is asked for while another process has it. The system releases it
    when the process ends, however it ends.
    """
    lock = filelock.FileLock(make_folder(runs / "locks") / f"{device.replace(':', '-')}.lock")
    while not lock.is_locked and not stop.asked:
        with contextlib.suppress(filelock.Timeout):
            lock.acquire(timeout=LOCK_POLL_SECONDS)
    try:
        yield lock.is_locked
    finally:
        lock.release()
