"""The experiment of convolutions: counts, networks, altered pictures and trials."""

import dataclasses

import numpy as np
import pytest
import torch
import torchinfo
from torch import nn
from torch.nn import functional as F  # noqa: N812

from cnn_core.concepts.convolutions import networks, tolerance, trials
from cnn_core.concepts.convolutions.plan import (
    ARMS,
    CNN,
    LARGE,
    LOCAL,
    MACS,
    MLPS,
    PARAMETERS,
    condition,
    permutation,
    permuted_images,
)
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.concepts.convolutions.sizes import lenet_size, mlp_widths, size_of
from cnn_core.concepts.registry import find_experiment
from cnn_core.concepts.settings import from_text, to_text, validated
from cnn_core.data.digits import read_digits
from cnn_core.explain.layers import layer_infos
from cnn_core.training.tensors import Examples

EXPERIMENT = find_experiment("convolutions")
SMALL = ConvolutionSettings(images=(40,), steps=10, judged=100, seeds=1, data="digits", kernel=7)


@pytest.fixture(scope="module")
def prepared():
    return trials.prepare(SMALL, read_digits(), torch.device("cpu"))


@pytest.fixture
def draw():
    return torch.Generator().manual_seed(5)


def ran(planned, prepared, settings=SMALL):
    seen, running = [], trials.run_trial(planned, settings, prepared)
    while True:
        try:
            seen.append(next(running))
        except StopIteration as end:
            return seen, end.value


def planned(arm, where, settings=SMALL):
    return next(
        each for each in EXPERIMENT.plan(settings) if (each.arm, each.condition) == (arm, where)
    )


@pytest.mark.parametrize("arm", [arm for arm in ARMS if arm != LOCAL])
def test_sizes_are_those_that_torchinfo_counts_which_adds_a_bias_a_place(arm):
    settings = ConvolutionSettings()
    network = networks.build(arm, settings)
    told = torchinfo.summary(network, input_size=(1, 1, 28, 28), verbose=0, mode="eval")
    places = {"conv1": 24 * 24, "conv2": 8 * 8}
    biases = sum(
        layer.bias.numel() * places.get(name, 1)
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    )
    size = size_of(arm, settings)
    assert (told.total_params, told.total_mult_adds) == (size.parameters, size.macs + biases)


@pytest.mark.parametrize("arm", [arm for arm in ARMS if arm != LOCAL])
def test_sizes_are_those_that_the_layers_page_counts(arm):
    settings = ConvolutionSettings(hidden=2, kernel=9)
    layers = layer_infos(networks.build(arm, settings), (1, 28, 28))
    size = size_of(arm, settings)
    assert sum(layer.macs for layer in layers) == size.macs
    assert sum(layer.parameters for layer in layers) == size.parameters


def test_without_sharing_there_are_a_cnns_macs_and_weights_for_every_place():
    size = size_of(LOCAL, SMALL)
    network = networks.build(LOCAL, SMALL)
    assert sum(each.numel() for each in network.parameters()) == size.parameters == 286_334
    multiplied = sum(each.weight.numel() for each in (network.local1, network.local2))
    dense = sum(each.weight.numel() for each in network.dense if isinstance(each, nn.Linear))
    assert multiplied + dense == size.macs == lenet_size().macs == 281_640


@pytest.mark.parametrize("hidden", [1, 2, 3, 4])
def test_an_mlp_is_as_near_to_its_budget_as_a_unit_allows(hidden):
    settings = ConvolutionSettings(hidden=hidden)
    parameters, macs = size_of(PARAMETERS, settings).parameters, size_of(MACS, settings).macs
    assert abs(parameters - lenet_size().parameters) <= 0.01 * lenet_size().parameters
    assert abs(macs - lenet_size().macs) <= 0.005 * lenet_size().macs
    assert len(mlp_widths(MACS, hidden)) == hidden + 2


