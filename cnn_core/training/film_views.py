"""How a chest radiograph is altered in training: what is drawn, and what it does. Free of torch.

View 0 is the whole film, made smaller and nothing else: nothing is cropped, for the shape of its
black margins is part of it. View v >= 1 is turned, shifted, scaled, and changed in brightness,
contrast and gamma by a little, with a little noise and blur, and bands along its border are blanked
at random: hospitals write there. It is decided by the film's SHA-256 and v alone, so a cached view
never changes; where a network learns as a whole, films are drawn anew at each step.

Never: mirrored top to bottom, turned by a quarter, cropped strongly, inverted. A heart is on the
left: films are mirrored left to right only where that is asked for.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from cnn_core.models.model_row import ModelRow
from cnn_core.results.inspection import Floats

ROTATION = 10.0  # degrees, each way, at most
SHIFT = 0.08  # of the side, each way, at most
SCALE = (0.9, 1.1)
BRIGHTNESS = (0.8, 1.2)  # what pixels are multiplied with
CONTRAST = (0.8, 1.2)  # what their distance from the mean is multiplied with
GAMMA = (0.8, 1.25)
NOISE = 0.02  # standard deviation at most, of white = 1
BLUR = 0.8  # standard deviation at most, in pixels of the film in the store
BORDER = 0.1  # of the side, that a blanked band is wide at most
BORDER_SHARE = 0.5  # of the four borders are blanked

Grey = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class FilmDraw:
    """What is done to a film: the default is nothing.

    Attributes:
        rotation: degrees, anticlockwise.
        across: shift to the right, as a share of the side.
        down: likewise.
        scale: 1.1 makes the film larger.
        brightness: factor.
        contrast: factor, about the mean.
        gamma: exponent, of pixels from 0 to 1.
        noise: standard deviation, of white = 1.
        blur: standard deviation in pixels of the film.
        borders: width of the blanked band at the top, right, bottom and left, shares of the side.
        mirrored: left to right.
        seed: of the noise.
    """

    rotation: float = 0.0
    across: float = 0.0
    down: float = 0.0
    scale: float = 1.0
    brightness: float = 1.0
    contrast: float = 1.0
    gamma: float = 1.0
    noise: float = 0.0
    blur: float = 0.0
    borders: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    mirrored: bool = False
    seed: int = 0


AS_IT_IS = FilmDraw()


def draw_film(draw: np.random.Generator, *, mirror: bool = False) -> FilmDraw:
    """Return what is done to one film: each figure uniform in its range.

    Args:
        draw: moved on equally far whatever comes out.
        mirror: whether every other film is mirrored left to right.
    """
    u = draw.random(17).tolist()

    def between(low: float, high: float) -> float:
        return float(low + (high - low) * u.pop())

    return FilmDraw(
        rotation=between(-ROTATION, ROTATION),
        across=between(-SHIFT, SHIFT),
        down=between(-SHIFT, SHIFT),
        scale=between(*SCALE),
        brightness=between(*BRIGHTNESS),
        contrast=between(*CONTRAST),
        gamma=between(*GAMMA),
        noise=between(0.0, NOISE),
        blur=between(0.0, BLUR),
        borders=(
            between(0.0, BORDER) * (u.pop() < BORDER_SHARE),
            between(0.0, BORDER) * (u.pop() < BORDER_SHARE),
            between(0.0, BORDER) * (u.pop() < BORDER_SHARE),
            between(0.0, BORDER) * (u.pop() < BORDER_SHARE),
        ),
        mirrored=mirror and bool(draw.random() < 0.5),
        seed=int(draw.integers(0, 2**62)),
    )


def draw_of_view(sha256: str, view: int, *, mirror: bool = False) -> FilmDraw:
    """Return what is done to a film in one of its views.

    Args:
        sha256: of its picture, hexadecimal.
        view: 0 (nothing) or more.
        mirror: see `draw_film`.

    >>> draw_of_view("ab" * 32, 0) == AS_IT_IS
    True
    >>> draw_of_view("ab" * 32, 1) == draw_of_view("ab" * 32, 1) != draw_of_view("ab" * 32, 2)
    True
    """
    if view == 0:
        return AS_IT_IS
    return draw_film(np.random.default_rng([int(sha256[:16], 16), view]), mirror=mirror)


def altered(film: Grey, draw: FilmDraw, size: int) -> Grey:
    """Return a film as a network sees it, before it is normalised: uint8 `(size, size)`.

    Args:
        film: uint8 `(S, S)`, 0 (black) to 255.
        draw: what is done to it. What comes in from outside is black, as its margins are.
        size: pixels a side.
    """
    picture = Image.fromarray(film)
    if draw.mirrored:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if (draw.rotation, draw.across, draw.down, draw.scale) != (0.0, 0.0, 0.0, 1.0):
        picture = picture.transform(
            picture.size,
            Image.Transform.AFFINE,
            _affine(draw, len(film)),
            Image.Resampling.BILINEAR,
        )
    if draw.blur:
        picture = picture.filter(ImageFilter.GaussianBlur(draw.blur))
    grey = np.array(picture.resize((size, size), Image.Resampling.BILINEAR))
    if (draw.brightness, draw.contrast, draw.gamma, draw.noise) != (1.0, 1.0, 1.0, 0.0):
        grey = _toned(grey, draw)
    top, right, bottom, left = (round(share * size) for share in draw.borders)
    grey[:top], grey[size - bottom :], grey[:, :left], grey[:, size - right :] = 0, 0, 0, 0
    return grey


def _affine(draw: FilmDraw, side: int) -> tuple[float, ...]:
    """Return where each pixel of the result comes from: Pillow's six coefficients."""
    angle, middle = np.deg2rad(draw.rotation), side / 2
    cos, sin = np.cos(angle) / draw.scale, np.sin(angle) / draw.scale
    x, y = middle + draw.across * side, middle + draw.down * side  # where the middle goes
    return (
        *(cos, -sin, middle - cos * x + sin * y),
        *(sin, cos, middle - sin * x - cos * y),
    )


