"""The study of the watch over drift: what it counts, and when its bars hold."""

from dataclasses import replace

import numpy as np
import pytest

from cnn_core.errors import CnnLabError
from cnn_core.settings import Settings
from studies import drift, drift_films
from tests.charts.study_sample import study
from tests.xray.test_drift import REFERENCE, drawn

POOL = drawn(20, 400)
SEEN = replace(POOL, brightness=POOL.brightness + 0.06)


@pytest.fixture(autouse=True)
def _few_windows(monkeypatch):
    monkeypatch.setattr(drift, "QUIET_WINDOWS", 4)
    monkeypatch.setattr(drift, "SHIFTS", (("gamma", 1.5, True), ("noise", 0.05, False)))


def test_a_shift_that_is_seen_is_found_and_its_test_named():
    altered = {("gamma", 1.5): SEEN, ("noise", 0.05): POOL}
    found = drift.judged(lambda rng: REFERENCE, POOL, altered, 2, 3)
    assert found["holds"]
    assert found["quiet"]["windows"] == 8
    gamma, noise = found["shifts"]["Gamma 1.5"], found["shifts"]["Noise, 0.05 of white"]
    assert gamma["found within three windows"] == 1
    assert gamma["windows changed by test"]["ks-brightness"] == 1
    assert gamma["interval"][0] == pytest.approx(0.438, abs=0.001)
    assert noise["found within three windows"] < 1


def test_the_bars_do_not_hold_where_a_shift_is_missed_or_quiet_windows_alarm():
    missed = {("gamma", 1.5): POOL, ("noise", 0.05): POOL}
    assert not drift.judged(lambda rng: REFERENCE, POOL, missed, 1, 2)["holds"]
    loud = drift.judged(lambda rng: REFERENCE, SEEN, missed, 1, 2)
    assert loud["quiet"]["false alarms in 200 windows"] == 3
    assert loud["quiet"]["runs with more than one"] == 1
    assert not loud["holds"]


def test_without_the_studys_films_there_is_nothing_held_out(tmp_path):
    with pytest.raises(CnnLabError):
        drift_films.held_out(Settings.from_environment({"CNN_LAB_HOME": str(tmp_path)}), study())


def test_sources_are_named_the_larger_one_first():
    assert drift_films.larger_first(np.array(["b", "a", "b", "c", "c", "c"])) == ["c", "b"]