def test_a_locally_connected_layer_with_equal_weights_everywhere_is_a_convolution(draw):
    local = networks.LocalLeNet().eval()
    cnn = networks.build(CNN, SMALL).eval()
    with torch.no_grad():
        for layer, conv in ((local.local1, cnn.conv1), (local.local2, cnn.conv2)):
            kernel = conv.weight.permute(0, 2, 3, 1).flatten(1)  # by row, column, channel
            layer.weight.copy_(kernel.expand_as(layer.weight))
            layer.bias.copy_(conv.bias[None, :, None].expand_as(layer.bias))
        first, second, third = (each for each in local.dense if isinstance(each, nn.Linear))
        order = torch.arange(256).view(16, 4, 4).permute(1, 2, 0).flatten()
        first.weight.copy_(cnn.fc1.weight[:, order])
        first.bias.copy_(cnn.fc1.bias)
        for own, other in ((second, cnn.fc2), (third, cnn.fc3)):
            own.load_state_dict(other.state_dict())
        images = torch.randn(3, 1, 28, 28, generator=draw)
        torch.testing.assert_close(local(images), cnn(images), rtol=1e-4, atol=1e-5)


def test_large_kernels_compute_the_same_in_training_as_in_evaluation(draw):
    network = networks.build(LARGE, ConvolutionSettings(kernel=10))
    assert network.conv1.kernel_size == (11, 11)
    images = torch.randn(2, 1, 28, 28, generator=draw)
    torch.testing.assert_close(network.train()(images), network.eval()(images))


def test_an_mlp_with_permuted_columns_reads_permuted_digits_alike():
    order = permutation(3, 784)
    assert sorted(order.tolist()) == list(range(784))
    digits = np.random.default_rng(0).integers(0, 256, (4, 28, 28)).astype(np.uint8)
    network = networks.build(PARAMETERS, SMALL).double()
    pixels = torch.from_numpy(digits / 255)
    shuffled = torch.from_numpy(permuted_images(digits, order) / 255)
    before = network(pixels)
    with torch.no_grad():
        network[1].weight.copy_(network[1].weight[:, torch.from_numpy(order)])
    torch.testing.assert_close(network(shuffled), before, rtol=0, atol=1e-12)


def test_a_shift_loses_ink_only_where_it_says(draw):
    images = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    images[0, 0, 3, 3] = images[1, 0, 3, 6] = 200
    assert tolerance.shifted(images, 2, -1)[0, 0].nonzero().tolist() == [[5, 2]]
    assert tolerance.stays_inside(images, 0, 3).tolist() == [True, False]
    assert tolerance.stays_inside(images, 0, -3).tolist() == [True, True]
    assert int(images.sum()) == 400


def test_a_quarter_turn_is_exact_and_goes_anticlockwise(draw):
    images = torch.randint(0, 256, (2, 1, 6, 6), generator=draw).to(torch.uint8)
    assert torch.equal(tolerance.turned(images, 90), images.rot90(1, (2, 3)))


def test_noise_has_the_spread_it_says_and_is_the_same_draw_at_every_level():
    grey = torch.full((50, 1, 28, 28), 128, dtype=torch.uint8)
    weak, strong = (tolerance.noisy(grey, level, 7).float() - 128 for level in (5, 10))
    assert float(weak.std()) == pytest.approx(0.05 * 255, rel=0.02)
    assert float(F.cosine_similarity(weak.flatten(), strong.flatten(), dim=0)) > 0.99
    assert int(tolerance.noisy(grey, 200, 7).max()) == 255


