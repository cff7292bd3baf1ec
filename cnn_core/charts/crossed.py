"""Crosses over some of many maps that are painted in one picture: those that are switched off."""

import io
from collections.abc import Iterable
from dataclasses import replace

from PIL import Image, ImageDraw

from cnn_core.charts.map_tiles import TiledMaps
from cnn_core.charts.scales import LEVELS, NO_VALUE

_UNDER, _OVER = LEVELS, LEVELS + 1  # colours of the palette that no value has
_COLOURS = bytes.fromhex("0F1419FFFFFF")  # one of the two stands out against any map


def cross_out(tiled: TiledMaps, indices: Iterable[int]) -> TiledMaps:
    """Return the same picture with a cross over each of these maps; none that is not shown.

    Args:
        tiled: maps (not colour kernels), as `tile_maps` painted them.
        indices: which.

    Raises:
        ValueError: it is a picture of colour kernels.

    >>> import numpy as np
    >>> from cnn_core.charts.map_tiles import tile_maps
    >>> tiled = tile_maps(np.ones((2, 5, 5)), columns=2, normalise="each", signed=False, cell=20)
    >>> crossed = cross_out(tiled, [1])
    >>> columns = (crossed.pixels != tiled.pixels).any(axis=(0, 2)).nonzero()[0]
    >>> int(columns.min()), int(columns.max())  # the second map alone
    (28, 47)
    """
    picture = Image.open(io.BytesIO(tiled.png))
    if picture.mode != "P":
        raise ValueError(f"expected a picture with a palette, but got one in mode {picture.mode}.")
    palette = picture.getpalette("RGB") or []
    palette += [0] * (768 - len(palette))
    palette[3 * _UNDER : 3 * _OVER + 3] = _COLOURS
    geometry = tiled.geometry
    draw = ImageDraw.Draw(picture)
    line = max(1, min(geometry.width, geometry.height) // 24)
    for index in set(indices) & set(geometry.order):
        left, top = geometry.corner_of(index)
        right, bottom = left + geometry.width - 1 - line, top + geometry.height - 1 - line
        left, top = left + line, top + line
        for ink, width in ((_UNDER, 3 * line), (_OVER, line)):
            draw.line((left, top, right, bottom), fill=ink, width=width)
            draw.line((left, bottom, right, top), fill=ink, width=width)
    picture.putpalette(palette)
    file = io.BytesIO()
    picture.save(file, "PNG", transparency=NO_VALUE)
    return replace(tiled, png=file.getvalue())
