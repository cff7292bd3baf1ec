"""Flowers drawn by a program, for a machine without a folder of pictures and without a network.

Five kinds that differ in the number, shape and colour of their petals, each flower at a place, size
and angle of its own, over a ground with leaves and stems, blurred a little and with noise. They are
synthetic and are called so wherever they are shown. Pure but for `write_drawn_flowers`.
"""

import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 160
"""Height and width of a drawn picture in pixels."""

_OVERSAMPLED = 2  # drawn so many times larger, then made smaller: smooth edges
Colour = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """How one kind of flower looks: ranges of petals and colours, lengths as shares of its radius.

    Attributes:
        width: of a petal at its widest, in radii.
        notch: how far a petal is pointed (0 round, 1 a lance).
        cup: whether it is seen from the side, its petals upright, not from above.
    """

    label: str
    petals: tuple[int, int]
    width: tuple[float, float]
    notch: float
    colours: tuple[Colour, ...]
    heart: tuple[float, float]
    heart_colours: tuple[Colour, ...]
    rings: int = 1
    cup: bool = False


_KINDS = (
    _Kind(
        label="daisy",
        petals=(14, 20),
        width=(0.16, 0.22),
        notch=0.2,
        colours=((246, 246, 240), (235, 238, 248), (250, 236, 240)),
        heart=(0.28, 0.36),
        heart_colours=((240, 190, 40), (225, 165, 30)),
    ),
    _Kind(
        label="dandelion",
        petals=(34, 46),
        width=(0.07, 0.1),
        notch=0.5,
        colours=((250, 205, 20), (245, 190, 10), (252, 220, 60)),
        heart=(0.15, 0.22),
        heart_colours=((230, 160, 10), (240, 180, 20)),
        rings=3,
    ),
    _Kind(
        label="rose",
        petals=(5, 7),
        width=(0.7, 0.95),
        notch=0.0,
        colours=((200, 30, 60), (225, 90, 120), (240, 170, 160), (250, 225, 190)),
        heart=(0.1, 0.16),
        heart_colours=((150, 20, 45), (205, 120, 90)),
        rings=4,
    ),
    _Kind(
        label="sunflower",
        petals=(18, 26),
        width=(0.16, 0.22),
        notch=0.9,
        colours=((250, 190, 20), (240, 165, 15), (252, 205, 50)),
        heart=(0.42, 0.52),
        heart_colours=((75, 45, 20), (95, 60, 25)),
    ),
    _Kind(
        label="tulip",
        petals=(3, 3),
        width=(0.55, 0.75),
        notch=0.5,
        colours=((215, 40, 50), (245, 200, 40), (190, 70, 160), (250, 140, 60), (240, 235, 235)),
        heart=(0.0, 0.0),
        heart_colours=((60, 40, 30),),
        cup=True,
    ),
)

LABELS = tuple(kind.label for kind in _KINDS)


def drawn_flower(label: str, number: int, *, seed: int = 0) -> Image.Image:
    """Return picture `number` of a kind of flower, RGB, `SIDE` x `SIDE` pixels.

    The same label, number and seed give the same picture.

    Args:
        label: one of `LABELS`.
        number: 0 or above.
        seed: 0 or above.

    >>> drawn_flower("rose", 0).size
    (160, 160)
    """
    index = LABELS.index(label)
    rng = np.random.default_rng([seed, index, number])
    side = SIDE * _OVERSAMPLED
    picture = _ground(rng, side)
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        radius = side * rng.uniform(0.16, 0.34)
        x, y = rng.uniform(0.28, 0.72, size=2) * side
        _stem(draw, rng, x, y, side)
        _flower(draw, rng, _KINDS[index], x, y, radius)
    picture = picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.0, 0.9))))
    noise = rng.normal(0.0, rng.uniform(2.0, 7.0), size=(SIDE, SIDE, 3))
    light = rng.uniform(0.72, 1.12)
    pixels = np.asarray(picture, dtype=np.float32) * light + noise
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def _shade(rng: np.random.Generator, colour: Colour, spread: float = 14.0) -> Colour:
    red, green, blue = np.clip(np.asarray(colour) + rng.normal(0, spread, size=3), 0, 255)
    return int(red), int(green), int(blue)


