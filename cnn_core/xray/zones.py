"""What of a film a model is shown: all of it, its border, all but its centre, or its centre alone.

The centre is a fixed ellipse. It is the "central zone, not a segmentation": no lung was outlined,
and a lung may reach beyond it. What is hidden is black.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.films import SIDE
from cnn_core.results.xray_audit import Zone

ZONES: tuple[Zone, ...] = ("full", "border", "no-centre", "centre")
BORDER = 0.10
"""Width of the border, share of the side."""
HALF_WIDTH, HALF_HEIGHT = 0.40, 0.40
"""Half axes of the central ellipse, shares of the side."""
SMALL = 32
"""Pixels a side of what the small model sees."""

_CELL = SIDE // SMALL


@lru_cache(maxsize=8)
def zone_mask(zone: Zone, side: int = SIDE) -> NDArray[np.bool_]:
    """Return which pixels of a square film a model sees, bool `(side, side)`, not to be changed.

    Args:
        zone: what of it.
        side: pixels, at least 10.

    >>> bool(zone_mask("centre")[160, 160]), bool(zone_mask("no-centre")[160, 160])
    (True, False)
    >>> bool((zone_mask("centre") & zone_mask("border")).any())
    False
    """
    place = (np.arange(side) + 0.5) / side
    across, down = np.meshgrid(place, place)
    centre = ((across - 0.5) / HALF_WIDTH) ** 2 + ((down - 0.5) / HALF_HEIGHT) ** 2 <= 1
    nearest = np.minimum(np.minimum(across, 1 - across), np.minimum(down, 1 - down))
    masks: dict[Zone, NDArray[np.bool_]] = {
        "full": np.ones((side, side), dtype=np.bool_),
        "border": nearest < BORDER,
        "no-centre": ~centre,
        "centre": centre,
    }
    mask = masks[zone]
    mask.setflags(write=False)
    return mask


def zones_pixels(
    pictures: Iterable[NDArray[np.uint8]], zones: Sequence[Zone] = ZONES
) -> dict[Zone, NDArray[np.float32]]:
    """Return what the small model sees of each film, for several zones, in one pass over them.

    One picture is in memory at a time: 4 KB a film and zone remain.

    Args:
        pictures: canonical pictures, uint8 `(SIDE, SIDE)` each.
        zones: which; 1 or more.

    Returns:
        For each zone float32 `(N, SMALL * SMALL)`, 0 to 1: means of cells of 10 x 10 pixels, in
        which hidden pixels count as black.

    Raises:
        ValueError: a picture of another shape or dtype.
    """
    masks = {zone: zone_mask(zone) for zone in zones}
    rows: dict[Zone, list[NDArray[np.float32]]] = {zone: [] for zone in zones}
    for picture in pictures:
        if picture.shape != (SIDE, SIDE) or picture.dtype != np.uint8:
            raise ValueError(
                f"expected uint8 ({SIDE}, {SIDE}), but got {picture.dtype} {picture.shape}."
            )
        for zone, mask in masks.items():
            seen = picture if zone == "full" else picture * mask
            cells = seen.reshape(SMALL, _CELL, SMALL, _CELL).mean(axis=(1, 3), dtype=np.float32)
            rows[zone].append(cells.ravel() / np.float32(255.0))
    empty = np.zeros((0, SMALL * SMALL), dtype=np.float32)
    return {zone: np.stack(found) if found else empty for zone, found in rows.items()}


def zone_pixels(pictures: Iterable[NDArray[np.uint8]], zone: Zone = "full") -> NDArray[np.float32]:
    """Return what the small model sees of each film in one zone, float32 `(N, 1024)`, 0 to 1.

    See `zones_pixels`, which does several zones in one pass.

    >>> zone_pixels([np.full((SIDE, SIDE), 255, np.uint8)], "border").shape
    (1, 1024)
    """
    return zones_pixels(pictures, [zone])[zone]
