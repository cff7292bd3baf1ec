"""Random shifts, rotations, stretches and slants of whole batches, on the device they are on."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def augment(
    images: Tensor,
    *,
    shift: int,
    rotation: float,
    scale: float = 0.0,
    shear: float = 0.0,
    generator: torch.Generator,
    rows: slice = slice(None),
    batch_size: int | None = None,
) -> Tensor:
    """Return the images distorted at random, each by its own draw (Simard et al. 2003, section 2).

    Args:
        images: uint8 (batch, 1, H, W); not changed. What comes in from outside is 0 (paper).
        shift: whole pixels, drawn uniformly from -shift..shift for each axis.
        rotation: degrees, drawn uniformly from -rotation..rotation.
        scale: share, 0 to below 1; each axis is shrunk by a factor of its own, drawn uniformly from
            1 - scale..1 + scale (below 1 it is stretched).
        shear: degrees; the tangent of the slant is drawn uniformly within that of this angle.
        generator: a CPU generator; it alone decides the draw.
        rows: which of the batch the images are; each is distorted as it is when all are given.
        batch_size: of the whole batch; the number of images unless given.

    Returns:
        float32 (batch, 1, H, W), 0 to 255, interpolated bilinearly; shifts alone leave the pixels'
        values as they are.
    """
    height, width = images.shape[2:]
    count = len(images) if batch_size is None else batch_size
    offsets = torch.randint(-shift, shift + 1, (count, 2), generator=generator)[rows]
    offsets = offsets.to(images.device, non_blocking=True)
    if not (rotation or scale or shear):
        return _shifted(images, offsets, shift).float()

    def draw(limit: float) -> Tensor:
        drawn = (torch.rand(count, generator=generator) * 2 - 1) * limit
        return drawn[rows].to(images.device, non_blocking=True)

    angles = draw(math.radians(rotation))
    cos, sin = torch.cos(angles), torch.sin(angles)
    stretch_x, stretch_y = (1 + draw(scale), 1 + draw(scale)) if scale else (1.0, 1.0)
    slant = draw(math.tan(math.radians(shear))) if shear else 0.0
    # affine_grid maps output to input, in units of half the picture (Jaderberg et al. 2015, eq. 1):
    # rotation x shear x stretch
    across, down = offsets[:, 1] * (2 / width), offsets[:, 0] * (2 / height)
    tall, wide = height / width, width / height  # a turn is one in pixels, not in half pictures
    terms = [
        cos * stretch_x,
        (cos * slant - sin) * stretch_y * tall,
        across,
        sin * stretch_x * wide,
        (sin * slant + cos) * stretch_y,
        down,
    ]
    matrix = torch.stack(terms, dim=1).view(-1, 2, 3)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images.float(), grid, align_corners=False)


def _shifted(images: Tensor, offsets: Tensor, shift: int) -> Tensor:
    count, _, height, width = images.shape
    padded = F.pad(images[:, 0], (shift, shift, shift, shift))
    rows = torch.arange(height, device=images.device) + shift + offsets[:, :1]
    columns = torch.arange(width, device=images.device) + shift + offsets[:, 1:]
    batch = torch.arange(count, device=images.device).view(-1, 1, 1)
    return padded[batch, rows[:, :, None], columns[:, None, :]][:, None]
