"""Calibration: against scikit-learn, kept figures of netcal and statsmodels, and by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from cnn_core.xray.calibration import (
    at_temperature,
    brier,
    brier_reference,
    calibration,
    expected_calibration_error,
    fit_temperature,
    log_probabilities,
    perfect_error,
    smoothed,
)
from cnn_core.xray.recalibration import recalibrated
from studies import xray_agreement as study

KEPT = json.loads(
    (Path(study.__file__).parent / "results" / "xray_agreement.json").read_text(encoding="utf-8")
)
GIVEN, LABELS, PATIENTS = study.films_of(KEPT["films"])
CLASSES = ("normal", "covid19", "pneumonia")


def perfect(n, seed=0, sharpness=1.5):
    """Films whose labels are drawn from their probabilities."""
    rng = np.random.default_rng(seed)
    raised = np.exp(sharpness * rng.normal(size=(n, 3)))
    given = raised / raised.sum(axis=1, keepdims=True)
    labels = (rng.random(n)[:, None] > given.cumsum(axis=1)).sum(axis=1)
    return given, labels, np.arange(n)


@pytest.mark.parametrize("name", study.TOLERANCES)
def test_todays_figures_are_those_of_the_independent_packages(name):
    """mapie: sets; netcal: ECE and temperature; dcurves: net benefit; statsmodels: the rest."""
    apart = study.differences(study.ours(KEPT["films"]), KEPT["theirs"])
    assert apart[name] <= study.TOLERANCES[name]
    assert KEPT["holds"]


def test_brier_is_scikit_learns_and_its_reference_is_that_of_the_shares():
    rows = GIVEN / GIVEN.sum(axis=1, keepdims=True)
    parts = [brier_score_loss((c == LABELS).astype(int), rows[:, c]) for c in (0, 1, 2)]
    assert brier(LABELS, rows) == pytest.approx(sum(parts))
    shares = np.tile(np.bincount(LABELS) / len(LABELS), (len(LABELS), 1))
    assert brier_reference(LABELS, 3) == pytest.approx(brier(LABELS, shares))


def test_a_temperature_undoes_what_was_done():
    given, labels, _ = perfect(3_000)
    sharpened = at_temperature(given, 1 / 2.5)
    assert sharpened.sum(axis=1) == pytest.approx(np.ones(3_000))
    assert fit_temperature(log_probabilities(sharpened), labels) == pytest.approx(2.5, rel=0.06)
    assert np.array_equal(sharpened.argmax(axis=1), given.argmax(axis=1))
    assert fit_temperature(np.zeros((0, 3)), []) == 1.0


def test_probabilities_of_nought_stay_finite():
    assert np.isfinite(log_probabilities([[1.0, 0.0]])).all()
    assert np.isfinite(at_temperature([[1.0, 0.0, 0.0]], 0.05)).all()
    with pytest.raises(ValueError, match="above 0"):
        at_temperature([[1.0, 0.0]], 0.0)
    with pytest.raises(ValueError, match="a row a film"):
        fit_temperature([[1.0, 0.0]], [0, 1])


def test_a_perfect_model_has_slope_1_and_intercept_0_within_their_intervals():
    given, labels, patients = perfect(2_000)
    found = calibration(labels, given, patients, CLASSES, draws=60)
    for row in found.classes:
        assert row.slope.interval[0] < 1 < row.slope.interval[1]
        assert row.intercept.interval[0] < 0 < row.intercept.interval[1]
        assert sum(row.counts) == 2_000
        assert all(abs(point.observed - point.predicted) < 0.1 for point in row.curve)
        assert all(point.low <= point.observed <= point.high for point in row.curve)
    low, high = found.ece_perfect_interval
    assert low <= found.ece <= high
    assert found.brier < found.brier_reference


def test_an_overconfident_model_has_a_slope_below_1_and_a_high_one_an_intercept_below_0():
    given, labels, patients = perfect(2_000)
    sharp = at_temperature(given, 0.5)
    slope, _ = recalibrated(labels == 1, sharp[:, 1], patients)
    assert slope.interval[1] < 1
    odds = 3 * given[:, 1] / (1 - given[:, 1])
    _, intercept = recalibrated(labels == 1, odds / (1 + odds), patients)
    assert intercept.value == pytest.approx(-np.log(3), abs=0.2)


def test_copies_of_films_add_nothing_to_a_slope():
    given, labels, patients = perfect(300)
    once, _ = recalibrated(labels == 1, given[:, 1], patients)
    four, _ = recalibrated(*(np.repeat(part, 4) for part in (labels == 1, given[:, 1], patients)))
    assert four.interval == pytest.approx(once.interval, abs=1e-6)


def test_what_cannot_be_estimated_says_why():
    true = np.arange(60) < 30
    assert "without an error" in recalibrated(true, 0.1 + 0.8 * true, range(60))[0].note
    assert "the same prediction" in recalibrated(true, np.full(60, 0.4), range(60))[0].note
    assert recalibrated(np.arange(60) < 9, np.linspace(0, 1, 60), range(60))[0].note == (
        "too few: 9 patients"
    )
    # Far off, yet with an end: half happened of what was called impossible.
    _, intercept = recalibrated(true, np.zeros(60), range(60))
    assert intercept.value == pytest.approx(np.log(1e6), rel=1e-4)


def test_a_perfect_model_at_150_films_shows_an_error_of_008():
    given, _, _ = perfect(150)
    mean, (low, high) = perfect_error(given.max(axis=1), simulations=300)
    assert mean == pytest.approx(0.08, abs=0.015)
    assert low < mean < high
    rng = np.random.default_rng(0)
    sure = given.max(axis=1)
    drawn = [expected_calibration_error(sure, rng.random(150) < sure) for _ in range(300)]
    assert np.mean(drawn) == pytest.approx(mean, abs=0.006)


def test_the_smoothed_curve_follows_a_bend_and_leaves_out_what_has_no_films():
    rng = np.random.default_rng(2)
    predicted = rng.random(3_000)
    curve = smoothed(predicted, rng.random(3_000) < predicted**2, np.arange(3_000), draws=20)
    assert max(abs(point.observed - point.predicted**2) for point in curve) < 0.06
    gap = np.r_[rng.uniform(0.0, 0.1, 200), rng.uniform(0.9, 1.0, 200)]
    curve = smoothed(gap, rng.random(400) < gap, np.arange(400), draws=20)
    assert smoothed([0.5], [True], [0]) == ()
    assert smoothed([0.1, 0.9], [False, True], [0, 1]) == ()
    assert {point.predicted > 0.5 for point in curve} == {True, False}


def test_lengths_are_checked():
    with pytest.raises(ValueError, match="a patient a film"):
        calibration(LABELS, GIVEN, PATIENTS[:3], CLASSES)
    with pytest.raises(ValueError, match="a patient a film"):
        recalibrated([True], [0.5], [1, 2])
