"""What the trials of little data say, whatever came out."""

import dataclasses

import numpy as np
import pytest

from cnn_core.concepts.little_data.plan import plan
from cnn_core.concepts.little_data.reading import ANSWERS, read
from cnn_core.concepts.little_data.row import EXPERIMENT
from cnn_core.concepts.little_data.settings import EVERY, LittleDataSettings
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Trials

SETTINGS = LittleDataSettings(seeds=3, slow_seeds=3, images=("5", EVERY), slow_images=("5", EVERY))
USUAL = {
    ("frozen", "5"): 0.60, ("random", "5"): 0.30, ("last-block", "5"): 0.50, ("all", "5"): 0.52,
    ("scratch", "5"): 0.25, ("small", "5"): 0.35, ("frozen", EVERY): 0.80, ("random", EVERY): 0.35,
    ("last-block", EVERY): 0.86, ("all", EVERY): 0.88, ("scratch", EVERY): 0.40,
    ("small", EVERY): 0.61,
}  # fmt: skip


LATER = ("last-block", EVERY)


def trials_of(means, *, seeds=3, synthetic=0.0, noise=0.004, imagenet=1.0):
    done = []
    for seed in range(seeds):
        for number, ((arm, size), mean) in enumerate(means.items()):
            accuracy = mean + noise * np.random.default_rng([seed, number]).standard_normal()
            figures = {
                "accuracy": accuracy,
                "elsewhere": accuracy - 0.05,
                "judged": 25.0,
                "pictures": 25.0 if size == "5" else 500.0,
                "classes": 5.0,
                "imagenet": imagenet,
                "synthetic": synthetic,
                "seconds": 40.0 if arm in ("all", "scratch") else 2.0,
            }
            done.append(
                TrialDone(
                    step=len(done) + 1,
                    arm=arm,
                    condition=size,
                    seed=seed,
                    names=list(figures),
                    figures=list(figures.values()),
                    seconds=1.0,
                    elapsed_seconds=1.0,
                )
            )
    return Trials(tuple(done))


def claims(reading):
    return {claim.id: claim for claim in reading.claims}


def test_usual_trials_speak_for_the_frozen_network():
    reading = read(SETTINGS, trials_of(USUAL))
    found = claims(reading)
    assert reading.answer == "head"
    assert "With 5 pictures a class, a last layer on frozen ImageNet" in reading.headline
    assert "in 100 steps" in reading.headline
    assert "40 steps" in reading.headline
    assert "in 3 seeds" in reading.headline
    assert "3 of 3 seeds (95 %: 29 to 100 %)" in found["features"].sentence
    assert found["features"].verdict == "cannot be told"  # three seeds are no "19 of 20"
    assert found["all-overtakes"].verdict == "holds"
    assert "at 100 pictures a class" in found["all-overtakes"].sentence
    assert any("daisy" in sentence for sentence in reading.meaning)
    assert any("from the same 525 pictures" in sentence for sentence in reading.meaning)
    assert len(reading.meaning) <= 4


def test_twenty_seeds_decide_about_the_features():
    found = claims(read(SETTINGS, trials_of(USUAL, seeds=20)))["features"]
    assert found.verdict == "holds"
    assert "20 of 20 seeds (95 %: 83 to 100 %)" in found.sentence


def test_from_scratch_is_decided_by_pairs_and_their_interval():
    better = claims(read(SETTINGS, trials_of(USUAL | {("small", EVERY): 0.70})))["scratch-needs"]
    assert better.verdict == "holds"
    assert "a small network from scratch (160 steps) with 100 pictures a class" in better.sentence
    assert "fewer that were tried are not enough" in better.sentence
    worse = claims(read(SETTINGS, trials_of(USUAL | {("small", EVERY): 0.50})))["scratch-needs"]
    assert worse.verdict == "does not hold"
    two = trials_of(USUAL | {("small", EVERY): 0.70}).done
    two = [each for each in two if each.arm not in ("small", "scratch") or each.seed < 2]
    few = claims(read(SETTINGS, Trials(tuple(two))))["scratch-needs"]
    assert few.verdict == "cannot be told"
    assert "is not measured well enough" in few.sentence


def test_other_sizes_than_the_one_asked_for_answer_nothing():
    larger = {("frozen", "20"): 0.8, ("random", "20"): 0.3, ("last-block", "20"): 0.7,
              ("all", "20"): 0.7, ("scratch", "20"): 0.2, ("small", "20"): 0.3}  # fmt: skip
    settings = LittleDataSettings(seeds=20, images=("20",), slow_images=("20",), slow_seeds=20)
    reading = read(settings, trials_of(larger, seeds=20))
    assert reading.answer == ""
    assert "With 20 pictures a class" in reading.headline
    assert not {"features", "scratch-needs"} & set(claims(reading))


def test_arms_of_too_few_seeds_leave_the_answer_open():
    done = [each for each in trials_of(USUAL).done if each.arm != "small" or each.seed < 2]
    reading = read(SETTINGS, Trials(tuple(done)))
    assert reading.answer == ""
    assert "not decided within this effort, 2 seeds: a small network from scratch (160 steps)" in (
        reading.headline
    )


def test_trainings_that_diverged_are_said():
    done = list(trials_of(USUAL).done)
    lost = next(n for n, each in enumerate(done) if (each.arm, each.condition) == ("all", "5"))
    done[lost] = dataclasses.replace(done[lost], names=["diverged"], figures=[1.0])
    reading = read(SETTINGS, Trials(tuple(done)))
    assert any(
        "all of the ImageNet network, 5 a class in 1 of 3 seeds" in said for said in reading.meaning
    )


