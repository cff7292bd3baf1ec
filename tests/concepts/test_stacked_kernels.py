"""Stacks of 3x3 against one large convolution: what is compared, trained and said."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core.concepts.registry import find_experiment
from cnn_core.concepts.settings import from_text, to_text
from cnn_core.concepts.stacked_kernels.networks import build_network
from cnn_core.concepts.stacked_kernels.plan import learning_rate
from cnn_core.concepts.stacked_kernels.settings import StackedKernelSettings
from cnn_core.concepts.stacked_kernels.shapes import (
    ARMS,
    BLOCKS,
    FIELDS,
    LINEAR,
    ONE,
    STACK,
    WIDE,
    block_of,
    block_weights,
    field_of,
)
from cnn_core.concepts.stacked_kernels.trials import prepare, run_trial
from cnn_core.data.images import Dataset, ImageSet
from cnn_core.explain.receptive_field import receptive_fields
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Trials

EXPERIMENT = find_experiment("stacked-kernels")
SMALL = StackedKernelSettings(seeds=1, images=60, epochs=2, channels=4, data="digits")


def pictures(shape, count=80):
    rng = np.random.default_rng(3)
    labels = np.arange(count, dtype=np.int64) % 2
    images = rng.integers(0, 90, (count, *shape)).astype(np.uint8)
    images[labels == 1, : shape[0] // 2] += 120
    return ImageSet(images, labels, ("dark above", "light above"))


def data(shape):
    return Dataset(
        name="two kinds", source="", location="", official=False, fingerprint="",
        train=pictures(shape), test=pictures(shape, 40),
    )  # fmt: skip


def ran(planned, settings, shape=(28, 28)):
    trial = run_trial(planned, settings, prepare(settings, data(shape), torch.device("cpu")))
    seen = []
    while True:
        try:
            seen.append(next(trial))
        except StopIteration as end:
            return seen, end.value


def block(arm, side, channels):
    """The convolutions of a block as a network, without what rectifies."""
    return nn.Sequential(
        *[
            nn.Conv2d(
                each.channels_in, each.channels_out, each.side, padding=each.side // 2, bias=False
            )
            for each in block_of(arm, side, channels)
        ]
    )


@pytest.mark.parametrize("side", FIELDS.values())
@pytest.mark.parametrize("arm", ARMS)
def test_a_block_sees_what_it_says_and_has_the_weights_it_says(arm, side):
    network = block(arm, side, 6)
    fields = receptive_fields(network, (6, 32, 32))
    assert fields[str(len(network) - 1)].size == (side, side)
    assert field_of(block_of(arm, side, 6)) == side
    weights = sum(each.numel() for each in network.parameters())
    assert weights == block_weights(block_of(arm, side, 6))


@pytest.mark.parametrize("side", FIELDS.values())
@pytest.mark.parametrize("channels", [16, 18, 32, 36, 64])
def test_equal_weights_are_equal_to_three_percent_and_equal_channels_to_the_paper(side, channels):
    one, stack, wide = (block_weights(block_of(arm, side, channels)) for arm in (ONE, STACK, WIDE))
    assert wide == pytest.approx(one, rel=0.03)
    assert stack / one == pytest.approx({5: 18 / 25, 7: 27 / 49}[side])


def test_without_a_relu_between_a_stack_is_one_larger_convolution():
    torch.manual_seed(0)
    stack = block(LINEAR, 5, 3).double()
    first, second = (layer.weight for layer in stack)
    kernel = torch.zeros(3, 3, 5, 5, dtype=torch.float64)
    for row in range(3):
        for column in range(3):
            part = (second[:, :, row, column] @ first.flatten(1)).view(3, 3, 3, 3)
            kernel[:, :, row : row + 3, column : column + 3] += part
    batch = torch.randn(1, 3, 12, 12, dtype=torch.float64)
    one = nn.functional.conv2d(batch, kernel)  # no border: there padding differs
    assert (stack(batch)[:, :, 2:-2, 2:-2] - one).abs().max() < 1e-12


@pytest.mark.parametrize("batch_norm", [True, False])
def test_networks_differ_in_nothing_but_their_blocks(batch_norm):
    made = {
        arm: build_network(arm, 5, 8, (3, 32, 32), 10, batch_norm=batch_norm, seed=1)
        for arm in ARMS
    }
    kinds = {
        arm: [layer for layer in network if isinstance(layer, nn.ReLU)]
        for arm, network in made.items()
    }
    assert len(kinds[STACK]) == len(kinds[WIDE]) == 1 + 2 * BLOCKS
    assert len(kinds[ONE]) == len(kinds[LINEAR]) == 1 + BLOCKS
    for network in made.values():
        assert torch.equal(network[0].weight, made[ONE][0].weight)
        assert network[-1].in_features == 8 * 4 * 4
        assert any(isinstance(layer, nn.BatchNorm2d) for layer in network) == batch_norm
        assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_the_plan_pairs_all_networks_of_a_seed():
    settings = StackedKernelSettings(seeds=2, seed=5, fields=("5x5", "7x7"))
    planned = EXPERIMENT.plan(settings)
    assert [each.seed for each in planned] == [5] * 8 + [6] * 8
    assert {(each.arm, each.condition) for each in planned[:8]} == {
        (arm, field) for arm in ARMS for field in FIELDS
    }
    assert all(each.weight > 0 for each in planned)


def test_each_network_has_a_rate_of_its_own_and_the_factor_moves_all():
    for batch_norm in ("on", "off"):
        settings = StackedKernelSettings(batch_norm=batch_norm)
        doubled = dataclasses.replace(settings, rate=2.0)
        for arm in ARMS:
            rate = learning_rate(arm, settings)
            assert 1e-4 < rate < 1e-1
            assert learning_rate(arm, doubled) == pytest.approx(2 * rate)


@pytest.mark.parametrize(("shape", "field"), [((28, 28), "5x5"), ((32, 32, 3), "7x7")])
def test_a_trial_is_a_function_of_its_arguments_and_learns(shape, field):
    settings = dataclasses.replace(SMALL, epochs=6, fields=(field,))
    planned = EXPERIMENT.plan(settings)[1]
    seen, figures = ran(planned, settings, shape)
    torch.rand(3)  # whatever else draws
    again, same = ran(planned, settings, shape)
    del figures["train_seconds"], same["train_seconds"]
    assert figures == same
    assert seen == again
    assert figures["accuracy"] > 0.8
    assert figures["images"] == 60
    assert figures["test_images"] == 40
    assert seen[-1].at == seen[-1].of == figures["steps"] == 6


def test_where_there_are_fewer_pictures_all_are_taken_and_counted():
    _, figures = ran(EXPERIMENT.plan(SMALL)[0], dataclasses.replace(SMALL, images=5_000, epochs=1))
    assert figures["images"] == 80


def test_settings_come_back_from_their_text():
    for preset in EXPERIMENT.presets.values():
        assert from_text(StackedKernelSettings, to_text(preset)) == preset


def done(accuracies, condition="5x5"):
    """Return trials with these accuracies by arm, a seed each."""
    return Trials(
        tuple(
            TrialDone(
                step=1,
                arm=arm,
                condition=condition,
                seed=seed,
                names=["accuracy", "loss", "images"],
                figures=[value, 1.0 - value, 2_000.0],
                seconds=1.0,
                elapsed_seconds=1.0,
            )
            for arm, values in accuracies.items()
            for seed, value in enumerate(values)
        )
    )


LOW, HIGH = [0.40, 0.41, 0.42], [0.45, 0.461, 0.47]


@pytest.mark.parametrize(
    ("stack", "wide", "answer"),
    [
        (HIGH, HIGH, "stack"),
        (LOW[::-1], HIGH, "wide"),
        ([0.30, 0.31, 0.33], LOW[::-1], "large"),
        ([0.30, 0.31, 0.33], HIGH, "wide"),
        ([0.30, 0.31, 0.33], [0.30, 0.31, 0.33], "large"),
        (LOW[::-1], [0.30, 0.31, 0.33], ""),  # ahead at equal weights, not at equal channels
        ([0.401, 0.409, 0.421], [0.399, 0.411, 0.42], "same"),
        (LOW[::-1], LOW[::-1], ""),  # too few seeds for what they scatter
        (HIGH[:2], HIGH[:2], ""),
        ([0.45, 0.46, 0.47], [0.45, 0.46, 0.47], ""),  # no width: nothing is known of the spread
        (LOW, LOW, ""),
    ],
)
def test_the_intervals_decide_the_answer(stack, wide, answer):
    found = EXPERIMENT.read(
        StackedKernelSettings(), done({ONE: LOW, STACK: stack, WIDE: wide, LINEAR: LOW})
    )
    assert found.answer == answer
    assert bool(EXPERIMENT.answer(answer)) == bool(answer)
    assert len(found.claims) == 4


@pytest.mark.parametrize(
    "accuracies",
    [
        {},
        {ONE: LOW},
        {ONE: LOW[:1], STACK: HIGH[:1]},
        {ONE: LOW[:1], STACK: HIGH[:1], WIDE: HIGH[:1], LINEAR: HIGH[:1]},
        {ONE: LOW, STACK: HIGH},
        {ONE: LOW, STACK: LOW, WIDE: LOW, LINEAR: LOW},
    ],
)
def test_whatever_is_there_is_read_in_whole_sentences(accuracies):
    settings = StackedKernelSettings(fields=("5x5", "7x7"))
    found = EXPERIMENT.read(settings, done(accuracies))
    sentences = [found.headline, *found.meaning, *[claim.sentence for claim in found.claims]]
    assert all(each.endswith(".") and "nan" not in each for each in sentences)
    seeds = {len(values) for values in accuracies.values()}
    if WIDE not in accuracies or seeds == {1} or accuracies.get(WIDE) == LOW:
        assert found.answer == ""
    if seeds == {1}:
        assert all(claim.verdict != "holds" for claim in found.claims)


def test_sentences_carry_the_figures_of_the_trials():
    trials = done({ONE: LOW, STACK: HIGH, WIDE: HIGH, LINEAR: LOW})
    found = EXPERIMENT.read(StackedKernelSettings(channels=16), trials)
    assert found.headline.startswith(
        "At equal channels two 3x3 read 46.0 % of new photos right, one 5x5 41.0 %: +5.0 points"
    )
    assert "4,608 weights a block, 28 % fewer than one 5x5 (6,400)" in found.meaning[0]
    assert "points (95 %: " in found.headline.split("; at equal weights ")[1]
    assert "? Yes: +5.0 points" in found.claims[0].sentence
    assert "more in 3 of 3 seeds (95 %: 29 to 100 %)" in found.claims[0].sentence
    assert found.claims[0].verdict == "holds"
    assert "not tuned" not in found.meaning[-1]
    bare = EXPERIMENT.read(StackedKernelSettings(batch_norm="off"), trials)
    assert "The learning rates were not tuned for this." in bare.meaning[-1]


def test_a_claim_that_does_not_hold_does_not_state_what_it_denies():
    lower = [0.30, 0.31, 0.33]
    trials = done({ONE: LOW, STACK: lower, WIDE: LOW[::-1], LINEAR: lower})
    found = EXPERIMENT.read(StackedKernelSettings(), trials)
    said = {claim.id: (claim.verdict, claim.sentence) for claim in found.claims}
    for name, verdict, answer in (
        ("equal-channels", "does not hold", "? No, fewer: "),
        ("equal-weights", "cannot be told", "? That cannot be told: "),
        ("relu", "cannot be told", "? That cannot be told: "),
        ("depth-alone", "does not hold", "? No, fewer: "),
    ):
        assert said[f"{name}-5x5"][0] == verdict
        assert answer in said[f"{name}-5x5"][1]
    assert found.answer == "large"
    assert "; at equal weights 0.0 points (95 %: " in found.headline
    assert found.headline.endswith(", not told from none.")


def test_a_training_that_diverged_is_said_and_its_pairs_decide_nothing():
    trials = done({ONE: LOW, STACK: HIGH, WIDE: HIGH, LINEAR: LOW})
    lost = dataclasses.replace(trials.done[3], seed=3, names=["diverged"], figures=[1.0])
    beside = dataclasses.replace(trials.done[0], seed=3)
    found = EXPERIMENT.read(StackedKernelSettings(), Trials((*trials.done, beside, lost)))
    assert found.meaning[0].startswith("Diverged (the loss stopped being a number): two 3x3 in 1")
    assert found.answer == ""
    assert found.headline.count("not told from none") == 1
    assert [claim.verdict for claim in found.claims[:2]] == ["cannot be told", "holds"]
