"""LeNet-5 of 1998 with one modern part at a time: the networks, a trial, and what is read."""

import dataclasses
import math
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from cnn_core.charts import experiments_lenet_1998 as charts
from cnn_core.concepts.experiment import Planned
from cnn_core.concepts.lenet_1998 import trials as lenet_trials
from cnn_core.concepts.lenet_1998.networks import PARTS, MixedLeNet5
from cnn_core.concepts.lenet_1998.plan import plan
from cnn_core.concepts.lenet_1998.row import EXPERIMENT
from cnn_core.concepts.lenet_1998.settings import ARMS, BASE, CHANGES, RATES, Lenet1998Settings
from cnn_core.concepts.lenet_1998.sizes import change_of, parameters_of, total, unpadded
from cnn_core.concepts.lenet_1998.words import NAMES
from cnn_core.data.datasets import open_dataset
from cnn_core.models.lenet1998 import LeNet51998
from cnn_core.models.lenet1998_constants import BACKGROUND, FOREGROUND
from cnn_core.models.registry import model_row
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Trials
from cnn_core.ui.experiments.lenet_1998_facts import sum_of_parameters

SMALL = Lenet1998Settings(data="digits", images=200, epochs=2, judged=100, target=20.0)
OTHERS = ARMS[1:]


def network(arm, initial="pytorch"):
    torch.manual_seed(0)
    return MixedLeNet5(PARTS[arm], initial=initial)


def pictures(count=4):
    draw = torch.Generator().manual_seed(1)
    span = FOREGROUND - BACKGROUND
    return BACKGROUND + span * torch.rand(count, 1, 28, 28, generator=draw)


@pytest.fixture(scope="module")
def digits():
    return open_dataset("digits", Path())


def ran(arm, digits, settings=SMALL, seed=3):
    seen = []
    prepared = lenet_trials.prepare(settings, digits, torch.device("cpu"))
    run = lenet_trials.run_trial(Planned(arm=arm, seed=seed), settings, prepared)
    while True:
        try:
            seen.append(next(run))
        except StopIteration as ended:
            return seen, ended.value


def test_with_nothing_modern_it_is_the_network_of_1998():
    mixed, images, labels = network(BASE, "1998"), pictures(), torch.tensor([3, 1, 4, 1])
    torch.manual_seed(0)
    old = LeNet51998()
    assert all(torch.equal(mixed.state_dict()[name], each) for name, each in old.named_parameters())
    expected = old(images)
    assert torch.allclose(mixed(images), expected, rtol=1e-4, atol=1e-4)
    assert torch.equal(mixed.loss(expected, labels), old.loss(expected, labels))


@pytest.mark.parametrize("arm", ARMS)
def test_parameters_are_those_that_are_told(arm):
    counted = sum(each.numel() for each in network(arm).parameters())
    assert counted == parameters_of(arm)


def test_sums_of_parameters():
    """60,000 of 1998; 900 of a full C3, 44 of subsampling, 850 of softmax; 44,426 unpadded."""
    changes = [change_of(arm).parameters for arm in ("full-c3", "max-pool", "softmax")]
    assert changes == [900, -44, 850]
    assert (total("1998"), parameters_of("today"), total("today")) == (60_000, 61_706, 44_426)
    assert parameters_of("today") + unpadded().parameters == total("today")
    assert [model_row(name).parameters for name in ("lenet5-1998", "lenet5")] == [60_000, 44_426]
    assert sum_of_parameters() == "60{,}000 + 900 - 44 + 850 = 61{,}706"


def test_a_change_leaves_the_other_parts_as_they_were():
    old, images = network(BASE), pictures()
    theirs = {"relu": set(), "max-pool": {"s2", "s4"}, "softmax": {"output"}, "full-c3": {"c3"}}
    for arm, own in theirs.items():
        changed = network(arm)
        for name, each in old.named_parameters():
            if name.split(".")[0] not in own:
                assert torch.equal(changed.state_dict()[name], each), (arm, name)
        assert not torch.allclose(changed(images), old(images)), arm


def test_loss_is_cross_entropy_with_softmax_alone():
    outputs, labels = torch.randn(5, 10), torch.arange(5)
    plain = F.cross_entropy(outputs, labels)
    same = {arm: torch.equal(network(arm).loss(outputs, labels), plain) for arm in ARMS}
    assert same == {arm: PARTS[arm].softmax for arm in ARMS}


