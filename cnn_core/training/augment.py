"""Random distortions of whole batches, on the device they are on.

Shifts, rotations, stretches and slants; mirror images; squares that are cut out. What comes in from
outside a grey picture is 0, the paper; a colour picture goes on as its mirror image at the border.
"""

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
    mirrored: Tensor | None = None,
) -> Tensor:
    """Return the images distorted at random, each by its own draw (Simard et al. 2003, section 2).

    Args:
        images: uint8 (batch, channels, H, W), grey or RGB; not changed.
        shift: whole pixels, drawn uniformly from -shift..shift for each axis.
        rotation: degrees, drawn uniformly from -rotation..rotation.
        scale: share, 0 to below 1; each axis is shrunk by a factor of its own, drawn uniformly from
            1 - scale..1 + scale (below 1 it is stretched).
        shear: degrees; the tangent of the slant is drawn uniformly within that of this angle.
        generator: a CPU generator; it alone decides the draw.
        rows: which of the batch the images are; each is distorted as it is when all are given.
        batch_size: of the whole batch; the number of images unless given.
        mirrored: bool (batch,), on the images' device: which are mirrored left to right first.

    Returns:
        float32 (batch, channels, H, W), 0 to 255, interpolated bilinearly; shifts and mirror
        images alone leave the pixels' values as they are.
    """
    height, width = images.shape[2:]
    count = len(images) if batch_size is None else batch_size
    offsets = torch.randint(-shift, shift + 1, (count, 2), generator=generator)[rows]
    offsets = offsets.to(images.device, non_blocking=True)
    if not (rotation or scale or shear):
        if images.shape[1] == 1 and mirrored is None:
            return _shifted(images, offsets, shift).float()
        return _shifted_crops(images, offsets, mirrored).float()
    if mirrored is not None:
        images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(3), images)

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
    outside = "zeros" if images.shape[1] == 1 else "reflection"
    return F.grid_sample(images.float(), grid, padding_mode=outside, align_corners=False)


def _shifted(images: Tensor, offsets: Tensor, shift: int) -> Tensor:
    count, _, height, width = images.shape
    padded = F.pad(images[:, 0], (shift, shift, shift, shift))
    rows = torch.arange(height, device=images.device) + shift + offsets[:, :1]
    columns = torch.arange(width, device=images.device) + shift + offsets[:, 1:]
    batch = torch.arange(count, device=images.device).view(-1, 1, 1)
    return padded[batch, rows[:, :, None], columns[:, None, :]][:, None]


def _shifted_crops(images: Tensor, offsets: Tensor, mirrored: Tensor | None) -> Tensor:
    """Return colour images mirrored, then shifted; all in one gather."""
    count, _, height, width = images.shape
    rows = _reflected(torch.arange(height, device=images.device) + offsets[:, :1], height)
    columns = _reflected(torch.arange(width, device=images.device) + offsets[:, 1:], width)
    if mirrored is not None:
        columns = torch.where(mirrored[:, None], width - 1 - columns, columns)
    batch = torch.arange(count, device=images.device).view(-1, 1, 1)
    picked = images.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2)


def _reflected(places: Tensor, length: int) -> Tensor:
    """Return places outside 0..length - 1 reflected at the first and the last of them."""
    return length - 1 - (length - 1 - places.abs()).abs()


def cut_out(
    images: Tensor,
    side: int,
    generator: torch.Generator,
    *,
    rows: slice = slice(None),
    batch_size: int | None = None,
) -> Tensor:
    """Return normalised images with a square of noughts each, which is the mean colour.

    Its middle is drawn uniformly from all pixels, so that part of it may lie outside (DeVries &
    Taylor 2017, section 3.2).

    Args:
        images: float32 (batch, channels, H, W); changed in place.
        side: of the square in pixels.
        generator: a CPU generator; it alone decides the draw.
        rows: see `augment`.
        batch_size: likewise.
    """
    height, width = images.shape[2:]
    count = len(images) if batch_size is None else batch_size
    drawn = torch.rand((count, 2), generator=generator)[rows]
    first = (drawn * torch.tensor([height, width])).long() - side // 2
    first = first.to(images.device, non_blocking=True)

    def within(length: int, starts: Tensor) -> Tensor:
        place = torch.arange(length, device=images.device) - starts[:, None]
        return (place >= 0) & (place < side)

    square = (
        within(height, first[:, 0])[:, None, :, None] & within(width, first[:, 1])[:, None, None]
    )
    return images.masked_fill_(square, 0.0)
