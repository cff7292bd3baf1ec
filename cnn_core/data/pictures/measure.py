"""What is measured of every picture when it comes in: perceptual hashes and luminance."""

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

_HASHED = 32  # the side to which `imagehash.phash` itself brings every picture first


def measure(pixels: NDArray[np.uint8]) -> tuple[str, str, float, float]:
    """Return perceptual hash, that of the mirror image, brightness and contrast of a picture.

    The hash is `imagehash.phash`: the signs, against their median, of the 8 x 8 lowest frequencies
    of a discrete cosine transform of the luminance at 32 x 32. Brightness and contrast are mean
    and standard deviation of the luminance (ITU-R BT.601, 0 to 1).

    Args:
        pixels: uint8 RGB `(H, W, 3)`; a reduced copy gives nearly the same.

    >>> measure(np.full((9, 9, 3), 255, np.uint8))[2:]
    (1.0, 0.0)
    """
    grey = Image.fromarray(pixels).convert("L")
    luminance = np.asarray(grey, np.float32) / 255
    small = grey.resize((_HASHED, _HASHED), Image.Resampling.LANCZOS)
    return (
        str(imagehash.phash(small)),
        str(imagehash.phash(ImageOps.mirror(small))),
        round(float(luminance.mean()), 6),
        round(float(luminance.std()), 6),
    )
