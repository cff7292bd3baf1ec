"""What is said of stacks of 3x3 in docs/results.md, recomputed from the study on record."""

import pytest

from cnn_core.concepts.stacked_kernels.row import EXPERIMENT
from cnn_core.runtime.recorded_experiments import recorded_experiment


@pytest.fixture(scope="module")
def reading():
    study = recorded_experiment("stacked-kernels")
    assert study.settings == EXPERIMENT.presets["study"]
    assert len(study.trials.seeds) == 20
    return EXPERIMENT.read(study.settings, study.trials)


def test_at_equal_channels_the_one_large_convolution_is_ahead_and_at_equal_weights_neither(reading):
    assert reading.answer == "large"
    claims = {claim.id: claim for claim in reading.claims}
    found = {name: (claim.verdict, claim.share.count) for name, claim in claims.items()}
    assert found == {
        "equal-channels-5x5": ("does not hold", 3),
        "equal-weights-5x5": ("cannot be told", 10),
        "relu-5x5": ("does not hold", 8),
        "depth-alone-5x5": ("cannot be told", 8),
    }
    assert "-1.4 points (95 %: -2.1 to -0.6); at equal weights" in reading.headline
    assert reading.headline.endswith("-0.3 points (95 %: -1.0 to +0.4), not told from none.")
    assert EXPERIMENT.answer("large") == "The one 5x5, at least at equal channels"


def test_the_meaning_names_the_weights_and_what_was_judged_on(reading):
    text = " ".join(reading.meaning)
    assert "The added weights bring +1.1 points (95 %: +0.2 to +1.9)" in text
    assert "judged on 2,000 test pictures" in text
    assert "does not show it at this size" in text