def _ground(rng: np.random.Generator, side: int) -> Image.Image:
    """A meadow, earth or sky out of focus, with leaves."""
    grounds = ((70, 110, 50), (95, 130, 70), (110, 90, 60), (150, 180, 210), (60, 80, 60))
    picture = Image.new("RGB", (side, side), _shade(rng, grounds[int(rng.integers(len(grounds)))]))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(14, 34))):
        x, y = rng.uniform(0, side, size=2)
        wide, tall = rng.uniform(0.02, 0.2, size=2) * side
        green = _shade(rng, (75, 120, 55), 26)
        draw.ellipse((x - wide, y - tall, x + wide, y + tall), fill=green)
    return picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(4, 14))))


def _stem(
    draw: ImageDraw.ImageDraw, rng: np.random.Generator, x: float, y: float, side: int
) -> None:
    foot = x + rng.normal(0, side * 0.12)
    green = _shade(rng, (60, 115, 45))
    draw.line((x, y, foot, side), fill=green, width=max(2, int(side * rng.uniform(0.012, 0.03))))


def _flower(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    kind: _Kind,
    x: float,
    y: float,
    radius: float,
) -> None:
    count = int(rng.integers(kind.petals[0], kind.petals[1] + 1))
    colour = _shade(rng, kind.colours[int(rng.integers(len(kind.colours)))])
    turn, squeeze = rng.uniform(0, 2 * math.pi), rng.uniform(0.7, 1.0)
    lean = rng.normal(-math.pi / 2, 0.15)
    for ring in range(kind.rings):
        reach = radius * (1 - 0.24 * ring)
        for petal in range(count):
            angle = turn + 2 * math.pi * (petal + 0.5 * (ring % 2)) / count
            if kind.cup:  # the outer two first, the middle one before them
                angle = lean + (-0.42, 0.42, 0.0)[petal]
            angle += rng.normal(0, 0.06)
            width = rng.uniform(*kind.width)
            outline = [
                (x + along * math.cos(angle) - across * math.sin(angle),
                 y + squeeze * (along * math.sin(angle) + across * math.cos(angle)))
                for along, across in _petal(reach * rng.uniform(0.9, 1.05), width, kind.notch)
            ]  # fmt: skip
            draw.polygon(outline, fill=_shade(rng, colour, 9), outline=_darker(colour))
    heart = radius * rng.uniform(*kind.heart)
    if heart >= 1:
        fill = _shade(rng, kind.heart_colours[int(rng.integers(len(kind.heart_colours)))])
        draw.ellipse((x - heart, y - heart * squeeze, x + heart, y + heart * squeeze), fill=fill)


def _petal(length: float, width: float, notch: float) -> list[tuple[float, float]]:
    """The outline of a petal that begins at the middle and points along the first axis."""
    along = np.linspace(0.0, 1.0, 9)
    across = np.sin(math.pi * along ** (1.0 - 0.45 * (1 - notch))) * width / 2
    upper = list(zip(along * length, across * length, strict=True))
    lower = [(a, -b) for a, b in reversed(upper)]
    return [(float(a), float(b)) for a, b in upper + lower]


def _darker(colour: Colour) -> Colour:
    red, green, blue = (int(value * 0.78) for value in colour)
    return red, green, blue


def write_drawn_flowers(
    folder: Path, *, each: int = 30, labels: tuple[str, ...] = LABELS, seed: int = 0
) -> Path:
    """Draw `each` pictures of each kind into class folders of `folder` (made), as JPEG; return it.

    Args:
        folder: where the class folders shall be.
        each: pictures a class, 1 or more.
        labels: which kinds.
        seed: 0 or above; another one gives other pictures.
    """
    for label in labels:
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            buffer = io.BytesIO()
            drawn_flower(label, number, seed=seed).save(buffer, "JPEG", quality=92)
            (folder / label / f"{label}-{number:03d}.jpg").write_bytes(buffer.getvalue())
    return folder
