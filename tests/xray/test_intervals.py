"""Intervals over patients: against scipy, by hand, and what they must not depend on."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from cnn_core.results.metrics import clopper_pearson, wilson_interval
from cnn_core.xray.intervals import (
    bootstrap,
    bounded,
    mean_of,
    one_each,
    paired_bootstrap,
    proportion,
)

RNG = np.random.default_rng(4)
GOOD = RNG.random(600) < 0.7
FOURS = np.repeat(np.arange(150), 4)


@pytest.mark.parametrize(("successes", "n"), [(0, 12), (12, 12), (7, 12), (152, 160), (1, 400)])
def test_clopper_pearson_is_scipys(successes, n):
    theirs = binomtest(successes, n).proportion_ci(0.95, method="exact")
    assert clopper_pearson(successes, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize("given", [(3, 2), (-1, 4), (0, 0)])
def test_counts_that_cannot_be_are_refused(given):
    with pytest.raises(ValueError, match="expected"):
        clopper_pearson(*given)


def test_one_film_a_patient_is_wilson_on_patients_as_scipy_has_it():
    figure = proportion(GOOD[:200], np.arange(200))
    theirs = binomtest(int(GOOD[:200].sum()), 200).proportion_ci(0.95, method="wilson")
    assert figure.method == "Wilson on patients"
    assert figure.interval == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    # The claim to compare with: COVID-Net CXR-2, 191 of 200.
    claim = proportion(np.arange(200) < 191, np.arange(200))
    assert claim.interval == pytest.approx((0.917, 0.976), abs=5e-4)


def test_many_patients_with_several_films_are_drawn_anew():
    figure = proportion(GOOD, FOURS, draws=500)
    assert figure.method == "patient bootstrap, 500 draws"
    assert (figure.films, figure.patients) == (600, 150)
    # The standard error of the patients' means, by the formula.
    means = GOOD.reshape(150, 4).mean(axis=1)
    half = 1.96 * means.std(ddof=1) / np.sqrt(150)
    assert figure.interval == pytest.approx((means.mean() - half, means.mean() + half), abs=0.012)


def test_copies_of_a_film_add_nothing():
    once = proportion(GOOD[:60], np.arange(60))
    copied = proportion(np.repeat(GOOD[:60], 4), np.repeat(np.arange(60), 4))
    assert copied.value == once.value
    assert copied.interval == pytest.approx(once.interval, abs=0.01)
    assert "effective" in copied.method


@pytest.mark.parametrize(("share", "n"), [(0.95, 150), (0.05, 150), (0.5, 40)])
def test_rare_and_few_take_the_effective_sample_size(share, n):
    good = np.random.default_rng(1).random(4 * n) < share
    figure = proportion(good, np.repeat(np.arange(n), 4))
    assert figure.method.startswith("Wilson at the effective sample size")
    assert figure.interval[0] < figure.value < figure.interval[1]


def test_no_failure_at_all_counts_patients_not_films():
    figure = proportion(np.ones(160, dtype=bool), np.repeat(np.arange(40), 4))
    alone = proportion(np.ones(40, dtype=bool), np.arange(40))
    assert figure.interval[1] == 1.0
    assert figure.interval == pytest.approx(alone.interval, abs=0.01)


def test_fewer_than_ten_patients_have_no_figure():
    figure = proportion(np.ones(36, dtype=bool), np.repeat(np.arange(9), 4))
    assert (figure.value, figure.interval) == (None, None)
    assert figure.note == "too few: 9 patients"
    assert proportion([], []).note == "too few: 0 patients"


def test_draws_take_patients_whole_and_keep_the_strata():
    strata = np.repeat([0] * 100 + [1] * 50, 4)
    seen = []

    def look(weights):
        seen.append(weights)
        return weights[:, :4].std(axis=1)

    spread = bootstrap([look], FOURS, strata=strata, draws=50)
    weights = np.concatenate(seen)
    assert np.all(spread == 0)  # the four films of a patient go together
    assert np.all(weights[:, strata == 1].sum(axis=1) == 200)
    assert np.all(weights.sum(axis=1) == 600)


def test_the_same_seed_draws_the_same_and_pairs_are_paired():
    first = bootstrap([mean_of(GOOD), mean_of(GOOD)], FOURS, draws=50, seed=3)
    assert np.array_equal(first[0], first[1])
    assert np.array_equal(first, bootstrap([mean_of(GOOD)] * 2, FOURS, draws=50, seed=3))
    value, interval = paired_bootstrap([mean_of(GOOD), mean_of(GOOD)], FOURS, draws=50)
    assert (value, interval) == (0.0, (0.0, 0.0))


def test_a_ratio_that_is_not_defined_says_so():
    with pytest.raises(ValueError, match="not defined"):
        paired_bootstrap([mean_of(GOOD), mean_of(GOOD * 0)], FOURS, combine=np.divide, draws=20)


def test_a_figure_between_0_and_1_follows_the_same_rule():
    many = bounded(mean_of(GOOD), FOURS, draws=300)
    assert many.interval == proportion(GOOD, FOURS, draws=300).interval
    few = bounded(mean_of(GOOD[:100]), np.arange(100) // 2, draws=300)
    assert few.method.startswith("Wilson at the effective")


def test_one_each_takes_one_film_of_every_patient_at_random():
    chosen = one_each(FOURS, seed=1)
    assert np.array_equal(FOURS[chosen], np.arange(150))
    assert len({tuple(one_each(FOURS, seed=seed) % 4) for seed in range(4)}) == 4


@pytest.mark.parametrize("n", [40, 100, 250])
@pytest.mark.parametrize("share", [0.8, 0.9, 0.95, 0.98])
def test_wilson_on_patients_covers_exactly_as_it_should(n, share):
    ends = [wilson_interval(k, n) for k in range(n + 1)]
    covered = sum(binom.pmf(k, n, share) for k, (a, b) in enumerate(ends) if a <= share <= b)
    # Discrete counts jump: 0.9283 at 0.8 and 40 patients is the lowest, 0.9659 the highest.
    assert 0.928 <= covered <= 0.98
