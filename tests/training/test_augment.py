"""Shifts, turns, stretches and slants, against a search over all offsets and against SciPy."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from cnn_core.results.events import StepsDone
from cnn_core.training.augment import augment
from cnn_core.training.fit import fit


def pictures(height=28, width=28, count=12):
    draw = torch.Generator().manual_seed(5)
    return torch.randint(0, 256, (count, 1, height, width), generator=draw, dtype=torch.uint8)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def moved(picture, down, right):
    """`picture` (H, W) moved over paper, with SciPy."""
    return ndimage.shift(picture, (down, right), order=0, mode="constant", cval=0)


def test_shifts_are_whole_pixels_over_paper_within_the_limit():
    images = pictures(count=60)
    out = augment(images, shift=2, rotation=0.0, generator=generator())
    assert out.dtype == torch.float32
    offsets = []
    for before, after in zip(images[:, 0].numpy(), out[:, 0].numpy(), strict=True):
        found = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if np.array_equal(moved(before, down, right), after)
        ]
        assert len(found) == 1
        offsets += found
    assert {down for down, _ in offsets} == {right for _, right in offsets} == set(range(-2, 3))


@pytest.mark.parametrize(("height", "width"), [(28, 28), (20, 28)])
@pytest.mark.parametrize("shift", [0, 3])
def test_turns_are_scipys(height, width, shift):
    images = pictures(height, width)
    out = augment(images, shift=shift, rotation=30.0, generator=generator(3))
    draw = generator(3)
    offsets = torch.randint(-shift, shift + 1, (len(images), 2), generator=draw).numpy()
    angles = ((torch.rand(len(images), generator=draw) * 2 - 1) * math.radians(30)).numpy()
    centre = np.array([(height - 1) / 2, (width - 1) / 2])
    for before, after, offset, angle in zip(
        images[:, 0].numpy(), out[:, 0].numpy(), offsets, angles, strict=True
    ):
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        expected = ndimage.affine_transform(
            before.astype(np.float64),
            turn,
            offset=centre - turn @ centre + offset,
            order=1,
            mode="grid-constant",
            cval=0.0,
        )
        np.testing.assert_allclose(after, expected, atol=0.05)


def matrix_by_steps(angle, slant, stretch):
    """Where a step along each axis of the output leads in the input (rows, columns)."""

    def follow(right, down):
        right, down = right * stretch[0], down * stretch[1]
        right = right + slant * down
        turned = complex(right, down) * complex(math.cos(angle), math.sin(angle))
        return turned.imag, turned.real

    return np.array([follow(0, 1), follow(1, 0)]).T


@pytest.mark.parametrize(("height", "width"), [(28, 28), (20, 28)])
@pytest.mark.parametrize(
    ("rotation", "scale", "shear"), [(0, 0.2, 0), (0, 0, 15), (20, 0.2, 0), (20, 0.2, 15)]
)
def test_stretches_and_slants_are_scipys(height, width, rotation, scale, shear):
    images = pictures(height, width)
    out = augment(
        images, shift=1, rotation=rotation, scale=scale, shear=shear, generator=generator(4)
    )
    draw = generator(4)
    offsets = torch.randint(-1, 2, (len(images), 2), generator=draw).numpy()

    def uniform(limit):
        return ((torch.rand(len(images), generator=draw) * 2 - 1) * limit).double().numpy()

    angles = uniform(math.radians(rotation))
    stretches = 1 + np.stack([uniform(scale), uniform(scale)] if scale else [0 * angles] * 2, 1)
    slants = uniform(math.tan(math.radians(shear))) if shear else 0 * angles
    centre = np.array([(height - 1) / 2, (width - 1) / 2])
    for i, (before, after) in enumerate(zip(images[:, 0].numpy(), out[:, 0].numpy(), strict=True)):
        matrix = matrix_by_steps(angles[i], slants[i], stretches[i])
        expected = ndimage.affine_transform(
            before.astype(np.float64),
            matrix,
            offset=centre - matrix @ centre + offsets[i],
            order=1,
            mode="grid-constant",
            cval=0.0,
        )
        np.testing.assert_allclose(after, expected, atol=0.05)


def test_nothing_asked_for_changes_nothing():
    images = pictures()
    out = augment(images, shift=0, rotation=0.0, generator=generator())
    assert torch.equal(out, images.float())


@pytest.mark.parametrize("rotation", [0.0, 15.0])
@pytest.mark.parametrize("scale", [0.0, 0.1])
def test_the_generator_alone_decides_and_the_input_stays(rotation, scale):
    images = pictures()
    before = images.clone()
    first, again, other = (
        augment(images, shift=2, rotation=rotation, scale=scale, generator=generator(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(images, before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.shape == images.shape
    assert 0 <= first.min() <= first.max() <= 255


@pytest.mark.parametrize("setting", [{"shift": 2}, {"rotation": 9}, {"scale": 0.2}, {"shear": 9}])
def test_training_distorts_as_it_is_asked_to(begin, config, every_step, setting):
    def first_loss(config):
        state, splits = begin(config)
        events = fit(state, splits, config)
        return next(event.losses for event in events if isinstance(event, StepsDone))

    assert first_loss(config) == first_loss(config)
    assert first_loss(dataclasses.replace(config, **setting)) != first_loss(config)
