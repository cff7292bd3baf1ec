"""Many maps or kernels as one clickable picture, as wide as its column, with its colour bar."""

import math
from collections.abc import Callable

import streamlit as st

from cnn_core.charts.map_tiles import TiledMaps
from cnn_core.charts.scales import Pixels, colour_bar, number
from cnn_core.charts.sheet import GAP
from cnn_core.ui.cell_picture import Cells, cell_picture

WIDTH, HEIGHT = 560, 400
_LARGEST_CELL, _LEAST_CELL = 180, 6


def layout(count: int, width: int = WIDTH, height: int = HEIGHT) -> tuple[int, int]:
    """Return how many square cells a row, and their side in pixels, fill a width and a height.

    >>> layout(64), layout(6), layout(2048)
    ((10, 52), (3, 180), (54, 6))
    """
    columns = min(count, max(1, math.ceil(math.sqrt(count * width / height))))
    room = min(width // columns, height // math.ceil(count / columns))
    return columns, min(_LARGEST_CELL, max(_LEAST_CELL, room - GAP))


def draw_sheet(
    tiled: TiledMaps,
    chosen: int,
    on_choose: Callable[[int], None],
    *,
    key: str,
    noun: str,
    alt: str,
) -> None:
    """Draw the picture; call `on_choose` with the index of the map that a person clicks.

    Args:
        tiled: what to draw.
        chosen: index of the map that is outlined.
        on_choose: called before the script runs again.
        key: of the picture on its page.
        noun: what one of them is ("map").
        alt: what is to be seen.
    """
    geometry = tiled.geometry
    cell_picture(
        tiled.png,
        tiled.size,
        key=key,
        alt=alt,
        cells=Cells(
            count=len(geometry.order),
            columns=geometry.columns,
            width=geometry.width,
            height=geometry.height,
            gap=GAP,
            noun=noun,
        ),
        chosen=geometry.order.index(chosen) if chosen in geometry.order else None,
        on_choose=lambda place: on_choose(geometry.order[place]),
        widest=max(tiled.size[0], WIDTH),
        pixelated=True,
    )


def bar_of(tiled: TiledMaps) -> Pixels:
    """Return the picture that says what the colours mean; each map may have its own scale."""
    return _bar(tiled.low, tiled.high, signed=tiled.signed, thing="map")


def draw_bar(low: float | None, high: float | None, *, signed: bool, thing: str = "map") -> None:
    """Draw what the colours mean; without ends each `thing` has a scale of its own."""
    st.image(_bar(low, high, signed=signed, thing=thing), alt="Colour scale")


def _bar(low: float | None, high: float | None, *, signed: bool, thing: str) -> Pixels:
    if low is None or high is None:
        words = ("-largest", "+largest") if signed else ("0", "largest")
        least, greatest = words[0], f"{words[1]} of each {thing}"
    else:
        least, greatest = number(low), number(high)
    return colour_bar(least, greatest, signed=signed, middle="0" if signed else "")
