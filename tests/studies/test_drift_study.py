"""The study of the watch over drift: what it counts, when its bars hold, and that they held."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnn_core.data.films.shifts import shift_title
from cnn_core.errors import CnnLabError
from cnn_core.settings import Settings
from studies import drift, drift_films
from tests.charts.study_sample import study
from tests.xray.test_drift import REFERENCE, drawn

POOL = drawn(20, 400)
SEEN = replace(POOL, brightness=POOL.brightness + 0.06)
SHIFTS, QUIET_WINDOWS = drift.SHIFTS, drift.QUIET_WINDOWS
KEPT = {
    name: json.loads(
        (Path(drift.__file__).parent / "results" / f"{name}.json").read_text(encoding="utf-8")
    )
    for name in ("drift", "drift_films")
}


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


def test_each_run_has_a_reference_of_its_own(monkeypatch):
    monkeypatch.setattr(drift, "QUIET_WINDOWS", 1)
    asked = []

    def reference(rng):
        asked.append(drift.redrawn(POOL, 300)(rng))
        return asked[-1]

    found = drift.quiet_windows(reference, POOL, 2)
    drift.found_after(reference, POOL, SEEN, 1)
    assert found["share of runs with any, interval"][0] == 0
    assert [len(each.referred) for each in asked] == [300] * 3  # two runs and a trial
    assert len({each.brightness.tobytes() for each in asked}) == 3
    assert set(asked[0].brightness.tolist()) < set(POOL.brightness.tolist())


@pytest.mark.parametrize("name", KEPT)
def test_the_bars_hold_in_the_result_on_record(name):
    kept, quiet = KEPT[name], KEPT[name]["quiet"]
    assert kept["holds"]
    assert kept["bars"] == drift.BARS
    assert list(kept["bars"].values()) == [1.0, 0.95]
    assert kept["command"].startswith(f"python -m studies {name}")
    assert {"hardware", "versions", "date"} <= set(kept)
    assert quiet["windows"] == QUIET_WINDOWS * quiet["runs"] >= 4_000
    assert quiet["false alarms in 200 windows"] <= 1
    assert list(kept["shifts"]) == [shift_title(kind, amount) for kind, amount, _ in SHIFTS]
    for (_, _, asked), found in zip(SHIFTS, kept["shifts"].values(), strict=True):
        assert found["has to be found"] == asked
        assert found["trials"] >= 100
        assert found["found within three windows"] >= 0.95 or not asked


def test_another_hospital_was_noticed_too():
    assert KEPT["drift_films"]["another hospital"]["found within three windows"] >= 0.95
