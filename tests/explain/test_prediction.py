"""Probabilities, and that asking for them leaves the network as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core.errors import ConfigError
from cnn_core.explain.prediction import predict, target_probabilities
from tests.explain.slim import NAMES, picture, slim


@pytest.mark.parametrize("name", NAMES)
def test_probabilities_are_the_softmax_of_the_outputs(name):
    network, inputs = slim(name), picture(name)
    found = predict(network, inputs)
    outputs = network(inputs)[0].double().numpy()
    expected = np.exp(outputs - outputs.max())
    np.testing.assert_allclose(found, expected / expected.sum(), rtol=1e-5, atol=1e-7)
    assert found.dtype == np.float32
    assert found.sum() == pytest.approx(1, abs=1e-5)


def test_a_network_in_training_mode_is_refused():
    with pytest.raises(ConfigError, match="training mode"):
        predict(nn.Flatten().train(), torch.zeros(1, 1, 2, 2))


def test_one_picture_at_a_time():
    with pytest.raises(ConfigError, match=r"one picture.*\(2, 1, 2, 2\)"):
        predict(nn.Flatten().eval(), torch.zeros(2, 1, 2, 2))


def test_a_series_is_the_same_in_batches_of_any_size():
    network, done = slim("squeezenet1_1"), []
    pictures = torch.rand(7, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    found = target_probabilities(
        network,
        lambda first, last: pictures[first:last],
        7,
        5,
        batch=3,
        progress=lambda *state: done.append(state),
    )
    expected = [predict(network, pictures[[index]])[5] for index in range(7)]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert done == [(3, 7), (6, 7), (7, 7)]


@pytest.mark.parametrize("target", [-1, 10])
def test_a_class_that_is_not_there_is_refused(target):
    network, inputs = slim("lenet5"), picture("lenet5")
    with pytest.raises(ConfigError, match=f"classes 0 to 9, but got {target}"):
        target_probabilities(network, lambda *_: inputs, 1, target, batch=1)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_probabilities_on_a_gpu():
    network, inputs = slim("squeezenet1_1"), picture("squeezenet1_1")
    expected = predict(network, inputs)
    found = predict(network.cuda(), inputs.cuda())
    np.testing.assert_allclose(found, expected, rtol=1e-2)
