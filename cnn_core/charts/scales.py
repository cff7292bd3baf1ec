"""Numbers to colours: one scale for sizes, one for signs, and the bar that says what they mean.

Sizes are shown in viridis (Smith & van der Walt 2015, CC0; here at 18 points, straight lines
between them). Signs are shown from blue through near-white at exactly zero to orange, dark at both
ends: the two hues of Okabe & Ito that everybody tells apart, mixed in OKLab (Ottosson 2020) so that
equal steps look equal. Both are tables of `LEVELS` colours, an odd number: zero has its own.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Ends = float | Floats

LEVELS = 253
"""Colours in a scale: a palette of 256 has three left for what is not a value."""
NO_VALUE = 255
"""In the place of a level: there is nothing to show."""

_BAR_GROUND, _BAR_INK = "#1A212B", "#F6F7F9"

_VIRIDIS = (
    "440154 481769 472A7A 433D84 3D4E8A 355E8D 2E6D8E 297B8E 23898E 1F978B 21A585 2EB37C 46C06F "
    "65CB5E 89D548 B0DD2F D8E219 FDE725"
)
_SIGNED = "052A52 0072B2 F5F5F5 D55E00 5C1F00"
_SIGNED_AT = (0.0, 0.25, 0.5, 0.75, 1.0)
# Ottosson (2020), "A perceptual color space for image processing": linear sRGB to cone responses,
# and their cube roots to lightness and two opponent axes.
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OPPONENT = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _colours(stops: str) -> NDArray[np.float64]:
    return np.array([list(bytes.fromhex(stop)) for stop in stops.split()]) / 255


def _to_oklab(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(linear @ _CONES.T) @ _OPPONENT.T)


def _from_oklab(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.clip((lab @ np.linalg.inv(_OPPONENT).T) ** 3 @ np.linalg.inv(_CONES).T, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


@lru_cache(maxsize=2)
def scale(*, signed: bool) -> Pixels:
    """Return the colours from least to greatest: uint8 `(LEVELS, 3)`, RGB, not to be written to.

    >>> scale(signed=True)[LEVELS // 2].tolist()
    [245, 245, 245]
    """
    stops = _colours(_SIGNED if signed else _VIRIDIS)
    places = np.array(_SIGNED_AT) if signed else np.linspace(0, 1, len(stops))
    mixed = _to_oklab(stops) if signed else stops
    at = np.linspace(0, 1, LEVELS)
    table = np.stack([np.interp(at, places, channel) for channel in mixed.T], axis=1)
    colours = np.rint((_from_oklab(table) if signed else table) * 255).astype(np.uint8)
    colours.setflags(write=False)
    return colours


def bounds(low: Ends, high: Ends, *, signed: bool) -> tuple[Floats, Floats]:
    """Return which values the ends of the scale stand for, given the least and the greatest.

    With signs both ends lie equally far from zero. Without, a scale of values that are not
    negative begins at zero, so that nothing looks like nothing. Numbers, or arrays of them.

    >>> [tuple(map(float, bounds(low, 3.0, signed=low < 0))) for low in (-1.0, 2.0)]
    [(-3.0, 3.0), (0.0, 3.0)]
    """
    if signed:
        reach = np.maximum(np.abs(low), np.abs(high))
        return -reach, reach
    return np.minimum(low, 0.0), np.asarray(high)


def levels(values: Floats, low: Ends, high: Ends, *, signed: bool) -> Pixels:
    """Return the place of each value on the scale: uint8, 0 to `LEVELS` - 1, else `NO_VALUE`.

    Args:
        values: of any shape; what is beyond the ends counts as the end, what is not finite as no
            value.
        low: what level 0 stands for, a number or an array that broadcasts; see `bounds`.
        high: what the last level stands for, likewise.
        signed: whether the scale is that of signs; then zero is in its middle.

    >>> levels(np.array([-2.0, 0.0, 1.0, np.nan]), -2.0, 2.0, signed=True).tolist()
    [0, 126, 189, 255]
    """
    span = np.asarray(high - low, dtype=np.float32)
    factor = np.divide(LEVELS - 1, span, out=np.zeros_like(span), where=span > 0)
    middle = (LEVELS - 1) / 2 if signed else -low * factor
    with np.errstate(invalid="ignore"):  # infinite times nothing
        places = np.asarray(values * factor + np.asarray(middle, dtype=np.float32))
    known = np.isfinite(places)
    places = np.rint(np.clip(places, 0, LEVELS - 1, out=places), out=places)
    if known.all():
        return places.astype(np.uint8)
    return np.where(known, np.nan_to_num(places), NO_VALUE).astype(np.uint8)


def number(value: float) -> str:
    """Return `value` with three figures that count, as short as it can be said.

    >>> [number(value) for value in (0.0, -0.0123456, 12.3456, 123456.0, 1e-7)]
    ['0', '-0.0123', '12.3', '123,000', '1e-07']
    """
    if abs(value) >= 1000 and abs(value) < 1e9:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def colour_bar(low: str, high: str, *, signed: bool, middle: str = "", width: int = 320) -> Pixels:
    """Return the scale as a bar with words under it, on a dark ground of its own.

    Args:
        low: under the left end: `number(low)`, or words such as "least of each".
        high: under the right end.
        signed: which of the two scales.
        middle: under the middle.
        width: in pixels, at least 120.

    Returns:
        uint8 `(44, width, 3)`; legible on a light and on a dark page.

    Raises:
        ValueError: `width` is below 120.

    >>> colour_bar("0", number(3.25), signed=False).shape
    (44, 320, 3)
    """
    if width < 120:
        raise ValueError(f"expected a width of at least 120 pixels, but got {width}.")
    ground = Image.new("RGB", (width, 44), _BAR_GROUND)
    steps = np.arange(width - 16) * LEVELS // (width - 16)
    bar = np.broadcast_to(scale(signed=signed)[steps], (14, width - 16, 3))
    ground.paste(Image.fromarray(np.ascontiguousarray(bar)), (8, 6))
    draw, font = ImageDraw.Draw(ground), ImageFont.load_default(size=14)
    for words, place, anchor in (
        (low, 8, "ls"),
        (middle, width // 2, "ms"),
        (high, width - 8, "rs"),
    ):
        draw.text((place, 37), words, fill=_BAR_INK, font=font, anchor=anchor)
    return np.array(ground)
