"""Test pictures shifted, turned and made noisy, and how many of them a network still reads."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from cnn_core.concepts.convolutions.plan import NOISES, ROTATIONS, SHIFTS
from cnn_core.training.tensors import Examples, normalise_pixels

DIRECTIONS = ((-1, 0), (1, 0), (0, -1), (0, 1))
"""Rows and columns of a step up, down, left and right."""

_BATCH = 250  # the maps of so many pictures stay in a processor's cache


def shifted(images: Tensor, rows: int, columns: int) -> Tensor:
    """Return pictures moved down by `rows` and right by `columns` pixels; paper comes in.

    Args:
        images: uint8 (N, 1, H, W), 0 the paper; not changed.
        rows: above 0 down, below up.
        columns: above 0 right, below left.

    >>> shifted(torch.tensor([[[[1, 2], [3, 4]]]]), 1, 0).tolist()
    [[[[0, 0], [1, 2]]]]
    """
    moved = torch.zeros_like(images)
    height, width = images.shape[2:]
    to_rows = slice(max(rows, 0), height + min(rows, 0))
    to_columns = slice(max(columns, 0), width + min(columns, 0))
    from_rows = slice(max(-rows, 0), height + min(-rows, 0))
    from_columns = slice(max(-columns, 0), width + min(-columns, 0))
    moved[:, :, to_rows, to_columns] = images[:, :, from_rows, from_columns]
    return moved


def stays_inside(images: Tensor, rows: int, columns: int) -> Tensor:
    """Return which pictures lose no ink when they are moved so, bool (N,)."""
    back = shifted(shifted(images, rows, columns), -rows, -columns)
    return (back == images).flatten(1).all(dim=1)


def turned(images: Tensor, degrees: float) -> Tensor:
    """Return pictures turned anticlockwise about their middle, bilinear; paper comes in.

    Args:
        images: uint8 (N, 1, H, W) with H = W; not changed.
        degrees: below 0 clockwise.
    """
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    matrix = torch.tensor([[cos, -sin, 0.0], [sin, cos, 0.0]], device=images.device)
    grid = F.affine_grid(matrix.expand(len(images), 2, 3), list(images.shape), align_corners=False)
    pixels = F.grid_sample(images.float(), grid, align_corners=False)
    return pixels.round().to(torch.uint8)


def noisy(images: Tensor, per_cent: int, seed: int) -> Tensor:
    """Return pictures with Gaussian noise, clipped to 0..255.

    Args:
        images: uint8 (N, 1, H, W); not changed.
        per_cent: standard deviation, of 255.
        seed: of the draw, which is the same for every level.
    """
    drawn = torch.randn(images.shape, generator=torch.Generator().manual_seed(seed))
    pixels = images.float() + drawn.to(images.device) * (255 * per_cent / 100)
    return pixels.round().clamp(0, 255).to(torch.uint8)


def tolerances(network: nn.Module, judged: Examples, seed: int) -> dict[str, float]:
    """Return the share of pictures that is still right (0 to 1) by what was done to them.

    The network is in evaluation mode.

    A picture is shifted in those of four directions in which no ink leaves the frame over the
    largest distance: "shift d" is the mean over all such pairs of picture and direction, the same
    for every d. "shift pairs" is their share of all pairs. "rotation d" is the mean over both ways.
    "noise p" has standard deviation p % of the span from black to white.
    """
    images, largest = judged.images, SHIFTS[-1]

    def right(altered: Tensor) -> Tensor:
        return _right(network, judged, altered)

    plain = right(images)
    stays = torch.stack([stays_inside(images, largest * r, largest * c) for r, c in DIRECTIONS])
    figures = {"shift pairs": _share(stays)}
    for far in SHIFTS:
        moved = [right(shifted(images, far * r, far * c)) if far else plain for r, c in DIRECTIONS]
        if stays.any():
            figures[f"shift {far}"] = _share(torch.stack(moved)[stays.cpu()])
    for degrees in ROTATIONS:
        both = [right(turned(images, way * degrees)) for way in (1, -1)] if degrees else [plain]
        figures[f"rotation {degrees}"] = _share(torch.stack(both))
    for level in NOISES:
        figures[f"noise {level}"] = _share(right(noisy(images, level, seed)) if level else plain)
    return figures


def _share(right: Tensor) -> float:
    return float(right.double().mean())


@torch.inference_mode()
def _right(network: nn.Module, judged: Examples, images: Tensor) -> Tensor:
    """Return which pictures are read right, bool (N,); in evaluation mode, on the CPU."""
    parts = images.split(_BATCH)
    logits = torch.cat([network(normalise_pixels(part, judged.mean, judged.std)) for part in parts])
    return (logits.argmax(dim=1) == judged.labels).cpu()
