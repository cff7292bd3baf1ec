"""Parameters and multiply-accumulates of every network of the registry, counted by others too.

torchinfo counts modules: a convolution's weights AND its bias once for each position, a linear
layer's and a normalisation's once. `torch.utils.flop_counter` counts what is computed, functional
calls among it, without biases; two operations each. What they count beyond the app's rule (weights
alone) is told here term by term, so that the comparison is of whole numbers, exact.
"""

import functools
import math
from dataclasses import replace

import pytest
import torch
import torchinfo
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnn_core.concepts.network_costs.layers import count_layers
from cnn_core.concepts.network_costs.table import TABLE, network_layers, to_text, totals
from cnn_core.models.lenet1998_constants import C3_TABLE
from cnn_core.models.registry import MODELS, build_model

FUNCTIONAL = ("lenet5-1998",)  # its layers are not torch's: torchinfo cannot know their work


@functools.cache
def counted(name):
    return count_layers(MODELS[name])


@functools.cache
def built(name):
    with torch.device("meta"):
        return build_model(name).eval()


def picture(name):
    row = MODELS[name]
    return torch.empty(1, row.channels, row.input_size, row.input_size, device="meta")


@functools.cache
def summary(name):
    return torchinfo.summary(built(name), input_data=picture(name), device="meta", verbose=0)


def not_weights(name):
    """What torchinfo calls mult-adds beside the weights of convolutions and linear layers."""
    extra = 0
    for layer in summary(name).summary_list:
        module = layer.module if layer.is_leaf_layer else None
        if isinstance(module, nn.Conv2d) and module.bias is not None:
            extra += module.bias.numel() * math.prod(layer.output_size[2:])
        elif isinstance(module, nn.Linear) and module.bias is not None:
            extra += module.bias.numel()
        elif isinstance(module, nn.BatchNorm2d):
            extra += sum(parameter.numel() for parameter in module.parameters())
    return extra


@pytest.mark.parametrize("name", MODELS)
def test_parameters_are_torchinfos_and_the_registrys(name):
    found = summary(name)
    assert totals(counted(name)).parameters == found.trainable_params == MODELS[name].parameters
    assert found.total_params == found.trainable_params


@pytest.mark.parametrize("name", [name for name in MODELS if name not in FUNCTIONAL])
def test_multiply_accumulates_are_torchinfos(name):
    assert totals(counted(name)).macs + not_weights(name) == summary(name).total_mult_adds


@pytest.mark.parametrize("name", MODELS)
def test_multiply_accumulates_are_those_that_torch_computes(name):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        built(name)(picture(name))
    flops = counter.get_total_flops()
    # C3 of 1998 has 60 of 96 connections; it is computed with noughts in the place of the others.
    absent = 6 * 16 - sum(len(seen) for seen in C3_TABLE)
    noughts = absent * 25 * 10 * 10 if name == "lenet5-1998" else 0
    assert 2 * (totals(counted(name)).macs + noughts) == flops


def test_lenet_of_1998_is_counted_right_where_torchinfo_is_not():
    """Connections of section II.B less biases; S2 and S4 multiply four inputs each, as computed."""
    by_name = {layer.name: layer.macs for layer in counted("lenet5-1998")}
    c1, c3, c5 = 25 * 6 * 28 * 28, 60 * 25 * 10 * 10, 25 * 16 * 120
    assert (by_name["c1"], by_name["c3"], by_name["c5"]) == (c1, c3, c5)
    assert by_name["f6"] == 84 * 120
    assert (c1 + 6 * 28 * 28, c3 + 16 * 100, c5 + 120) == (122_304, 151_600, 48_120)
    assert totals(counted("lenet5-1998")).macs != summary("lenet5-1998").total_mult_adds


def test_the_table_that_comes_along_is_what_is_counted():
    assert TABLE.read_text("utf-8") == to_text({name: counted(name) for name in MODELS})
    as_read = [replace(layer, relu="") for layer in counted("vgg16")]
    assert list(network_layers("vgg16")) == as_read


def test_receptive_fields_and_outputs_are_those_of_the_recursion():
    """VGG-16 by hand: r = r + (k - 1) j, j = j s; Simonyan and Zisserman 2015, table 1 D."""
    field, jump, side, channels = 1, 1, 224, (64, 64, 128, 128, *[256] * 3, *[512] * 6)
    expected = []
    for place, width in enumerate(channels):
        field += 2 * jump
        expected.append(((width, side, side), (field, field)))
        if place in (1, 3, 6, 9, 12):
            field, jump, side = field + jump, jump * 2, side // 2
    convolutions = [layer for layer in counted("vgg16") if layer.kind == "Conv2d"]
    assert [(layer.shape, layer.receptive_field) for layer in convolutions] == expected
    assert expected[-1] == ((512, 14, 14), (196, 196))
