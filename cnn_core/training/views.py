"""Views of a picture: which there are, and which of them is seen in which epoch. Free of torch.

View 0 is the middle crop, as `models.preprocess.prepare` makes it; view 1 its mirror image; view
v >= 2 a random crop, mirrored if v is odd; of a small image (`image_view`) a shifted one. What a
view shows is decided by the picture's SHA-256 and v alone, so a cached view never changes.
"""

import dataclasses
import functools
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.models.model_row import ModelRow
from cnn_core.models.preprocess import prepare
from cnn_core.results.inspection import Floats, Pixels
from cnn_core.training.seeds import VIEWS, derived_seed

SMALLEST_SHARE = 0.5  # of the middle square's area that a random crop shows, at least
SHIFT = 4  # pixels that a view of a small image is shifted by, each way, at most


def view_box(sha256: str, view: int, height: int, width: int) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a random crop (`view` >= 2), in pixels.

    The crop is a square within the largest square in the middle of the picture, of 0.5 to 1 of its
    area, drawn uniformly, and lies anywhere in it, drawn likewise.

    >>> left, top, right, bottom = view_box("ab" * 32, 2, 300, 400)
    >>> 50 <= left < right <= 350, 0 <= top < bottom <= 300
    (True, True)
    >>> view_box("ab" * 32, 3, 300, 400) == (left, top, right, bottom)
    False
    """
    draw = np.random.default_rng([int(sha256[:16], 16), view])
    share, down, across = draw.random(3).tolist()
    short = min(height, width)
    side = short * math.sqrt(SMALLEST_SHARE + (1 - SMALLEST_SHARE) * share)
    top = (height - short) / 2 + (short - side) * down
    left = (width - short) / 2 + (short - side) * across
    return left, top, left + side, top + side


def view_of(pixels: Pixels, row: ModelRow, sha256: str, view: int) -> Floats:
    """Return one view of a picture, as the network of `row` takes it.

    Args:
        pixels: uint8 `(H, W, 3)`, RGB, 0 to 255.
        row: a network with three channels.
        sha256: of the picture's file, hexadecimal.
        view: 0 or more.

    Returns:
        float32 `(3, input_size, input_size)`, of pixels scaled to 0..1, less `row.mean`, by
        `row.std`.
    """
    if view >= 2:
        size = row.input_size
        box = view_box(sha256, view, *pixels.shape[:2])
        crop = Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR, box=box)
        pixels, row = np.asarray(crop), dataclasses.replace(row, resize=size)
    seen = prepare(pixels, row).normalised
    return np.ascontiguousarray(seen[:, :, ::-1]) if view % 2 else seen


def image_view(image: Pixels, sha256: str, view: int) -> Pixels:
    """Return one view of a small image, uint8 `(H, W, 3)` like itself.

    View 0 is the image; view v >= 2 is shifted by up to 4 pixels each way, drawn uniformly; what
    comes in from outside is its reflection at the border. The odd ones are mirrored.

    Args:
        image: uint8 `(H, W, 3)`, larger than 4 pixels each way.
        sha256: of its pixels, hexadecimal.
        view: 0 or more.

    >>> image = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)
    >>> bool((image_view(image, "ab" * 32, 1) == image[:, ::-1]).all())
    True
    """
    if view >= 2:
        draw = np.random.default_rng([int(sha256[:16], 16), view])
        down, across = draw.integers(0, 2 * SHIFT + 1, 2)
        height, width = image.shape[:2]
        padded = np.pad(image, ((SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="reflect")
        image = padded[down : down + height, across : across + width]
    return image[:, ::-1] if view % 2 else image


@functools.lru_cache(maxsize=2)
def views_of_epoch(seed: int, epoch: int, count: int, views: int) -> NDArray[np.int64]:
    """Return which view of each of `count` pictures is seen in `epoch`, int64 `(count,)`.

    A function of the arguments alone; not to be written to.

    >>> views_of_epoch(0, 3, 5, 1)
    array([0, 0, 0, 0, 0])
    """
    draw = np.random.default_rng(derived_seed(seed, VIEWS, epoch))
    drawn = draw.integers(0, views, count, dtype=np.int64)
    drawn.flags.writeable = False
    return drawn
