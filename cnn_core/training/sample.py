"""Which training examples are scored as validation is: always the same ones, free of torch."""

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.splits import split_validation
from cnn_core.training.seeds import SAMPLE, derived_seed


def train_sample(labels: NDArray[np.int64], size: int, seed: int) -> NDArray[np.int64]:
    """Return the places of `size` training examples, int64, ascending; all if there are no more.

    Of each class its share to within one example, decided by labels, size and seed alone: the same
    examples after every epoch, and after a resume.

    Args:
        labels: of the training examples, int64 (N,).
        size: how many, at least 1.
        seed: of the run.

    >>> labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> labels[train_sample(labels, 4, seed=0)].tolist()
    [0, 0, 1, 1]
    >>> len(train_sample(labels, 2_000, seed=0))
    8
    """
    if size >= len(labels):
        return np.arange(len(labels), dtype=np.int64)
    _, sample = split_validation(labels, size / len(labels), derived_seed(seed, SAMPLE))
    return sample
