"""A digit as ink, and MNIST's own form of it.

Ink is float32, 1 where the pen was and 0 on paper. Everything here is pure; a blank picture is
refused. The steps from a photo to ink stand in `data.photo`, which takes SciPy and is imported
when it is needed.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.errors import PictureError

BOX, FORM = 20, 28  # sides in pixels: LeCun et al. (1998), section III.A
_FAINT = 0.1  # of the darkest ink: below this a pixel does not count for the bounding box

Grey = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class MnistForm:
    """A digit in MNIST's form, and the step before.

    Attributes:
        box: float32 `(20, 20)`, 0 to 1: the digit scaled into MNIST's box, in the middle of it.
        form: float32 `(28, 28)`, 0 to 1: the digit with its centre of mass in the middle.
    """

    box: NDArray[np.float32]
    form: NDArray[np.float32]


def blank_picture() -> PictureError:
    """Return the error for a picture without a digit."""
    return PictureError(
        "There is no digit to be seen in the picture.",
        hint="Take one dark digit on light paper (or light on dark), near and in focus.",
    )


def resized(values: Grey, height: int, width: int, *, smooth: bool = True) -> NDArray[np.float32]:
    """Area averages where it shrinks; where it grows, bicubic if `smooth`, else bilinear."""
    picture = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    shrinks = height <= values.shape[0] and width <= values.shape[1]
    grow = Image.Resampling.BICUBIC if smooth else Image.Resampling.BILINEAR
    resampled = picture.resize((width, height), Image.Resampling.BOX if shrinks else grow)
    return np.asarray(np.clip(np.asarray(resampled), 0.0, 1.0), dtype=np.float32)


def scaled_to(values: Grey, side: int, *, smooth: bool = True) -> NDArray[np.float32]:
    """Keep the aspect ratio and make the longer side `side`."""
    factor = side / max(values.shape)
    height, width = (max(1, round(length * factor)) for length in values.shape)
    return resized(values, height, width, smooth=smooth)


def cropped(values: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[Any]:
    """Return the part of `values` within the bounding box of `mask`."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def pasted(values: Grey, side: int, top: int, left: int) -> NDArray[np.float32]:
    """Return a square of nought, `side` wide, with `values` at row `top` and column `left`."""
    canvas = np.zeros((side, side), dtype=np.float32)
    canvas[top : top + values.shape[0], left : left + values.shape[1]] = values
    return canvas


def ink_from_photo(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the digit in a photo or scan as ink, float32 `(280, 280)`, 0 (paper) to 1 (ink).

    Uneven light is divided out, dark-on-light or light-on-dark is told from the border, the
    threshold is Otsu's with a soft edge, specks are dropped, and the largest cluster of ink is put
    in the middle, its longer side 200 pixels, its aspect ratio kept, a hairline widened.

    Args:
        rgb: uint8 `(H, W, 3)`, 0 to 255, at least 8 x 8.

    Raises:
        PictureError: no digit to be seen, or a picture too small for one.
    """
    from cnn_core.data.photo import find_ink

    return find_ink(rgb)


def _validate_ink(ink: NDArray[np.float32]) -> None:
    if ink.ndim != 2 or not np.isfinite(ink).all() or ink.size == 0:
        raise PictureError(
            f"Ink must be finite numbers of shape (H, W), but its shape is {ink.shape}."
        )
    if ink.min() < 0 or ink.max() > 1:
        raise PictureError(
            f"Ink must be within 0 to 1, but goes from {ink.min():g} to {ink.max():g}."
        )
    if ink.max() < 0.02:
        raise blank_picture()


def _centre_of_mass_start(values: Grey, axis: int) -> int:
    """Where `values` begins in the form if its centre of mass is to lie on pixel 14."""
    length = values.shape[axis]
    centre = np.average(np.arange(length), weights=values.sum(axis=1 - axis))
    return int(np.clip(np.floor(FORM / 2 - centre + 0.5), 0, FORM - length))


def mnist_form(ink: NDArray[np.float32]) -> MnistForm:
    """Bring a digit into MNIST's form, as its makers did.

    LeCun, Bottou, Bengio and Haffner (1998), section III.A: the digit is scaled into a 20x20 box
    with its aspect ratio kept, with anti-aliasing, and placed in 28x28 with its centre of mass in
    the middle. In the published files that centre lies on pixel 14 (counted from 0) to within half
    a pixel; so it does here.

    Args:
        ink: `(H, W)`, 0 (paper) to 1 (ink).

    Raises:
        PictureError: no ink, or values out of range.

    >>> stroke = np.zeros((280, 280), np.float32)
    >>> stroke[40:240, 30:60] = 1.0
    >>> mnist_form(stroke).form.any(axis=1).sum(), mnist_form(stroke).form.any(axis=0).sum()
    (np.int64(20), np.int64(3))
    """
    _validate_ink(ink)
    digit = scaled_to(cropped(ink, ink > _FAINT * ink.max()), BOX)
    height, width = digit.shape
    box = pasted(digit, BOX, (BOX - height) // 2, (BOX - width) // 2)
    top, left = _centre_of_mass_start(digit, 0), _centre_of_mass_start(digit, 1)
    return MnistForm(box=box, form=pasted(digit, FORM, top, left))
