"""Some pictures' rows of an entry of the cache of features, as the array that training indexes.

The rows of a run's training pictures lie anywhere in the files of their snapshot, and each view in
a file of its own; `MappedRows` looks like one array `(N, V, ...)` of them and copies what is asked
for. Free of torch; nothing is written.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.runtime.feature_rows import Features


class MappedRows:
    """Rows of some pictures in some views: `(N, V, *row_shape)`, read from memory maps.

    Args:
        features: an entry in which these rows are there; it stays open as long as this.
        pictures: SHA-256 of each, in the order of the examples.
        views: how many, from view 0.
    """

    def __init__(self, features: Features, pictures: Sequence[str], *, views: int) -> None:
        self._features = features
        self._maps = [features.view(view) for view in range(views)] if pictures else []
        self._rows = features.rows(pictures)
        self.dtype = features.dtype
        self.shape = (len(pictures), views, *features.row_shape)
        self.nbytes = len(pictures) * views * features.row_bytes

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(
        self, key: "slice | tuple[NDArray[np.int64], NDArray[np.int64]]"
    ) -> NDArray[Any]:
        """Return a copy of some pictures in all views, or of one view for each picture."""
        if isinstance(key, slice):
            rows = self._rows[key]
            empty = np.empty((len(rows), 0, *self.shape[2:]), self.dtype)
            return np.stack([view[rows] for view in self._maps], axis=1) if self._maps else empty
        places, views = key
        found = np.empty((len(places), *self.shape[2:]), self.dtype)
        for view in np.unique(views):
            chosen = views == view
            found[chosen] = self._maps[view][self._rows[places[chosen]]]
        return found


class MappedSquares:
    """Square pictures, uint8 `(N, side, side, 3)`, read from a memory map; see `MappedRows`."""

    def __init__(self, features: Features, pictures: Sequence[str]) -> None:
        self._features = features
        self._map = features.view(0) if pictures else None
        self._rows = features.rows(pictures)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: tuple[int, slice, slice]) -> NDArray[np.uint8]:
        """Return part of one picture."""
        place, down, across = key
        if self._map is None:
            raise IndexError(place)
        found: NDArray[np.uint8] = self._map[self._rows[place], down, across]
        return found
