"""What the page says of convolutions, recomputed from the study that is on record."""

from cnn_core.concepts.convolutions.row import EXPERIMENT
from cnn_core.runtime.recorded_experiments import recorded_experiment


def test_the_study_on_record_bears_out_what_the_page_says():
    study = recorded_experiment("convolutions")
    assert (study.settings.seeds, study.settings.most, study.settings.steps) == (20, 1_000, 400)
    reading = EXPERIMENT.read(study.settings, study.trials)
    claims = {claim.id: claim for claim in reading.claims}
    assert reading.answer == "behind"
    for name in ("permuted-below-parameters", "permuted-below-macs"):
        assert claims[name].verdict == "holds", claims[name].sentence
        assert claims[name].share.count >= 19
        assert claims[name].share.of == 20
    for name in ("unmoved-mlp-parameters", "unmoved-mlp-macs"):
        assert claims[name].verdict == "holds", claims[name].sentence
        assert abs(claims[name].difference.mean) < 0.015
    for name in ("ahead-parameters", "ahead-macs", "shift", "sharing", "sharing-permuted"):
        assert claims[name].verdict == "holds", claims[name].sentence
    assert claims["shift"].sentence.startswith("More tolerant, not invariant: ")
