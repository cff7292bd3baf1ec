"""What the page says of residual connections, recomputed from the study that is on record."""

from cnn_core.concepts.residual.row import EXPERIMENT
from cnn_core.runtime.recorded_experiments import recorded_experiment


def test_the_study_on_record_bears_out_what_the_page_says():
    study = recorded_experiment("residual")
    reading = EXPERIMENT.read(study.settings, study.trials)
    claims = {claim.id: claim for claim in reading.claims}
    assert reading.answer == "fit"
    for name in ("gradient-default", "gradient-he", "gradient-bn", "fit-32", "fit-20"):
        assert claims[name].verdict == "holds", claims[name].sentence
        assert claims[name].share.of == 20
    assert claims["gradient-default"].share.count == claims["gradient-he"].share.count == 20
    assert claims["fit-32"].share.count >= 19
    assert claims["even-bn"].verdict == "does not hold"
    assert claims["even-residual-bn"].verdict == "holds"
    assert "BatchNorm brings it back and overshoots" in reading.meaning[0]
    assert "not disentangled" in reading.meaning[1]
    assert "Neither plain nor residual learned" in reading.meaning[2]
    assert "is not shown here" in reading.meaning[2]
    zero = claims["bare-zero"].difference
    assert zero.apart
    assert zero.mean > 0
