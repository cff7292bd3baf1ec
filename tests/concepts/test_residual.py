"""Residual connections: networks, gradients, trials, and what is read from them."""

import dataclasses
import math
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from cnn_core.concepts.experiment import Planned
from cnn_core.concepts.residual import trials as residual_trials
from cnn_core.concepts.residual.arms import ARMS, BARE, RATES, Arm, arm_of, condition
from cnn_core.concepts.residual.gradients import block_gradients
from cnn_core.concepts.residual.networks import Block, drawn_network
from cnn_core.concepts.residual.row import EXPERIMENT
from cnn_core.concepts.residual.settings import ResidualSettings
from cnn_core.concepts.residual.sizes import default_factor, parameters
from cnn_core.data.datasets import open_dataset
from cnn_core.errors import ConfigError
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Share, Trials

PLAIN, RESIDUAL = Arm("plain", "bn", "he"), Arm("residual", "bn", "he")
SMALL = ResidualSettings(data="digits", width=2, images=64, steps=2)


def network(arm, depth=8, *, width=4, in_channels=1, seed=0):
    return drawn_network(
        arm, depth, width=width, in_channels=in_channels, num_classes=10, seed=seed
    )


def batch(size=8):
    draw = torch.Generator().manual_seed(1)
    return torch.randn(size, 1, 16, 16, generator=draw), torch.arange(size) % 10


def ran(planned, settings, prepared):
    seen, run = [], residual_trials.run_trial(planned, settings, prepared)
    while True:
        try:
            seen.append(next(run))
        except StopIteration as ended:
            return seen, ended.value


@pytest.fixture(scope="module")
def prepared():
    digits = open_dataset("digits", Path())
    return residual_trials.prepare(SMALL, digits, torch.device("cpu"))


