"""Intervals and counts, held against scipy, scikit-learn and plain loops."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.results.metrics import (
    cell_members,
    confusion_matrix,
    mean_interval,
    wilson_interval,
)

trials = st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(trials, st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_the_wilson_interval_is_scipys(trial, confidence):
    successes, n = trial
    expected = scipy.stats.binomtest(successes, n).proportion_ci(confidence, method="wilson")
    assert wilson_interval(successes, n, confidence) == pytest.approx(
        (expected.low, expected.high), abs=1e-12
    )


@given(trials)
def test_the_wilson_interval_holds_the_share_and_stays_between_nought_and_one(trial):
    successes, n = trial
    low, high = wilson_interval(successes, n)
    assert 0.0 <= low <= successes / n <= high <= 1.0


@pytest.mark.parametrize(
    ("successes", "n", "confidence"), [(1, 0, 0.95), (-1, 5, 0.95), (6, 5, 0.95), (1, 5, 1.0)]
)
def test_the_wilson_interval_refuses_counts_that_cannot_be(successes, n, confidence):
    with pytest.raises(ValueError, match=r"(expected 0 <= successes|confidence must lie)"):
        wilson_interval(successes, n, confidence)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
def test_the_mean_interval_is_scipys(values):
    mean, interval = mean_interval(values)
    spread = scipy.stats.sem(values)
    if spread == 0:
        assert interval == pytest.approx((mean, mean))
        return
    expected = scipy.stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=spread)
    assert interval == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_one_seed_has_no_interval():
    assert mean_interval([0.99]) == (0.99, None)


@pytest.mark.parametrize("values", [[], [0.9, float("nan")]])
def test_the_mean_interval_refuses_values_without_a_mean(values):
    with pytest.raises(ValueError, match="at least one finite value"):
        mean_interval(values)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=60))
def test_the_confusion_matrix_counts_every_pair_once(pairs):
    expected = np.zeros((5, 5), dtype=np.int64)
    for true, predicted in pairs:
        expected[true, predicted] += 1
    labels, predictions = zip(*pairs, strict=True) if pairs else ((), ())
    matrix = confusion_matrix(labels, predictions, 5)
    assert matrix.dtype == np.int64
    np.testing.assert_array_equal(matrix, expected)


def test_the_confusion_matrix_refuses_a_class_it_has_no_row_for():
    with pytest.raises(ValueError, match=r"labels must lie between 0 and 2, .* to 3"):
        confusion_matrix([0, 3], [0, 1], 3)
    with pytest.raises(ValueError, match="labels has 2, predictions has 1"):
        confusion_matrix([0, 1], [0], 3)


def test_cell_members_are_the_cells_pictures_most_confident_first():
    rng = np.random.default_rng(0)
    labels, predictions = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    confidences = rng.random(200)
    members = cell_members(labels, predictions, confidences, true=1, predicted=2, limit=1_000)
    assert set(members) == {i for i in range(200) if (labels[i], predictions[i]) == (1, 2)}
    assert (np.diff(confidences[members]) <= 0).all()
    first = cell_members(labels, predictions, confidences, true=1, predicted=2, limit=3)
    assert first.tolist() == members[:3].tolist()


def test_an_empty_cell_has_no_members():
    assert cell_members([0], [0], [1.0], true=0, predicted=1, limit=9).tolist() == []


def test_cell_members_refuse_a_negative_limit():
    with pytest.raises(ValueError, match="limit must be at least 0, but it is -1"):
        cell_members([0], [0], [1.0], true=0, predicted=0, limit=-1)
