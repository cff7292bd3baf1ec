"""What is read of LeNet-5's modern parts, and drawn: few seeds, ties, misses and divergence too."""

import dataclasses

import pytest

from cnn_core.charts import experiments_lenet_1998 as charts
from cnn_core.charts import experiments_lenet_1998_curves as curves
from cnn_core.concepts.lenet_1998.row import EXPERIMENT
from cnn_core.concepts.lenet_1998.settings import ARMS, BASE, CHANGES, Lenet1998Settings
from cnn_core.concepts.lenet_1998.words import NAMES
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Trials

SMALL = Lenet1998Settings(data="digits", images=200, epochs=2, judged=100, target=20.0)
OTHERS = ARMS[1:]


def done(arm, seed, error, steps=None):
    names, figures = ["error"], [error]
    if steps is not None:
        names, figures = ["error", "steps"], [error, steps]
    return TrialDone(
        step=1,
        arm=arm,
        condition="",
        seed=seed,
        names=names,
        figures=figures,
        at=[40, 80],
        losses=[1.0, 0.5],
        accuracies=[0.5, 1 - error / 100],
        seconds=1.0,
        elapsed_seconds=1.0,
    )


def trials(seeds=10, missed=None, **less):
    """1998 at 6 %, and each arm by so much otherwise, give or take a little by seed.

    `missed` of the first seeds, by arm, do not come to the target.
    """
    found = []
    for seed in range(seeds):
        for place, (arm, change) in enumerate({BASE: 0.0, **less}.items()):
            name = arm.replace("_", "-")
            wobble = 0.1 * (-1) ** (seed // (place + 1))
            steps = None if seed < (missed or {}).get(name, 0) else 200 + 20 * change + wobble
            found.append(done(name, seed, 6.0 + change + wobble, steps))
    return Trials(tuple(found))


FOUND = {"relu": -1.5, "max_pool": -0.8, "softmax": 1.0, "full_c3": 0.0, "today": -1.5}


def test_reading_of_a_change_that_helps():
    reading = EXPERIMENT.read(SMALL, trials(**FOUND))
    assert reading.answer == "inside"
    assert "ReLU for tanh helps most: -1.5 percentage points (95 %: " in reading.headline
    claims = {claim.id: claim for claim in reading.claims}
    assert claims["error-relu"].verdict == "holds"
    assert "? Yes: -1.5 percentage points" in claims["error-relu"].sentence
    assert "fewer in 10 of 10 seeds (95 %: 69 to 100 %)" in claims["error-relu"].sentence
    assert claims["error-softmax"].verdict == "does not hold"
    assert "? No, more: +1.0 percentage points" in claims["error-softmax"].sentence
    assert claims["error-full-c3"].verdict == "cannot be told"
    assert "? That cannot be told: " in claims["error-full-c3"].sentence
    assert claims["steps-relu"].difference.mean == pytest.approx(-30.0, abs=0.1)
    assert "cannot be told apart" in reading.meaning[-1], "all of today's against ReLU alone"


def test_changes_that_are_not_told_apart_help_most_together():
    reading = EXPERIMENT.read(SMALL, trials(**{**FOUND, "max_pool": -1.5}))
    assert (
        "ReLU for tanh and max pooling for trained averages help most, and cannot be told apart: "
        "-1.5 percentage points" in reading.headline
    )


def test_an_arm_that_misses_the_target_in_some_seeds_is_judged_by_reaching_it():
    some = trials(20, missed={"max-pool": 4, "softmax": 9, "full-c3": 20}, **FOUND)
    reading = EXPERIMENT.read(SMALL, some)
    claims = {claim.id: claim for claim in reading.claims}
    told = claims["steps-max-pool"].sentence
    assert "it came so far in 16 of 20 seeds (95 %: 56 to 94 %), 1998 in 20 of 20" in told
    assert "one alone in 0 and 4 (sign test, p = 0.12)" in told
    assert "Where both did (16 seeds): -16 steps" in told
    assert [claims[f"steps-{arm}"].verdict for arm in CHANGES] == [
        "holds", "cannot be told", "does not hold", "does not hold",
    ]  # fmt: skip
    speed = next(each for each in reading.meaning if each.startswith("To 20 %"))
    assert "fewer are needed with ReLU for tanh and all four of today's" in speed
    assert "in fewer seeds with softmax for RBF outputs and full C3" in speed
    assert "max pooling for trained averages in 16 of 20 seeds" in speed
    assert "full C3 for table I in 0 of 20 seeds" in speed
    assert "every 10 steps, on 100 held-out images" in speed
    title = charts.differences_title(some, charts.STEPS, NAMES, BASE, OTHERS)
    assert title == "Fewer steps with ReLU for tanh and all four of today's"
    alt = charts.differences_alt(some, charts.STEPS, NAMES, BASE, OTHERS)
    assert "-16 in the 16 of 20 seeds that both have: nothing is told" in alt
    missed = EXPERIMENT.read(SMALL, trials(20, missed={BASE: 8}, **FOUND))
    assert "LeNet-5 of 1998 came to 20 % in 12 of 20 seeds (95 %: 36 to 81 %)" in " ".join(
        missed.meaning
    )
    assert "it is reached in more seeds with ReLU" in " ".join(missed.meaning)


def test_a_training_that_diverged_is_counted_and_its_arm_decides_nothing():
    lost = dataclasses.replace(done("relu", 0, 90.0), names=["diverged"], figures=[1.0])
    reading = EXPERIMENT.read(SMALL, Trials((*trials(**FOUND).done, lost)))
    assert "ReLU for tanh in 1 of 10 seeds" in reading.meaning[0]
    assert reading.meaning[0].startswith("Diverged")
    assert reading.answer == ""
    assert {claim.id: claim for claim in reading.claims}["error-relu"].verdict == "cannot be told"
    assert "max pooling for trained averages helps most" in reading.headline


def test_two_seeds_decide_nothing():
    reading = EXPERIMENT.read(SMALL, trials(2, **FOUND))
    assert reading.headline.endswith("; 2 seeds cannot tell what a single change does to that.")
    assert {claim.verdict for claim in reading.claims} == {"cannot be told"}


@pytest.mark.parametrize(
    ("changes", "seeds", "answer"),
    [
        ({**FOUND, "max_pool": -3.0}, 10, "inside"),
        ({**FOUND, "softmax": -3.0}, 10, "outputs"),
        ({**FOUND, "full_c3": -3.0}, 10, "connections"),
        ({**FOUND, "full_c3": -1.5}, 10, ""),
        (dict.fromkeys(FOUND, 0.0), 10, "none"),
        (dict.fromkeys(FOUND, 0.0), 3, ""),
        (FOUND, 1, ""),
        ({"relu": -1.5, "today": -1.0}, 10, ""),
        ({"today": -1.0}, 10, ""),
        ({}, 10, ""),
    ],
)
def test_answer_is_what_the_seeds_bear_out(changes, seeds, answer):
    reading = EXPERIMENT.read(SMALL, trials(seeds, **changes))
    assert reading.answer == answer
    for sentence in (reading.headline, *reading.meaning, *(c.sentence for c in reading.claims)):
        assert sentence.endswith("."), sentence
        assert "nan" not in sentence
    if answer:
        assert EXPERIMENT.answer(answer)


def test_reading_without_trials_or_a_partner():
    for some in (Trials(), Trials((done("relu", 0, 5.0),))):
        assert EXPERIMENT.read(SMALL, some).answer == ""


def test_seeds_that_stay_at_chance_are_told():
    stuck = Trials((*trials(**FOUND).done, done("relu", 3, 90.0)))
    told = [each for each in EXPERIMENT.read(SMALL, stuck).meaning if "hardly trained" in each]
    assert told == [
        "Above 50 % wrong, so hardly trained at all: ReLU for tanh in 1 of 10 seeds "
        "(95 %: 0 to 45 %)."
    ]


def test_chart_says_what_can_be_told_apart():
    found = trials(**FOUND)
    asked = (found, charts.ERRORS, NAMES, BASE, OTHERS)
    assert charts.differences_title(*asked) == (
        "Fewer errors with ReLU for tanh, max pooling for trained averages and all four of "
        "today's; more errors with softmax for RBF outputs"
    )
    figure = charts.differences_chart(*asked)
    symbols = {trace.name: trace.marker.symbol for trace in figure.data[1:]}
    assert symbols["ReLU for tanh"] == "diamond"
    assert symbols["full C3 for table I"] == "diamond-open"
    assert len(figure.data[0].x) == 50, "a dot for each seed"
    assert figure.layout.xaxis.tickfont.size >= 14
    alt = charts.differences_alt(*asked)
    assert "full C3 for table I: 0.0 (95 %: -0.1 to +0.1), 10 seeds, cannot" in alt
    assert "cannot be told apart" in alt


def test_charts_of_few_or_no_trials():
    one, none = trials(1, relu=-1.5), Trials()
    title = charts.differences_title(one, charts.STEPS, NAMES, BASE, OTHERS)
    assert title == "One seed, no interval: nothing can be told of steps yet"
    for some in (one, none):
        charts.differences_chart(some, charts.STEPS, NAMES, BASE, OTHERS)
        curves.curves_chart(some, NAMES, ARMS, target=90.0)


def test_the_title_of_the_curves_names_no_winner_that_is_not_told_apart():
    found = [
        curves.curves_title(trials(seeds, **changes), NAMES, ARMS)
        for seeds, changes in (
            (10, {**FOUND, "relu": -2.5}),
            (10, {**FOUND, "today": -0.5}),
            (10, {**FOUND, "max_pool": -1.5}),
            (2, FOUND),
            (2, {}),
        )
    ]
    assert found == [
        "After 80 steps ReLU for tanh is ahead: 3.5 % wrong on average",
        "After 80 steps ReLU for tanh is ahead: 4.5 % wrong on average",
        "After 80 steps ReLU for tanh, max pooling for trained averages and all four of today's "
        "lead and cannot be told apart: 4.5, 4.5 and 4.5 % wrong on average",
        "After 80 steps no network can be told to be ahead",
        "After 80 steps LeNet-5 of 1998 reads 6.0 % wrong on average",
    ]
