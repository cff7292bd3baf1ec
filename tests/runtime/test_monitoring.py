"""What the log says: volumes, models, windows that stay what they were, tables of sums."""

import csv
import dataclasses
import io

import numpy as np
import pytest

from cnn_core.results.spreadsheet import csv_text
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime import watched_windows
from cnn_core.runtime.monitoring import known_model, volume
from cnn_core.runtime.monitoring_tables import days_csv, windows_csv
from cnn_core.runtime.prediction_log import DAY
from cnn_core.runtime.triage_description import ARRAYS_FILE, DESCRIPTION_FILE
from cnn_core.runtime.triage_model import read_model
from cnn_core.runtime.watched_windows import to_watch, watched, windows_of, with_waiting
from cnn_core.settings import Settings
from cnn_core.xray.drift import sample_of
from tests.logged_cases import filled_log, logged_case, numbered, traffic
from tests.serving.small_model import write_small_model

CASES = traffic(520)


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_rates_and_latency_are_those_of_the_cases():
    found = volume(CASES[:100])
    referred = sum(case.decision != "routine" for case in CASES[:100])
    assert found.cases == 100
    assert found.referred[0] == referred / 100
    assert found.referred[1][0] < referred / 100 < found.referred[1][1]
    assert found.refused[0] < found.referred[0]
    seconds = [case.seconds for case in CASES[:100]]
    assert found.seconds == pytest.approx(np.percentile(seconds, (50, 95, 99)))
    assert volume([]).referred is None


