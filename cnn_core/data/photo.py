"""From a photo of one digit to its ink: light, polarity, threshold, the largest cluster.

Pure; takes and returns arrays. Reached through `data.ink.ink_from_photo`. All lengths in pixels
are at the working size, whatever the photo's.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from cnn_core.data.ink import Grey, blank_picture, cropped, pasted, scaled_to
from cnn_core.errors import PictureError

CANVAS = 280  # side of the square that `ink_from_photo` returns

_WORKING_SIDE = 400  # the photo's longer side while it is worked on
_BACKGROUND_SIDE = 121  # larger than any stroke is wide, smaller than the picture
_LEAST_CONTRAST = 0.08  # of ink to paper, as a share of the paper's brightness
_LEAST_SEPARATION = 3.5  # of ink from paper, in standard deviations of the paper; noise has 2.7
_LEAST_INK, _MOST_INK = 0.0005, 0.6  # share of the picture
_DIGIT_SIDE = 200  # the digit's longer side on the canvas: MNIST's 20 of 28
_LEAST_STROKE = 16.0  # on the canvas; MNIST's strokes measure 20 to 30 at this scale


def _validate_photo(rgb: NDArray[np.uint8]) -> None:
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise PictureError(
            f"A photo must be uint8 of shape (H, W, 3), but it is {rgb.dtype} of shape {rgb.shape}."
        )
    height, width = rgb.shape[:2]
    if min(height, width) < 8 or max(height, width) > 20 * min(height, width):
        raise PictureError(
            f"A picture of {width} x {height} pixels is too small or too narrow to show a digit.",
            hint="Choose a picture of at least 8 x 8 pixels that is not a thin strip.",
        )


def _luma(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Brightness 0 to 1 with the weights of ITU-R BT.601, shrunk before it becomes floats."""
    height, width = rgb.shape[:2]
    factor = max(1, max(height, width) // (2 * _WORKING_SIDE))
    grey = Image.fromarray(rgb).convert("L").reduce(factor)
    return np.asarray(grey, dtype=np.float32) / np.float32(255)


def _border_surface(grey: Grey) -> Grey:
    """The paper's brightness as the border tells it: a robust quadratic surface."""
    height, width = grey.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=-1)
    border = np.maximum(np.abs(x), np.abs(y)) > 0.9
    rows, values = terms[border], grey[border]
    # A quadratic is loose in the middle, where no border pixel holds it: a small ridge keeps it
    # flat.
    ridge = np.diag([0.0, 0.0, 0.0, 0.0, 0.05, 0.05]) * len(rows)
    keep = np.abs(values - np.median(values)) <= 3 * np.std(values) + 1e-3
    coefficients = np.zeros(6)
    for _ in range(2):
        kept, target = rows[keep], values[keep]
        coefficients = np.linalg.solve(kept.T @ kept + ridge + 1e-6 * np.eye(6), kept.T @ target)
        rest = np.abs(values - rows @ coefficients)
        keep = rest <= 2.5 * np.median(rest) + 1e-3
    return np.asarray(terms @ coefficients)


def _evenly_lit(grey: Grey) -> Grey:
    """Dark ink on paper of brightness 1: light divided out, light ink on dark paper turned round.

    The border shows paper, so what deviates most from its surface is ink, and the sign tells which
    way.
    """
    surface = _border_surface(grey)
    if np.sum((grey - surface) ** 3) > 0:
        grey, surface = 1 - grey, 1 - surface
    return np.asarray(grey / np.maximum(surface, 0.05))


def _darkness(even: Grey) -> Grey:
    """How much darker a pixel is than the paper around it, 0 to 1.

    What the border could not tell (a shadow, a lamp in the middle) is in the paper under the ink: a
    morphological closing with a square that no stroke fills.
    """
    paper = ndimage.grey_closing(even, size=(_BACKGROUND_SIDE, _BACKGROUND_SIDE), mode="nearest")
    darkness: Grey = np.clip(1 - even / np.maximum(paper, 0.05), 0.0, 1.0)
    return darkness


