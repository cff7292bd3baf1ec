"""Laid over a photo: a feature map or heat map in colour, and boxes that say where.

Pictures are uint8 RGB, 0 to 255; nothing that is handed in is changed.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from cnn_core.charts.palette import VALIDATION
from cnn_core.charts.scales import LEVELS, Floats, Pixels, bounds, levels, scale
from cnn_core.results.inspection import Box

_HALO = (15, 20, 25)
_DASH, _SPACE = 6, 4


def _validate_picture(pixels: Pixels) -> None:
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise ValueError(
            f"expected a uint8 picture (H, W, 3), but got {pixels.dtype} {pixels.shape}."
        )


def enlarged(pixels: Pixels, factor: int) -> Pixels:
    """Return a picture `factor` times as high and wide, smoothly.

    >>> enlarged(np.zeros((4, 5, 3), np.uint8), 3).shape
    (12, 15, 3)
    """
    _validate_picture(pixels)
    if factor < 1:
        raise ValueError(f"expected a factor from 1, but got {factor}.")
    size = (pixels.shape[1] * factor, pixels.shape[0] * factor)
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))


def _stretched(heat: Floats, height: int, width: int) -> Floats:
    picture = Image.fromarray(np.ascontiguousarray(heat, dtype=np.float32))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def overlay(crop: Pixels, heat: Floats, *, opacity: float, signed: bool) -> Pixels:
    """Lay a map over the picture it belongs to: the stronger a value, the less is left of it.

    The map is stretched over the whole picture, as is usual; `explain.receptive_field` says what
    a unit really sees. Values that are not finite count as zero.

    Args:
        crop: uint8 `(H, W, 3)`, 0 to 255.
        heat: floats `(h, w)` of any range.
        opacity: of the strongest value, 0 to 1.
        signed: whether colours are those of signs, and strength is magnitude (`charts.scales`).

    Returns:
        uint8 `(H, W, 3)`.

    Raises:
        ValueError: another shape or dtype, or an opacity outside 0 to 1.

    >>> overlay(np.zeros((8, 8, 3), np.uint8), np.eye(4), opacity=1, signed=False)[0, 0].tolist()
    [253, 231, 37]
    """
    _validate_picture(crop)
    if heat.ndim != 2 or not heat.size or not np.issubdtype(heat.dtype, np.floating):
        raise ValueError(f"expected a map (h, w) of floats, but got {heat.dtype} {heat.shape}.")
    if not 0 <= opacity <= 1:
        raise ValueError(f"expected an opacity from 0 to 1, but got {opacity}.")
    known = np.nan_to_num(heat, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = bounds(known.min(), known.max(), signed=signed)
    place = levels(_stretched(known, *crop.shape[:2]), low, high, signed=signed)
    # One table for colours that are already weighted, one for what is left of the picture.
    share = np.arange(LEVELS) / (LEVELS - 1)
    strength = opacity * (np.abs(2 * share - 1) if signed else share)[:, None]
    colours = (scale(signed=signed) * strength).astype(np.float32)
    left = (1 - strength).astype(np.float32)
    laid: Pixels = np.rint(crop * left[place] + colours[place]).astype(np.uint8)
    return laid


def _dashes(length: int, *, solid: bool) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return (np.arange(length) % (_DASH + _SPACE) < _DASH) | solid


def _draw(pixels: Pixels, box: Box, colour: Sequence[int], line: int) -> None:
    """Draw the part of `box` within the picture; a side that lies beyond it is dashed."""
    height, width = pixels.shape[:2]
    top, bottom = max(box.top, 0), min(box.bottom, height)
    left, right = max(box.left, 0), min(box.right, width)
    if top >= bottom or left >= right:
        return
    inside = pixels[top:bottom, left:right]
    across = _dashes(right - left, solid=True), _dashes(right - left, solid=False)
    down = _dashes(bottom - top, solid=True), _dashes(bottom - top, solid=False)
    # A dark line within the coloured one: one of the two stands out against any photo.
    for paint, begin, end in ((_HALO, line, line + 1), (colour, 0, line)):
        rest = max(end, 0)
        inside[begin:rest, across[box.top < 0]] = paint
        inside[-rest : -begin or None, across[box.bottom > height]] = paint
        inside[down[box.left < 0], begin:rest] = paint
        inside[down[box.right > width], -rest : -begin or None] = paint


def with_boxes(
    pixels: Pixels,
    boxes: Sequence[Box],
    colour: str = VALIDATION,
    *,
    factor: int = 1,
    line: int = 2,
) -> Pixels:
    """Draw boxes on a picture, within their bounds; a side beyond the picture is dashed.

    Args:
        pixels: uint8 `(H, W, 3)`, 0 to 255.
        boxes: which may reach beyond the picture; one that lies outside altogether is not drawn.
        colour: `#RRGGBB`.
        factor: how many times the picture was `enlarged`; boxes are in pixels before that.
        line: thickness in pixels.

    Returns:
        A new picture, uint8 `(H, W, 3)`.

    Raises:
        ValueError: another shape or dtype; a factor or line below 1.

    >>> black = np.zeros((9, 9, 3), np.uint8)
    >>> with_boxes(black, [Box(top=2, left=2, bottom=7, right=7)], "#FF0000", line=1)[2, :, 0]
    array([  0,   0, 255, 255, 255, 255, 255,   0,   0], dtype=uint8)
    """
    _validate_picture(pixels)
    if factor < 1 or line < 1:
        raise ValueError(f"expected a factor and a line from 1, but got {factor} and {line}.")
    drawn = pixels.copy()
    for box in boxes:
        scaled = Box(
            top=box.top * factor,
            left=box.left * factor,
            bottom=box.bottom * factor,
            right=box.right * factor,
        )
        _draw(drawn, scaled, tuple(bytes.fromhex(colour.removeprefix("#"))), line)
    return drawn


def beyond(box: Box, height: int, width: int) -> str:
    """Say in one sentence how far `box` reaches beyond a picture; "" if it does not.

    >>> beyond(Box(top=-3, left=-2, bottom=8, right=9), 224, 224)
    'It reaches 3 pixels above and 2 pixels left of the picture, into the padding.'
    >>> beyond(Box(top=0, left=0, bottom=224, right=224), 224, 224)
    ''
    """
    sides = (
        (-box.top, "above"),
        (box.bottom - height, "below"),
        (-box.left, "left of"),
        (box.right - width, "right of"),
    )
    parts = [
        f"{count} pixel{'s' if count > 1 else ''} {side}" for count, side in sides if count > 0
    ]
    if not parts:
        return ""
    several = ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]
    return f"It reaches {several} the picture, into the padding."
