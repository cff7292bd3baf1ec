"""What is read from the trials on residual connections: by intervals, and of any outcome."""

import pytest

from cnn_core.concepts.residual.arms import BARE, FITTED, condition
from cnn_core.concepts.residual.row import EXPERIMENT
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Place, Share, Trials
from cnn_core.results.twins import twins

PLAIN, RESIDUAL = (arm.id for arm in FITTED)
FULL = EXPERIMENT.presets["full"]


def trial(arm, question, depth, seed, **figures):
    return TrialDone(
        step=1,
        arm=arm,
        condition=condition(question, depth),
        seed=seed,
        names=list(figures),
        figures=list(figures.values()),
        seconds=1.0,
        elapsed_seconds=1.0,
    )


def pairs(seeds, *, plain, residual, right=(0.3, 0.3), ratio=5.0, lost=(0, 0)):
    """Plain and residual trainings; of each the first `lost` seeds diverged."""
    found = []
    for seed in range(seeds):
        swing = 0.001 * seed
        ends = ((PLAIN, plain + swing, right[0] + swing), (RESIDUAL, residual - swing, right[1]))
        found.append(trial(PLAIN, "gradient", 32, seed, ratio=ratio * (1 + swing), loss=2.3))
        for (arm, loss, accuracy), burst in zip(ends, lost, strict=True):
            kept = {} if seed < burst else {"loss": loss, "accuracy": accuracy}
            found.append(trial(arm, "fit", 32, seed, diverged=float(seed < burst), **kept))
    return Trials(tuple(found))


def read(trials):
    reading = EXPERIMENT.read(FULL, trials)
    assert reading.headline.endswith(".")
    assert all(each.endswith(".") for each in reading.meaning)
    assert all("nan" not in claim.sentence for claim in reading.claims)
    return reading


@pytest.mark.parametrize(
    ("trials", "answer"),
    [
        (Trials(), ""),
        (Trials((trial(PLAIN, "fit", 32, 0, loss=2.0, accuracy=0.1),)), ""),
        (pairs(1, plain=2.1, residual=1.4), ""),
        (pairs(2, plain=2.2, residual=0.8), ""),
        (pairs(2, plain=2.2, residual=0.8, right=(0.2, 0.6)), ""),
        (pairs(3, plain=2.1, residual=1.4), "fit"),
        (pairs(3, plain=2.1, residual=1.4, ratio=1e-3), ""),
        (pairs(3, plain=2.1, residual=1.4, ratio=1e-7), "gradient"),
        (pairs(2, plain=2.1, residual=1.4, ratio=1e-7), ""),
        (pairs(4, plain=1.4, residual=2.1), "nothing"),
        (pairs(3, plain=1.401, residual=1.4025), "nothing"),
        (pairs(3, plain=1.401, residual=1.4025, right=(0.3, 0.6)), "test"),
        (pairs(2, plain=1.401, residual=1.4025, right=(0.3, 0.6)), ""),
    ],
)
def test_an_answer_needs_an_interval_that_decides_it(trials, answer):
    assert read(trials).answer == answer


def test_two_seeds_of_a_large_difference_decide_nothing_and_fit_is_not_claimed():
    reading = read(pairs(2, plain=2.2, residual=0.8))
    assert reading.meaning[-1].startswith("Whether the plain network fits worse")
    assert "+1.40 (2 seeds, no interval)" in reading.meaning[-1]
    assert "lower in 2 of 2 seeds (95 %: 16 to 100 %)" in reading.headline


def test_differences_without_width_decide_nothing():
    same = [
        each
        for seed in range(4)
        for each in (
            trial(PLAIN, "gradient", 32, seed, ratio=5.0 + seed),
            trial(PLAIN, "fit", 32, seed, loss=2.0, accuracy=0.2, diverged=0.0),
            trial(RESIDUAL, "fit", 32, seed, loss=2.0, accuracy=0.2, diverged=0.0),
        )
    ]
    assert read(Trials(tuple(same))).answer == ""


@pytest.mark.parametrize(
    ("lost", "answer"), [((19, 0), "fit"), ((20, 0), "fit"), ((0, 19), ""), ((20, 20), "")]
)
def test_a_twin_that_diverged_fits_worse_and_is_said(lost, answer):
    reading = read(pairs(20, plain=1.4, residual=1.41, right=(0.3, 0.29), lost=lost))
    claim = next(each for each in reading.claims if each.id == "fit-32")
    for name, count in zip(("the plain network", "the residual one"), lost, strict=True):
        said = f"{name} in {Share(count=count, of=20).text}"
        assert (said in reading.headline) == (said in claim.sentence) == (count > 0)
    assert reading.answer == answer
    assert ("no worse than the residual one" in reading.meaning[-1]) == (lost == (0, 19))


