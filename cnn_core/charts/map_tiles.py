"""Feature maps and kernels as one picture, and which of them lies under a click.

A page sends one PNG instead of five hundred, most of its pixels repeated and none of its colours
more than a byte. The ground between the maps is transparent, so the picture fits a light and a dark
page. Pure NumPy and Pillow; every map is painted at once.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from cnn_core.charts.palette import VALIDATION
from cnn_core.charts.scales import LEVELS, NO_VALUE, Floats, Pixels, bounds, levels, scale
from cnn_core.charts.sheet import Geometry, frame, sheet_of

MOST_BYTES = 300_000
"""A picture that would be larger gets fewer colours."""

_FEWER = ((3, 0.82), (6, 0.68), (9, 0.6))  # every third level, and what is left of the size
_FRAME = 254  # in the palette: the frame of the chosen map
_FRAME_COLOUR = np.array([*bytes.fromhex(VALIDATION[1:]), 255], dtype=np.uint8)
Normalise = Literal["each", "together"]


@dataclass(frozen=True, eq=False, kw_only=True)
class TiledMaps:
    """Many maps in one picture.

    Attributes:
        png: the picture as a file.
        size: its width and height in pixels.
        geometry: where each map lies.
        low: what the first colour stands for; None where every map has its own scale.
        high: what the last colour stands for, likewise.
        signed: whether the colours are those of signs, with zero in the middle.
    """

    png: bytes
    size: tuple[int, int]
    geometry: Geometry
    low: float | None
    high: float | None
    signed: bool

    @property
    def pixels(self) -> Pixels:
        """The picture as uint8 `(H, W, 4)`: red, green, blue and opacity, 0 to 255."""
        with Image.open(io.BytesIO(self.png)) as picture:
            return np.array(picture.convert("RGBA"))


def _validate_maps(maps: Floats, columns: int, cell: int, normalise: str) -> None:
    colour = maps.ndim == 4 and maps.shape[1] == 3
    if not (maps.ndim == 3 or colour) or not np.issubdtype(maps.dtype, np.floating):
        raise ValueError(
            "expected maps (N, H, W) or kernels (N, 3, H, W) of floats, "
            f"but got {maps.dtype} {maps.shape}."
        )
    if 0 in maps.shape[1:]:
        raise ValueError(f"expected maps of at least one pixel, but got {maps.shape}.")
    if columns < 1 or cell < 1:
        raise ValueError(f"expected columns and cell from 1, but got {columns} and {cell}.")
    if normalise not in ("each", "together"):
        raise ValueError(f"expected 'each' or 'together', but got {normalise!r}.")


def _shrunk(maps: Floats, height: int, width: int) -> Floats:
    """Area averages of maps that are larger than their cells."""
    count, rows, columns = maps.shape
    height, width = min(height, rows), min(width, columns)
    if (height, width) == (rows, columns):
        return maps
    # One below the other they are one picture, and no average reaches from one into the next.
    tall = Image.fromarray(np.ascontiguousarray(maps, np.float32).reshape(count * rows, columns))
    shrunk = np.asarray(tall.resize((width, count * height), Image.Resampling.BOX))
    return shrunk.reshape(count, height, width)


def _ends(maps: Floats, normalise: Normalise, *, signed: bool) -> tuple[Floats, Floats]:
    """What the ends of the scale stand for: arrays that broadcast to the maps."""
    axes = tuple(range(1 if normalise == "each" else 0, maps.ndim))
    finite = np.isfinite(maps).all()
    known = maps if finite else np.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0)
    return bounds(known.min(axes, keepdims=True), known.max(axes, keepdims=True), signed=signed)


def _png(sheet: Pixels, palette: bytes | None = None) -> bytes:
    picture, file = Image.fromarray(sheet), io.BytesIO()
    if palette is None:
        picture.save(file, "PNG")
    else:
        picture.putpalette(palette)
        picture.save(file, "PNG", transparency=NO_VALUE)
    return file.getvalue()


def _small_png(sheet: Pixels, *, signed: bool) -> bytes:
    """Levels as a PNG with a palette; with fewer colours where it would be over `MOST_BYTES`."""
    palette = np.zeros((256, 3), dtype=np.uint8)
    palette[:LEVELS] = scale(signed=signed)
    palette[_FRAME] = _FRAME_COLOUR[:3]
    png = _png(sheet, palette.tobytes())
    if len(png) <= MOST_BYTES:
        return png
    # Both ends and the middle of the scale remain.
    step = next((step for step, share in _FEWER if len(png) * share <= MOST_BYTES), _FEWER[-1][0])
    fewer = np.arange(256, dtype=np.uint8)
    fewer[:LEVELS] = np.rint(fewer[:LEVELS] / step) * step
    return _png(fewer[sheet], palette.tobytes())


def _colour_cells(kernels: Floats, low: Floats, high: Floats, size: tuple[int, int]) -> Pixels:
    """Kernels over red, green and blue as pictures, uint8 `(N, h, w, 4)`; no weight is grey."""
    span = high - low
    shares = np.divide(kernels - low, span, out=np.full_like(kernels, 0.5), where=span > 0)
    count, _, rows, columns = kernels.shape
    small = _shrunk(shares.reshape(count * 3, rows, columns), *size)
    small = np.nan_to_num(small, nan=0.5, posinf=1, neginf=0).reshape(count, 3, *small.shape[1:])
    cells = np.full((count, *small.shape[2:], 4), 255, dtype=np.uint8)
    cells[..., :3] = np.rint(small.transpose(0, 2, 3, 1) * 255)
    return cells


def tile_maps(
    maps: Floats,
    *,
    columns: int,
    normalise: Normalise,
    signed: bool,
    cell: int,
    order: Sequence[int] | None = None,
    chosen: int | None = None,
) -> TiledMaps:
    """Paint maps or kernels side by side.

    Maps get the scale of sizes or of signs (`charts.scales`); kernels over three channels become
    colour pictures, where with `signed` no weight is middle grey. What is not finite stays empty.

    Args:
        maps: floats `(N, H, W)`, or kernels over red, green and blue `(N, 3, H, W)`; at least one.
        columns: maps a row, at least 1.
        normalise: "each" map by its own range, or all "together".
        signed: whether zero is in the middle of the scale; else a scale of values that are not
            negative begins at zero.
        cell: longer side of one map in the picture, in pixels; smaller maps are enlarged pixel by
            pixel, larger ones averaged.
        order: which maps to show, in this order; None for all as they are.
        chosen: the map that gets a frame; None for none.

    Raises:
        ValueError: another shape or dtype, a size below 1, or an index that is not there.

    >>> tiled = tile_maps(np.eye(5)[None].repeat(3, 0), columns=2, normalise="each", signed=False,
    ...                   cell=10)
    >>> tiled.pixels.shape, tiled.geometry.index_at(20, 20)
    ((32, 32, 4), None)
    """
    _validate_maps(maps, columns, cell, normalise)
    shown = tuple(range(len(maps)) if order is None else map(int, order))
    if not shown or not all(0 <= index < len(maps) for index in {*shown, chosen or 0}):
        raise ValueError(f"expected indices of {len(maps)} maps, but got {shown} and {chosen}.")
    rows, across = maps.shape[-2:]
    height = max(1, round(cell * rows / max(rows, across)))
    width = max(1, round(cell * across / max(rows, across)))
    geometry = Geometry(order=shown, columns=min(columns, len(shown)), height=height, width=width)
    picked = maps if order is None else maps[list(shown)]
    low, high = _ends(picked, normalise, signed=signed)
    if maps.ndim == 4:
        cells, ground = _colour_cells(picked, low, high, (height, width)), 0
    else:
        small = _shrunk(picked, height, width)
        cells, ground = levels(small, low, high, signed=signed), NO_VALUE
    sheet = sheet_of(cells, geometry.columns, height, width, ground)
    if chosen in shown:
        frame(sheet, geometry, chosen, _FRAME_COLOUR if maps.ndim == 4 else _FRAME)
    together = normalise == "together"
    return TiledMaps(
        png=_png(sheet) if maps.ndim == 4 else _small_png(sheet, signed=signed),
        size=(sheet.shape[1], sheet.shape[0]),
        geometry=geometry,
        low=float(low.item()) if together else None,
        high=float(high.item()) if together else None,
        signed=signed,
    )