def _toned(grey: Grey, draw: FilmDraw) -> Grey:
    """Change gamma, contrast and brightness, in this order; add noise; clip."""
    table = np.linspace(0, 1, 256, dtype=np.float32) ** np.float32(draw.gamma)
    values = table[grey]
    mean = values.mean()
    values = ((values - mean) * draw.contrast + mean) * draw.brightness
    if draw.noise:
        noise = np.random.default_rng(draw.seed).standard_normal(grey.shape, dtype=np.float32)
        values += np.float32(draw.noise) * noise
    toned: Grey = (values * 255 + 0.5).clip(0, 255).astype(np.uint8)
    return toned


def normalised(grey: Grey, row: ModelRow) -> Floats:
    """Return what the network of `row` takes: grey three times, less its mean, by its std.

    Args:
        grey: uint8 `(size, size)`, 0 to 255.
        row: of three channels.

    Returns:
        float32 `(3, size, size)`.
    """
    mean, std = (np.asarray(each, dtype=np.float32)[:, None, None] for each in (row.mean, row.std))
    result: Floats = (grey.astype(np.float32) / np.float32(255) - mean) / std
    return result


def film_view(film: Grey, row: ModelRow, sha256: str, view: int, *, mirror: bool = False) -> Floats:
    """Return one view of a film, as the network of `row` takes it: float32 `(3, size, size)`.

    Args:
        film: uint8 `(S, S)`.
        row: a network with three channels; size is its `input_size`.
        sha256: of the film's picture, hexadecimal.
        view: 0 (the whole film) or more.
        mirror: see `draw_film`.
    """
    return normalised(altered(film, draw_of_view(sha256, view, mirror=mirror), row.input_size), row)
