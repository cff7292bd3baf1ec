"""One chest phantom: a drawing that looks like a chest film and is none.

The anatomy (`data.films.phantom_anatomy`) is exposed, gets its grain, and where asked a lead marker
in a corner. "synthetic" is written on every picture, at the same place in the same
grey, below the lungs. Pure and seeded; nothing here reads or writes a file.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from cnn_core.data.films.phantom_anatomy import Opacity, anatomy, body_plane, opacity_plane

Corner = Literal["upper left", "upper right", "lower left", "lower right"]

SIDE = 320
"""Height and width of a drawn film in pixels."""
_MARKER, _MARGIN = 23, 5  # the side of a marker, and how far from the edge it lies

Plate = tuple[tuple[int, int], NDArray[np.uint8]]
"""Where its upper left corner lies (row, column), and its grey values."""


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
    x, y = body_plane(own, shot)
    ill = opacity_plane(np.random.default_rng([*patient, 2]), x, y, opacity)
    dense = anatomy(own, x, y, bedside=view == "AP", ill=ill)
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
    plates = [_synthetic(), *([_marker(marker)] if marker else [])]
    for (top, left), plate in plates:
        pixels[top : top + plate.shape[0], left : left + plate.shape[1]] = plate
    whole: NDArray[np.uint8] = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return whole


@lru_cache(maxsize=1)
def _synthetic() -> Plate:
    """The word that every picture carries, light on a dark ground."""
    wide, tall = 70, 17
    plate = Image.new("L", (wide, tall), 12)
    font = ImageFont.load_default(size=15)
    ImageDraw.Draw(plate).text((wide // 2, 12), "synthetic", fill=235, font=font, anchor="ms")
    return (SIDE - tall - 3, (SIDE - wide) // 2), _read_only(plate)


@lru_cache(maxsize=4)
def _marker(corner: Corner) -> Plate:
    """A lead letter in its frame."""
    plate = Image.new("L", (_MARKER, _MARKER), 70)
    draw = ImageDraw.Draw(plate)
    draw.rectangle((0, 0, _MARKER - 1, _MARKER - 1), outline=250, width=2)
    down, across = corner.split()
    letter, font = "R" if across == "left" else "L", ImageFont.load_default(size=18)
    draw.text((_MARKER // 2, 18), letter, fill=250, font=font, anchor="ms")
    far = SIDE - _MARKER - _MARGIN
    top, left = _MARGIN if down == "upper" else far, _MARGIN if across == "left" else far
    return (top, left), _read_only(plate)


def _read_only(plate: Image.Image) -> NDArray[np.uint8]:
    pixels = np.asarray(plate).copy()
    pixels.setflags(write=False)
    return pixels
