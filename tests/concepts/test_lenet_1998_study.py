"""What is said of LeNet-5's modern parts, recomputed from the study that is on record."""

import pytest

from cnn_core.concepts.lenet_1998.row import EXPERIMENT
from cnn_core.runtime.recorded_experiments import recorded_experiment


@pytest.fixture(scope="module")
def study():
    return recorded_experiment("lenet-1998")


def test_the_study_is_the_preset_on_mnist(study):
    assert study.settings == EXPERIMENT.presets["study"]
    assert study.recording.command == "python -m studies experiments lenet-1998"
    assert len(study.trials.done) == 120
    assert study.trials.seeds == tuple(range(20))


def test_each_change_is_told_with_its_paired_interval(study):
    reading = EXPERIMENT.read(study.settings, study.trials)
    assert reading.answer == "inside"
    claims = {claim.id: claim for claim in reading.claims}
    assert {name: claim.verdict for name, claim in claims.items()} == {
        "error-relu": "holds",
        "error-max-pool": "holds",
        "error-softmax": "does not hold",
        "error-full-c3": "cannot be told",
        "error-today": "holds",
        "steps-relu": "holds",
        "steps-max-pool": "holds",
        "steps-softmax": "does not hold",
        "steps-full-c3": "cannot be told",
        "steps-today": "holds",
    }
    assert all(claim.difference.n == 20 for claim in claims.values() if claim.id[0] == "e")
    means = {name: round(claim.difference.mean, 1) for name, claim in claims.items()}
    assert means["error-relu"] == -1.3
    assert means["error-max-pool"] == -1.1
    assert means["error-softmax"] == 2.2
    assert means["error-today"] == -0.9
    assert not any("hardly trained" in sentence for sentence in reading.meaning)
