"""Null distributions beside those of scipy, and by simulation: do their p keep the level."""

import numpy as np
import pytest

from cnn_core.xray import drift_null
from cnn_core.xray.drift_kernel import discrepancy_test
from cnn_core.xray.drift_null import holm, index_test, rate_test, two_sample, usual_index

TRIALS = 250


@pytest.mark.parametrize(("m", "n", "shift"), [(30, 20, 0.0), (300, 97, 0.2), (251, 100, 0.8)])
def test_the_exact_kolmogorov_smirnov_p_is_that_of_scipy(m, n, shift):
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(m)
    first, second = rng.normal(size=m), rng.normal(shift, 1, n)
    found, p = two_sample(first, second)
    theirs = ks_2samp(first, second, method="exact")
    assert found == pytest.approx(theirs.statistic)
    assert p == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-12)


def test_samples_that_are_equal_or_apart_are_the_two_ends():
    assert two_sample([1.0] * 30, [1.0] * 20) == (0.0, 1.0)
    statistic, p = two_sample([0.0] * 300, [1.0] * 100)
    assert statistic == 1
    assert p < 1e-12


@pytest.mark.parametrize("table", [(3, 300, 6, 100), (0, 300, 0, 100), (250, 300, 99, 100)])
def test_the_exact_p_of_a_rate_is_fishers(table):
    from scipy.stats import fisher_exact

    known, m, seen, n = table
    theirs = fisher_exact([[known, m - known], [seen, n - seen]])[1]
    assert rate_test(*table) == pytest.approx(theirs)


def test_holm_is_stepwise_and_never_above_one():
    assert holm([0.04, 0.001, 0.5, 0.9]) == pytest.approx([0.12, 0.004, 1.0, 1.0])
    assert holm([0.2]).tolist() == [0.2]


def test_the_index_keeps_its_level_with_a_small_reference_where_plain_resampling_does_not():
    """Unchanged windows of 100 against 200 films: at 5 %, and what a fixed threshold would do."""
    rng = np.random.default_rng(0)
    ours, plain, fixed = 0, 0, 0
    for _ in range(TRIALS):
        known, window = rng.normal(size=200), rng.normal(size=100)
        index, p = index_test(known, window)
        counts = drift_null.binned(known, drift_null.decile_edges(known))
        resampled = drift_null.stability_index(counts, rng.multinomial(100, counts / 200, size=200))
        ours += p <= 0.05
        plain += (resampled >= index).mean() <= 0.05
        fixed += index > 0.1
    assert 0.02 <= ours / TRIALS <= 0.09
    assert plain / TRIALS > 0.12
    assert fixed / TRIALS > 0.3


def test_the_usual_index_is_what_99_of_100_unchanged_windows_stay_below():
    rng = np.random.default_rng(1)
    known = rng.normal(size=5_000)
    limit = usual_index(known, 100)
    above = np.mean([index_test(known, rng.normal(size=100))[0] > limit for _ in range(TRIALS)])
    assert above <= 0.03


def test_the_discrepancy_is_the_unbiased_one_and_its_p_keeps_the_level():
    rng = np.random.default_rng(2)
    first, second = (rng.normal(size=(n, 3)).astype(np.float32) for n in (40, 25))
    both = np.concatenate([first, second]).astype(np.float64)
    apart = ((both[:, None] - both[None]) ** 2).sum(axis=2)
    kernel = np.exp(-apart / (2 * np.median(apart[np.triu_indices(65, 1)])))
    np.fill_diagonal(kernel, 0)
    known, seen, between = kernel[:40, :40], kernel[40:, 40:], kernel[:40, 40:]
    expected = known.sum() / (40 * 39) + seen.sum() / (25 * 24) - 2 * between.mean()
    assert discrepancy_test(first, second)[0] == pytest.approx(expected, abs=1e-5)
    below = 0
    for _ in range(100):
        first, second = (rng.normal(size=(n, 3)).astype(np.float32) for n in (40, 25))
        below += discrepancy_test(first, second)[1] <= 0.1
    assert 3 <= below <= 20


def test_the_smallest_p_of_the_discrepancy_is_one_in_all_permutations():
    rng = np.random.default_rng(3)
    known = rng.normal(size=(900, 4)).astype(np.float32)
    value, p = discrepancy_test(known, known[:100] + np.float32(3))
    assert value > 0.2
    assert p == 1 / 2_001
