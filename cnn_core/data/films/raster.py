"""A film that came as PNG or JPEG: grey values, and what its file tells without them.

Refused in one sentence each: what `data.decode` refuses. A colour picture is made grey and its mode
kept, so that whoever judges films can see that it was one.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.data.decode import (
    PILLOW_FAULTS,
    bits_in_use,
    open_picture,
    orientation_of,
    to_rgb,
    upright,
)
from cnn_core.errors import PictureError
from cnn_core.results.films import FilmFile, FilmFormat

_PNG_DEPTH = 24  # place of the bit depth in a PNG: signature, chunk head, width, height
# ITU-T T.81, table K.1, in the order of rows: what the IJG library scales by its quality.
_LUMINANCE = np.array(
    [
        (16, 11, 10, 16, 24, 40, 51, 61),
        (12, 12, 14, 19, 26, 58, 60, 55),
        (14, 13, 16, 24, 40, 57, 69, 56),
        (14, 17, 22, 29, 51, 87, 80, 62),
        (18, 22, 37, 56, 68, 109, 103, 77),
        (24, 35, 55, 64, 81, 104, 113, 92),
        (49, 64, 78, 87, 103, 121, 120, 101),
        (72, 92, 95, 98, 112, 100, 103, 99),
    ]
).ravel()
_COLOURED = 24  # of 255, between the strongest and the weakest channel
_SAMPLED = 65_536  # pixels that are looked at for colour
_QUALITIES = np.arange(1, 101)
_SCALES = np.where(_QUALITIES < 50, 5000 // _QUALITIES, 200 - 2 * _QUALITIES)
_TABLES = np.clip((_LUMINANCE * _SCALES[:, None] + 50) // 100, 1, 255)


def jpeg_quality(table: list[int]) -> int:
    """Return the quality, 1 to 100, whose luminance table (IJG) is nearest to a JPEG's.

    >>> jpeg_quality([1] * 64)
    100
    """
    return int(_QUALITIES[np.abs(_TABLES - np.asarray(table)).sum(axis=1).argmin()])


def read_raster(payload: bytes, kind: FilmFormat) -> tuple[NDArray[np.float32], FilmFile, float]:
    """Return a film's grey values, its file, and how much of it is coloured.

    Args:
        payload: the whole file.
        kind: "PNG" or "JPEG", as its first bytes say.

    Returns:
        float32 `(H, W)`, 0 to 1, the right way up; 16-bit values are scaled by the bits in use.
        The share of pixels that `coloured_share` counts.

    Raises:
        PictureError: too many pixels, or damaged.
    """
    with open_picture(payload, formats=(kind,)) as picture:
        compression = _compression(picture, kind)  # `load()` of a JPEG lets its tables go
        try:
            picture.load()  # only this finds a truncated file
            grey, bits, coloured = _grey(picture)
            grey = upright(grey, orientation_of(picture))
        except MemoryError:
            raise
        except PILLOW_FAULTS as exc:
            raise PictureError(
                "The picture is damaged or cut short: its pixels cannot be read.",
                hint="Save the film as PNG or JPEG afresh.",
            ) from exc
        height, width = grey.shape
        file = FilmFile(
            bytes=len(payload),
            format=kind,
            mode=picture.mode,
            bits=payload[_PNG_DEPTH] if kind == "PNG" and bits == 8 else bits,
            compression=compression,
            width=width,
            height=height,
        )
        return grey, file, coloured


def coloured_share(pixels: NDArray[np.uint8]) -> float:
    """Return which share of pixels is coloured: channels further apart than compression puts them.

    Args:
        pixels: uint8 `(H, W, 3)`; of many, an even grid is looked at.

    >>> coloured_share(np.array([[[9, 9, 9], [200, 90, 10]]], np.uint8))
    0.5
    """
    step = max(1, math.isqrt(pixels.shape[0] * pixels.shape[1] // _SAMPLED))
    some = pixels[::step, ::step]
    return float((some.max(axis=2) - some.min(axis=2) > _COLOURED).mean())


def _grey(picture: Image.Image) -> tuple[NDArray[np.float32], int, float]:
    """Grey values 0 to 1, the bits in use, and the coloured share."""
    if picture.mode.startswith("I"):
        values = np.asarray(picture)
        bits = bits_in_use(int(values.max()))
        grey = values.astype(np.float32)
        grey /= np.float32(2**bits - 1)
        return grey, bits, 0.0
    plain = picture.mode == "L" and not picture.has_transparency_data
    colours = None if plain else to_rgb(picture)
    luminance = picture if colours is None else Image.fromarray(colours).convert("L")
    grey = np.asarray(luminance, np.float32) / np.float32(255)
    return grey, 8, 0.0 if colours is None else coloured_share(colours)


def _compression(picture: Image.Image, kind: FilmFormat) -> str:
    if kind == "PNG":
        return "deflate"
    tables = getattr(picture, "quantization", None)
    quality = f" q{jpeg_quality(list(tables[0]))}" if tables and 0 in tables else ""
    return f"jpeg{quality}" + (" progressive" if picture.info.get("progressive") else "")
