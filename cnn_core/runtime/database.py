"""The run store's SQLite file: schema, connections, and what happens to a damaged or foreign one.

WAL mode: one writer and any number of readers, in any number of processes. A connection is opened
for each operation and closed after it, so nothing is shared between threads. The last connection
that closes writes the log back and waits for the disk, so whoever writes often keeps one open
beside (`kept_open`): a write then takes 0.8 ms in the place of 17. A locked
database is waited for; a corrupt one is set aside under another name and a new one begun; one of an
older version is migrated; one of a newer version is read and never written (versions add columns
and tables, they take none away).
"""

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import filelock

from cnn_core.errors import StorageError
from cnn_core.runtime.files import make_folder

BUSY_SECONDS = 30.0

_SCHEMA = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, run_group TEXT NOT NULL,
    recipe TEXT NOT NULL, preset TEXT NOT NULL, config TEXT NOT NULL, dataset TEXT NOT NULL,
    device TEXT NOT NULL, status TEXT NOT NULL, same_key TEXT NOT NULL, launcher TEXT NOT NULL,
    created REAL NOT NULL, queued REAL NOT NULL, started REAL, ended REAL, deleted REAL,
    stop_requested INTEGER NOT NULL DEFAULT 0, next_seq INTEGER NOT NULL DEFAULT 1,
    host TEXT, pid INTEGER, pid_started REAL, heartbeat REAL,
    epochs_done INTEGER NOT NULL DEFAULT 0, steps_done INTEGER NOT NULL DEFAULT 0,
    total_steps INTEGER NOT NULL DEFAULT 0, train_seconds REAL NOT NULL DEFAULT 0,
    total_seconds REAL NOT NULL DEFAULT 0, images_per_second REAL NOT NULL DEFAULT 0,
    valid_accuracy REAL, test_accuracy REAL, test_low REAL, test_high REAL,
    error TEXT NOT NULL DEFAULT '', hint TEXT NOT NULL DEFAULT '', provenance TEXT NOT NULL
);
CREATE INDEX runs_by_status ON runs (status, device);
CREATE INDEX runs_by_owner ON runs (owner, created);
CREATE INDEX runs_by_same_key ON runs (same_key);
CREATE TABLE events (
    run TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, seq)
) WITHOUT ROWID;
"""

# What makes version n + 1 of version n; the first makes a new file.
_STEPS: tuple[str, ...] = (_SCHEMA,)

_log = logging.getLogger(__name__)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


@contextlib.contextmanager
def connect(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection in autocommit mode; SQLite's errors leave as `StorageError`."""
    try:
        connection = _open(path)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as exc:
        raise StorageError(
            f"The run store could not be read or written ({exc}).",
            hint="Check that the folder of runs can be written and its disk is not full.",
        ) from exc


@contextlib.contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection inside BEGIN IMMEDIATE; commit at the end, roll back on any exception.

    Raises:
        StorageError: the database cannot be written, or is of a newer version of CNN Lab.
    """
    with connect(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            _validate_version(connection)
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite itself has rolled back where the disk is full
                connection.execute("ROLLBACK")
            raise


@contextlib.contextmanager
def kept_open(path: Path) -> Iterator[None]:
    """Hold an idle connection, so that the others in here and elsewhere are never the last one."""
    with connect(path) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield


def prepare(path: Path, *, examine: bool = True) -> None:
    """Create the database, or check the one that is there.

    Args:
        path: the file.
        examine: read the whole of it and set it aside if it is damaged.

    Raises:
        StorageError: the folder cannot be written.
    """
    make_folder(path.parent)
    if examine and _damage(path):
        with _alone(path):
            _set_aside(path)
    if _current(path):
        return
    with _alone(path):
        if not _current(path):
            _migrate(path)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from making or moving the file at the same time."""
    try:
        with filelock.FileLock(path.with_suffix(".lock"), timeout=BUSY_SECONDS):
            yield
    except (OSError, filelock.Timeout) as exc:
        raise StorageError(
            "The run store cannot be made.",
            hint="Set CNN_LAB_RUNS to a folder that you can write to.",
        ) from exc


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _validate_version(connection: sqlite3.Connection) -> None:
    version = _version(connection)
    if version > len(_STEPS):
        raise StorageError(
            f"The run store is of version {version}, newer than this CNN Lab knows "
            f"({len(_STEPS)}): its runs can be looked at, not changed.",
            hint="Update CNN Lab, or set CNN_LAB_RUNS to another folder.",
        )


def _current(path: Path) -> bool:
    """Whether nothing has to be made or migrated."""
    with connect(path) as connection:
        return _version(connection) >= len(_STEPS)


def _migrate(path: Path) -> None:
    """Bring a new or older database to our version, in one transaction."""
    with connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    with transaction(path) as connection:
        for step in _STEPS[_version(connection) :]:
            for statement in step.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_STEPS)}")


def _damage(path: Path) -> str:
    """Return what SQLite says is wrong with the file; "" if nothing is, or it is not there."""
    if not path.exists():
        return ""
    try:
        connection = _open(path)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.OperationalError:
        return ""  # locked, or not to be opened: `connect` says so
    except sqlite3.DatabaseError as exc:
        return str(exc)
    return "" if found == "ok" else found


def _set_aside(path: Path) -> None:
    """Rename a damaged database, unless somebody else just has."""
    found = _damage(path)
    if not found:
        return
    aside = path.with_name(f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    _log.error("run store was damaged (%s); kept as %s, a new one begun", found, aside.name)
