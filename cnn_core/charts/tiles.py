"""Many small pictures tiled into one: a page sends one PNG instead of a hundred."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def _validate_tiles(images: Pixels, columns: int, scale: int, gap: int, border: int) -> None:
    grey_or_colour = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    if not grey_or_colour or images.dtype != np.uint8:
        raise ValueError(
            "expected uint8 images (N, H, W) or (N, H, W, 3), but got "
            f"{images.dtype} {tuple(images.shape)}."
        )
    if columns < 1 or scale < 1 or gap < 0 or border < 1:
        raise ValueError(
            "expected columns, scale and border from 1 and gap from 0, but got "
            f"{columns}, {scale}, {border} and {gap}."
        )


def tile(
    images: Pixels,
    columns: int,
    scale: int = 2,
    gap: int = 4,
    *,
    borders: Sequence[str] | None = None,
    border: int = 3,
) -> Pixels:
    """Lay pictures out in rows, each pixel enlarged to a square, on a transparent ground.

    Args:
        images: pictures, uint8, 0 to 255: grey `(N, H, W)` or in colour `(N, H, W, 3)`.
        columns: pictures a row, at least 1.
        scale: side of the square that one pixel becomes, at least 1.
        gap: transparent pixels between pictures, at least 0.
        borders: a colour `#RRGGBB` for the frame of each picture; None for no frames.
        border: thickness of the frames in pixels, at least 1.

    Returns:
        One picture, uint8 `(height, width, 4)`, red, green, blue and opacity, 0 to 255. Without
        pictures one transparent pixel.

    Raises:
        ValueError: another shape or dtype, a size below its least, not one colour a picture.

    >>> tile(np.zeros((3, 28, 28), dtype=np.uint8), columns=2, scale=2, gap=4).shape
    (116, 116, 4)
    """
    _validate_tiles(images, columns, scale, gap, border)
    if borders is not None and len(borders) != len(images):
        raise ValueError(f"expected {len(images)} border colours, but got {len(borders)}.")
    if not len(images):
        return np.zeros((1, 1, 4), dtype=np.uint8)
    frame = border if borders is not None else 0
    height, width = (side * scale + 2 * frame for side in images.shape[1:3])
    rows, used = math.ceil(len(images) / columns), min(columns, len(images))
    sheet = np.zeros((rows * (height + gap) - gap, used * (width + gap) - gap, 4), dtype=np.uint8)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        cell = sheet[top : top + height, left : left + width]
        cell[..., 3] = 255
        if borders is not None:
            cell[..., :3] = bytearray.fromhex(borders[index].removeprefix("#"))
        inside = cell[frame : height - frame, frame : width - frame]
        enlarged = image.repeat(scale, axis=0).repeat(scale, axis=1)
        inside[..., :3] = enlarged if image.ndim == 3 else enlarged[..., None]
    return sheet
