"""The strongest patches against a search that looks at one unit after another."""

import functools
import itertools

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.explain.patches import strongest_patches
from cnn_core.explain.receptive_field import receptive_field
from cnn_core.results.inspection import Box, Prepared

SIDE = 20
RNG = np.random.default_rng(6)


def picture(scale=1.0):
    crop = RNG.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    normalised = ((crop / 255 - 0.45) / 0.23 * scale).transpose(2, 0, 1).astype(np.float32)
    return Prepared(
        original=crop,
        crop_box=Box(top=0, left=0, bottom=SIDE, right=SIDE),
        crop=crop,
        normalised=np.ascontiguousarray(normalised),
    )


PICTURES = [(f"picture {number}", picture(1 + 0.1 * number)) for number in range(6)]


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 5, stride=2, padding=2),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(4, 5, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(80, 6),
    ).eval()


def overlap(one, other):
    return (
        one.top < other.bottom
        and other.top < one.bottom
        and one.left < other.right
        and other.left < one.right
    )


@functools.cache
def seen_by(network, depth, row, column):
    return receptive_field(network, (3, SIDE, SIDE), str(depth), row, column)


def searched(network, depth, channel, count, per_picture):
    """Every unit of every picture, one by one: (activation, name, unit, box), strongest first."""
    found = []
    for name, prepared in PICTURES:
        with torch.no_grad():
            output = torch.from_numpy(prepared.normalised)[None]
            for module in network[: depth + 1]:
                output = module(output).clone()
        units = []
        for row, column in itertools.product(*map(range, output.shape[2:])):
            value = output[0, channel, row, column].item()
            box = seen_by(network, depth, row, column)
            units.append((value, name, (channel, row, column), box))
        kept = []
        for unit in sorted(units, key=lambda unit: -unit[0]):
            apart = not any(overlap(unit[3], other[3]) for other in kept)
            if unit[0] > 0 and len(kept) < per_picture and apart:
                kept.append(unit)
        found += kept
    return sorted(found, key=lambda unit: -unit[0])[:count]


@pytest.mark.parametrize(("depth", "channel"), [(0, 0), (0, 3), (2, 1), (3, 0), (3, 4)])
@pytest.mark.parametrize(("count", "per_picture"), [(9, 3), (4, 1), (50, 4)])
def test_as_a_search_unit_by_unit(network, depth, channel, count, per_picture):
    patches = strongest_patches(
        network, PICTURES, str(depth), channel, count, per_picture=per_picture
    )
    wanted = searched(network, depth, channel, count, per_picture)
    assert [(patch.picture, patch.unit, patch.box) for patch in patches] == [
        unit[1:] for unit in wanted
    ]
    assert [patch.activation for patch in patches] == pytest.approx(
        [unit[0] for unit in wanted], rel=1e-5
    )
    assert len(patches) > 1
    crops = dict(PICTURES)
    for patch in patches:
        box = patch.box
        cut = crops[patch.picture].crop[box.top : box.bottom, box.left : box.right]
        assert np.array_equal(patch.pixels, cut)


def test_a_linear_layer_has_one_patch_a_picture(network):
    patches = strongest_patches(network, PICTURES, "6", 2, 9)
    # Windows of 3 with stride 2 leave the tenth row of the first layer's units out.
    assert {patch.pixels.shape for patch in patches} == {(SIDE - 1, SIDE - 1, 3)}
    assert len({patch.picture for patch in patches}) == len(patches)
    assert {patch.unit for patch in patches} == {(2, 0, 0)}


def test_values_are_before_the_relu_in_place(network):
    negative = nn.Sequential(*network[:2]).eval()
    best = strongest_patches(negative, PICTURES, "0", 1)
    same = strongest_patches(network, PICTURES, "0", 1)
    assert [patch.activation for patch in best] == [patch.activation for patch in same]


