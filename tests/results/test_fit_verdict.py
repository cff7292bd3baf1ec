"""What curves say that are told by hand, at the thresholds and where something is missing.

Real runs that were made to be each of the six are in tests/studies/test_fit_verdicts_study.py.
"""

import json
import math
from dataclasses import replace

import pytest

from cnn_core.results.events import StepsDone
from cnn_core.results.fit_verdict import fit_verdict
from cnn_core.results.metrics import wilson_interval
from tests.results.told_curves import CONFIG, START, level, told, told_history

RISING = [0.50, 0.55, 0.60, 0.64, 0.68, 0.71, 0.74, 0.77, 0.80, 0.82]

SHOT_UP = StepsDone(
    step=101, epoch=11, losses=[40.0], images=64, window_seconds=1.0, train_seconds=11.0,
    elapsed_seconds=12.0, learning_rate=1e-3,
)  # fmt: skip


def evidence(verdict):
    return {one.id: one for one in verdict.evidence}


def test_the_evidence_that_decided_comes_first_with_figure_interval_and_threshold():
    verdict = fit_verdict(told(told_history(level(0.8), train=level(0.95))), chance=0.1)
    assert verdict.kind == "overfitting"
    first = verdict.evidence[0]
    assert (first.id, first.holds, first.threshold) == ("gap", True, 0.02)
    assert first.value == pytest.approx(0.15)
    assert 0.12 < first.low < 0.15 < first.high < 0.18
    assert "15 points" in verdict.sentence
    assert "95 % of the training pictures" in verdict.sentence
    assert "Guessing gets 10 %" in evidence(verdict)["train-accuracy"].sentence
    assert len({one.id for one in verdict.evidence}) == len(verdict.evidence)
    assert all(one.sentence for one in verdict.evidence)


def test_a_low_running_accuracy_is_no_underfitting():
    """Dropout and augmentation push down what is counted while it trains, and nothing else."""
    history = told_history(level(0.93), train=level(0.95), running=level(0.61))
    verdict = fit_verdict(told(history))
    assert verdict.kind == "well-fitted"
    running = evidence(verdict)["running-accuracy"]
    assert not running.holds
    assert "61 % as they were trained on, 95 % scored as validation is" in running.sentence


def test_without_scored_training_pictures_the_running_figure_is_not_taken_for_them():
    history = told_history(level(0.8), running=level(0.99))
    verdict = fit_verdict(told(history))
    assert verdict.kind == "cannot-tell"
    assert "train_sample=2000" in verdict.sentence
    assert evidence(verdict)["train-accuracy"].value is None
    assert "not taken in their place" in evidence(verdict)["train-accuracy"].sentence


def test_without_scored_training_pictures_what_follows_all_the_same_is_said():
    assert fit_verdict(told(told_history(level(0.98)))).kind == "well-fitted"
    turned = [0.5, 0.4, 0.35, 0.3, 0.33, 0.36, 0.4, 0.44, 0.5, 0.55]
    verdict = fit_verdict(told(told_history(level(0.8), valid_losses=turned)))
    assert (verdict.kind, verdict.evidence[0].id) == ("overfitting", "valid-loss")
    flat = fit_verdict(told(told_history(level(0.1), losses=[START] * 10)))
    assert (flat.kind, flat.evidence[0].id) == ("underfitting", "start-loss")


@pytest.mark.parametrize(
    ("train", "valid", "kind"),
    [(0.80, 0.79, "underfitting"), (0.80, 0.76, "underfitting"), (0.85, 0.70, "overfitting")],
)
def test_of_not_learned_and_learned_by_heart_the_greater_names_it(train, valid, kind):
    assert fit_verdict(told(told_history(level(valid), train=level(train)))).kind == kind


def test_a_gap_that_the_pictures_leave_open_is_left_open():
    few = told_history(level(0.92), train=level(0.96), valid_size=60)
    verdict = fit_verdict(told(few))
    assert (verdict.kind, verdict.evidence[0].id) == ("cannot-tell", "gap")
    many = told_history(level(0.92), train=level(0.96), valid_size=6_000)
    assert fit_verdict(told(many)).kind == "overfitting"


