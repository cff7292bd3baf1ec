"""One chest phantom: a drawing that looks like a chest film and is none.

Everything is computed from smooth functions over the plane of the film: body, two lungs with ribs
and vessels, heart, diaphragm, spine, clavicles, and where asked an opacity in the lung fields and
a lead marker in a corner. "synthetic" is written on every picture, at the same place in the same
grey, below the lungs. Pure and seeded; nothing here reads or writes a file.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Opacity = Literal["none", "focal", "peripheral"]
"""What the lung fields show: nothing, a consolidation in one lung, hazy patches at the edges of
both."""
Corner = Literal["upper left", "upper right", "lower left", "lower right"]
Plane = NDArray[np.floating[Any]]

SIDE = 320
"""Height and width of a drawn film in pixels."""
_GRID = 200  # the anatomy is computed so large, then enlarged


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a hospital's films look: its tube and its processing.

    Attributes:
        gamma: of the grey values, 1 changes nothing.
        noise: standard deviation of the grain, grey values of 255.
        collimated: width of the dark edge that the shutters leave, share of the side.
    """

    gamma: float = 1.0
    noise: float = 4.0
    collimated: float = 0.0


_PLAIN = Look()


def drawn_phantom(
    patient: tuple[int, ...],
    film: int,
    *,
    opacity: Opacity = "none",
    view: Literal["PA", "AP"] = "PA",
    look: Look = _PLAIN,
    marker: Corner | None = None,
) -> NDArray[np.uint8]:
    """Return film number `film` of a patient, uint8 `(SIDE, SIDE)`, bone bright and air dark.

    The same arguments give the same film. Films of one patient share the anatomy and the opacity;
    position, exposure and grain are each film's own.

    Args:
        patient: numbers of 0 or above that stand for the patient (seed, number, ...).
        film: 0 or above.
        opacity: what the lungs show.
        view: "AP" is a bedside film: a larger heart, higher diaphragms, and a cable.
        look: of the hospital.
        marker: where the lead marker is, None for none.

    >>> drawn_phantom((0, 1), 0).shape
    (320, 320)
    """
    own = np.random.default_rng([*patient, 0])
    shot = np.random.default_rng([*patient, 1, film])
    x, y = _plane(own, shot)
    dense = _anatomy(own, x, y, bedside=view == "AP", opacity=opacity)
    grey = np.asarray(
        Image.fromarray(dense).resize((SIDE, SIDE), Image.Resampling.BICUBIC), dtype=np.float32
    )
    grey = np.clip(grey, 0.0, 1.0) ** (look.gamma * shot.uniform(0.94, 1.06))
    pixels = 225.0 * grey * shot.uniform(0.93, 1.0)
    grain = look.noise * shot.uniform(0.7, 1.4)
    pixels += grain * shot.standard_normal(pixels.shape, dtype=np.float32)
    if look.collimated:
        edge = round(look.collimated * SIDE)
        pixels[:edge], pixels[-edge:] = 4.0, 4.0
    for mask in ([_marker(marker)] if marker else []) + [_synthetic()]:
        pixels = np.maximum(pixels, mask)
    whole: NDArray[np.uint8] = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return whole


def _plane(own: np.random.Generator, shot: np.random.Generator) -> tuple[Plane, Plane]:
    """Where each point of the grid lies in the body, -1 to 1 each way: turned, shifted, scaled.

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


def _anatomy(
    rng: np.random.Generator, x: Plane, y: Plane, *, bedside: bool, opacity: Opacity
) -> Plane:
    """How much of the beam the body holds back, 0 (air) to 1, float32 `(_GRID, _GRID)`."""
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
    dense = dense + air * _opacity(rng, x, y, opacity)
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


def _opacity(rng: np.random.Generator, x: Plane, y: Plane, opacity: Opacity) -> Plane:
    """What an illness would add in the lung fields, 0 to about 0.4."""
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


@lru_cache(maxsize=1)
def _synthetic() -> Plane:
    """The word that every picture carries, as grey values over 0."""
    plate = Image.new("L", (SIDE, SIDE))
    font = ImageFont.load_default(size=15)
    ImageDraw.Draw(plate).text((SIDE // 2, SIDE - 7), "synthetic", fill=235, font=font, anchor="ms")
    mask = np.asarray(plate, dtype=np.float32)
    mask.setflags(write=False)
    return mask


@lru_cache(maxsize=4)
def _marker(corner: Corner) -> Plane:
    """A lead letter in its frame, as grey values over 0."""
    plate = Image.new("L", (SIDE, SIDE))
    draw = ImageDraw.Draw(plate)
    down, across = corner.split()
    left = 5 if across == "left" else SIDE - 5 - 22
    top = 5 if down == "upper" else SIDE - 5 - 22
    draw.rectangle((left, top, left + 22, top + 22), fill=70, outline=250, width=2)
    letter = "R" if across == "left" else "L"
    font = ImageFont.load_default(size=18)
    draw.text((left + 11, top + 18), letter, fill=250, font=font, anchor="ms")
    mask = np.asarray(plate, dtype=np.float32)
    mask.setflags(write=False)
    return mask
