"""What the log says: volumes, windows, models, drift numbered from the first case, the table."""

import csv
import dataclasses
import io

import numpy as np
import pytest

from cnn_core.results.monitoring import WINDOW
from cnn_core.results.spreadsheet import csv_text
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime import monitoring
from cnn_core.runtime.monitoring import (
    known_model,
    log_csv,
    logged_models,
    volume,
    watched,
    windows_of,
)
from cnn_core.runtime.triage_description import ARRAYS_FILE, DESCRIPTION_FILE
from cnn_core.runtime.triage_model import read_model
from cnn_core.settings import Settings
from cnn_core.xray.drift import first_cases
from tests.logged_cases import logged_case, traffic
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


def test_windows_are_whole_but_while_there_is_none():
    assert windows_of([]) == ()
    assert [len(window) for window in windows_of(CASES[:40])] == [40]
    assert [len(window) for window in windows_of(CASES)] == [WINDOW] * 5


def test_models_are_counted_the_last_asked_first():
    cases = [logged_case(i, model=model) for i, model in enumerate("abab" + "c" + "a")]
    assert [(one.sha256, one.cases) for one in logged_models(cases)] == [
        ("a", 3),
        ("c", 1),
        ("b", 2),
    ]
    assert logged_models(cases)[0].first == cases[0].at


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


def test_the_last_windows_are_watched_and_keep_their_numbers(monkeypatch):
    reference, after = first_cases(CASES)
    whole = watched(reference, after, named="here", window=50)
    monkeypatch.setattr(monitoring, "MOST_WINDOWS", 2)
    last = watched(reference, after, named="here", window=50)
    assert [each.number for each in last.windows] == [3, 4]
    assert [each.first for each in last.windows] == [100, 150]
    assert last.windows == whole.windows[2:]
    assert last.waiting == whole.waiting == 20


def test_the_table_has_digests_and_figures_and_no_handle_to_a_case():
    case = dataclasses.replace(CASES[0], label="=cmd()", blind=True, sampled=True)
    unlabelled = dataclasses.replace(CASES[1], sampled=True)
    first, second = rows_of(log_csv([case, unlabelled]))
    assert (first["statement"], second["statement"]) == (STATEMENT, "")
    assert first["time_utc"].endswith("+00:00")
    assert float(first["score_at_model_prior"]) == case.score
    assert first["label"] == "'=cmd()"
    assert (first["drawn_for_review"], second["drawn_for_review"]) == ("1", "")
    assert "id" not in first


def test_no_cell_is_calculated_and_numbers_stay_numbers():
    text = csv_text(["a", "b"], [["@x", -1.5], ["\tx", None], ["+", "a,b"], ["", "-"]])
    assert list(csv.reader(io.StringIO(text)))[1:] == [
        ["'@x", "-1.5"],
        ["'\tx", ""],
        ["'+", "a,b"],
        ["", "'-"],
    ]