def test_pairs_of_which_both_diverged_count_for_neither():
    held = twins(
        pairs(3, plain=2.0, residual=1.0, lost=(1, 1)),
        *(Place(arm=arm, condition=condition("fit", 32)) for arm in (PLAIN, RESIDUAL)),
    )
    assert (held.lower.count, held.higher.count, held.lower.of) == (2, 0, 3)
    assert held.first_fits(0.1) == ""


def gradients(seeds, **ratios):
    return Trials(
        tuple(
            trial(arm.replace("_", "-"), "gradient", 32, seed, ratio=ratio * (1 + 0.1 * seed))
            for arm, ratio in ratios.items()
            for seed in range(seeds)
        )
    )


LOST = {"plain_none_default": 1e-11, "plain_none_he": 1.1, "residual_none_default": 0.5}


def test_batchnorm_mends_only_what_it_does_not_overshoot():
    (said,) = read(gradients(3, **LOST, plain_bn_default=5.0)).meaning
    assert "He's weights, BatchNorm and shortcuts each mend that alone" in said
    trials = gradients(3, **LOST, plain_bn_default=32.0, residual_bn_default=2.0)
    (said,) = read(trials).meaning
    assert "He's weights and shortcuts each mend that alone" in said
    assert "BatchNorm brings it back and overshoots: 35 times as large at the input" in said
    assert "shortcuts with it keep it at 2.2 times" in said
    verdicts = {claim.id: claim.verdict for claim in read(gradients(20, **LOST)).claims}
    assert verdicts["even-he"] == "holds"
    (said,) = read(gradients(3, **LOST, plain_bn_default=9.8)).meaning
    assert "Not decided of BatchNorm" in said
    (said,) = read(gradients(3, plain_none_default=1e-11, plain_bn_default=1e-3)).meaning
    assert "Not mended by BatchNorm alone" in said


def test_two_seeds_of_a_gradient_are_told_and_nothing_follows():
    (said,) = read(gradients(2, **LOST)).meaning
    assert "1 × 10⁻¹¹ times" in said
    assert "mend" not in said
    assert said.endswith("(2 seeds: nothing follows from so few).")


def test_a_gradient_that_grows_is_not_disentangled_from_the_fit():
    told = "is not disentangled here"
    assert told not in read(pairs(3, plain=2.1, residual=1.4)).meaning[-1]
    grown = pairs(3, plain=2.1, residual=1.4, ratio=35.0)
    assert told in read(grown).meaning[-1]
    kept = [trial(RESIDUAL, "gradient", 32, seed, ratio=2.5 + seed / 10) for seed in range(3)]
    said = read(Trials((*grown.done, *kept))).meaning[-1]
    assert "They also keep that ratio at 2.6 times" in said


def bare(seeds, *losses):
    return Trials(
        tuple(
            trial(arm.id, "fit", 20, seed, loss=loss + 0.001 * seed * place, diverged=0.0)
            for place, (arm, loss) in enumerate(zip(BARE, losses, strict=True), start=1)
            for seed in range(seeds)
        )
    )


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ((2.28, 2.27, 2.0), "Neither plain nor residual learned to speak of"),
        ((2.28, 2.27, 2.0), "which was seen elsewhere, is not shown here"),
        ((1.8, 2.28, 1.7), "He's weights break the residual network here"),
        ((1.8, 1.7, 1.6), "do not break the residual network here"),
        ((2.28, 2.27, 2.0), "Started at zero, a residual network fits better"),
    ],
)
def test_networks_without_batchnorm_that_did_not_learn_show_no_break(losses, said):
    assert said in read(bare(4, *losses)).meaning[-1]
    few = read(bare(2, *losses)).meaning[-1]
    assert "learned" not in few
    assert few.endswith("is not decided here.")


def test_a_residual_network_that_diverges_alone_is_broken():
    lost = [trial(BARE[1].id, "fit", 20, seed, diverged=1.0) for seed in range(6)]
    found = Trials((*bare(6, 1.8, 1.7, 1.6).done, *lost))
    assert "He's weights break the residual network here" in read(found).meaning[-1]