def _otsu(values: Grey) -> float:
    """Otsu (1979): the threshold of greatest between-class variance.

    Only pixels at edges are counted, where ink and paper are about as many, or a small digit on a
    large page would not weigh enough.
    """
    gradient = ndimage.gaussian_gradient_magnitude(values, 1.0, mode="nearest")
    edges = values[gradient >= 0.3 * np.quantile(gradient, 0.999)]
    counts, bounds = np.histogram(edges, bins=256, range=(0.0, 1.0))
    centres = (bounds[:-1] + bounds[1:]) / 2
    below = np.cumsum(counts)[:-1]
    above = counts.sum() - below
    sums = np.cumsum(counts * centres)
    low = sums[:-1] / np.maximum(below, 1)
    high = (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    return float(bounds[1 + int(np.argmax(below * above * (high - low) ** 2.0))])


def _largest(labels: NDArray[np.int32], ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The ink of the label that has the most of it.

    What runs into the border (a shadow's edge, a ruled line) counts only if there is little else.
    """
    sizes = np.bincount(labels[ink], minlength=labels.max() + 1)
    frame = np.ones_like(ink)
    frame[1:-1, 1:-1] = False
    inner = sizes.copy()
    inner[np.unique(labels[ink & frame])] = 0
    chosen = inner if inner.max() >= 0.1 * sizes.max() else sizes
    return np.asarray(ink & (labels == int(np.argmax(chosen))))


def _digit_mask(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest cluster of ink without specks.

    Strokes belong together whose gap is small against the largest of them (the bar of a 5).
    """
    around = np.ones((3, 3))
    strokes, _ = ndimage.label(ink, structure=around)
    reach = max(6, round(0.15 * max(cropped(ink, _largest(strokes, ink)).shape)))
    near = ndimage.maximum_filter(ink, 2 * reach + 1, mode="constant")
    clusters, _ = ndimage.label(near)
    digit = _largest(clusters, ink)
    parts, _ = ndimage.label(digit, structure=around)
    areas = np.bincount(parts[digit])
    return np.asarray((areas >= 0.02 * areas.max())[parts] & digit)


def _widened(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give a thin pen MNIST's stroke: a hairline would be lost in a 20x20 box."""
    mask = ink > 0.5
    if not mask.any():
        return ink
    width = 4 * float(
        ndimage.distance_transform_edt(mask)[mask].mean()
    )  # exact for a straight strip
    radius = round((_LEAST_STROKE - width) / 2)
    if radius < 1:
        return ink
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(ndimage.grey_dilation(ink, footprint=x * x + y * y <= radius * radius + 1))


def find_ink(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the digit in a photo as ink; see `data.ink.ink_from_photo`."""
    _validate_photo(rgb)
    grey = ndimage.gaussian_filter(scaled_to(_luma(rgb), _WORKING_SIDE, smooth=False), 1.5)
    darkness = _darkness(_evenly_lit(grey))
    threshold = _otsu(darkness)
    mask = darkness > threshold
    if not _LEAST_INK <= mask.mean() <= _MOST_INK:
        raise blank_picture()
    paper = darkness[~mask]
    noise = 1.48 * np.median(np.abs(paper - np.median(paper)))
    contrast = darkness[mask].mean() - paper.mean()
    if contrast < max(_LEAST_CONTRAST, _LEAST_SEPARATION * noise):
        raise blank_picture()
    mask = _digit_mask(mask)
    if mask.mean() < _LEAST_INK:
        raise blank_picture()
    soft = 2 * (darkness - threshold) / contrast + 0.5
    alone = np.clip(soft, 0.0, 1.0) * ndimage.binary_dilation(mask, iterations=2)
    digit = scaled_to(cropped(alone, mask), _DIGIT_SIDE, smooth=False)
    top, left = ((CANVAS - length) // 2 for length in digit.shape)
    return _widened(pasted(digit, CANVAS, top, left))
