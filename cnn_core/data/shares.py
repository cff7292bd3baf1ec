"""A part of a data set that stands for the whole: every class keeps its share.

Parts are nested: what a share of 0.1 takes is in what 0.2 takes, for the same labels and seed, so
that "more data" adds pictures and changes none.
"""

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.splits import valid_counts
from cnn_core.errors import ConfigError, DataError

SMALLEST_CLASS = 2
"""One picture to learn from and one to hold out for validation."""

TEST_PICTURES = 2_000
"""So many test pictures are looked at on a small share too: one point of accuracy is 20 of them."""

_STREAM = 0x5A4E  # draws of its own: the split of validation draws from the seed too


def _validate_share(labels: NDArray[np.integer], share: float) -> None:
    if not 0.0 < share <= 1.0:
        raise ConfigError(
            f"The share of the data must be above 0 and at most 1, but it is {share:g}."
        )
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or len(labels) == 0:
        raise DataError(
            f"Labels must be whole numbers of shape (N,), N at least 1, "
            f"but they are {labels.dtype} of shape {labels.shape}."
        )


def _first_of_each(
    labels: NDArray[np.integer], taken: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Return `taken[c]` indices of each class, the first in an order drawn from the seed."""
    _, classes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    draws = np.random.default_rng((_STREAM, seed)).random(len(labels))
    order = np.lexsort((draws, classes))
    rank = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(order[rank < np.repeat(taken, counts)])


def share_of(labels: NDArray[np.integer], share: float, seed: int) -> NDArray[np.int64]:
    """Return the indices, int64 and ascending, of a stratified share of the examples.

    Of each class its share, rounded to whole examples (halves up). A smaller share of the same
    labels and seed is part of a larger one.

    Args:
        labels: whole numbers `(N,)`.
        share: above 0 and at most 1.
        seed: 0 or above.

    Raises:
        ConfigError: a share out of range.
        DataError: a class would keep less than 2 examples.

    >>> labels = np.repeat([0, 1], [40, 20])
    >>> np.bincount(labels[share_of(labels, 0.1, seed=0)]).tolist()
    [4, 2]
    """
    labels = np.asarray(labels)
    _validate_share(labels, share)
    counts = np.unique(labels, return_counts=True)[1]
    taken = np.floor(counts * share + 0.5).astype(np.int64)
    if taken.min() < SMALLEST_CLASS:
        smallest = int(counts.min())
        if smallest < SMALLEST_CLASS:
            hint = "Use data with at least 2 pictures of each class."
        else:
            # The least share that rounds up to 2, in whole tenths of a percent.
            enough = np.ceil((SMALLEST_CLASS - 0.5) / smallest * 1000) / 10
            hint = f"Take at least {enough:g} % of it."
        raise DataError(
            f"A share of {share * 100:g} % leaves {int(taken.min())} of a class's {smallest:,} "
            f"pictures, but each class needs {SMALLEST_CLASS}: one to learn from, one to validate.",
            hint=hint,
        )
    return _first_of_each(labels, taken, seed)


def test_part(labels: NDArray[np.integer], share: float) -> NDArray[np.int64]:
    """Return the indices, int64 and ascending, of the test pictures that go with a share.

    All of them at share 1; else `share` of them, but 2,000 where there are so many: stratified, and
    the same for all seeds, so that runs are compared on the same pictures.

    Args:
        labels: whole numbers `(N,)` of the test set.
        share: of the training pictures, above 0 and at most 1.

    Raises:
        ConfigError: a share out of range.
        DataError: labels of another form.

    >>> len(test_part(np.arange(10_000) % 10, 0.1)), len(test_part(np.arange(10_000) % 10, 1.0))
    (2000, 10000)
    """
    labels = np.asarray(labels)
    _validate_share(labels, share)
    wanted = min(len(labels), max(TEST_PICTURES, round(share * len(labels))))
    if share == 1.0 or wanted == len(labels):
        return np.arange(len(labels))
    counts = np.unique(labels, return_counts=True)[1]
    taken = np.maximum(valid_counts(counts, wanted / len(labels)), 1)
    return _first_of_each(labels, taken, seed=0)
