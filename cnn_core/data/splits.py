"""Split the validation set off the training set: stratified, deterministic, fast."""

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import ConfigError, DataError


def _validate_split(labels: NDArray[np.integer], share: float) -> None:
    if not 0.0 < share < 1.0:
        raise ConfigError(
            f"The validation share must be between 0 and 1, both excluded, but it is {share:g}."
        )
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise DataError(
            f"Labels must be whole numbers of shape (N,), "
            f"but they are {labels.dtype} of shape {labels.shape}."
        )
    if len(labels) < 2:
        raise DataError(
            f"A split needs at least 2 examples, but there are {len(labels)}.",
            hint="Use a data set with more pictures.",
        )


def valid_counts(counts: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """Return how many of each class to hold out: whole parts first, the rest by largest remainder.

    Args:
        counts: examples of each class `(C,)`, at least 2 in all.
        share: part to hold out, above 0 and below 1.
    """
    quota = counts * share
    held: NDArray[np.int64] = np.floor(quota).astype(np.int64)
    total = int(np.clip(np.floor(counts.sum() * share + 0.5), 1, counts.sum() - 1))
    by_remainder = np.argsort(held - quota, kind="stable")
    held[by_remainder[: max(0, total - int(held.sum()))]] += 1
    return held


def split_validation(
    labels: NDArray[np.integer], share: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (train indices, validation indices) into `labels`, each int64 and ascending.

    The two are disjoint and cover everything. As near to `share` of all examples as whole numbers
    allow is held out (at least one example on either side), and of each class its share to within
    one example. The same labels, share and seed give the same split.

    Args:
        labels: whole numbers `(N,)`, N at least 2.
        share: part to hold out, above 0 and below 1.
        seed: 0 or above.

    Raises:
        ConfigError: a share out of range.
        DataError: labels that cannot be split.

    >>> train, valid = split_validation(np.array([0, 0, 0, 0, 1, 1, 1, 1]), 0.25, seed=0)
    >>> len(train), sorted(np.array([0, 0, 0, 0, 1, 1, 1, 1])[valid].tolist())
    (6, [0, 1])
    """
    labels = np.asarray(labels)
    _validate_split(labels, share)
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    # Each example draws a number; a class gives up those with its lowest numbers.
    draws = np.random.default_rng(seed).random(len(labels))
    order = np.lexsort((draws, classes))
    starts = np.cumsum(counts) - counts
    rank = np.arange(len(labels)) - np.repeat(starts, counts)
    chosen = rank < np.repeat(valid_counts(counts, share), counts)
    held_out = np.zeros(len(labels), dtype=bool)
    held_out[order[chosen]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
