"""The judge of the starter AlexNet, on kernels whose orientation is known."""

import math

import numpy as np
import pytest
import torch

from studies.starter_alexnet.judge import orientation_energy


def grating(angle: float, side: int = 11) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    wave = torch.cos((columns * math.cos(angle) + rows * math.sin(angle)) * 2 * math.pi / 5)
    return wave.expand(3, side, side)


@pytest.mark.parametrize("degrees", [0, 30, 45, 90, 135])
def test_a_grating_has_one_orientation(degrees):
    kernels = grating(math.radians(degrees))[None]
    assert orientation_energy(kernels)[0] > 0.75


def test_a_round_spot_and_noise_have_none():
    axis = torch.arange(11.0) - 5
    spot = torch.exp(-(axis[:, None] ** 2 + axis[None, :] ** 2) / 8).expand(1, 3, 11, 11)
    noise = torch.randn(64, 3, 11, 11, generator=torch.Generator().manual_seed(0))
    assert orientation_energy(spot)[0] < 0.01
    assert np.median(orientation_energy(noise)) < 0.15


def test_a_brighter_or_stronger_kernel_is_turned_no_further():
    kernels = torch.randn(8, 3, 11, 11, generator=torch.Generator().manual_seed(1))
    np.testing.assert_allclose(
        orientation_energy(kernels), orientation_energy(7 * kernels + 3), rtol=1e-4
    )
