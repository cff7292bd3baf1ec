"""The anatomy of a chest phantom: how much of the beam each point of a drawn body holds back.

Smooth functions over the plane of the film: body, two lungs with ribs and vessels, heart,
diaphragm, spine, clavicles, and an opacity in the lung fields. Lengths are in half sides of the
film; every patient's are drawn from a generator of the patient's own.
"""

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Opacity = Literal["none", "focal", "peripheral"]
"""What the lung fields show: nothing, a consolidation in one lung, hazy patches at the edges of
both."""
Plane = NDArray[np.floating[Any]]

_GRID = 200  # the anatomy is computed so large, then enlarged


def body_plane(own: np.random.Generator, shot: np.random.Generator) -> tuple[Plane, Plane]:
    """Return where each point of the grid lies in the body, across and down, about -1 to 1.

    By the patient's size and stance, and once more, a little, by how the film was taken.
    """
    line = np.linspace(-1.0, 1.0, _GRID, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    across, down = own.normal(0.0, 0.04), own.normal(0.0, 0.04)
    turn = own.normal(0.0, 0.035) + shot.normal(0.0, 0.012)
    wide = 1 / (own.uniform(0.93, 1.09) * shot.normal(1.0, 0.01))
    tall = 1 / (own.uniform(0.93, 1.09) * shot.normal(1.0, 0.01))
    x, y = x - across - shot.normal(0.0, 0.01), y - down - shot.normal(0.0, 0.01)
    cos, sin = math.cos(turn), math.sin(turn)
    return wide * (cos * x + sin * y), tall * (cos * y - sin * x)


def _inside(distance: Plane, soft: float) -> Plane:
    """1 where `distance` is well above 0, 0 where it is well below: a soft edge."""
    share: Plane = 0.5 * (1.0 + np.tanh(distance / soft))
    return share


def _bump(distance: Plane) -> Plane:
    """1 at 0, falling off like a bell."""
    height: Plane = np.exp(-np.minimum(distance * distance, 30.0))
    return height


def _field(rng: np.random.Generator, x: Plane, y: Plane, cells: int) -> Plane:
    """A smooth random field that moves with the body, mean 0, standard deviation about 1."""
    total = np.zeros_like(x)
    for _ in range(2 * cells):
        along, down, begin = (rng.uniform(-1.6, 1.6) for _ in range(3))
        total += np.cos(cells * along * x + cells * down * y + 2 * begin)
    return total / math.sqrt(cells)


def anatomy(rng: np.random.Generator, x: Plane, y: Plane, *, bedside: bool, ill: Plane) -> Plane:
    """Return how much of the beam is held back, 0 (air) to about 1, float32, of `x`'s shape.

    Args:
        rng: the patient's own.
        x: of `body_plane`.
        y: likewise.
        bedside: a larger heart, higher diaphragms, and a cable.
        ill: of `opacity_plane`.
    """
    wide, tall = rng.normal(1.0, 0.07), rng.normal(1.0, 0.07)
    raised = rng.normal(0.0, 0.04) - (0.09 if bedside else 0.0)
    heart_size = rng.normal(1.0, 0.09) * (1.18 if bedside else 1.0)
    body = _body(rng, x, y, wide)
    lungs = [_lung(rng, x, y, side, wide, tall, raised) for side in (-1.0, 1.0)]
    spine = _inside(0.085 - np.abs(x), 0.03) * (0.8 + 0.2 * np.cos(y * 34 + rng.uniform(0, 6)))
    centre = rng.normal(0.11, 0.025)
    heart = _inside(
        1.0
        - np.hypot(
            (x - centre - 0.12 * (y - 0.2)) / (0.29 * heart_size),
            (y - 0.22 - raised) / (0.34 * heart_size),
        ),
        0.08,
    )
    air = np.maximum(*lungs) * (1 - heart)
    vessels = _bump((x - rng.normal(0.1, 0.015)) / 0.11) * _inside(y + 0.5, 0.1)
    windpipe = _bump((x - rng.normal(0, 0.01)) / 0.04) * _inside(-0.22 - y, 0.06)
    dense = 0.58 + 0.06 * _field(rng, x, y, 4) + 0.06 * _field(rng, x, y, 9)
    dense = dense - 0.44 * air + 0.16 * spine + 0.17 * heart
    dense = dense + 0.1 * vessels - 0.12 * windpipe
    dense = dense + air * _ribs(rng, x, y) + 0.04 * _ribs(rng, x, y) * (1 - air)
    dense = dense + air * (0.045 * _field(rng, x, y, 13) + _hilum(rng, x, y))
    dense = dense + _clavicles(rng, x, y)
    dense = dense + air * ill
    if bedside:
        way = x - 0.3 * np.sin(2.2 * y + rng.uniform(0, 6))
        dense = dense + 0.12 * _bump(way / 0.012) * _inside(0.4 - np.abs(y + 0.1), 0.05)
    scatter = 0.06 * (1 + 0.5 * _field(rng, x, y, 7)) * (1 - body)
    held: Plane = (body * dense + scatter).astype(np.float32)
    return held


def _body(rng: np.random.Generator, x: Plane, y: Plane, wide: float) -> Plane:
    """Torso with shoulders and neck: 1 inside."""
    half = 0.93 * wide + 0.04 * np.cos(3 * y + rng.uniform(-0.4, 0.4))
    shoulders = -0.88 + 0.42 * np.maximum(np.abs(x) - rng.normal(0.2, 0.02), 0.0)
    torso = _inside(half - np.abs(x), 0.025) * _inside(y - shoulders, 0.035)
    neck = _inside(rng.normal(0.22, 0.015) - np.abs(x), 0.03) * _inside(-0.7 - y, 0.1)
    either: Plane = np.maximum(torso, neck)
    return either


def _lung(
    rng: np.random.Generator,
    x: Plane,
    y: Plane,
    side: float,
    wide: float,
    tall: float,
    raised: float,
) -> Plane:
    """One lung field: 1 inside; `side` -1 is the one on the left of the film."""
    across = side * x
    inner = 0.12 + 0.05 * np.square(y + 0.3) + rng.normal(0, 0.012)
    reach = np.clip(1.0 - np.square((y - 0.22) / (1.02 * tall)), 0.0, 1.0)
    outer = (0.69 * wide + rng.normal(0, 0.02)) * np.sqrt(reach)
    dome = 0.6 + raised + (0.035 if side > 0 else -0.02) + rng.normal(0, 0.02)
    floor = dome - 0.16 + 1.1 * np.square(across - 0.3 - rng.normal(0, 0.02))
    top = -0.7 * tall + rng.normal(0, 0.02) + 0.7 * np.square(across - 0.27)
    return (
        _inside(across - inner, 0.03)
        * _inside(outer - across, 0.03)
        * _inside(floor - y, 0.025)
        * _inside(y - top, 0.05)
    )


def _ribs(rng: np.random.Generator, x: Plane, y: Plane) -> Plane:
    """The posterior ribs, and across them, fainter, the anterior ones."""
    spread = rng.uniform(0.135, 0.18)
    away = np.abs(x)
    behind = (y - 0.28 * np.square(away - 0.1) - rng.uniform(0, spread) + 0.1 * away) / spread
    before = (y - rng.normal(0.62, 0.05) * away + rng.uniform(0, spread)) / (1.15 * spread)
    rim = 0.5 + 0.5 * np.cos(2 * math.pi * behind)
    faint = 0.5 + 0.5 * np.cos(2 * math.pi * before)
    return rng.uniform(0.08, 0.16) * rim * rim + 0.07 * faint * faint * faint * _inside(
        away - 0.22, 0.1
    )


def _hilum(rng: np.random.Generator, x: Plane, y: Plane) -> Plane:
    """Where vessels enter the lungs, and some of their branches."""
    total = np.zeros_like(x)
    for side in (-1.0, 1.0):
        across, down = side * x - rng.normal(0.2, 0.02), y - rng.normal(-0.04, 0.03)
        total += 0.16 * _bump(np.hypot(across / 0.11, down / 0.16))
        for _ in range(5):
            angle = rng.uniform(-1.1, 1.3)
            along = across * math.cos(angle) + down * math.sin(angle)
            off = down * math.cos(angle) - across * math.sin(angle)
            total += 0.09 * _bump(off / 0.014) * _inside(along, 0.04) * _inside(0.3 - along, 0.12)
    return total


def _clavicles(rng: np.random.Generator, x: Plane, y: Plane) -> Plane:
    """Both collar bones."""
    total = np.zeros_like(x)
    for side in (-1.0, 1.0):
        across = side * x
        way = y + rng.normal(0.56, 0.02) + rng.normal(0.16, 0.04) * across
        bent = way - 0.035 * np.sin(5 * across)
        total += 0.13 * _bump(bent / 0.034) * _inside(across - 0.09, 0.03)
        total *= _inside(0.72 - across, 0.05)
    return total


def opacity_plane(rng: np.random.Generator, x: Plane, y: Plane, opacity: Opacity) -> Plane:
    """Return what an illness adds in the lung fields, 0 to about 0.45, of `x`'s shape."""
    total = np.zeros_like(x)
    if opacity == "none":
        return total
    if opacity == "focal":
        side = -1.0 if rng.random() < 0.5 else 1.0
        places = [(side * rng.uniform(0.26, 0.4), rng.uniform(0.08, 0.28), 0.18, 0.44)]
        places += [(places[0][0] + rng.normal(0, 0.07), places[0][1] + 0.1, 0.1, 0.12)]
    else:
        places = [
            (side * rng.uniform(0.46, 0.55), down + rng.normal(0, 0.05), 0.115, 0.31)
            for side in (-1.0, 1.0)
            for down in (-0.16, 0.06, 0.26)
        ]
    for across, down, radius, strength in places:
        size = radius * rng.uniform(0.85, 1.2)
        total += strength * rng.uniform(0.8, 1.15) * _bump(np.hypot(x - across, y - down) / size)
    mottled: Plane = np.minimum(total, 0.42) * (1 + 0.12 * _field(rng, x, y, 12))
    return mottled
