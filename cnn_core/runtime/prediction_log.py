"""What is kept of predictions on this machine: digests and figures, never whose film it was.

One SQLite file (`runtime.log_database`) and one secret beside it, both their owner's alone. The
secret never leaves the machine: under it a film and a patient are digests, and a film's place in
the random review cannot be foretold. Nothing is made before something is logged. Retention, where
one is set, runs when the log is opened and once a day (`runtime.log_retention` sees to it where
nobody looks). For any thread, in any number of processes.
"""

import contextlib
import hashlib
import hmac
import logging
import math
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from cnn_core.errors import ConfigError, StorageError, UnknownNameError
from cnn_core.results.monitoring import LoggedCase
from cnn_core.runtime.log_database import (
    connected,
    forget_damaged,
    leave_no_trace,
    prepare,
    writing,
)
from cnn_core.runtime.log_rows import COLUMNS, LoggedModel, case_of, insert
from cnn_core.runtime.log_secret import log_secret
from cnn_core.settings import Settings

LOG_FILE = "predictions.sqlite"
SECRET_FILE = "prediction-log.secret"
MOST_CASES = 100_000
"""That are read at once: the last ones."""
REVIEW_SHARE = 0.10
"""Of routine films, drawn at random, that enter review."""
DAY = 86_400.0

_DIGEST = 32  # hexadecimal digits: 128 bits
_FIRST = f"SELECT {COLUMNS} FROM cases WHERE model = ? AND number > 0 ORDER BY number"
_MODELS = """
SELECT model AS sha256, count(*) AS cases, min(at) AS first, max(at) AS last
FROM cases GROUP BY model ORDER BY max(place) DESC
"""
_LABEL = """
UPDATE cases SET
    label = CASE WHEN blind AND (seen OR NOT :blind) THEN label ELSE :label END,
    blind = (blind AND (seen OR NOT :blind)) OR (:blind AND NOT seen AND :label != ''),
    seen = seen OR NOT :blind
WHERE id = :id
"""

_log = logging.getLogger(__name__)


