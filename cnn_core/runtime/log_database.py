"""The prediction log's SQLite file: its schema, its connections, what happens to a damaged one.

WAL mode and synchronous=FULL: a case that was logged survives a power cut, and any number of
processes write. secure_delete overwrites what is deleted. The file is its owner's alone (mode 600).
A connection is opened for each operation, so nothing is shared between threads. A locked file is
waited for some seconds and no longer: a person waits for the answer that is being logged. A damaged
file is set aside under another name and a new one begun; one of a newer version is refused.
"""

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import filelock

from cnn_core.errors import StorageError

BUSY_SECONDS = 5.0
HINT = "Check that CNN_LAB_TRIAGE names a folder that can be written, and that its disk has room."

_CASES = """
CREATE TABLE IF NOT EXISTS cases (
    place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL, channel TEXT NOT NULL,
    model TEXT NOT NULL, image TEXT NOT NULL, patient TEXT NOT NULL, decision TEXT NOT NULL,
    reason TEXT NOT NULL, score REAL, probabilities BLOB NOT NULL, gate_distance REAL,
    brightness REAL NOT NULL, contrast REAL NOT NULL, projection BLOB NOT NULL,
    seconds REAL NOT NULL, sampled INTEGER NOT NULL, label TEXT NOT NULL DEFAULT '',
    blind INTEGER NOT NULL DEFAULT 0, seen INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS cases_by_time ON cases (at, place)
"""
# A number among the cases of a model, which outlives a purge. Where the first places are missing,
# cases were purged, nobody knows of which model: then no model has its first cases any more.
_NUMBERS = """
ALTER TABLE cases ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
CREATE TABLE counters (model TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TEMP TABLE numbered (place INTEGER PRIMARY KEY, number INTEGER NOT NULL);
INSERT INTO numbered
    SELECT place, row_number() OVER (PARTITION BY model ORDER BY place)
    + (SELECT min(place) - 1 FROM cases) FROM cases;
UPDATE cases SET number = (SELECT n.number FROM numbered AS n WHERE n.place = cases.place);
INSERT INTO counters SELECT model, max(number) FROM cases GROUP BY model;
DROP TABLE numbered;
CREATE INDEX cases_by_number ON cases (model, number)
"""
_STEPS = (_CASES, _NUMBERS)
VERSION = len(_STEPS)

_DAMAGED = "-damaged-"

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection in autocommit mode to a file that is there, closed at the end.

    Raises:
        StorageError: whatever SQLite raises, in a sentence without the file's place.
    """
    with _in_words(), contextlib.closing(_open(path)) as connection:
        yield connection


@contextlib.contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection inside BEGIN IMMEDIATE; commit at the end, roll back on any exception.

    Raises:
        StorageError: as of `connected`.
    """
    with connected(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite itself has rolled back where the disk is full
                connection.execute("ROLLBACK")
            raise


def prepare(path: Path) -> None:
    """Make the log's file, or check the one that is there.

    Raises:
        StorageError: the folder cannot be written, or the file is of a newer version.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise _not_made(exc) from exc
    with _alone(path):  # another process must not set aside the file that was just begun
        if _damage(path):
            _set_aside(path)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # its WAL takes over the mode
        except OSError as exc:
            raise _not_made(exc) from exc
        _migrate(path)


def _not_made(exc: OSError) -> StorageError:
    return StorageError(f"The prediction log cannot be made ({exc.strerror}).", hint=HINT)


def _migrate(path: Path) -> None:
    """Bring a new or older file to our version, in one transaction."""
    with connected(path) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise StorageError(
                f"The prediction log is of version {version}, newer than this CNN Lab knows "
                f"({VERSION}).",
                hint="Update CNN Lab, or set CNN_LAB_TRIAGE to another folder.",
            )
        if version == VERSION:
            return
        connection.execute("PRAGMA journal_mode = WAL")
    with writing(path) as connection:
        for step in _STEPS[version:]:
            for statement in step.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def leave_no_trace(path: Path) -> None:
    """Rewrite the file without what was deleted, and empty the WAL beside it.

    Raises:
        StorageError: another process holds the file, so that the WAL may still have deleted rows.
    """
    with connected(path) as connection:
        connection.execute("VACUUM")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise StorageError(
            "The cases are out of the prediction log, but their bytes may still stand in the file "
            "beside it: another process is reading it.",
            hint="Purge again in a moment.",
        )


def forget_damaged(path: Path, before: float) -> None:
    """Remove damaged files that were set aside and last written to before a time.

    Args:
        path: of the log.
        before: seconds since 1970.

    Raises:
        StorageError: one cannot be removed.
    """
    try:
        for each in path.parent.glob(f"{path.stem}{_DAMAGED}*"):
            if each.stat().st_mtime < before:
                each.unlink(missing_ok=True)
    except OSError as exc:
        raise StorageError(
            f"A damaged prediction log cannot be removed ({exc.strerror}).", hint=HINT
        ) from exc


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from making the file at the same time."""
    try:
        with filelock.FileLock(path.with_suffix(".lock"), timeout=BUSY_SECONDS, mode=0o600):
            yield
    except (OSError, filelock.Timeout) as exc:
        raise StorageError("The prediction log cannot be made.", hint=HINT) from exc


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        raise StorageError(
            f"The prediction log could not be read or written ({exc}).", hint=HINT
        ) from exc


def _open(path: Path) -> sqlite3.Connection:
    """Open a file that is there: SQLite would make one of any mode."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _damage(path: Path) -> str:
    """Return what SQLite says is wrong with the file; "" if nothing is, or it is not there."""
    if not path.exists():
        return ""
    try:
        with contextlib.closing(_open(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:
        return ""  # locked, or not to be opened: `connected` says so
    except sqlite3.DatabaseError as exc:
        return str(exc)
    return "" if found == "ok" else found


def _set_aside(path: Path) -> None:
    """Rename a damaged file and what belongs to it, until `forget_damaged`."""
    aside = path.with_name(f"{path.stem}{_DAMAGED}{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    try:
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
    except FileNotFoundError:
        return  # another process was first
    except OSError as exc:
        raise StorageError(
            f"The damaged prediction log cannot be set aside ({exc.strerror}).", hint=HINT
        ) from exc
    _log.error("prediction log was damaged; kept as %s, a new one begun", aside.name)
