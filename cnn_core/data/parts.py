"""Which pictures of an image set a run trains, validates and is tested on. Without torch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.data import shares
from cnn_core.data.images import Dataset
from cnn_core.data.splits import split_validation


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """Places of pictures, int64 and ascending.

    Attributes:
        train: in `Dataset.train`.
        valid: likewise; the two are disjoint.
        test: in `Dataset.test`; the order of a run's predictions of test pictures.
    """

    train: NDArray[np.int64]
    valid: NDArray[np.int64]
    test: NDArray[np.int64]


def parts_of(dataset: Dataset, *, data_share: float, validation_share: float, seed: int) -> Parts:
    """Return the parts of a run: a function of the data and of what its configuration says.

    A stratified share of the training set is taken first, then validation is split off that. The
    test pictures are the same for every seed.

    Args:
        dataset: whose labels are split.
        data_share: see `TrainConfig`; of the test pictures it keeps more, see `data.shares`.
        validation_share: likewise.
        seed: likewise.

    Raises:
        ConfigError: a share out of range.
        DataError: a share that leaves too few pictures.
    """
    labels = dataset.train.labels
    if data_share == 1:
        train, valid = split_validation(labels, validation_share, seed)
        return Parts(train=train, valid=valid, test=np.arange(len(dataset.test), dtype=np.int64))
    kept = shares.share_of(labels, data_share, seed)
    train, valid = split_validation(labels[kept], validation_share, seed)
    tested = shares.test_part(dataset.test.labels, data_share)
    return Parts(train=kept[train], valid=kept[valid], test=tested)
