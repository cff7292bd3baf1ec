"""What is said of little data, recomputed from the study that is on record."""

from cnn_core.concepts.little_data.claims import MARGIN
from cnn_core.concepts.little_data.row import EXPERIMENT
from cnn_core.concepts.little_data.settings import EVERY, FLOWERS, FROZEN, RANDOM
from cnn_core.results.trials import Place
from cnn_core.runtime.recorded_experiments import recorded_experiment


def test_the_study_on_record_bears_out_what_is_said_of_it():
    study = recorded_experiment("little-data")
    assert study.settings.data == FLOWERS
    reading = EXPERIMENT.read(study.settings, study.trials)
    claims = {claim.id: claim for claim in reading.claims}
    assert reading.answer == "more"
    assert "the last block of the ImageNet network comes to 69.6 %" in reading.headline
    assert "+6.3 points (95 %: +4.3 to +8.2) in 20 seeds" in reading.headline
    assert any("from the same 750 pictures" in sentence for sentence in reading.meaning)
    assert any("23.2 % and 27.5 %, 3 seeds, guessing 20 %" in said for said in reading.meaning)
    features = claims["features"]
    assert features.verdict == "holds"
    assert (features.share.count, features.share.of) == (20, 20)
    assert min(features.difference.values.values()) >= MARGIN
    assert claims["last-block-overtakes"].verdict == "cannot be told"
    assert "is ahead of the frozen network with 5" in claims["last-block-overtakes"].sentence
    assert claims["all-overtakes"].verdict == "cannot be told"
    assert claims["scratch-needs"].verdict == "cannot be told"
    assert not any(" s, " in sentence for sentence in reading.meaning), (
        "no seconds of a busy machine"
    )
    assert any("(daisy)" in sentence for sentence in reading.meaning)


def test_the_difference_is_there_without_the_daisies():
    study = recorded_experiment("little-data")
    places = (Place(arm=arm, condition="5") for arm in (FROZEN, RANDOM))
    elsewhere = study.trials.difference("elsewhere", *places)
    assert elsewhere.n == 20
    assert elsewhere.interval[0] > MARGIN


def test_frozen_features_have_every_size_in_every_seed():
    study = recorded_experiment("little-data")
    for size in ("5", "10", "20", "50", EVERY):
        assert study.trials.spread("accuracy", Place(arm=FROZEN, condition=size)).n == 20
