"""Long series of numbers: tables that grow, a running mean, and thinning for a chart.

Everything here is about numbers alone and knows nothing of runs. A `GrowingTable` and a
`RunningMean` hold state and take no lock: whoever owns one guards it (see `History`). The
functions are pure.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class GrowingTable:
    """Rows of floats under named columns, appended in amortised constant time.

    >>> table = GrowingTable(("step", "loss"))
    >>> table.append((1, 2.3)); table.append((2, 2.1)); table.keep(1)
    >>> len(table), table["loss"].tolist()
    (1, [2.3])
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = {name: index for index, name in enumerate(columns)}
        self._rows: Floats = np.empty((16, len(columns)))
        self._length = 0

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._length

    @property
    def nbytes(self) -> int:
        """Return the bytes that the rows take up, those that are ready for more among them."""
        return self._rows.nbytes

    def __getitem__(self, column: str) -> Floats:
        """Return a view of a column: read it before the table changes, or copy it."""
        return self._rows[: self._length, self._columns[column]]

    def append(self, row: Sequence[float]) -> None:
        """Add one row."""
        self.extend(np.asarray([row], dtype=np.float64))

    def extend(self, rows: Floats) -> None:
        """Add rows `(n, columns)`."""
        length = self._length + len(rows)
        if length > len(self._rows):
            grown = np.empty((max(length, 2 * len(self._rows)), len(self._columns)))
            grown[: self._length] = self._rows[: self._length]
            self._rows = grown
        self._rows[self._length : length] = rows
        self._length = length

    def keep(self, rows: int) -> None:
        """Forget all but the first `rows` rows."""
        self._length = min(self._length, rows)


def smoothing_for(total_steps: int) -> float:
    """Return the weight of the past for a run of `total_steps`: a 50th of them, 2 to 20, counts.

    >>> smoothing_for(30), smoothing_for(100_000)
    (0.5, 0.95)
    """
    return 1 - 1 / min(20, max(2, total_steps / 50))


class RunningMean:
    """The bias-corrected exponential moving average, fed piece by piece.

    Kingma & Ba (2015), section 3: `m = b m + (1 - b) x` starts at nought, which is corrected by
    dividing by `1 - b^t`. Here that weight is summed beside `m`, so values that are not finite are
    passed over and repeat the mean before them.

    >>> mean = RunningMean(0.9)
    >>> [round(value, 3) for value in mean.feed([1.0, 1.0, 2.0])]
    [1.0, 1.0, 1.369]
    """

    def __init__(self, smoothing: float) -> None:
        if not 0.0 <= smoothing < 1.0:
            raise ValueError(f"smoothing must be at least 0 and below 1, but it is {smoothing}.")
        self._smoothing = smoothing
        self._sum = 0.0
        self._weight = 0.0

    def afresh(self) -> "RunningMean":
        """Return a mean with the same smoothing that has seen nothing."""
        return RunningMean(self._smoothing)

    def feed(self, values: Iterable[float]) -> list[float]:
        """Return the mean after each of `values`; NaN until the first finite one."""
        keep, new = self._smoothing, 1.0 - self._smoothing
        total, weight = self._sum, self._weight
        means = []
        for value in values:
            if math.isfinite(value):
                total = keep * total + new * value
                weight = keep * weight + new
            means.append(total / weight if weight else math.nan)
        self._sum, self._weight = total, weight
        return means


def bin_width(length: int, bins: int) -> int:
    """Return the smallest power of two that divides `length` values into at most `bins` bins.

    Powers of two keep the bins of a growing series where they are: a chart that is drawn again
    with more values changes at its end alone, but for the moments when the width doubles.

    >>> bin_width(600, 300), bin_width(601, 300), bin_width(3, 300)
    (2, 4, 1)
    """
    width = 1
    while width * bins < length:
        width *= 2
    return width


def extremes(values: Floats, limit: int) -> NDArray[np.int64]:
    """Return where `values` can be cut down to at most `limit` without hiding a spike.

    Of each bin the lowest and the highest value stay, with the first and the last of all; values
    that are not finite are left out. What is drawn are values that were measured, at the place
    where they were.

    Args:
        values: `(n,)`, any floats.
        limit: at least 4.

    Returns:
        Ascending indices, int64, at most `limit`.

    >>> extremes(np.array([1.0, 9.0, 2.0, 3.0, 4.0, 0.0, 5.0, 6.0, 2.0, 2.5]), 6).tolist()
    [0, 1, 5, 8, 9]
    """
    if limit < 4:
        raise ValueError(f"limit must be at least 4, but it is {limit}.")
    values = np.ascontiguousarray(values)  # a table's column has gaps
    known = np.isfinite(values)
    finite = np.flatnonzero(known)
    if len(finite) <= limit:
        return finite
    width = bin_width(len(values), (limit - 2) // 2)
    whole = len(values) // width * width
    chosen = [finite[[0, -1]]]
    for part in (slice(0, whole), slice(whole, len(values))):
        table = values[part].reshape(-1, min(width, part.stop - part.start) or 1)
        there = known[part].reshape(table.shape)
        starts = part.start + np.arange(len(table)) * width
        for empty, extreme in ((np.inf, np.argmin), (-np.inf, np.argmax)):
            filled = table if there.all() else np.where(there, table, empty)
            chosen.append(starts + (extreme(filled, axis=1) if len(table) else 0))
    places = np.unique(np.concatenate(chosen))
    measured: NDArray[np.int64] = places[known[places]].astype(np.int64)
    return measured


@dataclass(frozen=True, kw_only=True)
class LossPoints:
    """Losses thinned for a chart: measured values at their own steps, spikes kept.

    Attributes:
        steps: int64 `(n,)`, ascending, from 1.
        raw: mean loss of each step's batch, `(n,)`, finite.
        smoothed: running mean over all steps up to each of `steps`, `(n,)`, finite.
    """

    steps: NDArray[np.int64]
    raw: Floats
    smoothed: Floats


def bin_starts(length: int, bins: int) -> NDArray[np.int64]:
    """Return where at most `bins` bins of a series of `length` start, for `np.add.reduceat`.

    >>> bin_starts(5, 3).tolist()
    [0, 2, 4]
    """
    return np.arange(0, length, bin_width(length, bins), dtype=np.int64)