class PredictionLog:
    """The log in one folder.

    Args:
        home: `settings.triage`.
        days: what is older is forgotten, 0: nothing is until it is purged.
        clock: seconds since 1970, by which cases grow old.
    """

    def __init__(
        self, home: Path, *, days: int = 0, clock: Callable[[], float] = time.time
    ) -> None:
        self._path = home.absolute() / LOG_FILE
        self._secret_path = home.absolute() / SECRET_FILE
        self._days = days
        self._clock = clock
        self._lock = threading.Lock()
        self._prepared = False
        self._retained = -math.inf

    def add(self, case: LoggedCase) -> None:
        """Keep one case. Its number, and whether it is `sampled`, are decided here.

        Raises:
            StorageError: it could not be kept: the disk is full, or the file is held. The answer to
                the person is given all the same: that is up to the caller.
            ValueError: a simulated case.
        """
        if case.channel == "simulation":
            raise ValueError("expected a case of real traffic, but got a simulated one.")
        sampled = case.decision == "routine" and self.sampled_for_review(case.id)
        self._prepare()
        with writing(self._path) as connection:
            insert(connection, case, sampled=sampled)
        self.retain()

    def label(self, case_id: str, label: str, *, blind: bool) -> None:
        """Keep what a reviewer said of a film, "" to take it back.

        A label that was given blind is not replaced by one that was given with decision and score
        in sight; after such a one, no other counts as blind.

        Raises:
            UnknownNameError: the log has no such case, or no longer.
            StorageError: it could not be kept.
        """
        told = {"id": case_id, "label": label, "blind": int(blind)}
        if self._there():
            with writing(self._path) as connection:
                if connection.execute(_LABEL, told).rowcount:
                    return
        raise UnknownNameError(
            "The prediction log does not have this case, or no longer.",
            hint="The label stands in the worklist; it does not count in the monitoring.",
        )

    def cases(self, model: str | None = None, *, most: int = MOST_CASES) -> list[LoggedCase]:
        """Return the last cases, in the order in which they were logged.

        Args:
            model: SHA-256 of the triage model; None: of all.
            most: at most so many.

        Raises:
            StorageError: the log cannot be read.
        """
        if not self._there():
            return []
        where, order, given = (
            ("model = ?", "number", (model,)) if model is not None else ("1", "place", ())
        )
        query = f"SELECT {COLUMNS} FROM cases WHERE {where} ORDER BY {order} DESC LIMIT {int(most)}"
        with connected(self._path) as connection:
            rows = connection.execute(query, given).fetchall()
        return [case_of(row) for row in reversed(rows)]

    def first_cases(self, model: str, patients: int) -> list[LoggedCase] | None:
        """Return the first case of each of the first patients of a model on this machine.

        Args:
            model: its SHA-256.
            patients: so many; fewer where they have not come yet.

        Returns:
            In their order; None where the log no longer has all of the first cases.

        Raises:
            StorageError: the log cannot be read.
        """
        if not self._there():
            return []
        found: dict[str, LoggedCase] = {}
        number = 0
        with connected(self._path) as connection:
            counted = connection.execute("SELECT last FROM counters WHERE model = ?", (model,))
            last = counted.fetchone()
            for number, row in enumerate(connection.execute(_FIRST, (model,)), start=1):
                if row["number"] != number:
                    return None
                if row["patient"] not in found:
                    found[row["patient"]] = case_of(row)
                if len(found) == patients:
                    return list(found.values())
        return list(found.values()) if last is None or number >= last[0] else None

    def models(self) -> tuple[LoggedModel, ...]:
        """Return the models that the log has cases of, the one that was asked last first."""
        if not self._there():
            return ()
        with connected(self._path) as connection:
            return tuple(LoggedModel(**dict(row)) for row in connection.execute(_MODELS))

    def count(self, older_than: float | None = None) -> int:
        """Return how many cases there are, or how many of them are older than so many seconds."""
        if older_than is not None:
            _validate_age(older_than)
        if not self._there():
            return 0
        before = math.inf if older_than is None else self._clock() - older_than
        with connected(self._path) as connection:
            found = connection.execute("SELECT count(*) FROM cases WHERE at < ?", (before,))
            return int(found.fetchone()[0])

    def stamp(self) -> tuple[int, ...]:
        """Return what changes whenever the log is written to, () while there is none."""
        wal = self._path.with_name(f"{self._path.name}-wal")
        found: list[int] = []
        for path in (self._path, wal):
            with contextlib.suppress(FileNotFoundError):  # SQLite deletes a WAL at the last close
                stat = path.stat()
                found += (stat.st_mtime_ns, stat.st_size)
        return tuple(found)

    def purge(self, older_than: float) -> int:
        """Forget every case older than so many seconds; return how many.

        They are gone from the file's bytes and from those of its WAL too, not from a file system's
        snapshots and backups. 0 seconds: all of them. Damaged logs that were set aside go by the
        time that they were last written to, and are not counted.

        Raises:
            ConfigError: not a number of seconds, 0 or more.
            StorageError: the log cannot be written, or another process keeps its WAL from being
                emptied.
        """
        _validate_age(older_than)
        before = self._clock() - older_than if older_than else math.inf
        forget_damaged(self._path, before)
        if not self._there():
            return 0
        with writing(self._path) as connection:
            gone = connection.execute("DELETE FROM cases WHERE at < ?", (before,)).rowcount
        leave_no_trace(self._path)
        return int(gone)

    def digest(self, payload: bytes) -> str:
        """Return what stands for a file's bytes in this log, 32 hexadecimal digits."""
        return self._keyed(b"film", hashlib.sha256(payload).digest())

    @property
    def patient_salt(self) -> bytes:
        """For the decoder, which turns the header's patient into a digest before it is told."""
        return bytes.fromhex(self._keyed(b"patient salt", b""))

    def patient_digest(self, named: str, payload: bytes) -> str:
        """Return what stands for the patient: of whom the header names, "" for the film's own.

        Args:
            named: what the decoder made of the header's patient, or "" or a blank.
            payload: the file, whose digest takes over where no patient is named.
        """
        named = named.strip()
        return self._keyed(b"patient", named.encode()) if named else self.digest(payload)

    def sampled_for_review(self, case_id: str) -> bool:
        """Whether a routine film enters review: of a tenth of all ids, by the log's secret."""
        drawn = int(self._keyed(b"review", case_id.encode())[:16], 16)
        return drawn < REVIEW_SHARE * 2**64

    def _keyed(self, purpose: bytes, what: bytes) -> str:
        """HMAC-SHA256 under the secret, apart for each purpose."""
        message = purpose + b"\0" + what
        return hmac.new(log_secret(self._secret_path), message, hashlib.sha256).hexdigest()[
            :_DIGEST
        ]

    def _there(self) -> bool:
        """Whether anything was logged; what is there is prepared then."""
        if not self._path.exists():
            return False
        self._prepare()
        self.retain()
        return True

    def _prepare(self) -> None:
        with self._lock:
            if not self._prepared or not self._path.exists():
                prepare(self._path)
                self._prepared = True

    def retain(self) -> None:
        """Forget what is too old, once a day; what goes wrong is logged and tried the next day."""
        with self._lock:
            now = self._clock()
            if not self._days or 0 <= now - self._retained < DAY:
                return
            self._retained = now
        try:
            gone = self.purge(self._days * DAY)
        except StorageError as exc:
            _log.warning("the prediction log could not be shortened: %s", exc.message)
        else:
            if gone:
                _log.info("%d cases older than %d days left the prediction log", gone, self._days)


@lru_cache(maxsize=8)
def _opened(home: Path, days: int) -> PredictionLog:
    return PredictionLog(home, days=days)


def open_log(settings: Settings) -> PredictionLog:
    """Return the log of this machine, one object a process; nothing is made yet."""
    return _opened(settings.triage, settings.log_days)


def _validate_age(older_than: float) -> None:
    if not (math.isfinite(older_than) and older_than >= 0):
        raise ConfigError(f"expected an age of 0 seconds or more, but got {older_than}.")
