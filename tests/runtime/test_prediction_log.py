"""The prediction log: what is kept, by whom it can be read, and that what is purged is gone."""

import dataclasses
import sqlite3
import stat
import subprocess
import sys
import time

import pytest

from cnn_core.errors import ConfigError, StorageError, UnknownNameError
from cnn_core.runtime import log_database
from cnn_core.runtime.prediction_log import (
    DAY,
    LOG_FILE,
    SECRET_FILE,
    PredictionLog,
)
from tests.logged_cases import logged_case

NAME = b"Doe^Jane"
OLD = time.time() - 40 * DAY


@pytest.fixture
def home(tmp_path):
    return tmp_path / "triage"


@pytest.fixture
def log(home):
    return PredictionLog(home)


def kept_bytes(home):
    """Return all that stands in the folder of the log."""
    return b"".join(path.read_bytes() for path in home.iterdir() if path.is_file())


def test_nothing_is_made_before_something_is_logged(log, home):
    assert (log.cases(), log.count(), log.purge(0), log.stamp()) == ([], 0, 0, ())
    assert not home.exists()


def test_a_case_comes_back_as_it_was_kept(log):
    refused = logged_case(1, decision="refused", reason="known", score=None, probabilities=())
    bare = logged_case(2, decision="refer", gate_distance=None, projection=(), channel="http")
    for case in (bare, refused):
        log.add(case)
    kept = [dataclasses.replace(bare, number=1), dataclasses.replace(refused, number=2)]
    assert log.cases() == log.cases(bare.model) == kept  # as they were logged
    assert log.cases(most=1) == kept[1:]
    assert log.cases("b" * 64) == []
    assert PredictionLog(log._path.parent).count() == 2


def test_simulated_cases_are_refused(log, home):
    with pytest.raises(ValueError, match="simulated"):
        log.add(logged_case(channel="simulation"))
    assert not home.exists()


def test_log_and_secret_are_their_owners_alone(log, home):
    log.add(logged_case(image=log.digest(b"film")))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}
    assert modes[LOG_FILE] == modes[SECRET_FILE] == 0o600
    assert set(modes.values()) == {0o600}


def test_the_file_is_synchronised_in_full_and_deletes_securely(log):
    log.add(logged_case())
    with log_database.connected(log._path) as connection:
        asked = ("journal_mode", "synchronous", "secure_delete")
        assert [connection.execute(f"PRAGMA {one}").fetchone()[0] for one in asked] == ["wal", 2, 1]


def test_digests_are_the_same_here_and_others_elsewhere(log, tmp_path):
    other = PredictionLog(tmp_path / "other")
    again = PredictionLog(log._path.parent)
    assert log.digest(b"film") == again.digest(b"film") != other.digest(b"film")
    assert log.patient_digest("P1", b"a") == log.patient_digest(" P1 ", b"b")
    assert log.patient_digest("P1", b"a") != other.patient_digest("P1", b"a")
    assert log.patient_digest("", b"a") == log.digest(b"a") != log.digest(b"b")
    assert len(log.patient_salt) == 16
    assert log.patient_salt != other.patient_salt


def test_a_name_never_stands_in_the_file(log, home):
    patient = log.patient_digest(NAME.decode(), NAME)
    log.add(logged_case(image=log.digest(NAME), patient=patient))
    assert NAME not in kept_bytes(home)


def test_a_damaged_secret_is_said(log, home):
    home.mkdir()
    (home / SECRET_FILE).write_bytes(b"short")
    with pytest.raises(StorageError, match="5 bytes; 32 were expected"):
        log.digest(b"film")


def test_a_tenth_of_routine_films_is_drawn_and_not_what_callers_say(log):
    drawn = [log.sampled_for_review(f"{number:032x}") for number in range(2_000)]
    assert 0.08 < sum(drawn) / 2_000 < 0.12
    first = drawn.index(True)
    for number, decision in ((first, "routine"), (first + 5_000, "refer")):
        log.add(logged_case(number, decision=decision, sampled=decision == "refer"))
    assert [case.sampled for case in log.cases()] == [True, False]


def test_who_is_drawn_differs_from_machine_to_machine(log, tmp_path):
    other = PredictionLog(tmp_path / "other")
    ids = [f"{number:032x}" for number in range(300)]
    assert [log.sampled_for_review(i) for i in ids] != [other.sampled_for_review(i) for i in ids]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([("normal", True)], ("normal", True)),
        ([("normal", False)], ("normal", False)),
        ([("normal", True), ("covid19", True)], ("covid19", True)),
        ([("normal", True), ("covid19", False)], ("normal", True)),
        ([("normal", True), ("covid19", False), ("", True)], ("normal", True)),
        ([("normal", False), ("covid19", True)], ("covid19", False)),
        ([("normal", True), ("", True)], ("", False)),
        ([("normal", False), ("", False)], ("", False)),
    ],
)
def test_a_label_given_blind_outweighs_one_that_was_not(log, given, kept):
    case = logged_case()
    log.add(case)
    for label, blind in given:
        log.label(case.id, label, blind=blind)
    found = log.cases()[0]
    assert (found.label, found.blind) == kept


def test_a_label_of_a_case_that_is_not_kept_is_refused(log):
    with pytest.raises(UnknownNameError):
        log.label("0" * 32, "normal", blind=True)
    log.add(logged_case(1))
    with pytest.raises(UnknownNameError, match="no longer"):
        log.label("0" * 32, "normal", blind=True)