@pytest.mark.parametrize(("far", "exact"), [(1, False), (2, False), (3, False), (4, True)])
def test_maps_move_with_the_picture_exactly_by_multiples_of_four_pixels(far, exact, draw):
    cnn = networks.build(CNN, SMALL).eval()
    images = torch.zeros(1, 1, 28, 28)
    images[..., 10:16, 10:16] = torch.rand(6, 6, generator=draw)
    moved = images.roll(far, dims=3)  # into the paper beside it
    with torch.no_grad():
        still, gone = (
            F.max_pool2d(cnn.conv2(F.relu(F.max_pool2d(cnn.conv1(each), 2))), 2)
            for each in (images, moved)
        )
    assert torch.allclose(gone[..., 1:], still[..., :-1], atol=1e-6) == exact
    assert not torch.allclose(gone, still, atol=1e-6)


class CentreOfMass(nn.Module):
    """Reads in which column the ink lies: knows exactly what a shift does."""

    def forward(self, images):
        columns = images[:, 0].sum(dim=1)
        return columns - columns.amin(dim=1, keepdim=True)


def test_a_picture_is_judged_in_the_directions_in_which_its_ink_stays():
    images = torch.zeros(2, 1, 16, 16, dtype=torch.uint8)
    images[0, 0, 8, 8] = images[1, 0, 8, 14] = 255  # the second may not go right
    judged = Examples(images=images, labels=torch.tensor([8, 14]), mean=(0.0,), std=(1.0,))
    figures = tolerance.tolerances(CentreOfMass(), judged, seed=0)
    assert figures["shift pairs"] == 7 / 8
    assert figures["shift 0"] == figures["rotation 0"] == figures["noise 0"] == 1.0
    assert figures["shift 2"] == pytest.approx(4 / 7)  # up and down of both


def test_a_trial_is_a_function_of_its_seed_and_tests_tolerance_where_it_should(prepared):
    where = condition(40)
    seen, figures = ran(planned(CNN, where), prepared)
    again = ran(planned(CNN, where), prepared)
    assert (seen, figures) == again
    assert [each.at for each in seen] == [2, 4, 6, 8, 10]
    assert seen[-1].accuracy == figures["accuracy"] == figures["rotation 0"]
    assert {f"shift {far}" for far in range(5)} <= figures.keys()
    shuffled = ran(planned(CNN, condition(40, permuted=True)), prepared)[1]
    assert shuffled.keys() == {"accuracy", "parameters", "macs", "steps", "diverged"}
    assert figures["steps"] == 10


@pytest.mark.parametrize("arm", [PARAMETERS, LOCAL, LARGE])
def test_every_network_trains_in_a_trial(arm, prepared):
    seen, figures = ran(planned(arm, condition(40, permuted=True)), prepared)
    assert np.isfinite([each.loss for each in seen]).all()
    assert figures["parameters"] == size_of(arm, SMALL).parameters


def test_few_pictures_are_gone_over_more_often_and_none_is_left_out():
    assert trials.course(100, 400) == trials.course(1000, 400) == (2_560, 5)
    for images in (20, 999, 5_000):
        size, rounds = trials.course(images, 400)
        assert size >= images
        assert rounds * size / trials.BATCH == pytest.approx(400, rel=0.2)


def test_all_networks_meet_at_the_most_images_and_fewer_are_for_the_lead():
    settings = ConvolutionSettings(seeds=2, seed=4, images=(300, 100, 1_000))
    planned = EXPERIMENT.plan(settings)
    assert [each.seed for each in planned] == [4] * 16 + [5] * 16
    of_seed = [(each.arm, each.condition) for each in planned[:16]]
    assert of_seed[:10] == [
        (arm, where) for where in ("1000 images", "1000 images, permuted") for arm in ARMS
    ]
    assert of_seed[10:] == [
        (arm, where) for where in ("300 images", "100 images") for arm in (CNN, *MLPS)
    ]


@pytest.mark.parametrize("name", EXPERIMENT.presets)
def test_presets_may_be_what_they_are(name):
    settings = EXPERIMENT.presets[name]
    assert from_text(ConvolutionSettings, to_text(validated(settings))) == settings
    assert dataclasses.replace(settings, data="digits").most <= 1_437
