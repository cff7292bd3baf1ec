"""`purge`: what is old leaves the log, or would; ages that are none are refused."""

import json
import time

import pytest

from cnn_core.cli.main import main
from cnn_core.runtime.prediction_log import DAY, PredictionLog
from tests.logged_cases import logged_case


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A log with two cases of forty days ago and one of today."""
    monkeypatch.setenv("CNN_LAB_TRIAGE", str(tmp_path / "triage"))
    made = PredictionLog(tmp_path / "triage")
    for number, days in enumerate((40, 41, 0)):
        made.add(logged_case(number, at=time.time() - days * DAY))
    return made


def test_a_dry_run_counts_and_forgets_none(log, capsys):
    assert main(["purge", "--older-than", "30d", "--dry-run"]) == 0
    assert capsys.readouterr().out == "2 cases would leave the prediction log; 1 stay.\n"
    assert log.count() == 3


def test_old_cases_are_forgotten_and_counted(log, capsys):
    assert main(["purge", "--older-than", "6w", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"purged": 0, "left": 3, "dry_run": False}
    assert main(["purge", "--older-than", "30d", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"purged": 2, "left": 1, "dry_run": False}
    assert main(["purge", "--older-than", "0h"]) == 0
    assert log.count() == 0


@pytest.mark.parametrize("age", ["30", "d", "-3d", "1e9d", "30 years", "nan d"])
def test_an_age_that_is_none_is_refused_in_a_sentence(log, capsys, age):
    assert main(["purge", f"--older-than={age}"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: expected an age in hours, days or weeks, but got")
    assert log.count() == 3


def test_an_age_has_to_be_given(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["purge"])
    assert ended.value.code == 2
    assert "--older-than" in capsys.readouterr().err
