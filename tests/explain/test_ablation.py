"""Channels switched off for one run, against weights set to zero in a copy; no trace is left."""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.explain.prediction import predict
from tests.explain.slim import NAMES, picture, slim


def trace(network: nn.Module) -> list[object]:
    """Everything of a network that explaining it must not change, and must leave nothing of."""
    tensors = [tensor.clone() for tensor in network.state_dict().values()]
    modes = [(module.training, len(module._forward_hooks)) for module in network.modules()]
    gradients = [(p.requires_grad, p.grad) for p in network.parameters()]
    return [tensors, modes, gradients]


def unchanged(network: nn.Module, before: list[object]) -> bool:
    tensors, *rest = trace(network)
    return rest == before[1:] and all(map(torch.equal, tensors, before[0]))


def first_convolution(network: nn.Module) -> str:
    return next(path for path, m in network.named_modules() if isinstance(m, nn.Conv2d))


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_off_is_its_kernel_and_bias_at_zero(name):
    network, inputs = slim(name), picture(name)
    layer = first_convolution(network)
    before, whole = trace(network), predict(network, inputs)
    found = predict(network, inputs, off=((layer, (0, 2)),))

    copied = copy.deepcopy(network)
    convolution = copied.get_submodule(layer)
    for parameter in convolution.parameters():
        parameter[[0, 2]] = 0
    np.testing.assert_allclose(found, predict(copied, inputs), rtol=1e-5, atol=1e-8)
    assert np.abs(found - whole).max() > 0
    assert unchanged(network, before)
    assert np.array_equal(predict(network, inputs), whole)


def test_two_layers_off_and_units_too():
    network, inputs = slim("lenet5"), picture("lenet5")
    found = predict(network, inputs, off=(("conv1", (1,)), ("fc1", (0, 5)), ("conv1", (3,))))
    copied = copy.deepcopy(network)
    for module, rows in ((copied.conv1, [1, 3]), (copied.fc1, [0, 5])):
        module.weight[rows], module.bias[rows] = 0, 0
    np.testing.assert_allclose(found, predict(copied, inputs), rtol=1e-5)


def test_a_block_off_is_off_behind_its_shortcut():
    network, inputs = slim("resnet18"), picture("resnet18")
    channels = tuple(range(len(network.layer4[1].conv2.weight)))
    found = predict(network, inputs, off=(("layer4.1", channels),))
    np.testing.assert_allclose(found, 1 / len(found), rtol=1e-5)  # nothing reaches the outputs


@pytest.mark.parametrize(
    ("off", "error", "words"),
    [
        (("conv9", (0,)), UnknownNameError, "no layer named 'conv9'"),
        (("conv1", (0, 6)), ConfigError, "channels 0 to 5, but got 6"),
        (("conv1", (-1,)), ConfigError, "channels 0 to 5, but got -1"),
    ],
)
def test_what_is_not_there_is_refused_and_no_hook_stays(off, error, words):
    network, inputs = slim("lenet5"), picture("lenet5")
    before = trace(network)
    with pytest.raises(error, match=words) as caught:
        predict(network, inputs, off=(("conv2", (0,)), off))
    assert caught.value.hint
    assert unchanged(network, before)


def test_a_layer_that_does_not_run_is_refused():
    network = nn.Sequential(nn.Flatten()).eval()
    network[0].spare = nn.Conv2d(1, 1, 1)
    with pytest.raises(UnknownNameError, match="takes no part"):
        predict(network, torch.zeros(1, 1, 2, 2), off=(("0.spare", (0,)),))


def test_a_run_that_fails_leaves_no_hook():
    network = slim("lenet5")
    before = trace(network)
    with pytest.raises(RuntimeError):
        predict(network, torch.zeros(1, 1, 20, 20), off=(("conv1", (0,)),))
    assert unchanged(network, before)


def test_channels_are_off_for_the_thread_that_asked_alone():
    network, inputs = slim("squeezenet1_1"), picture("squeezenet1_1")
    questions = [(), (("features.0", (0, 1)),), (("features.3", (2,)),)] * 12
    expected = {off: predict(network, inputs, off=off) for off in set(questions)}
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda off: predict(network, inputs, off=off), questions))
    for off, probabilities in zip(questions, found, strict=True):
        np.testing.assert_allclose(probabilities, expected[off], rtol=1e-4)
    assert not np.allclose(expected[questions[0]], expected[questions[1]], rtol=1e-3)


def test_what_a_layer_only_passes_on_is_not_written_over():
    network, inputs = nn.Sequential(nn.Dropout(), nn.Flatten()).eval(), torch.ones(1, 2, 1, 1)
    off = predict(network, inputs, off=(("0", (0,)),))
    assert off[0] < off[1]
    assert torch.equal(inputs, torch.ones(1, 2, 1, 1))