@pytest.mark.parametrize(
    ("arm", "answer"), [("all", "more"), ("last-block", "more"), ("scratch", "scratch"),
                        ("small", "small")]
)  # fmt: skip
def test_the_best_arm_gives_the_answer(arm, answer):
    reading = read(SETTINGS, trials_of(USUAL | {(arm, "5"): 0.75}))
    assert reading.answer == answer
    assert arm in ANSWERS[answer]
    assert EXPERIMENT.answer(answer)


def test_a_tie_is_a_result_without_an_answer():
    reading = read(SETTINGS, trials_of(USUAL | {("last-block", "5"): 0.602}, noise=0.02))
    assert reading.answer == ""
    assert "cannot be told apart" in reading.headline


def test_a_lucky_seed_of_a_slow_arm_decides_nothing():
    lucky = trials_of(USUAL | {("last-block", "5"): 0.66}).done
    few = [each for each in lucky if each.arm != "all"]
    few += list(trials_of({("all", "5"): 0.90}, seeds=1).done)
    reading = read(SETTINGS, Trials(tuple(few)))
    assert reading.answer == "more"
    assert "the last block of the ImageNet network comes to" in reading.headline
    assert (
        "within this effort, one seed: all of the ImageNet network (40 steps)" in reading.headline
    )


def test_a_small_difference_does_not_hold_and_nothing_overtakes():
    means = dict.fromkeys(USUAL, 0.30) | {("frozen", "5"): 0.40, ("frozen", EVERY): 0.70}
    found = claims(read(SETTINGS, trials_of(means)))
    assert found["features"].verdict == "does not hold"
    assert found["features"].share.count == 0
    assert found["all-overtakes"].verdict == "does not hold"
    assert "not overtake the frozen network within these data" in found["all-overtakes"].sentence
    assert found["scratch-needs"].verdict == "does not hold"


def test_ahead_first_and_behind_later_is_not_overtaking():
    means = USUAL | {("last-block", "5"): 0.70, ("last-block", EVERY): 0.70}
    claim = claims(read(SETTINGS, trials_of(means)))["last-block-overtakes"]
    assert claim.verdict == "does not hold"
    assert "ahead of the frozen network with 5 pictures a class, but behind it with 100" in (
        claim.sentence
    )


def test_ahead_first_and_a_seed_behind_later_leaves_it_open():
    means = USUAL | {("last-block", "5"): 0.70}
    first = [each for each in trials_of(means).done if (each.arm, each.condition) != LATER]
    later = trials_of({LATER: 0.70}, seeds=1).done
    claim = claims(read(SETTINGS, Trials((*first, *later))))["last-block-overtakes"]
    assert claim.verdict == "cannot be told"
    assert "whether it stays so is not measured well enough" in claim.sentence
    assert "(one seed, no interval)" in claim.sentence


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_seed_and_two_decide_nothing(seeds):
    reading = read(SETTINGS, trials_of(USUAL, seeds=seeds))
    assert reading.answer == ""
    assert reading.headline.startswith("With 5 pictures a class, not decided within this effort, ")
    assert {claim.verdict for claim in reading.claims} == {"cannot be told"}
    assert any("not measured well enough to say" in sentence for sentence in reading.meaning)


@pytest.mark.parametrize(
    ("random", "noise", "said"),
    [(0.60, 0.02, "cannot be told apart"), (0.80, 0.004, "learns better on random convolutions")],
)
def test_random_weights_as_good_or_better_say_so(random, noise, said):
    reading = read(SETTINGS, trials_of(USUAL | {("random", "5"): random}, noise=noise))
    assert any(said in sentence for sentence in reading.meaning)
    assert not any("are what ImageNet's photos taught" in sentence for sentence in reading.meaning)


def test_more_pictures_that_do_not_help_from_scratch_are_said_to_measure_steps():
    said = "so that its steps are measured there, not its pictures"
    reading = read(SETTINGS, trials_of(USUAL | {("scratch", EVERY): 0.22}))
    assert any(said in sentence for sentence in reading.meaning)
    assert not any(said in sentence for sentence in read(SETTINGS, trials_of(USUAL)).meaning)


def test_drawn_flowers_get_no_verdict():
    reading = read(SETTINGS, trials_of(USUAL, synthetic=1.0))
    assert reading.answer == ""
    assert not reading.claims
    assert reading.headline.startswith("Drawn flowers show the mechanics, not transfer.")


def test_classes_that_imagenet_does_not_have_are_not_spoken_of():
    reading = read(SETTINGS, trials_of(USUAL, imagenet=0.0))
    assert not any("ImageNet's 1,000" in sentence for sentence in reading.meaning)


def test_any_part_of_the_trials_can_be_read():
    done = trials_of(USUAL, seeds=2).done
    for count in range(len(done) + 1):
        reading = read(SETTINGS, Trials(done[:count]))
        said = [reading.headline, *reading.meaning, *(each.sentence for each in reading.claims)]
        assert all(each.endswith(".") and "nan" not in each for each in said)
    assert read(SETTINGS, Trials()).headline == "No trial is done yet."


def test_the_weights_of_trials_are_positive():
    for preset in EXPERIMENT.presets.values():
        assert all(each.weight > 0 for each in plan(preset))
