"""Receptive fields against the gradient of the input, and against published sizes."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.explain.receptive_field import receptive_field, receptive_fields
from cnn_core.models.registry import MODELS, build_model
from cnn_core.results.inspection import Box
from tests.explain.slim import NAMES, picture, slim


def support(output: Tensor, row: int, column: int, inputs: Tensor) -> Box:
    """Return the box of the pixels with a gradient: every weight positive, nothing cancels."""
    (gradient,) = torch.autograd.grad(output[0, :, row, column].sum(), inputs, retain_graph=True)
    seen = gradient[0].abs().sum(0) > 0
    if not seen.any():
        return Box(top=0, left=0, bottom=0, right=0)
    rows, columns = seen.any(1).nonzero(), seen.any(0).nonzero()
    return Box(
        top=int(rows[0]),
        left=int(columns[0]),
        bottom=int(rows[-1]) + 1,
        right=int(columns[-1]) + 1,
    )


def outputs_of(network: nn.Module, layers: tuple[str, ...], inputs: Tensor) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    handles = [
        network.get_submodule(layer).register_forward_hook(
            lambda _module, _inputs, output, layer=layer: found.update({layer: output.clone()})
        )
        for layer in layers
    ]
    network(inputs)
    for handle in handles:
        handle.remove()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_sees_exactly_the_pixels_that_have_a_gradient(name, monkeypatch):
    monkeypatch.setattr(F, "max_pool2d", F.avg_pool2d)  # every pixel of a window counts
    network = slim(name, positive=True)
    inputs = picture(name, height=240, width=72).double().requires_grad_()
    fields = receptive_fields(network, tuple(inputs.shape[1:]))
    cut = whole = 0
    for layer, output in outputs_of(network, MODELS[name].layers, inputs).items():
        height, width = output.shape[-2:]
        for row, column in {(0, width - 1), (height // 2, width // 2), (height - 1, 0)}:
            box = fields[layer].box(row, column)
            assert box == support(output, row, column, inputs), (layer, row, column)
            high, wide = fields[layer].size
            assert box.bottom - box.top <= high
            assert box.right - box.left <= wide
            cut += box.bottom - box.top < high
            whole += (box.bottom - box.top, box.right - box.left) == (high, wide)
    assert whole  # an interior unit sees a whole receptive field
    assert cut or name.startswith("lenet")  # and a unit at the border less


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "squeezenet1_1", "resnet18"])
def test_behind_global_pooling_or_flattening_every_unit_sees_everything(name):
    inputs = picture(name)
    *_, last = receptive_fields(slim(name), tuple(inputs.shape[1:])).values()
    assert last.size is None
    box = last.box(0, 0)
    assert (box.top, box.left) == (0, 0)
    assert (box.bottom, box.right) > tuple(0.9 * side for side in inputs.shape[2:])


@pytest.mark.parametrize(
    ("name", "layer", "size"),
    [
        # LeCun et al. 1998, section II.B: C1 to C5 see 5, 6, 14, 16 and all 32 pixels
        *(("lenet5-1998", c, s) for c, s in (("c1", 5), ("s2", 6), ("c3", 14), ("s4", 16))),
        ("lenet5-1998", "c5", 32),
        # Araujo, Norris, Sim 2019 (Distill), table: VGG-16 sees 212 with its last pooling
        ("vgg16", "features.30", 212),
        ("alexnet", "features.12", 195),  # likewise, AlexNet v2
    ],
)
def test_sizes_are_the_published_ones(name, layer, size):
    network = build_model(name, num_classes=10) if name == "lenet5-1998" else slim(name)
    inputs = picture(name)
    assert receptive_fields(network, tuple(inputs.shape[1:]))[layer].size == (size, size)


def dilated() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 2, (3, 5), padding="same", dilation=(2, 1)),
        nn.ZeroPad2d((3, 0, 1, 2)),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        nn.Conv2d(2, 2, 3, stride=3, padding=3),
        nn.AdaptiveAvgPool2d((2, 3)),
    )


def test_same_padding_dilation_uneven_margins_rounding_up_and_adaptive_pooling():
    network = dilated().double().requires_grad_(False)
    for parameter in network.parameters():
        parameter.abs_()
    network[2] = nn.AvgPool2d(3, stride=2, ceil_mode=True)
    inputs = torch.rand(1, 1, 23, 20, dtype=torch.float64, requires_grad=True)
    fields = receptive_fields(network, (1, 23, 20))
    for layer, output in outputs_of(network, tuple("01234"), inputs).items():
        for row in range(0, output.shape[2], 3):
            for column in range(0, output.shape[3], 3):
                box = fields[layer].box(row, column)
                assert box == support(output, row, column, inputs), (layer, row, column)


def test_the_network_is_left_alone():
    network = slim("resnet18").train().requires_grad_(True)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    receptive_field(network, (3, 64, 64), "layer1.0", 3, 4)
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


def test_what_does_not_exist_is_said_in_a_sentence():
    network = dilated()
    with pytest.raises(UnknownNameError, match="No layer named '7'"):
        receptive_field(network, (1, 23, 20), "7", 0, 0)
    with pytest.raises(ConfigError, match="23 x 20 units, but none at row 23, column 0"):
        receptive_field(network, (1, 23, 20), "0", 23, 0)
    with pytest.raises(ConfigError, match="row -1"):
        receptive_field(network, (1, 23, 20), "0", -1, 0)
