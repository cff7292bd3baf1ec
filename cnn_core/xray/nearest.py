"""The nearest of the films that a gate knows: what a film is like, by the network's embedding."""

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.xray_decision import Gate


def nearest_known(
    gate: Gate, embedding: NDArray[np.float32], count: int
) -> tuple[tuple[int, float], ...]:
    """Return the places in `gate.known` of the nearest films, and how far they are, nearest first.

    Args:
        gate: of the model.
        embedding: float32 `(D,)`, of the same model.
        count: how many at most.

    Returns:
        Pairs of a place and a cosine distance, 0 to 2.

    >>> axes = np.eye(2, dtype=np.float32)
    >>> gate = Gate(weights=axes, bias=axes[0], mean=axes, scale=axes, known=axes,
    ...     neighbours=1, limit=1.0)
    >>> nearest_known(gate, np.array([0.0, 3.0], np.float32), 5)
    ((1, 0.0), (0, 1.0))
    """
    length = max(float(np.linalg.norm(embedding)), float(np.finfo(np.float32).tiny))
    distances = 1.0 - (gate.known @ (embedding / np.float32(length))).astype(np.float64)
    places = np.argsort(distances, kind="stable")[: max(0, count)].tolist()
    return tuple((place, max(0.0, float(distances[place]))) for place in places)
