"""Kernels are copies, of every convolution of every network."""

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core.errors import UnknownNameError
from cnn_core.explain.filters import filters
from cnn_core.models.lenet1998_constants import C3_TABLE
from tests.explain.slim import NAMES, slim


@pytest.mark.parametrize("name", NAMES)
def test_kernels_of_every_convolution_are_copies_of_its_weights(name):
    network = slim(name)
    convolutions = {n: m for n, m in network.named_modules() if isinstance(m, nn.Conv2d)}
    assert convolutions
    for layer, module in convolutions.items():
        found = filters(network, layer)
        assert (found.layer, found.groups) == (layer, module.groups)
        assert found.kernels.dtype == np.float32
        assert np.array_equal(found.kernels, module.weight.numpy())
        found.kernels[:] = 7
        assert not (module.weight == 7).any()


def test_half_precision_becomes_float32():
    assert filters(nn.Sequential(nn.Conv2d(1, 1, 1)).half(), "0").kernels.dtype == np.float32


def test_the_sparse_convolution_has_zeros_where_maps_are_not_connected():
    network = slim("lenet5-1998")
    kernels = filters(network, "c3").kernels
    assert kernels.shape == (16, 6, 5, 5)
    connected = [[seen in row for seen in range(6)] for row in C3_TABLE]
    assert np.array_equal(np.abs(kernels).sum(axis=(2, 3)) > 0, connected)
    assert torch.equal(torch.tensor(kernels), network.c3.dense_weight())


def test_only_convolutions_have_kernels():
    with pytest.raises(UnknownNameError, match="'fc1' is a Linear") as excinfo:
        filters(slim("lenet5"), "fc1")
    assert "conv1, conv2" in excinfo.value.hint
    with pytest.raises(UnknownNameError, match="no layer named"):
        filters(slim("lenet5"), "conv3")
