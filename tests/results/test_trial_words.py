"""What few seeds, and seeds that do not vary, may decide: nothing."""

import pytest

from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trial_words import (
    difference,
    diverged,
    divergences,
    of_difference,
    of_share,
)
from cnn_core.results.trials import Place, Share, Trials, spread_of


def test_two_seeds_decide_nothing_however_alike_they_are():
    found = spread_of({0: -0.028, 1: -0.0281})
    assert (found.interval, found.apart, of_difference(found)) == (None, False, "cannot be told")
    assert difference(found) == "-2.8 points (2 seeds, no interval)"
    assert spread_of({0: -0.028, 1: -0.0281, 2: -0.0279}).apart


@pytest.mark.parametrize("value", [-2.8, 0.1, 1e-12])
def test_an_interval_without_width_tells_nothing_apart(value):
    found = spread_of(dict.fromkeys(range(20), value))
    assert found.interval is not None
    assert of_difference(found) == "cannot be told"


def test_a_share_decides_from_twenty_seeds_on_and_its_interval_before():
    assert of_share(Share(count=19, of=20)) == "holds"
    assert of_share(Share(count=18, of=20)) == "does not hold"
    assert of_share(Share(count=2, of=2)) == "cannot be told"


def test_divergences_are_counted_and_trials_without_the_figure_did_not_diverge():
    def done(seed, **figures):
        return TrialDone(
            step=seed + 1, arm="plain", condition="deep", seed=seed, names=list(figures),
            figures=list(figures.values()), seconds=1.0, elapsed_seconds=1.0,
        )  # fmt: skip

    kept = done(2, accuracy=0.9)
    trials = Trials((done(0, diverged=1.0), done(1, diverged=0.0, accuracy=0.8), kept))
    assert diverged(trials, Place(arm="plain", condition="deep")) == Share(count=1, of=3)
    assert divergences(trials, lambda place: f"{place.arm}, {place.condition}").startswith(
        "Diverged (the loss stopped being a number): plain, deep in 1 of 3 seeds (95 %: 1 to 91 %)."
    )
    assert divergences(Trials((kept,)), lambda place: place.arm) == ""
