"""What was seen of the layers over the steps, as arrays: dead units, gradients, updates.

`LayerRows` holds state and takes no lock: `History`, which owns one, guards it. What is not known
(a layer that was not looked at, a figure that is not finite, an event that is not whole) is NaN.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.events import LayersSeen
from cnn_core.results.series import Floats, bin_starts


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerSeries:
    """The layers of a network over time, thinned for a chart; T looks at L layers.

    Attributes:
        steps: at which was looked, int64 `(T,)`, ascending.
        layers: dotted names, in the order in which the layers run.
        dead: share of each layer's units that gave nothing but 0, 0 to 1, `(T, L)`; NaN where no
            ReLU follows the layer.
        gradient_norms: `(T, L)`, see `events.LayersSeen`.
        update_ratios: `(T, L)`, likewise.
        looks: how often was looked, those left out here among them.
        seconds: what all looks took.
    """

    steps: NDArray[np.int64]
    layers: tuple[str, ...]
    dead: Floats
    gradient_norms: Floats
    update_ratios: Floats
    looks: int
    seconds: float


class LayerRows:
    """Looks at the layers in the order of their steps.

    >>> rows = LayerRows()
    >>> rows.series(600).dead.shape
    (0, 0)
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._steps: list[int] = []
        self._rows: list[Floats] = []
        self._seconds: list[float] = []

    @property
    def nbytes(self) -> int:
        """Return the bytes that the figures take up."""
        return sum(row.nbytes for row in self._rows)

    def add(self, event: LayersSeen) -> None:
        """Add a look; one at the same step or later that is known already is forgotten."""
        self.keep(event.step - 1)
        for name in event.layers:
            self._places.setdefault(name, len(self._places))
        row = np.full((3, len(self._places)), np.nan)
        own = [self._places[name] for name in event.layers]
        for figures, values in zip(
            row, (event.dead, event.gradient_norms, event.update_ratios), strict=True
        ):
            known = [_number(value) for value in values[: len(own)]]
            figures[own[: len(known)]] = known
        self._steps.append(event.step)
        self._rows.append(row)
        self._seconds.append(_number(event.seconds))

    def keep(self, step: int) -> None:
        """Forget the looks at steps after `step`."""
        while self._steps and self._steps[-1] > step:
            for kept in (self._steps, self._rows, self._seconds):
                kept.pop()

    def series(self, limit: int) -> LayerSeries:
        """Return the looks as arrays of their own, at most `limit` (at least 2) of them."""
        chosen = _thinned(len(self._steps), limit)
        figures = np.full((len(chosen), 3, len(self._places)), np.nan)
        for place, index in enumerate(chosen):
            row = self._rows[index]
            figures[place, :, : row.shape[1]] = row
        figures[figures < 0] = np.nan  # what an event says of a figure that it does not have
        return LayerSeries(
            steps=np.array([self._steps[index] for index in chosen], dtype=np.int64),
            layers=tuple(self._places),
            dead=figures[:, 0].copy(),
            gradient_norms=figures[:, 1].copy(),
            update_ratios=figures[:, 2].copy(),
            looks=len(self._steps),
            seconds=float(np.nansum(self._seconds)),
        )


def _number(value: object) -> float:
    """Return a finite number as it is, NaN for anything else that an event can hold."""
    if isinstance(value, (int, float)) and math.isfinite(value):
        return float(value)
    return math.nan


def _thinned(length: int, limit: int) -> Sequence[int]:
    """Return the places of at most `limit` looks, the last among them.

    >>> list(_thinned(3, 600)), list(_thinned(9, 4))
    ([0, 1, 2], [0, 4, 8])
    """
    if length <= limit:
        return range(length)
    found: list[int] = bin_starts(length, limit - 1).tolist()
    return found if found[-1] == length - 1 else [*found, length - 1]
