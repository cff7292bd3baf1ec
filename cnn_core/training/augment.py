"""Random shifts and rotations of whole batches, on the device that holds them."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def augment(images: Tensor, *, shift: int, rotation: float, generator: torch.Generator) -> Tensor:
    """Return the images moved and turned at random, each by its own draw.

    Args:
        images: uint8 (batch, 1, H, W); not changed. What comes in from outside is 0 (paper).
        shift: whole pixels, drawn uniformly from -shift..shift for each axis.
        rotation: degrees, drawn uniformly from -rotation..rotation; 0 leaves the pixels' values as
            they are.
        generator: a CPU generator; it alone decides the draw.

    Returns:
        float32 (batch, 1, H, W), 0 to 255.
    """
    count, _, height, width = images.shape
    offsets = torch.randint(-shift, shift + 1, (count, 2), generator=generator).to(images.device)
    if rotation == 0:
        return _shifted(images, offsets, shift).float()
    angles = (torch.rand(count, generator=generator) * 2 - 1).to(images.device) * math.radians(
        rotation
    )
    cos, sin = torch.cos(angles), torch.sin(angles)
    # affine_grid maps output to input, in units of half the picture (Jaderberg et al. 2015, eq. 1)
    across, down = offsets[:, 1] * (2 / width), offsets[:, 0] * (2 / height)
    tall, wide = height / width, width / height  # a turn is one in pixels, not in half pictures
    rows = [cos, -sin * tall, across, sin * wide, cos, down]
    matrix = torch.stack(rows, dim=1).view(count, 2, 3)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    return F.grid_sample(images.float(), grid, align_corners=False)


def _shifted(images: Tensor, offsets: Tensor, shift: int) -> Tensor:
    count, _, height, width = images.shape
    padded = F.pad(images[:, 0], (shift, shift, shift, shift))
    rows = torch.arange(height, device=images.device) + shift + offsets[:, :1]
    columns = torch.arange(width, device=images.device) + shift + offsets[:, 1:]
    batch = torch.arange(count, device=images.device).view(-1, 1, 1)
    return padded[batch, rows[:, :, None], columns[:, None, :]][:, None]