def test_films_of_one_patient_tell_less_of_a_rate():
    alone = volume(CASES[:100]).referred[1]
    four = [dataclasses.replace(CASES[i // 4], patient=str(i // 4)) for i in range(100)]
    together = volume(four).referred[1]
    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])
    one = volume([dataclasses.replace(case, patient="p") for case in CASES[:30]])
    assert 0 <= one.referred[1][0] < one.referred[1][1] <= 1


def test_windows_are_the_same_hundred_cases_whatever_comes_and_goes():
    cases = numbered(CASES)
    whole = windows_of(cases)
    assert [(each.number, each.cases[0].number) for each in whole] == [
        (1, 1),
        (2, 101),
        (3, 201),
        (4, 301),
        (5, 401),
    ]
    assert windows_of(cases[37:]) == whole[1:]  # the first was purged in part
    assert windows_of([*cases[:150], *cases[151:]]) == (whole[0], *whole[2:])
    assert windows_of(cases[:99]) == ()


def test_models_are_counted_the_last_asked_first(tmp_path):
    cases = [logged_case(i, model=model) for i, model in enumerate("abab" + "c" + "a")]
    models = filled_log(tmp_path, cases).models()
    assert [(each.sha256, each.cases) for each in models] == [("a", 3), ("c", 1), ("b", 2)]
    assert (models[0].first, models[0].last) == (cases[0].at, cases[-1].at)


def test_a_model_of_this_machine_is_known_by_its_digest(tmp_path):
    settings = Settings.from_environment({"CNN_LAB_HOME": str(tmp_path)})
    folder = write_small_model(tmp_path / "triage" / "models" / "phantoms" / "one")
    model = read_model(folder)
    found = known_model(settings, model.sha256)
    assert (found.title, found.classes, found.synthetic) == ("Small model 0", model.classes, True)
    assert np.array_equal(found.reference.scores, model.reference.scores)
    assert known_model(settings, "0" * 64) is None
    assert known_model(Settings.from_environment({"CNN_LAB_HOME": "/nowhere"}), "0" * 64) is None


@pytest.mark.parametrize("file", [ARRAYS_FILE, DESCRIPTION_FILE])
def test_a_damaged_model_is_one_that_is_not_known(tmp_path, file):
    folder = write_small_model(tmp_path / "model")
    settings = Settings.from_environment({"CNN_LAB_TRIAGE_MODEL": str(folder)})
    sha256 = read_model(folder).sha256
    (folder / file).write_bytes(b"{}")
    found = known_model(settings, sha256)
    assert found is None or found.reference is None


@pytest.fixture(scope="module")
def reference():
    return sample_of(traffic(300, seed=9))


@pytest.fixture(scope="module")
def drifting():
    """Return cases of which those of the third and fourth window are brighter."""
    bright = traffic(520, seed=1, bright=0.7)
    return numbered([*CASES[:200], *bright[200:400], *CASES[400:]])


def judged(reference, cases, after=0):
    return watched(reference, to_watch(cases, after), named="here")


def test_a_windows_judgement_stays_whatever_comes_and_goes(reference, drifting, monkeypatch):
    whole = judged(reference, drifting).windows
    assert [(each.number, each.changed, each.alarm) for each in whole] == [
        (1, False, False),
        (2, False, False),
        (3, True, False),
        (4, True, True),
        (5, False, False),
    ]
    assert judged(reference, drifting[150:]).windows == whole[3:]  # window 3 is its first whole one
    assert judged(reference, [*drifting[:210], *drifting[211:]]).windows == whole[4:]
    assert judged(reference, drifting, after=230).windows == whole[3:]
    monkeypatch.setattr(watched_windows, "MOST_WINDOWS", 2)
    report = judged(reference, drifting)
    assert report.windows == whole[3:]
    assert report.sentence.startswith("Alarm in window 4 of windows 4 to 5, 100 cases each: ")


@pytest.mark.parametrize(
    ("kept", "after", "said"),
    [
        (slice(0, 99), 0, "No whole window yet: 99 cases of 100 have come."),
        (slice(210, 410), 0, "No window to compare: fewer than two whole ones in a row are"),
        (slice(0, 520), 500, "No whole window has come after the reference yet."),
    ],
)
def test_why_no_window_is_compared(reference, drifting, kept, after, said):
    cases = drifting[kept]
    windows = to_watch(cases, after)
    report = watched(reference, windows, named="here")
    report = with_waiting(report, windows, cases[-1].number, here=after > 0)
    assert report.windows == ()
    assert report.sentence.startswith(said)
    assert report.waiting == cases[-1].number % 100


def test_tables_are_sums_and_hold_nothing_of_a_case(reference, drifting):
    cases = [
        dataclasses.replace(case, at=1.7e9 + DAY * (case.number // 80), patient=f"P{case.number}")
        for case in drifting[:325]
    ]
    windows = windows_of(cases)
    report = watched(reference, to_watch(cases), named="the model's own reference")
    by_window, by_day = windows_csv(windows, report), days_csv(cases)
    rows = rows_of(by_window)
    assert [(row["window"], row["first_case"], row["cases"]) for row in rows] == [
        ("1", "1", "100"),
        ("2", "101", "100"),
        ("3", "201", "100"),
    ]
    assert float(rows[2]["p_ks_brightness"]) < 0.01 < float(rows[1]["p_ks_brightness"])
    assert [row["changed"] for row in rows] == ["0", "0", "1"]
    assert (rows[0]["statement"], rows[1]["statement"]) == (STATEMENT, "")
    assert "p_ks_score" not in windows_csv(windows, None)
    days = rows_of(by_day)
    assert [row["cases"] for row in days] == ["79", "80", "80", "80", "6"]
    assert days[0]["refused"]
    assert days[4]["seconds_p50"] == days[4]["refused"] == ""  # of so few, their number alone
    for case in cases:
        for own in (case.id, case.image, case.patient, f"{case.brightness:.6g}"[:7]):
            assert own not in by_window + by_day


def test_no_cell_is_calculated_and_numbers_stay_numbers():
    text = csv_text(["a", "b"], [["@x", -1.5], ["\tx", None], ["+", "a,b"], ["", "-"]])
    assert list(csv.reader(io.StringIO(text)))[1:] == [
        ["'@x", "-1.5"],
        ["'\tx", ""],
        ["'+", "a,b"],
        ["", "'-"],
    ]
