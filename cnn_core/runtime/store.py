"""The run store: every run, its events and its folder.

One object, any number of threads and processes: it holds a path and no connection. A run's row is
written by its worker alone while it runs; the page only asks (`request_stop`) and changes what is
its owner's (`rename`, `delete`).
"""

import dataclasses
import hashlib
import json
import shutil
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from cnn_core.errors import RunStateError, UnknownNameError
from cnn_core.results.config import TrainConfig, plain_values
from cnn_core.results.events import TrainEvent, event_from_json, event_to_json
from cnn_core.results.runs import ACTIVE, RESUMABLE, STATUSES, DatasetInfo, RunRecord
from cnn_core.runtime.database import connect, prepare, transaction
from cnn_core.runtime.files import make_folder
from cnn_core.runtime.rows import (
    RUNS_HINT,
    columns_of,
    new_run_id,
    record_from_row,
    to_json,
    validate_run_id,
)

UNDO_SECONDS = 600.0
_LONGEST_NAME = 80


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What somebody asks to be run; `launcher` is "worker" (any process may start it) or "self"."""

    recipe: str
    preset: str
    config: TrainConfig
    dataset: DatasetInfo
    device: str
    owner: str
    provenance: dict[str, str]
    group: str = ""
    name: str = ""
    launcher: str = "worker"

    @property
    def same_key(self) -> str:
        """Digest of what decides the result: recipe, configuration with seed, and data."""
        parts = [self.recipe, plain_values(self.config), self.dataset.fingerprint]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class RunStore:
    """Runs in `folder`: `runs.sqlite`, and a folder a run for weights, checkpoints and its log.

    Args:
        folder: made if need be.
        examine: look for damage in the whole database; workers leave that to whoever starts them.

    Raises:
        StorageError: the folder cannot be written.
    """

    def __init__(self, folder: Path, *, examine: bool = True) -> None:
        self.folder = folder
        self.database = folder / "runs.sqlite"
        prepare(self.database, examine=examine)

    def run_folder(self, run_id: str) -> Path:
        """Return the run's folder, made if need be.

        Raises:
            UnknownNameError: that is not the id of a run.
            StorageError: the folder cannot be made.
        """
        return make_folder(self.folder / validate_run_id(run_id))

    def create(self, request: RunRequest, *, unless_same: bool = False) -> tuple[RunRecord, bool]:
        """Queue a run; return it and True, or (`unless_same`) an equal one and False.

        The look for an equal active or finished run and the insertion are one transaction, so two
        Starts at once make one run.
        """
        with transaction(self.database) as db:
            same = _same(db, request.same_key) if unless_same else None
            if same is not None:
                return same, False
            run_id = insert_run(db, request)
        return self.get(run_id), True

    def find_same(self, same_key: str) -> RunRecord | None:
        """Return the newest active or finished run with this key."""
        with connect(self.database) as db:
            return _same(db, same_key)

    def get(self, run_id: str) -> RunRecord:
        """Return a run, a deleted one too (`deleted` says since when).

        Raises:
            UnknownNameError: there is none.
        """
        validate_run_id(run_id)
        with connect(self.database) as db:
            row = db.execute("SELECT * FROM runs WHERE id = ?", (run_id,)).fetchone()
        if row is None:
            raise UnknownNameError(f"There is no run {run_id!r}.", hint=RUNS_HINT)
        return record_from_row(row)

    def list(
        self,
        *,
        recipe: str | None = None,
        owner: str | None = None,
        statuses: Sequence[str] = STATUSES,
        limit: int = 1_000,
    ) -> Sequence[RunRecord]:
        """Return the runs that are not deleted, newest first; a `limit` of -1 is none."""
        where = f"deleted IS NULL AND status IN ({', '.join('?' * len(statuses))})"
        values: tuple[str, ...] = tuple(statuses)
        for column, value in (("recipe", recipe), ("owner", owner)):
            if value is not None:
                where += f" AND {column} = ?"
                values = (*values, value)
        query = f"SELECT * FROM runs WHERE {where} ORDER BY created DESC, id LIMIT ?"
        with connect(self.database) as db:
            rows = db.execute(query, (*values, limit)).fetchall()
        return [record_from_row(row) for row in rows]

    def events(
        self, run_id: str, *, after: int = 0, limit: int = -1
    ) -> Sequence[tuple[int, TrainEvent]]:
        """Return (sequence number, event) of the run's next `limit` (-1: all) after `after`."""
        with connect(self.database) as db:
            rows = db.execute(
                "SELECT seq, body FROM events WHERE run = ? AND seq > ? ORDER BY seq LIMIT ?",
                (validate_run_id(run_id), after, limit),
            ).fetchall()
        return [(row["seq"], event_from_json(row["body"])) for row in rows]

    def append(self, run_id: str, event: TrainEvent) -> None:
        """Write an event and what it changes in the run's row, in one transaction."""
        changes = columns_of(event)
        columns = "".join(f", {name} = ?" for name in changes)
        with transaction(self.database) as db:
            db.execute(
                "INSERT INTO events SELECT id, next_seq, ? FROM runs WHERE id = ?",
                (event_to_json(event), run_id),
            )
            db.execute(
                f"UPDATE runs SET next_seq = next_seq + 1, heartbeat = ?{columns} WHERE id = ?",
                (time.time(), *changes.values(), run_id),
            )

    def drop_events_after(self, run_id: str, seq: int, *, until: int | None = None) -> None:
        """Forget the events after `seq`, up to `until`; sequence numbers are never used again."""
        with transaction(self.database) as db:
            where = "run = ? AND seq > ? AND seq <= COALESCE(?, seq)"
            db.execute(f"DELETE FROM events WHERE {where}", (run_id, seq, until))

    def add_provenance(self, run_id: str, name: str, text: str) -> None:
        """Write down something more that the run's figures depend on."""
        with transaction(self.database) as db:
            db.execute(
                "UPDATE runs SET provenance = json_set(provenance, ?, ?) WHERE id = ?",
                (f'$."{name}"', text, run_id),
            )

    def request_stop(self, run_id: str) -> None:
        """Ask the run's worker to stop; a queued run is stopped at once, an ended one stays so."""
        self.get(run_id)
        with transaction(self.database) as db:
            db.execute(
                "UPDATE runs SET stop_requested = 1 WHERE id = ? AND status IN (?, ?)",
                (run_id, *ACTIVE),
            )
            db.execute(
                "UPDATE runs SET status = 'stopped', ended = ? WHERE id = ? AND status = 'queued'",
                (time.time(), run_id),
            )

    def requeue(self, run_id: str, *, launcher: str = "worker") -> RunRecord:
        """Queue a stopped, interrupted or failed run again, to go on from its last checkpoint.

        Raises:
            RunStateError: it is not resumable.
        """
        marks = ", ".join("?" * len(RESUMABLE))
        with transaction(self.database) as db:
            changed = db.execute(
                "UPDATE runs SET status = 'queued', queued = ?, launcher = ?, ended = NULL, "
                "pid = NULL, stop_requested = 0, error = '', hint = '' "
                f"WHERE id = ? AND deleted IS NULL AND status IN ({marks})",
                (time.time(), launcher, run_id, *RESUMABLE),
            ).rowcount
        record = self.get(run_id)
        if not changed:
            status = "deleted" if record.deleted else record.status
            raise RunStateError(
                f"Run {run_id} is {status}; it cannot be resumed.",
                hint=f"Only runs that are {', '.join(RESUMABLE)} can be resumed.",
            )
        return record

    def rename(self, run_id: str, name: str) -> None:
        """Name the run: printable characters, at most 80; an empty name changes nothing."""
        self.get(run_id)
        spaced = " ".join(name.split())
        text = "".join(filter(str.isprintable, spaced))[:_LONGEST_NAME].strip()
        if text:
            with transaction(self.database) as db:
                db.execute("UPDATE runs SET name = ? WHERE id = ?", (text, run_id))

    def delete(self, run_id: str) -> None:
        """Hide a run; for ten minutes `undelete` brings it back.

        Raises:
            RunStateError: the run is queued or running.
        """
        record = self.get(run_id)
        with transaction(self.database) as db:
            changed = db.execute(
                "UPDATE runs SET deleted = COALESCE(deleted, ?) "
                "WHERE id = ? AND status NOT IN (?, ?)",
                (time.time(), run_id, *ACTIVE),
            ).rowcount
        if not changed:
            raise RunStateError(
                f"Run {record.name!r} is {record.status} and cannot be deleted.",
                hint="Stop it first.",
            )

    def undelete(self, run_id: str) -> None:
        """Bring a run back that was deleted less than ten minutes ago.

        Raises:
            RunStateError: it is too late.
        """
        if self.get(run_id).deleted is None:
            return
        with transaction(self.database) as db:
            changed = db.execute(
                "UPDATE runs SET deleted = NULL WHERE id = ? AND deleted > ?",
                (run_id, time.time() - UNDO_SECONDS),
            ).rowcount
        if not changed:
            raise RunStateError(f"Run {run_id} is gone: deleting can be undone for ten minutes.")

    def purge(self) -> None:
        """Remove events and files of runs deleted over ten minutes ago; the rows stay to tell."""
        with connect(self.database) as db:
            due = db.execute(
                "SELECT id FROM runs WHERE deleted < ? AND next_seq > 0",
                (time.time() - UNDO_SECONDS,),
            ).fetchall()
        for row in due:
            shutil.rmtree(self.folder / row["id"], ignore_errors=True)
            with transaction(self.database) as db:
                db.execute("DELETE FROM events WHERE run = ?", (row["id"],))
                db.execute("UPDATE runs SET next_seq = 0 WHERE id = ?", (row["id"],))


def insert_run(db: sqlite3.Connection, request: RunRequest) -> str:
    """Queue a run in the caller's transaction; return its id."""
    now = time.time()
    run_id = new_run_id(request.recipe)
    values = {
        "id": run_id,
        "name": request.name or run_id,
        "owner": request.owner,
        "run_group": request.group or run_id,
        "recipe": request.recipe,
        "preset": request.preset,
        "config": to_json(request.config),
        "dataset": to_json(request.dataset),
        "device": request.device,
        "status": "queued",
        "same_key": request.same_key,
        "launcher": request.launcher,
        "created": now,
        "queued": now,
        "provenance": json.dumps(request.provenance),
    }
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT INTO runs ({', '.join(values)}) VALUES ({marks})", [*values.values()])
    return run_id


def _same(db: sqlite3.Connection, same_key: str) -> RunRecord | None:
    row = db.execute(
        "SELECT * FROM runs WHERE same_key = ? AND deleted IS NULL "
        "AND status IN ('queued', 'running', 'finished') ORDER BY created DESC",
        (same_key,),
    ).fetchone()
    return None if row is None else record_from_row(row)