def test_training_pictures_that_are_scored_as_a_whole_are_no_sample():
    """Of ten pictures all ten are right: that is so, and not somewhere above 72 %."""
    history = told_history(level(0.75), train=[1.0] * 10, sample=640, valid_size=430)
    gap = fit_verdict(told(history)).evidence[0]
    low, high = wilson_interval(0.75 * 430, 430)
    assert (gap.low, gap.high) == pytest.approx((1 - high, 1 - low), abs=2e-3)


def test_seeds_give_an_interval_of_their_own():
    seeds = [
        told_history(level(valid), train=level(0.95), valid_size=60) for valid in (0.85, 0.84, 0.86)
    ]
    assert fit_verdict(told(seeds[0])).evidence[0].low < 0.05
    verdict = fit_verdict(told(*seeds))
    assert (verdict.kind, verdict.seeds) == ("overfitting", 3)
    assert verdict.evidence[0].low == pytest.approx(0.1 - 4.3027 * 0.01 / math.sqrt(3), abs=1e-4)


def test_a_curve_that_rises_is_still_improving_unless_its_rate_was_to_end():
    train = [value + 0.03 for value in RISING]
    rising = told_history(RISING, train=train)
    verdict = fit_verdict(told(rising))
    assert (verdict.kind, verdict.evidence[0].id) == ("still-improving", "valid-rise")
    annealed = replace(CONFIG, schedule="one-cycle")
    verdict = fit_verdict(told(rising, config=annealed))
    assert verdict.kind == "underfitting"
    assert "learning rate to nought" in evidence(verdict)["schedule"].sentence
    under_way = replace(annealed, epochs=20)
    assert fit_verdict(told(rising, config=under_way, status="running")).kind == "still-improving"


def test_where_all_is_learned_a_rise_is_not_waited_for():
    verdict = fit_verdict(told(told_history(RISING, train=[1.0] * 10)))
    assert verdict.kind == "overfitting"


@pytest.mark.parametrize(
    ("losses", "start", "reason"),
    [
        ([2.0, 1.0, 0.5, 0.4, 0.4, 0.9, 1.1, 1.2, 1.2, 1.3], START, "given-back"),
        ([2.6] * 10, START, "start-loss"),
        ([9.0, 2.3, *[2.29] * 8], START, "start-loss"),
    ],
)
def test_a_loss_that_goes_up_diverges(losses, start, reason):
    history = told_history(level(0.3), train=level(0.3), losses=losses, start=start)
    if reason == "start-loss" and losses[-1] < START:
        assert fit_verdict(told(history)).kind == "underfitting"
        history.extend([SHOT_UP])
    verdict = fit_verdict(told(history))
    assert (verdict.kind, verdict.evidence[0].id) == ("diverging", reason)


def test_one_run_that_diverged_is_enough():
    histories = [told_history(level(0.8), train=level(0.82)) for _ in range(2)]
    studied = told(*histories)
    records = (studied.records[0], replace(studied.records[1], status="diverged"))
    verdict = fit_verdict(replace(studied, records=records))
    assert verdict.kind == "diverging"
    assert "1 of 2 runs" in verdict.sentence


@pytest.mark.parametrize("epochs", [0, 1, 4])
def test_too_few_epochs_say_how_many_are_missing(epochs):
    valid = level(0.8, epochs)
    verdict = fit_verdict(told(told_history(valid, train=valid)))
    assert (verdict.kind, verdict.epochs) == ("cannot-tell", epochs)
    assert verdict.evidence[0].id == "epochs"
    assert "5 are needed" in verdict.sentence


def test_epochs_that_are_no_numbers_are_left_out():
    valid = [*level(0.8, 9), math.nan]
    verdict = fit_verdict(told(told_history(valid, train=level(0.95))))
    assert (verdict.kind, verdict.epochs) == ("overfitting", 9)
    assert "nan" not in json.dumps([one.sentence for one in verdict.evidence])


def test_of_a_group_under_way_the_seeds_that_have_finished_are_read():
    studied = told(told_history(level(0.8), train=level(0.95)), told_history(level(0.3, 2)))
    records = (studied.records[0], replace(studied.records[1], status="running"))
    verdict = fit_verdict(replace(studied, records=records))
    assert (verdict.kind, verdict.seeds, verdict.epochs) == ("overfitting", 1, 10)
