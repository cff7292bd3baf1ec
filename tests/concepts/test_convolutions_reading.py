"""What the trials of the experiment of convolutions are said to show, for any outcome."""

import dataclasses

import pytest

from cnn_core.concepts.convolutions.needed import crossing
from cnn_core.concepts.convolutions.plan import CNN, LARGE, LOCAL, MACS, PARAMETERS, condition
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.concepts.registry import find_experiment
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Trials

EXPERIMENT = find_experiment("convolutions")
SETTINGS = ConvolutionSettings(seeds=3, images=(100, 1_000))
PLAIN, PERMUTED, FEW = condition(1_000), condition(1_000, permuted=True), condition(100)
TYPICAL = {
    (CNN, PLAIN): 0.95,
    (PARAMETERS, PLAIN): 0.88,
    (MACS, PLAIN): 0.90,
    (LOCAL, PLAIN): 0.93,
    (LARGE, PLAIN): 0.945,
    (CNN, PERMUTED): 0.82,
    (PARAMETERS, PERMUTED): 0.88,
    (MACS, PERMUTED): 0.90,
    (LOCAL, PERMUTED): 0.89,
    (LARGE, PERMUTED): 0.86,
    (CNN, FEW): 0.85,
}
WOBBLE = (0.0, 0.002, -0.002)


def trials(accuracies=TYPICAL, seeds=3, left=0.6):
    """Trials whose accuracies wobble by arm and seed; altered pictures keep a share of them."""
    done = []
    for seed in range(seeds):
        for place, ((arm, where), accuracy) in enumerate(accuracies.items()):
            value = accuracy + WOBBLE[(seed + place) % 3]
            figures = {"accuracy": value}
            if where == PLAIN:
                kept = left if arm == CNN else 0.4
                for kind, at in (("shift", 3), ("rotation", 30), ("noise", 40)):
                    figures |= {f"{kind} 0": value, f"{kind} {at}": value * kept}
            done.append(
                TrialDone(
                    step=len(done) + 1, arm=arm, condition=where, seed=seed, names=list(figures),
                    figures=list(figures.values()), seconds=1.0, elapsed_seconds=1.0,
                )
            )  # fmt: skip
    return Trials(tuple(done))


def read(found):
    reading = EXPERIMENT.read(SETTINGS, found)
    return reading, {claim.id: claim for claim in reading.claims}


def test_the_typical_outcome_is_said_with_its_figures():
    reading, claims = read(trials())
    assert reading.answer == "behind"
    assert "the CNN reads 82.0 %, the fully connected network of equal parameters 88.0 %" in (
        reading.headline
    )
    assert claims["permuted-below-parameters"].share.text.startswith("3 of 3 seeds (95 %: 29 to")
    assert "6.0 points fewer than the MLP of equal parameters (95 %: " in (
        claims["permuted-below-parameters"].sentence
    )
    assert claims["shift"].sentence.startswith(
        "More tolerant, not invariant: at a shift of 3 pixels the CNN goes from 95.0 to 57.0 %, "
        "the MLP of equal parameters from 88.0 to 35.2 %"
    )
    assert {claims[f"unmoved-{arm}"].verdict for arm in (PARAMETERS, MACS)} == {"holds"}
    needed = claims["images-mlp-parameters"].sentence
    assert "the CNN needs 200 images (median of 3 seeds, from " in needed
    assert "Weight sharing is worth +2.0 points" in " ".join(reading.meaning)


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        ({(CNN, PERMUTED): 0.94}, "ahead"),
        ({(CNN, PERMUTED): 0.88}, "level"),
        ({(CNN, PERMUTED): 0.1, (PARAMETERS, PERMUTED): 0.11}, "guess"),
    ],
)
def test_other_outcomes_have_answers_of_their_own(changed, answer):
    reading, claims = read(trials(TYPICAL | changed))
    assert reading.answer == answer
    assert {each.id for each in EXPERIMENT.answers} >= {answer}
    assert reading.meaning
    if answer == "ahead":
        assert claims["permuted-below-parameters"].verdict == "does not hold"
    if answer == "guess":
        assert claims["unmoved-mlp-parameters"].verdict == "does not hold"


def test_one_seed_decides_nothing_and_every_part_of_the_trials_is_read():
    whole = trials(seeds=1)
    reading, claims = read(whole)
    assert reading.answer == ""
    assert {claim.verdict for claim in claims.values()} == {"cannot be told"}
    for many in range(len(whole.done)):
        partial, _ = read(Trials(whole.done[:many]))
        assert partial.headline.endswith(".")
        assert all(claim.sentence.endswith(".") for claim in partial.claims)


def test_two_seeds_decide_no_answer_and_no_difference():
    reading, claims = read(trials(seeds=2))
    assert reading.answer == ""
    assert "(2 seeds, no interval)" in reading.headline
    assert claims["ahead-macs"].verdict == claims["shift"].verdict == "cannot be told"
    assert claims["shift"].sentence.startswith("In 2 seeds: at a shift of 3 pixels")