def test_first_weights_are_the_same_draws_in_another_range():
    old, spread = network(BASE, "1998"), network(BASE)
    inputs = {"c1": 25, "s2": 4, "s4": 4, "c5": 400, "f6": 120}
    for name, count in inputs.items():
        for mine, its in zip(
            getattr(spread, name).parameters(), getattr(old, name).parameters(), strict=True
        ):
            assert torch.allclose(mine, its * math.sqrt(count) / 2.4)
            assert mine.abs().max() <= 1 / math.sqrt(count)
    assert spread.c3.weight[-1].abs().max() <= 1 / math.sqrt(150) < spread.c3.weight.abs().max()


def test_relu_is_behind_every_convolution_and_f6_keeps_its_tanh_for_the_codes():
    with torch.no_grad():
        outputs = network("relu")(pictures())
    assert outputs.max() < 0, "minus distances from the codes"
    calls = []
    relu = network("relu")
    relu.output.register_forward_pre_hook(lambda _, given: calls.append(given[0]))
    relu.c5.register_forward_pre_hook(lambda _, given: calls.append(given[0]))
    relu(10 * pictures())
    s4, f6 = calls
    assert s4.min() < 0, "what is subsampled is not cut off: a map of a negative coefficient lives"
    assert f6.min() < 0 < 1.7159 >= f6.abs().max()


def test_a_trial_is_a_function_of_its_seed_and_learns(digits):
    seen, figures = ran("today", digits)
    again = ran("today", digits)[1]
    assert {**figures, "seconds": 0} == {**again, "seconds": 0}
    assert [each.at for each in seen] == [10, 20]
    assert figures["error"] < 80, "by chance 90"
    assert figures["parameters"] == 61_706
    assert 0 < figures["steps"] <= 20
    other = ran("today", digits, seed=4)[1]
    assert other["error"] != figures["error"] or other["steps"] != figures["steps"]


def test_a_target_that_is_not_reached_has_no_steps(digits):
    settings = dataclasses.replace(SMALL, images=50, epochs=1, target=99.0)
    assert "steps" not in ran(BASE, digits, settings)[1]


def test_every_arm_has_its_rate_name_and_place_in_the_plan():
    assert set(RATES) == set(NAMES) == set(ARMS) == set(PARTS)
    for preset, settings in EXPERIMENT.presets.items():
        planned = plan(settings)
        assert len(planned) == settings.seeds * len(settings.arms)
        assert {each.arm for each in planned} == set(settings.arms), preset
    assert EXPERIMENT.presets["full"].seeds >= 10
    assert EXPERIMENT.presets["study"].seeds == 20
    assert set(EXPERIMENT.presets["quick"].arms) == {BASE, *CHANGES, "today"}


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


def trials(seeds=10, **less):
    """1998 at 6 %, and each arm by so much otherwise, give or take a little by seed."""
    found = []
    for seed in range(seeds):
        wobble = 0.1 * (-1) ** seed
        found.append(done(BASE, seed, 6.0 + wobble, 200.0))
        for arm, change in less.items():
            name = arm.replace("_", "-")
            found.append(done(name, seed, 6.0 + change + 2 * wobble, 200.0 + 20 * change))
    return Trials(tuple(found))


FOUND = {"relu": -1.5, "max_pool": -0.8, "softmax": 1.0, "full_c3": 0.0, "today": -1.5}


def test_reading_of_a_change_that_helps():
    reading = EXPERIMENT.read(SMALL, trials(**FOUND))
    assert reading.answer == "inside"
    assert "ReLU for tanh helps most: -1.5 percentage points (95 % interval" in reading.headline
    claims = {claim.id: claim for claim in reading.claims}
    assert claims["error-relu"].verdict == "holds"
    assert "fewer in 10 of 10 seeds (95 %: 69 to 100 %)" in claims["error-relu"].sentence
    assert claims["error-softmax"].verdict == "does not hold"
    assert "more errors than 1998" in claims["error-softmax"].sentence
    assert claims["error-full-c3"].verdict == "cannot be told"
    assert "cannot be told apart from 1998" in claims["error-full-c3"].sentence
    assert claims["steps-relu"].difference.mean == pytest.approx(-30.0)
    assert "cannot be told apart" in reading.meaning[-1], "all of today's against ReLU alone"


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
    assert "full C3 for table I: +0.0" in alt
    assert "cannot be told apart" in alt


def test_charts_of_few_or_no_trials():
    one, none = trials(1, relu=-1.5), Trials()
    title = charts.differences_title(one, charts.STEPS, NAMES, BASE, OTHERS)
    assert title == "One seed: no interval, so nothing can be told of steps yet"
    for some in (one, none):
        charts.differences_chart(some, charts.STEPS, NAMES, BASE, OTHERS)
        charts.curves_chart(some, NAMES, ARMS, target=90.0)
    assert charts.curves_title(one, NAMES, ARMS) == (
        "After 80 steps ReLU for tanh is ahead: 95.3 % right on average"
    )
