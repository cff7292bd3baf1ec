"""The figures of "little-data" by arm and size, and how they are said."""

from dataclasses import dataclass
from functools import cached_property

from cnn_core.concepts.little_data.plan import sizes_in_order
from cnn_core.concepts.little_data.settings import EVERY, FLOWERS, LittleDataSettings
from cnn_core.results.trials import Place, Spread, Trials


@dataclass(frozen=True)
class Found:
    """Trials with their settings."""

    settings: LittleDataSettings
    trials: Trials

    def at(self, arm: str, size: str) -> Place:
        """Return where the trials of an arm and a size are."""
        return Place(arm=arm, condition=size)

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """The sizes at which an accuracy was measured, ascending."""
        return tuple(
            size
            for size in sizes_in_order(self.settings)
            if any(
                self.trials.values("accuracy", place)
                for place in self.trials.places
                if place.condition == size
            )
        )

    @property
    def smallest(self) -> str:
        """The first of `sizes`, of which there is at least one."""
        return self.sizes[0]

    def mean(self, arm: str, size: str) -> float | None:
        """Return an arm's mean accuracy, 0 to 1, None if it was not measured."""
        spread = self.trials.spread("accuracy", self.at(arm, size))
        return None if spread is None else spread.mean

    def gap(self, first: str, second: str, size: str, figure: str = "accuracy") -> Spread | None:
        """Return how much higher the first arm's accuracy is, seed by seed."""
        return self.trials.difference(figure, self.at(first, size), self.at(second, size))

    def _one(self, figure: str) -> float:
        for place in self.trials.places:
            for value in self.trials.values(figure, place).values():
                return value
        return 0.0

    @property
    def synthetic(self) -> bool:
        """Whether a program drew the pictures."""
        return self._one("synthetic") > 0

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return round(self._one("classes"))

    @property
    def known(self) -> int:
        """How many of them have the name of one of ImageNet's."""
        return round(self._one("imagenet"))

    @property
    def flowers(self) -> bool:
        """Whether the pictures are the flower photos."""
        return self.settings.data == FLOWERS

    def each(self, size: str) -> float:
        """Return how many training pictures a class has at a size, on average; 0 if unknown."""
        if size != EVERY:
            return float(size)
        for place in self.trials.places:
            if place.condition == size:
                for pictures in self.trials.values("pictures", place).values():
                    return pictures / max(1, self.classes)
        return 0.0

    def told(self, size: str) -> str:
        """Return a size in words.

        >>> Found(LittleDataSettings(), Trials()).told("5")
        '5 pictures a class'
        """
        return f"{self.each(size):.0f} pictures a class"


def percent(found: Found, arm: str) -> str:
    """Return an arm's accuracy at the smallest size in words, with its interval."""
    spread = found.trials.spread("accuracy", found.at(arm, found.smallest))
    if spread is None:
        return "not measured"
    if spread.interval is None:
        return f"{100 * spread.mean:.1f} %"
    low, high = (100 * min(max(end, 0.0), 1.0) for end in spread.interval)
    return f"{100 * spread.mean:.1f} % (95 %: {low:.1f} to {high:.1f})"


def points(gap: Spread) -> str:
    """Return a difference of accuracies in words, with its interval.

    >>> points(Spread(mean=0.1, interval=(0.05, 0.15), values={0: 0.05, 1: 0.15}))
    '+10.0 points, 95 %: +5.0 to +15.0'
    """
    mean = f"{100 * gap.mean:+.1f} points"
    if gap.interval is None:
        return f"{mean} in one seed"
    low, high = (100 * end for end in gap.interval)
    return f"{mean}, 95 %: {low:+.1f} to {high:+.1f}"
