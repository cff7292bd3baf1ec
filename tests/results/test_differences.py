"""Pairs by seed: the differences and their intervals, against SciPy and by hand."""

import numpy as np
import pytest
from scipy import stats

from cnn_core.results.chance import paired_interval, sign_test
from cnn_core.results.differences import differences, endings_sentence
from cnn_core.results.events import Preparing, RunFinished
from cnn_core.results.history import History
from cnn_core.results.studied import Studied
from tests.results.told_curves import level, told_history, told_record

RNG = np.random.default_rng(7)


def studied(accuracies, *, valid=0.8, train=0.9, first_seed=0, **changes):
    seeds = range(first_seed, first_seed + len(accuracies))
    return Studied(
        records=tuple(
            told_record(seed, test_accuracy=share, **changes)
            for seed, share in zip(seeds, accuracies, strict=True)
        ),
        histories=tuple(
            told_history(level(valid + 0.01 * seed), train=level(train)) for seed in seeds
        ),
    )


def ended(test_size):
    return RunFinished(
        step=100, epoch=10, status="finished", train_seconds=10.0, elapsed_seconds=11.0,
        images_per_second=1.0, best_epoch=10, test_accuracy=0.8, test_size=test_size,
    )  # fmt: skip


def by_id(found):
    return {each.id: each for each in found}


def test_the_interval_is_students_over_the_pairs():
    before, after = [0.80, 0.82, 0.81], [0.84, 0.85, 0.86]
    found = by_id(differences(studied(before), studied(after)))["test-accuracy"]
    test = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((test.low, test.high))
    assert (found.before, found.after) == pytest.approx((0.81, 0.85))
    assert (found.seeds, found.told_apart) == (3, True)
    assert "more than chance at n = 3" in found.sentence
    assert "rose by 4.0 points, from 81.0 to 85.0 %" in found.sentence


def test_what_chance_explains_is_said_so():
    found = by_id(differences(studied([0.80, 0.86, 0.81]), studied([0.84, 0.83, 0.83])))
    assert not found["test-accuracy"].told_apart
    assert "cannot be told apart at n = 3" in found["test-accuracy"].sentence


def test_seeds_are_paired_by_their_number_and_only_those_that_both_have():
    before, after = studied([0.5, 0.6, 0.7]), studied([0.9, 0.95], first_seed=1)
    found = by_id(differences(before, after))["test-accuracy"]
    assert found.seeds == 2
    assert (found.before, found.after) == pytest.approx((0.65, 0.925))
    assert differences(studied([0.5]), studied([0.6], first_seed=4)) == ()


def test_gap_and_times_are_compared_too():
    found = by_id(differences(studied([0.8, 0.8]), studied([0.8, 0.8], valid=0.86)))
    assert found["gap"].mean == pytest.approx(-0.06)
    assert "narrowed from 9.5 to 3.5 points" in found["gap"].sentence
    assert "12.5 before, 12.5 after" in found["seconds"].sentence
    assert found["train-accuracy"].mean == 0


def test_runs_whose_training_pictures_were_not_scored_have_no_gap():
    told = Studied(records=(told_record(),), histories=(told_history(level(0.8)),))
    assert set(by_id(differences(told, told))) == {"test-accuracy", "valid-accuracy", "seconds"}


def test_one_seed_tells_no_spread_and_equal_differences_show_none():
    alone = by_id(differences(studied([0.8]), studied([0.9])))["test-accuracy"]
    assert (alone.low, alone.told_apart) == (None, False)
    assert "one seed has no spread" in alone.sentence
    equal = by_id(differences(studied([0.8, 0.8]), studied([0.9, 0.9])))["test-accuracy"]
    assert (equal.low, equal.told_apart) == (None, False)


def test_of_one_seed_the_predictions_on_the_same_pictures_give_an_interval():
    truth = RNG.random(1_000)
    first, second = truth < 0.8, truth < 0.9
    found = by_id(differences(studied([0.8]), studied([0.9]), right={0: (first, second)}))
    test = found["test-accuracy"]
    assert (test.low, test.high) == pytest.approx(
        paired_interval(
            int((first & second).sum()), int((second & ~first).sum()), 0, int((~second).sum())
        )
    )
    assert test.told_apart
    assert "over the test pictures, not over seeds" in test.sentence
    assert found["valid-accuracy"].low is None
    assert (test.before, test.after) == pytest.approx((first.mean(), second.mean()))


def test_of_more_test_pictures_those_that_both_looked_at_count():
    before, after = studied([0.80, 0.82]), studied([0.90, 0.93])
    for side, size in ((before, 2_000), (after, 4_000)):
        for history in side.histories:
            history.extend([ended(size)])
    assert "test-accuracy" not in by_id(differences(before, after))
    same = np.arange(100) < 80
    right = dict.fromkeys((0, 1), (same, np.arange(100) < 85))
    found = by_id(differences(before, after, right=right))["test-accuracy"]
    assert (found.before, found.after, found.seeds) == pytest.approx((0.80, 0.85, 2))


def test_what_a_frozen_part_took_belongs_to_the_run():
    before, after = studied([0.8, 0.8]), studied([0.8, 0.8])
    for side, took in ((before, 5.0), (after, 40.0)):
        told = [
            History([Preparing(what="VGG-16 looks", done=9, total=9, seconds=took)])
            for _ in side.histories
        ]
        for history, prepared in zip(side.histories, told, strict=True):
            assert history.prepared_seconds == 0
            assert prepared.prepared_seconds == took
        object.__setattr__(side, "histories", tuple(told))
    assert by_id(differences(before, after))["seconds"].mean == pytest.approx(35.0)


@pytest.mark.parametrize("counts", [(36, 12, 2, 0), (900, 30, 5, 65), (0, 0, 0, 10), (5, 0, 0, 0)])
def test_the_paired_interval_turns_round_with_its_sides(counts):
    both, first, second, neither = counts
    low, high = paired_interval(both, first, second, neither)
    turned = paired_interval(both, second, first, neither)
    assert (-turned[1], -turned[0]) == pytest.approx((low, high))
    assert -1 <= low <= (first - second) / sum(counts) <= high <= 1
    if sign_test(first, second) < 0.01:
        assert low > 0


def test_pairs_that_agree_are_told_apart_sooner_than_independent_ones():
    agreeing, opposed = paired_interval(800, 40, 10, 150), paired_interval(650, 190, 160, 0)
    assert agreeing[0] > opposed[0]


def test_how_the_runs_ended_is_said_where_not_all_have_finished():
    good, gone = studied([0.8, 0.8]), studied([None, None], status="diverged")
    assert endings_sentence(good, good) == ""
    assert endings_sentence(gone, good) == (
        "Of the runs without the change 2 diverged, with it 2 finished."
    )
    assert differences(gone, good) == ()
