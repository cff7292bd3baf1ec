"""Films with a cue planted where a test wants it: noise, and a grey that belongs to the class."""

import numpy as np

from cnn_core.results.films import SIDE
from cnn_core.xray.zones import zone_mask

CELLS = 32


def pictures(labels, *, where, seed=0, strength=18.0):
    """Return a film for each label, uint8 `(SIDE, SIDE)`; "nowhere" has no cue."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((SIDE, SIDE)) if where == "nowhere" else zone_mask(where)
    cells = np.ones((SIDE // CELLS, SIDE // CELLS))
    for label in labels:
        noise = np.kron(rng.normal(120, 25, (CELLS, CELLS)), cells)
        yield (noise + strength * label * mask).clip(0, 255).astype(np.uint8)
