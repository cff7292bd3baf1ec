"""Small films for tests: grey, drawn, with a dark margin on both sides."""

import numpy as np

from cnn_core.results.films import SIDE


def film(seed=0):
    """A film uint8 (320, 320): a bright trunk that fades downwards, on black, and some noise."""
    draw = np.random.default_rng(seed)
    down, across = np.mgrid[:SIDE, :SIDE] / SIDE
    trunk = np.exp(-(((across - 0.4 - 0.1 * draw.random()) / 0.25) ** 2)) * (0.9 - 0.5 * down)
    grey = 255 * np.clip(trunk + 0.02 * draw.standard_normal((SIDE, SIDE)), 0, 1)
    grey[:, : SIDE // 10] = grey[:, -SIDE // 10 :] = 0
    return grey.astype(np.uint8)