def test_that_the_permuted_cnn_falls_below_is_decided_by_the_count_of_seeds():
    _, claims = read(trials(seeds=20))
    below = claims["permuted-below-macs"]
    assert below.verdict == "holds"
    assert below.sentence.endswith(", fewer in 20 of 20 seeds (95 %: 83 to 100 %).")
    _, claims = read(trials(TYPICAL | {(CNN, PERMUTED): 0.899}, seeds=20))
    below = claims["permuted-below-macs"]
    assert (below.share.count, below.verdict) == (7, "does not hold")


def test_a_cnn_without_a_lead_has_none_to_explain():
    reading, claims = read(trials(TYPICAL | {(CNN, PLAIN): 0.88}))
    assert claims["ahead-macs"].verdict == "does not hold"
    assert "lead comes from" not in " ".join(reading.meaning)
    assert "these trials show no lead over both fully connected networks" in reading.meaning[0]
    assert read(trials())[0].meaning[0].startswith("The CNN's lead comes from assuming ")


def test_an_mlp_that_changes_is_not_said_to_stay():
    _, claims = read(trials(TYPICAL | {(MACS, PERMUTED): 0.7}))
    assert claims["unmoved-mlp-macs"].sentence.startswith(
        "The MLP of equal MACs changes by 1.5 points or more when the pixels are permuted: on "
    )
    _, claims = read(trials(TYPICAL | {(MACS, PERMUTED): 0.885}))
    assert claims["unmoved-mlp-macs"].sentence.startswith("Whether the MLP of equal MACs changes")
    assert (
        " cannot be told from these seeds: on average by -1.5"
        in claims["unmoved-mlp-macs"].sentence
    )


def test_what_else_differs_is_said_of_sharing_and_locality():
    reading, claims = read(trials())
    assert ": 44,426 parameters and 281,640 MACs against 286,334 parameters" in (
        claims["sharing"].sentence
    )
    assert "1,203,240 MACs: more differs than that one thing." in reading.meaning[2]
    assert "alone" not in " ".join([*reading.meaning, *(each.sentence for each in reading.claims)])


def test_a_training_that_diverged_is_said_and_its_pair_left_out():
    whole = trials()
    lost = next(each for each in whole.done if (each.arm, each.condition) == (CNN, PERMUTED))
    broken = dataclasses.replace(lost, names=["diverged"], figures=[1.0])
    reading, claims = read(Trials(tuple(broken if each is lost else each for each in whole.done)))
    assert claims["permuted-below-macs"].share.of == 2
    assert claims["permuted-below-macs"].verdict == "cannot be told"
    assert "the CNN (1000 images, permuted) in 1 of 3 seeds" in reading.meaning[-1]


def test_the_seeds_that_a_divergence_leaves_decide_nothing():
    broken = tuple(
        dataclasses.replace(each, names=["diverged"], figures=[1.0])
        if each.seed == 0 and each.arm == CNN
        else each
        for each in trials(seeds=20).done
    )
    reading, claims = read(Trials(broken))
    assert reading.answer == ""
    decided = ("ahead-macs", "permuted-below-macs", "shift", "sharing", "locality")
    assert {claims[name].verdict for name in decided} == {"cannot be told"}
    assert claims["unmoved-mlp-macs"].verdict == "holds"


def test_nothing_is_read_from_no_trials():
    reading, claims = read(Trials())
    assert (reading.answer, reading.meaning) == ("", ())
    assert {claim.verdict for claim in claims.values()} == {"not measured"}


def test_tolerance_may_be_less_and_a_network_invariant():
    _, claims = read(trials(left=0.2))
    assert claims["shift"].verdict == "does not hold"
    assert claims["shift"].sentence.startswith("Less tolerant, not invariant: ")
    reading, claims = read(trials(left=1.0))
    assert claims["shift"].sentence.startswith("More tolerant, invariant within a point: ")
    assert "not invariant" not in " ".join(reading.meaning)


def test_images_needed_lie_between_those_tried_or_beyond_them():
    assert crossing([(100, 0.9), (1_000, 0.95)], 0.88) == 100
    assert crossing([(100, 0.7), (300, 0.8), (1_000, 0.9)], 0.8) == pytest.approx(300)
    _, claims = read(trials(TYPICAL | {(CNN, PLAIN): 0.8, (CNN, FEW): 0.7}))
    assert "more than 1,000 images" in claims["images-mlp-macs"].sentence
    assert claims["images-mlp-macs"].share.count == 0
    _, claims = read(trials(TYPICAL | {(CNN, FEW): 0.94}))
    assert "needs at most 100 images" in claims["images-mlp-macs"].sentence
