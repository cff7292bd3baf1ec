"""Slopes and their intervals, against SciPy and against every order that there is."""

import itertools

import numpy as np
import pytest
from scipy import stats

from cnn_core.results.trend import FEWEST_POINTS, sen_slope

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("points", [5, 8, 20])
def test_the_slope_is_the_one_of_theil_and_sen(points):
    values = RNG.normal(size=points) + 0.1 * np.arange(points)
    assert sen_slope([values])[0] == pytest.approx(stats.theilslopes(values)[0])


@pytest.mark.parametrize(("points", "every"), [(5, 1), (6, 9), (7, 72)])
def test_the_interval_leaves_out_0_where_kendalls_exact_test_does(points, every):
    orders = list(itertools.permutations(range(points)))[::every]
    told_apart = 0
    for order in orders:
        low, high = sen_slope([np.array(order, dtype=float)])[1]
        p = stats.kendalltau(range(points), order, method="exact").pvalue
        assert (low > 0 or high < 0) == (p <= 0.05)
        told_apart += low > 0 or high < 0
    assert 0 < told_apart <= 0.05 * len(orders) or every > 1


def test_fewer_points_than_asked_for_could_never_be_told_apart():
    rising = np.arange(float(FEWEST_POINTS))
    assert sen_slope([rising])[1][0] > 0
    p = stats.kendalltau(rising[:-1], rising[:-1], method="exact").pvalue
    assert p > 0.05


def test_seeds_that_lie_apart_but_all_rise_say_that_they_rise():
    one = np.array([0.10, 0.11, 0.13, 0.12, 0.14])
    other = np.array([0.70, 0.73, 0.74, 0.78, 0.77])
    assert sen_slope([one])[1][0] < 0
    assert sen_slope([one, other])[1][0] > 0


def test_seeds_that_go_opposite_ways_do_not():
    rising = np.arange(6.0)
    low, high = sen_slope([rising, rising[::-1]])[1]
    assert low < 0 < high
