"""Trying the alarm in a thread: what comes of it, what goes wrong, and that it stops."""

import dataclasses
import time

import pytest

from cnn_core.data.films import phantoms
from cnn_core.runtime import alarm_trial, drift_simulation
from cnn_core.runtime.alarm_trial import AlarmTrial
from cnn_core.runtime.drift_simulation import MOST_CASES
from cnn_core.runtime.triage_model import read_model
from cnn_core.settings import Settings
from cnn_core.xray.drift import sample_of
from tests.logged_cases import traffic
from tests.runtime.test_drift_simulation import quickly_drawn
from tests.serving.small_model import write_small_model

LONG = 60.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_small_model(tmp_path_factory.mktemp("trial") / "model")


@pytest.fixture
def settings(folder, tmp_path):
    return Settings.from_environment(
        {"CNN_LAB_HOME": str(tmp_path), "CNN_LAB_TRIAGE_MODEL": str(folder)}
    )


@pytest.fixture
def watchful(folder, monkeypatch):
    """Let the model come with a reference, and phantoms be drawn in a moment."""
    model = dataclasses.replace(read_model(folder), reference=sample_of(traffic(300)))
    monkeypatch.setattr(alarm_trial, "model_for", lambda settings, choice: model)
    monkeypatch.setattr(phantoms, "drawn_phantom", quickly_drawn)


def test_a_trial_says_what_the_watch_says_and_logs_nothing(
    settings, watchful, tmp_path, monkeypatch
):
    monkeypatch.setattr(drift_simulation, "WINDOW", 20)  # fewer films than two windows
    trial = AlarmTrial(settings, "gamma", 1.5, cases=40, shift_at=20)
    assert trial.wait(LONG)
    state = trial.state()
    assert (state.error, state.running, state.done, state.total) == (None, False, 40, 40)
    assert state.found.shifted_from == 20
    assert [case.channel for case in state.found.cases] == ["simulation"] * 40
    assert state.found.report.waiting == 40
    assert not (tmp_path / "triage").exists()


def test_a_model_without_films_to_notice_change_by_is_said(settings):
    trial = AlarmTrial(settings, "blur", 2.0)
    assert trial.wait(LONG)
    state = trial.state()
    assert state.found is None
    assert "came without films" in state.error.message


def test_a_stopped_trial_ends_without_result_or_error(settings, watchful):
    trial = AlarmTrial(settings, "gamma", 1.5, cases=MOST_CASES, shift_at=0)
    trial.stop()
    assert trial.wait(LONG)
    state = trial.state()
    assert (state.found, state.error) == (None, None)


def test_trials_work_one_after_the_other_and_a_waiting_one_can_be_stopped(settings, watchful):
    first = AlarmTrial(settings, "gamma", 1.5, cases=MOST_CASES, shift_at=0)
    deadline = time.monotonic() + LONG
    while not first.state().done:
        assert time.monotonic() < deadline
    second = AlarmTrial(settings, "gamma", 1.5)
    assert second.state().stage == "Waiting for another trial"
    second.stop()
    assert second.wait(LONG)
    assert first.state().running
    assert first.state().seconds_left > 0
    first.stop()
    assert first.wait(LONG)


def test_a_trial_that_nobody_looks_at_makes_room_for_the_next(settings, watchful):
    now = [0.0]
    left = AlarmTrial(settings, "gamma", 1.5, cases=MOST_CASES, clock=lambda: now[0])
    assert left.state().running
    now[0] = 3600.0
    assert left.wait(LONG)
    state = left.state()
    assert (state.found, state.error) == (None, None)
    assert state.done < MOST_CASES
    assert not alarm_trial._at_work.locked()
