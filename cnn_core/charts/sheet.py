"""Cells of one size on a sheet: laid out in rows, and which of them lies under a click."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

GAP = 4
"""Pixels of the ground round every cell."""


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Where each map lies in the picture.

    Attributes:
        order: the maps from left to right and top to bottom, by their index.
        columns: maps a row.
        height: of one map in the picture, in pixels.
        width: likewise.
    """

    order: tuple[int, ...]
    columns: int
    height: int
    width: int

    def index_at(self, x: float, y: float) -> int | None:
        """Return which map lies at column `x` and row `y` of the picture; None between maps.

        >>> geometry = Geometry(order=(2, 0, 1), columns=2, height=10, width=20)
        >>> geometry.index_at(30, 5), geometry.index_at(5, 20), geometry.index_at(26, 5)
        (0, 1, None)
        """
        column, across = divmod(x - GAP, self.width + GAP)
        row, down = divmod(y - GAP, self.height + GAP)
        if not (0 <= column < self.columns and row >= 0):
            return None
        place = int(row) * self.columns + int(column)
        if across >= self.width or down >= self.height or place >= len(self.order):
            return None
        return self.order[place]

    def corner_of(self, index: int) -> tuple[int, int]:
        """Return column and row of the first pixel of the map `index`; ValueError if not shown."""
        row, column = divmod(self.order.index(index), self.columns)
        return GAP + column * (self.width + GAP), GAP + row * (self.height + GAP)


def sheet_of(cells: Pixels, columns: int, height: int, width: int, ground: int) -> Pixels:
    """Lay `(N, h, w, ...)` out in rows, each pixel repeated until a cell is height x width."""
    count, rows, across = cells.shape[:3]
    cells = cells[:, np.arange(height) * rows // height][:, :, np.arange(width) * across // width]
    lines = math.ceil(count / columns)
    shape = (lines * columns, height + GAP, width + GAP, *cells.shape[3:])
    padded = np.full(shape, ground, dtype=np.uint8)
    padded[:count, GAP:, GAP:] = cells
    padded = padded.reshape(lines, columns, *shape[1:]).swapaxes(1, 2)
    sheet = padded.reshape(lines * shape[1], columns * shape[2], *shape[3:])
    edges = [(0, GAP), (0, GAP)] + [(0, 0)] * (sheet.ndim - 2)
    return np.pad(sheet, edges, constant_values=ground)


def frame(sheet: Pixels, geometry: Geometry, index: int, colour: int | Pixels) -> None:
    """Draw a frame into the ground round one map."""
    left, top = geometry.corner_of(index)
    bottom, right, line = top + geometry.height, left + geometry.width, GAP - 1
    sheet[top - line : top, left - line : right + line] = colour
    sheet[bottom : bottom + line, left - line : right + line] = colour
    sheet[top:bottom, left - line : left] = colour
    sheet[top:bottom, right : right + line] = colour