@pytest.mark.parametrize("depth", [8, 20, 32])
@pytest.mark.parametrize("norm", ["none", "bn"])
def test_closed_form_counts_parameters_and_layers(depth, norm):
    pair = [network(Arm(shortcut, norm, "he"), depth) for shortcut in ("plain", "residual")]
    counted = [sum(each.numel() for each in net.parameters()) for net in pair]
    expected = parameters(depth, width=4, in_channels=1, norm=norm == "bn")
    assert counted == [expected, expected]
    layers = [m for m in pair[0].modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(layers) == depth


def test_the_papers_networks_have_its_parameters():
    million = [
        parameters(depth, width=16, in_channels=3, norm=True) / 1e6
        for depth in (20, 32, 44, 56, 110)
    ]
    assert [round(each, 2) for each in million] == [0.27, 0.46, 0.66, 0.85, 1.73]  # table 6: 1.7


def test_a_pair_begins_with_the_same_weights_and_leaves_torchs_generator_alone():
    before = torch.get_rng_state()
    plain, residual = network(PLAIN).state_dict(), network(RESIDUAL).state_dict()
    assert torch.equal(before, torch.get_rng_state())
    assert plain.keys() == residual.keys()
    assert all(torch.equal(plain[name], residual[name]) for name in plain)
    assert not torch.equal(plain["conv.weight"], network(PLAIN, seed=1).state_dict()["conv.weight"])


def test_starting_weights_have_the_variances_of_the_text():
    for init, times in (("he", 2.0), ("default", 1 / 3)):
        weight = network(Arm("plain", "bn", init), width=64).blocks[0].conv1.weight
        assert weight.var().item() * weight[0].numel() == pytest.approx(times, rel=0.03)
    assert default_factor(20) == pytest.approx(math.sqrt(1 / 6) ** 16)


def test_branches_that_start_at_zero_are_the_identity():
    maps = torch.rand(2, 4, 8, 8)
    for norm in ("none", "bn"):
        block = network(Arm("zero", norm, "he")).blocks[0]
        assert torch.equal(block(maps), maps)
    wider = Block((4, 8), stride=2, shortcut=True, norm=False).identity(maps)
    assert torch.equal(wider[:, :4], maps[:, :, ::2, ::2])
    assert not wider[:, 4:].any()


@pytest.mark.parametrize("arm", [PLAIN, RESIDUAL, Arm("residual", "none", "default")])
def test_gradients_equal_those_of_backward(arm):
    pixels, labels = batch()
    net, same = network(arm).train(), network(arm).train()
    loss, found = block_gradients(net, pixels, labels)
    assert all(each.grad is None for each in net.parameters())

    came = {}
    for place, block in enumerate(same.blocks):
        block.register_full_backward_hook(
            lambda _, into, __, place=place: came.update({place: into[0].norm().item()})
        )
    reference = F.cross_entropy(same(pixels), labels)
    reference.backward()
    assert loss == pytest.approx(reference.item(), rel=1e-5)
    for place, (block, each) in enumerate(zip(same.blocks, found, strict=True)):
        both = torch.cat([block.conv1.weight.grad.flatten(), block.conv2.weight.grad.flatten()])
        assert each.weights == pytest.approx(both.norm().item(), rel=1e-4)
        assert each.arriving == pytest.approx(came[place], rel=1e-4)
        assert (each.identity > 0) == (arm.shortcut == "residual")
        assert each.arriving <= (each.identity + each.branch) * (1 + 1e-6)


def test_without_norm_the_gradient_is_lost_with_default_weights_alone(prepared):
    ratios = {}
    for arm in ("plain-none-default", "plain-none-he", "residual-none-default"):
        planned = Planned(arm=arm, condition=condition("gradient", 20), seed=0)
        ratios[arm] = ran(planned, ResidualSettings(data="digits"), prepared)[1]["ratio"]
    assert ratios["plain-none-default"] < 1e-4
    assert min(ratios["plain-none-he"], ratios["residual-none-default"]) > 1e-2


def test_a_trial_is_decided_by_its_arguments(prepared):
    planned = Planned(arm=RESIDUAL.id, condition=condition("fit", 8), seed=3)
    seen, figures = ran(planned, SMALL, prepared)
    torch.manual_seed(99)
    assert ran(planned, SMALL, prepared)[1] == figures
    assert [each.at for each in seen] == [1, 2]
    assert figures["parameters"] == parameters(8, width=2, in_channels=1, norm=True)
    assert figures["loss"] == pytest.approx(seen[-1].loss, rel=1e-3)
    other = ran(dataclasses.replace(planned, seed=4), SMALL, prepared)[1]
    assert other["loss"] != figures["loss"]


def test_every_arm_that_is_trained_has_a_rate_and_every_place_a_name():
    for name in ("quick", "full", "study"):
        planned = EXPERIMENT.plan(EXPERIMENT.presets[name])
        assert len(set(planned)) == len(planned)
        assert {each.arm for each in planned if each.condition.startswith("fit")} <= RATES.keys()
        assert all({each.arm, each.condition} <= EXPERIMENT.names.keys() for each in planned)
        seeds = [each.seed for each in planned]
        assert seeds == sorted(seeds)
    assert EXPERIMENT.presets["study"].seeds == 20
    assert all(arm_of(arm.id) == arm for arm in ARMS)


def test_other_depths_are_refused_with_the_nearest_that_fits():
    with pytest.raises(ConfigError, match="not 18") as caught:
        EXPERIMENT.plan(ResidualSettings(fit_depths=(18,)))
    assert "20" in caught.value.hint


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


def test_a_training_that_diverged_is_counted_and_has_no_loss(prepared, monkeypatch):
    monkeypatch.setitem(RATES, BARE[1].id, 1e12)
    planned = Planned(arm=BARE[1].id, condition=condition("fit", 8), seed=0)
    settings = dataclasses.replace(SMALL, steps=4, bare_depth=8)
    _, figures = ran(planned, settings, prepared)
    assert figures["diverged"] == 1
    assert "loss" not in figures
    others = [trial(arm.id, "fit", 8, 0, loss=2.0) for arm in (BARE[0], BARE[2])]
    reading = EXPERIMENT.read(
        settings, Trials((trial(BARE[1].id, "fit", 8, 0, **figures), *others))
    )
    told = Share(count=1, of=1).text
    assert f"residual no number (diverged in {told})" in reading.meaning[-1]
    assert "is not decided here" in reading.meaning[-1]