def test_what_is_purged_is_gone_from_the_bytes(log, home):
    marks = [f"mark-{number}-of-an-old-case" for number in range(60)]
    for number, mark in enumerate(marks):
        log.add(logged_case(number, at=OLD, image=mark))
    young = logged_case(900, at=time.time(), image="mark-of-a-young-case")
    log.add(young)
    with log_database.connected(log._path) as reader:  # as an open page holds one: WAL stays
        reader.execute("SELECT count(*) FROM cases").fetchone()
        log.label(f"{5:032x}", "normal", blind=True)
        assert marks[0].encode() in kept_bytes(home)
        assert log.count(30 * DAY) == 60
        assert log.purge(30 * DAY) == 60
        assert not [mark for mark in marks if mark.encode() in kept_bytes(home)]
    assert [case.id for case in log.cases()] == [young.id]
    assert b"mark-of-a-young-case" in kept_bytes(home)
    assert log.purge(0) == 1
    assert b"mark-of" not in kept_bytes(home)


def test_a_reader_in_the_middle_keeps_traces_and_it_is_said(log, monkeypatch):
    monkeypatch.setattr(log_database, "BUSY_SECONDS", 0.05)
    log.add(logged_case(1, at=OLD))
    with log_database.connected(log._path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM cases").fetchall()
        with pytest.raises(StorageError, match="another process is reading"):
            log.purge(DAY)
    assert log.count() == 0
    assert log.purge(DAY) == 0


@pytest.mark.parametrize("age", [-1.0, float("nan"), float("inf")])
def test_an_age_that_is_none_is_refused(log, age):
    log.add(logged_case())
    with pytest.raises(ConfigError):
        log.purge(age)
    assert log.count() == 1


def test_retention_forgets_at_the_first_use_and_daily(home):
    now = [time.time()]
    PredictionLog(home).add(logged_case(1, at=OLD))
    log = PredictionLog(home, days=30, clock=lambda: now[0])
    assert log.count() == 0
    log.add(logged_case(2, at=OLD))
    assert log.count() == 1  # looked at today already
    now[0] += DAY
    log.add(logged_case(3, at=now[0]))
    assert [case.id for case in log.cases()] == [f"{3:032x}"]


def test_a_locked_file_is_said_in_a_sentence(log, monkeypatch):
    monkeypatch.setattr(log_database, "BUSY_SECONDS", 0.05)
    log.add(logged_case(1))
    with log_database.writing(log._path), pytest.raises(StorageError) as caught:
        log.add(logged_case(2))
    assert "locked" in caught.value.message
    assert str(log._path.parent) not in caught.value.message
    log.add(logged_case(2))
    assert log.count() == 2


def test_a_full_disk_is_said_and_nothing_half_is_kept(log, monkeypatch):
    log.add(logged_case(1))
    opened = log_database._open

    def full(path):
        connection = opened(path)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(log_database, "_open", full)
    with pytest.raises(StorageError, match="full"):
        log.add(logged_case(2, image="x" * 50_000))
    monkeypatch.undo()
    assert log.count() == 1


def test_a_place_that_is_no_folder_is_said(home):
    home.write_text("a file")
    with pytest.raises(StorageError) as caught:
        PredictionLog(home).add(logged_case(decision="refer"))
    assert str(home) not in caught.value.message


def test_a_damaged_file_is_set_aside_and_a_new_one_begun(log, home):
    log.add(logged_case(1))
    payload = bytearray((home / LOG_FILE).read_bytes())
    payload[:60] = b"\xff" * 60
    (home / LOG_FILE).write_bytes(payload)
    again = PredictionLog(home)
    again.add(logged_case(2))
    assert again.count() == 1
    assert len(list(home.glob("predictions-damaged-*.sqlite"))) == 1
    again.purge(DAY)
    assert list(home.glob("predictions-damaged-*"))
    again.purge(0)
    assert not list(home.glob("predictions-damaged-*"))


def test_a_newer_file_is_refused_and_left(log, home):
    log.add(logged_case(1))
    with sqlite3.connect(home / LOG_FILE) as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(StorageError, match="version 9, newer"):
        PredictionLog(home).add(logged_case(2))


def test_several_processes_write_at_once(home):
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from cnn_core.runtime.prediction_log import PredictionLog\n"
        "from tests.logged_cases import logged_case\n"
        "log = PredictionLog(Path(sys.argv[1]))\n"
        "for number in range(15):\n"
        "    log.add(logged_case(1_000 * int(sys.argv[2]) + number, image=log.digest(b'same')))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(home), "1"]) as other:
        log = PredictionLog(home)
        number = 0
        while other.poll() is None:
            log.add(logged_case(number, image=log.digest(b"same")))
            number += 1
    assert other.returncode == 0
    found = PredictionLog(home).cases()
    assert len(found) == number + 15
    assert len({case.image for case in found}) == 1  # one secret, whoever made it


def test_the_stamp_changes_with_every_write(log):
    case = logged_case()
    log.add(case)
    stamps = [log.stamp()]
    log.label(case.id, "normal", blind=True)
    stamps.append(log.stamp())
    log.purge(0)
    stamps.append(log.stamp())
    assert len(set(stamps)) == 3
