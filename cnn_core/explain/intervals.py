"""Which pixels the units of a feature map see, along one axis: from the first to the last.

Free of torch. An operation says at which positions of its input each of its outputs looks; what
those see together is what the output sees. A position outside the input is padding: nothing is
seen there.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

_NOTHING_FIRST, _NOTHING_LAST = np.iinfo(np.int64).max, -1


@dataclass(frozen=True, eq=False, kw_only=True)
class Seen:
    """What each unit of a row (or column) of units sees of the picture.

    Attributes:
        first: int64 (units,), the first pixel; beyond the last one where a unit sees padding only.
        last: int64 (units,), the last pixel, inclusive.
        slope: (jump, low, high): without borders unit i sees pixels jump * i + low to jump * i +
            high (Araujo, Norris, Sim 2019, "Computing receptive fields of convolutional neural
            networks", Distill, section "Derivations"); None where units do not move alike.
    """

    first: Indices
    last: Indices
    slope: tuple[int, int, int] | None

    @classmethod
    def itself(cls, pixels: int) -> Self:
        """Return the picture's own axis: each pixel sees itself."""
        return cls(first=np.arange(pixels), last=np.arange(pixels), slope=(1, 0, 0))

    @property
    def size(self) -> int | None:
        """Pixels that a unit far from every border sees; None if every unit sees everything."""
        return None if self.slope is None else self.slope[2] - self.slope[1] + 1

    def at(self, positions: Indices, slope: tuple[int, int, int] | None) -> "Seen":
        """Return what units see that look at these positions, int64 (units, looks)."""
        inside = (positions >= 0) & (positions < len(self.first))
        looked_at = np.where(inside, positions, 0)
        return Seen(
            first=np.where(inside, self.first[looked_at], _NOTHING_FIRST).min(axis=1),
            last=np.where(inside, self.last[looked_at], _NOTHING_LAST).max(axis=1),
            slope=slope,
        )

    def windows(
        self, units: int, *, kernel: int, stride: int, padding: int, dilation: int
    ) -> "Seen":
        """Return what `units` units see through a sliding window.

        >>> seen = Seen.itself(8).windows(4, kernel=3, stride=2, padding=1, dilation=1)
        >>> seen.first.tolist(), seen.last.tolist(), seen.size
        ([0, 1, 3, 5], [1, 3, 5, 7], 3)
        """
        offsets = dilation * np.arange(kernel) - padding
        positions = stride * np.arange(units)[:, None] + offsets
        slope = None
        if self.slope is not None:
            jump, low, high = self.slope
            slope = (jump * stride, low + jump * int(offsets[0]), high + jump * int(offsets[-1]))
        return self.at(positions, slope)

    def adaptive(self, units: int) -> "Seen":
        """Return what adaptive pooling to `units` units sees.

        Unit i of n pools positions floor(i L / n) to ceil((i + 1) L / n) - 1 of L.
        """
        length = len(self.first)
        if length % units == 0 and units > 1:
            share = length // units
            return self.windows(units, kernel=share, stride=share, padding=0, dilation=1)
        starts = np.arange(units) * length // units
        stops = -(-(np.arange(units) + 1) * length // units)
        looks = np.arange(int((stops - starts).max()))
        return self.at(np.minimum(starts[:, None] + looks, stops[:, None] - 1), None)

    def with_(self, other: "Seen") -> "Seen":
        """Return what both see together, unit by unit (one unit stands for all, as in torch)."""
        if 1 < len(self.first) != len(other.first) > 1:
            return self.everything(1).with_(other.everything(1))
        slope = None
        if self.slope is not None and other.slope is not None and self.slope[0] == other.slope[0]:
            low, high = min(self.slope[1], other.slope[1]), max(self.slope[2], other.slope[2])
            slope = (self.slope[0], low, high)
        return Seen(
            first=np.minimum(self.first, other.first),
            last=np.maximum(self.last, other.last),
            slope=slope,
        )

    def everything(self, units: int) -> "Seen":
        """Return units each of which sees what all of these see together."""
        return Seen(
            first=np.full(units, self.first.min()), last=np.full(units, self.last.max()), slope=None
        )
