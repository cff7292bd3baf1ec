"""Case numbers, and what happens to the log's file beside other processes and without visitors."""

import sqlite3
import time

import filelock
import pytest

from cnn_core.runtime import log_database
from cnn_core.runtime.log_retention import keep_retention, retain_daily
from cnn_core.runtime.prediction_log import DAY, LOG_FILE, PredictionLog
from cnn_core.settings import Settings
from tests.logged_cases import MODEL, filled_log, logged_case

OTHER = "b" * 64


@pytest.fixture
def home(tmp_path):
    return tmp_path / "triage"


def numbers(log, model=MODEL):
    return [case.number for case in log.cases(model)]


def test_numbers_are_a_models_own_and_survive_a_purge(home):
    now = time.time()
    log = filled_log(home, [logged_case(n, at=now - DAY * (9 - n)) for n in range(6)])
    log.add(logged_case(100, at=now, model=OTHER))
    assert (numbers(log), numbers(log, OTHER)) == ([1, 2, 3, 4, 5, 6], [1])
    assert log.purge(6.5 * DAY) == 3
    assert numbers(log) == [4, 5, 6]
    log.purge(0)
    again = PredictionLog(home)
    again.add(logged_case(7))
    assert numbers(again) == [7]


def test_a_case_that_is_not_kept_takes_no_number(home):
    log = filled_log(home, [logged_case(1)])
    with pytest.raises(log_database.StorageError):
        log.add(logged_case(1))  # the same id
    log.add(logged_case(2))
    assert numbers(log) == [1, 2]


def test_the_first_cases_are_the_first_or_none(home):
    now = time.time()
    patients = ["a", "b", "a", "c", "d"]
    cases = [logged_case(n, at=now - 9 + n, patient=each) for n, each in enumerate(patients)]
    log = PredictionLog(home)
    assert log.first_cases(MODEL, 3) == []
    filled_log(home, cases)
    log.add(logged_case(50, model=OTHER))
    first = log.first_cases(MODEL, 3)
    assert [(each.number, each.patient) for each in first] == [(1, "a"), (2, "b"), (4, "c")]
    assert len(log.first_cases(MODEL, 9)) == 4  # have not come yet
    log.purge(8.5)
    assert numbers(log)[0] > 1
    assert log.first_cases(MODEL, 3) is None
    log.purge(0)
    assert log.first_cases(MODEL, 3) is None
    log.add(logged_case(60, patient="z"))
    assert log.first_cases(MODEL, 1) is None


def as_version_1(path, drop=0):
    """Make a file what it was before cases had numbers, without its first rows."""
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "DROP INDEX cases_by_number; ALTER TABLE cases DROP COLUMN number;"
            f"DROP TABLE counters; DELETE FROM cases WHERE place <= {drop};"
            "PRAGMA user_version = 1;"
        )
    connection.close()


@pytest.mark.parametrize("drop", [0, 2])
def test_an_old_file_gets_its_numbers_in_place(home, drop):
    cases = [logged_case(n, model=OTHER if n % 3 == 0 else MODEL) for n in range(7)]
    filled_log(home, cases)
    as_version_1(home / LOG_FILE, drop)
    log = PredictionLog(home)
    assert [case.id for case in log.cases()] == [case.id for case in cases[drop:]]
    assert numbers(log) == ([1, 2, 3, 4] if not drop else [3, 4, 5])
    log.add(logged_case(9))
    assert numbers(log)[-1] == (5 if not drop else 6)
    assert (log.first_cases(MODEL, 2) is None) == bool(drop)  # some were purged before


def test_damage_is_looked_for_by_one_process_at_a_time(home, monkeypatch):
    filled_log(home, [logged_case(1)])
    looked, found = [], log_database._damage

    def damage(path):
        lock = filelock.FileLock(path.with_suffix(".lock"), timeout=0, is_singleton=False)
        with pytest.raises(filelock.Timeout), lock:
            looked.append("another process could look, and set aside what we have just made")
        looked.append("alone")
        return found(path)

    monkeypatch.setattr(log_database, "_damage", damage)
    assert PredictionLog(home).count() == 1
    assert looked == ["alone"]


def test_a_wal_that_goes_while_it_is_looked_at_is_none(home, monkeypatch):
    log = filled_log(home, [logged_case(1)])
    path = type(log._path)
    exists = path.exists
    monkeypatch.setattr(path, "exists", lambda self: self.name.endswith("-wal") or exists(self))
    assert len(log.stamp()) == 2


class EndedError(Exception):
    """Ends what does not return."""


def test_an_idle_server_forgets_by_itself(home):
    start = time.time()
    now, left = [start], []
    filled_log(home, [logged_case(n, at=start - DAY * (29.5 - n)) for n in range(3)])
    log = PredictionLog(home, days=30, clock=lambda: now[0])
    kept = PredictionLog(home)

    def wait(seconds):
        left.append(kept.count())
        if len(left) == 50:
            raise EndedError
        now[0] += seconds

    with pytest.raises(EndedError):
        retain_daily(log, wait)
    assert (left[0], left[23], left[24], left[-1]) == (3, 3, 2, 1)  # by the hour


def test_a_thread_watches_where_a_number_of_days_is_set(home):
    environment = {"CNN_LAB_TRIAGE": str(home)}
    assert keep_retention(Settings.from_environment(environment)) is None
    filled_log(home, [logged_case(1, at=time.time() - 40 * DAY)])
    days = Settings.from_environment({**environment, "CNN_LAB_LOG_DAYS": "30"})
    thread = keep_retention(days)
    assert thread.daemon
    assert thread is keep_retention(days)
    kept, until = PredictionLog(home), time.monotonic() + 60
    while kept.count() and time.monotonic() < until:
        thread.join(0.01)
    assert kept.count() == 0
