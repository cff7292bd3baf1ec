"""The figures of "little-data" by arm and size, and how they are said."""

from dataclasses import dataclass
from functools import cached_property

from cnn_core.concepts.little_data.plan import sizes_in_order, steps_of
from cnn_core.concepts.little_data.settings import ASKED, EVERY, FLOWERS, LittleDataSettings
from cnn_core.results.groups import FEWEST_FOR_INTERVAL
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
    def asked(self) -> bool:
        """Whether the size that the question is about was measured."""
        return ASKED in self.sizes

    @property
    def size(self) -> str:
        """That size if it was measured, else the first of `sizes`, of which there is one."""
        return ASKED if self.asked else self.sizes[0]

    def accuracy(self, arm: str, size: str) -> Spread | None:
        """Return an arm's accuracy, 0 to 1, None if it was not measured."""
        return self.trials.spread("accuracy", self.at(arm, size))

    def gap(self, first: str, second: str, size: str, figure: str = "accuracy") -> Spread | None:
        """Return how much higher the first arm's accuracy is, seed by seed."""
        return self.trials.difference(figure, self.at(first, size), self.at(second, size))

    def steps(self, arm: str) -> str:
        """Return the effort of an arm.

        >>> Found(LittleDataSettings(steps=40), Trials()).steps("all")
        '40 steps'
        """
        return f"{steps_of(arm, self.settings)} steps"

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

    @property
    def drawn_from(self) -> int:
        """How many pictures all seeds draw from, 0 unless a trial took them all."""
        every = (place for place in self.trials.places if place.condition == EVERY)
        taken = (self.trials.values("pictures", place) for place in every)
        most = max((value for values in taken for value in values.values()), default=0.0)
        return round(most + self._one("judged")) if most else 0

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


def enough(found: Spread | None) -> bool:
    """Return whether there are seeds enough for an interval.

    >>> enough(None)
    False
    """
    return found is not None and found.n >= FEWEST_FOR_INTERVAL
