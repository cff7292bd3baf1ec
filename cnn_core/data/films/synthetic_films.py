"""Synthetic films to try triage with, where no radiograph is at hand: phantoms, and what is none.

Twelve phantoms without a shortcut, most of them normal, as in a clinic; and three pictures that
triage has to refuse: a photograph, an inverted phantom, and noise. "Synthetic" is written on every
phantom. The names tell no class, so that the films can be read blind.
"""

import contextlib
import io
from collections import Counter

import numpy as np
from PIL import Image

from cnn_core.data.films.phantom_plan import COPIES, planned_phantoms
from cnn_core.data.films.phantoms import phantom_pixels
from cnn_core.data.samples import sample_picture
from cnn_core.errors import DataError

EACH = {"normal": 8, "pneumonia": 2, "covid19": 2}
"""Phantoms of each class."""
_PHOTO = "cat"
_NOISE_SIDE = 512


def synthetic_films(seed: int) -> list[tuple[str, bytes]]:
    """Return the films as (name, PNG file), in an order that tells nothing.

    Without scikit-image's sample photos the photograph is left out.

    Args:
        seed: 0 or above; another one draws other patients.
    """
    rng = np.random.default_rng([seed, 2026])
    plan = planned_phantoms("clean", films=6 * COPIES, seed=seed)
    drawn: Counter[str] = Counter()
    chosen = []
    for phantom in plan:
        if drawn[phantom.label] < EACH[phantom.label]:
            drawn[phantom.label] += 1
            chosen.append(phantom)
    rest = [phantom for phantom in plan if phantom not in chosen]
    films = [_png(phantom_pixels(phantom, seed=seed)) for phantom in chosen]
    order = rng.permutation(len(films))
    named = [(f"phantom {place:02d}.png", films[i]) for place, i in enumerate(order, start=1)]
    others = [("inverted phantom.png", _png(255 - phantom_pixels(rest[0], seed=seed)))]
    side = _NOISE_SIDE
    others.append(("noise.png", _png(rng.integers(0, 256, (side, side)).astype(np.uint8))))
    with contextlib.suppress(DataError):
        others.append(("photograph.png", _png(sample_picture(_PHOTO))))
    return named + others


def _png(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