class Again(nn.Module):
    """One convolution that runs twice."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.last = nn.Conv2d(3, 1, 1)

    def forward(self, values):
        return self.last(self.conv(torch.tanh(self.conv(values))))


def test_where_a_layer_runs_again_the_last_time_counts():
    torch.manual_seed(1)
    network = Again().eval()
    patches = strongest_patches(network, PICTURES, "conv", 2)
    with torch.no_grad():
        best = max(
            network.conv(torch.tanh(network.conv(torch.from_numpy(prepared.normalised)[None])))
            .select(1, 2)
            .max()
            .item()
            for _, prepared in PICTURES
        )
    assert patches[0].activation == pytest.approx(best, rel=1e-5)
    assert min(patches[0].pixels.shape[:2]) >= 3


def test_the_rest_of_the_network_runs_for_one_picture_only(network):
    seen = []
    handle = network[6].register_forward_hook(lambda *run: seen.append(len(run[2])))
    strongest_patches(network, PICTURES, "3", 0)
    handle.remove()
    assert seen == [1]


def test_a_channel_that_nothing_drives_has_no_patches():
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()).eval()
    with torch.no_grad():
        network[0].weight.zero_()
        network[0].bias.copy_(torch.tensor([-1.0, 0.0]))
    assert strongest_patches(network, PICTURES, "0", 0) == []
    assert strongest_patches(network, PICTURES, "0", 1) == []
    with torch.no_grad():
        network[0].bias.fill_(float("nan"))
    assert strongest_patches(network, PICTURES, "0", 0) == []


def test_the_network_is_left_as_it_was(network):
    before = {name: values.clone() for name, values in network.state_dict().items()}
    inputs = [prepared.normalised.copy() for _, prepared in PICTURES]
    patches = strongest_patches(network, PICTURES, "0", 0)
    patches[0].pixels[:] = 0
    assert not any(module._forward_hooks for module in network.modules())
    assert all(torch.equal(before[name], values) for name, values in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    for wanted, (_, prepared) in zip(inputs, PICTURES, strict=True):
        assert np.array_equal(prepared.normalised, wanted)
        assert prepared.crop.any(axis=2).mean() > 0.99


def test_progress_counts_pictures_and_may_end_it(network):
    told = []
    strongest_patches(
        network, PICTURES, "0", 0, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(done, 6) for done in range(1, 7)]

    class EndedError(Exception):
        pass

    def end(done, total):
        raise EndedError

    with pytest.raises(EndedError):
        strongest_patches(network, PICTURES, "0", 0, progress=end)
    assert not network[0]._forward_hooks


def test_no_pictures_give_no_patches(network):
    assert strongest_patches(network, [], "0", 0) == []


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"layer": "nope"}, UnknownNameError, "No layer named 'nope'"),
        ({"channel": 4}, ConfigError, "has 4 channels, but none numbered 4"),
        ({"channel": -1}, ConfigError, "none numbered -1"),
        ({"count": 0}, ConfigError, "but got 0 and 3"),
        ({"per_picture": 0}, ConfigError, "but got 9 and 0"),
    ],
)
def test_what_cannot_be_answered_is_refused(network, options, error, words):
    given = {"layer": "0", "channel": 0, **options}
    with pytest.raises(error, match=words) as caught:
        strongest_patches(network, PICTURES, **given)
    assert caught.value.hint
    assert not network[0]._forward_hooks


def test_training_mode_is_refused():
    with pytest.raises(ConfigError, match="training mode"):
        strongest_patches(nn.Sequential(nn.Conv2d(3, 1, 3)).train(), PICTURES, "0", 0)


@pytest.mark.gpu
def test_on_a_gpu_as_on_the_cpu(network):
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    import copy

    on_gpu = strongest_patches(copy.deepcopy(network).cuda(), PICTURES, "3", 4)
    on_cpu = strongest_patches(network, PICTURES, "3", 4)
    assert [patch.activation for patch in on_gpu] == pytest.approx(
        [patch.activation for patch in on_cpu], rel=1e-2
    )
