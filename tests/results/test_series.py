"""Series that grow: thinned without losing a spike, and smoothed as they come."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.results.series import GrowingTable, RunningMean, bin_width, extremes

floats = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf])


@given(st.lists(floats, max_size=300), st.integers(4, 40))
def test_extremes_keep_the_ends_the_spikes_and_the_limit(values, limit):
    array = np.array(values, dtype=np.float64)
    chosen = extremes(array, limit)
    finite = np.flatnonzero(np.isfinite(array))
    assert len(chosen) <= limit
    assert (np.diff(chosen) > 0).all()
    assert set(chosen) <= set(finite)
    if len(finite):
        assert {finite[0], finite[-1]} <= set(chosen)
        assert array[chosen].min() == array[finite].min()
        assert array[chosen].max() == array[finite].max()


def test_bins_that_are_full_stay_where_they_are_when_a_series_grows():
    series = np.random.default_rng(0).random(1_000)
    early, late = extremes(series[:600], 100), extremes(series[:610], 100)
    width = bin_width(600, 49)
    assert width == bin_width(610, 49)
    full = 600 // width * width
    assert set(early[early < full]) == set(late[late < full])


@given(st.lists(floats, min_size=1, max_size=80), st.integers(0, 80))
def test_a_running_mean_fed_in_pieces_is_the_same_mean(values, cut):
    pieces = RunningMean(0.9)
    whole = RunningMean(0.9).feed(values)
    np.testing.assert_array_equal(pieces.feed(values[:cut]) + pieces.feed(values[cut:]), whole)


def test_a_growing_table_grows():
    table = GrowingTable(("a", "b"))
    for row in range(100):
        table.append((row, -row))
    assert table["a"].tolist() == list(range(100))
    assert table["b"].tolist() == [-row for row in range(100)]


@pytest.mark.parametrize("smoothing", [-0.1, 1.0])
def test_a_running_mean_refuses_weights_that_never_settle(smoothing):
    with pytest.raises(ValueError, match="smoothing must be at least 0 and below 1"):
        RunningMean(smoothing)


def test_extremes_refuse_fewer_points_than_a_bin_needs():
    with pytest.raises(ValueError, match="limit must be at least 4, but it is 3"):
        extremes(np.zeros(9), 3)
