"""The arithmetic of one number gives the network's own number."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.explain.arithmetic import pixel_arithmetic
from cnn_core.models.lenet1998_layers import SparseConvolution
from tests.explain.slim import NAMES, picture, slim


@pytest.mark.parametrize("name", NAMES)
def test_it_equals_the_network_for_kinds_of_convolution(name):
    network, inputs = slim(name), picture(name, height=72, width=70)
    outputs: dict[str, torch.Tensor] = {}
    convolutions: dict[tuple[object, ...], str] = {}  # one of each kind is enough
    for path, module in network.named_modules():
        if isinstance(module, nn.Conv2d | SparseConvolution):
            kind = (type(module), module.weight.shape[2:], getattr(module, "stride", ()))
            convolutions[(*kind, getattr(module, "groups", 1) > 1)] = path
            module.register_forward_hook(
                lambda _module, _inputs, output, path=path: outputs.update({path: output.clone()})
            )
    network(inputs)
    for layer in convolutions.values():
        output = outputs[layer][0]
        channels, height, width = output.shape
        for unit in ((0, 0, 0), (channels - 1, height - 1, width - 1)):
            pixel = pixel_arithmetic(network, inputs, layer, unit)
            assert pixel.output == output[unit].item()
            assert pixel.total == pytest.approx(pixel.output, abs=1e-5), (layer, unit)
            assert pixel.patch.shape == pixel.kernel.shape
            if pixel.after is not None and type(network).__name__ == "AlexNet":
                assert pixel.after == max(pixel.output, 0)


@pytest.mark.parametrize(
    "convolution",
    [
        nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(2, 1), dilation=(1, 2), groups=2),
        nn.Conv2d(4, 8, 3, padding="same", dilation=2, bias=False),
        nn.Conv2d(4, 4, 3, groups=4),
    ],
    ids=["grouped", "same", "depthwise"],
)
def test_patch_and_box_are_the_part_of_the_padded_input(convolution):
    network = nn.Sequential(convolution, nn.ReLU(inplace=True)).eval()
    inputs = torch.rand(1, 4, 9, 11) + 1
    margin = 10
    padded = F.pad(inputs, [margin] * 4)[0].numpy()
    output = convolution(inputs)[0]
    share, down, across = 4 // convolution.groups, *convolution.dilation
    for channel in (0, len(output) - 1):
        for row in range(output.shape[1]):
            pixel = pixel_arithmetic(network, inputs, "0", (channel, row, 3))
            assert pixel.total == pytest.approx(output[channel, row, 3].item(), abs=1e-5)
            assert pixel.after == max(pixel.output, 0)
            first = channel // (len(output) // convolution.groups) * share
            box = pixel.box
            cut = padded[
                first : first + share,
                box.top + margin : box.bottom + margin : down,
                box.left + margin : box.right + margin : across,
            ]
            assert np.array_equal(pixel.patch, cut)
    assert pixel.bias == (0 if convolution.bias is None else convolution.bias[channel].item())


def test_padding_within_the_layer_shows_in_the_box():
    # TensorFlow's "same": of an even picture a stride of 2 pads below and at the right only
    network = slim("efficientnet-lite0")
    pixel = pixel_arithmetic(network, picture("efficientnet-lite0"), "conv_stem", (0, 0, 0))
    assert (pixel.box.top, pixel.box.left, pixel.box.bottom, pixel.box.right) == (0, 0, 3, 3)
    odd = torch.rand(1, 3, 65, 64)
    pixel = pixel_arithmetic(network, odd, "conv_stem", (0, 0, 0))
    assert (pixel.box.top, pixel.box.left, pixel.box.bottom, pixel.box.right) == (-1, 0, 2, 3)


def test_what_does_not_exist_is_said_in_a_sentence():
    network, inputs = slim("lenet5"), picture("lenet5")
    with pytest.raises(ConfigError, match=r"6 maps of 24 x 24, but no unit \(0, 24, 0\)"):
        pixel_arithmetic(network, inputs, "conv1", (0, 24, 0))
    with pytest.raises(ConfigError, match="no unit"):
        pixel_arithmetic(network, inputs, "conv1", (-1, 0, 0))
    with pytest.raises(UnknownNameError, match="Only convolutions"):
        pixel_arithmetic(network, inputs, "fc1", (0, 0, 0))
    assert not any(module._forward_hooks for module in network.modules())
