"""The one picture that every film becomes, whatever its format: what is judged and trained on.

Grey; clipped at two percentiles and stretched between them; shrunk or enlarged so that the longer
side is `SIDE` pixels; padded with black to a square, the film in the middle. The aspect ratio stays
what it was and shows as the width of the padding: it carries the source, and hiding it by
stretching the film would hide that from the audit too.
"""

import io
import math
import zlib

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cnn_core.errors import PictureError
from cnn_core.results.films import SIDE

PERCENTILES = (0.5, 99.5)
"""What is darker than the one becomes black, what is brighter than the other white."""

_SAMPLED = 262_144  # values that the percentiles are taken of, evenly spread over the film
# zlib's strategy for pictures without repeated texture: a fifth of the time of the usual one, and
# no larger (30 films of chest_xray: 42 KB each, 2.3 ms against 10.9 ms).
_RUN_LENGTHS = zlib.Z_RLE
_HASHED = 64  # the side to which `imagehash.phash(hash_size=16)` itself brings every picture


def content_box(width: int, height: int) -> tuple[int, int, int, int]:
    """Return where a film of this size lies in its picture: left, top, right, bottom.

    >>> content_box(2000, 1000)
    (0, 80, 320, 240)
    """
    factor = SIDE / max(width, height)
    inner_width, inner_height = max(1, round(width * factor)), max(1, round(height * factor))
    left, top = (SIDE - inner_width) // 2, (SIDE - inner_height) // 2
    return left, top, left + inner_width, top + inner_height


def canonical(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the picture of a film.

    Args:
        grey: float32 `(H, W)`, 0 (black) to 1 (white), the right way up, finite.

    Returns:
        uint8 `(SIDE, SIDE)`, 0 to 255.

    Raises:
        PictureError: `grey` is empty, not two-dimensional or not finite, or the two percentiles are
            equal: the film is blank.

    >>> picture = canonical(np.tile(np.linspace(0.4, 0.6, 90, dtype=np.float32), (45, 1)))
    >>> picture.shape, bool(picture[160, 0] < 2), bool(picture[160, -1] > 253), int(picture[9, -1])
    ((320, 320), True, True, 0)
    """
    _validate_grey(grey)
    height, width = grey.shape
    low, high = _limits(grey)
    if not high > low:
        raise PictureError(
            "The film is blank: 99 % of its pixels or more are equal.", hint="Choose another file."
        )
    left, top, right, bottom = content_box(width, height)
    clipped = np.clip(grey, low, high)
    clipped -= low
    clipped *= np.float32(255 / (high - low))
    inner = Image.fromarray(clipped).resize((right - left, bottom - top), Image.Resampling.BICUBIC)
    picture = np.zeros((SIDE, SIDE), np.uint8)
    picture[top:bottom, left:right] = np.rint(np.clip(np.asarray(inner), 0, 255))
    return picture


def _validate_grey(grey: NDArray[np.float32]) -> None:
    if grey.ndim != 2 or grey.size == 0 or not np.isfinite(grey).all():
        raise PictureError(
            "A film must be finite grey values of shape (H, W), "
            f"but it is {grey.dtype} of shape {grey.shape}, or holds values that are not numbers.",
            hint="Save the film as an 8- or 16-bit grey picture.",
        )


def _limits(grey: NDArray[np.float32]) -> tuple[float, float]:
    """The two percentiles, of every k-th row and column where there are many pixels."""
    step = max(1, math.isqrt(grey.size // _SAMPLED))
    low, high = np.percentile(grey[::step, ::step], PERCENTILES)
    return float(low), float(high)


def png_of(picture: NDArray[np.uint8]) -> bytes:
    """Return a canonical picture as a grey PNG; the same pixels give the same bytes."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", compress_type=_RUN_LENGTHS)
    return file.getvalue()


def film_hashes(picture: NDArray[np.uint8], width: int, height: int) -> tuple[str, str, str]:
    """Return the 256-bit perceptual hashes of a picture, of its inverse and of its mirror image.

    The hash is `imagehash.phash(hash_size=16)`: the signs, against their median, of the 16 x 16
    lowest frequencies of a discrete cosine transform at 64 x 64. Inverted is the film alone, as an
    inverted file would come in: its padding is black like any other.

    Args:
        picture: uint8 `(SIDE, SIDE)`, as `canonical` gives it.
        width: of the film that it was made of, pixels.
        height: likewise.

    Returns:
        Three hashes of 64 hexadecimal digits.
    """
    left, top, right, bottom = content_box(width, height)
    inverse = picture.copy()
    inverse[top:bottom, left:right] = 255 - picture[top:bottom, left:right]
    small, inverted = (
        Image.fromarray(pixels).resize((_HASHED, _HASHED), Image.Resampling.LANCZOS)
        for pixels in (picture, inverse)
    )
    shown = (small, inverted, ImageOps.mirror(small))
    plain, turned, mirrored = (str(imagehash.phash(image, hash_size=16)) for image in shown)
    return plain, turned, mirrored
