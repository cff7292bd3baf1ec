"""What an experiment's trials yield; with all other events in `results.events`."""

import math
from dataclasses import dataclass, field

from cnn_core.errors import DataError


@dataclass(frozen=True, kw_only=True)
class TrialPoint:
    """How far the trial under way has come; at most ten a second.

    Attributes:
        step: trials done before it.
        arm: which of the things compared it trains.
        condition: under which circumstances, "" where there are none.
        seed: what its data, weights and order are drawn from; trials of a seed are a pair.
        at: of `of` optimizer steps.
        loss: mean training loss of the steps since the last point.
        accuracy: share of held-out pictures that is right, 0 to 1, where it was just measured.
    """

    step: int
    arm: str
    condition: str
    seed: int
    at: int
    of: int
    loss: float
    accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class TrialDone:
    """A trial and what was measured of it.

    Attributes:
        step: trials done, itself among them.
        names: of its figures.
        figures: one a name, finite; what could not be measured is left out.
        at: optimizer steps at which its curve has a point.
        losses: one a point, mean training loss of the steps before it.
        accuracies: one a point, share of held-out pictures that was right; [] if not measured.
        seconds: that the trial took.
        elapsed_seconds: time so far, over all legs.

    Raises:
        DataError: a figure or a point is missing, or is no finite number.
    """

    step: int
    arm: str
    condition: str
    seed: int
    names: list[str]
    figures: list[float]
    seconds: float
    elapsed_seconds: float
    at: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse what does not belong together: a reading would fail on it, or say what is not."""
        points = {len(self.at), len(self.losses), len(self.accuracies or self.at)}
        if len(self.names) != len(self.figures) or len(points) > 1:
            raise DataError(f"trial {self.step} should have a figure for each name and point.")
        texts = (self.arm, self.condition, *self.names)
        numbers = (self.seed, *self.figures, *self.at, *self.losses, *self.accuracies)
        times = (self.seconds, self.elapsed_seconds)
        if not all(isinstance(each, str) for each in texts) or not all(
            isinstance(each, int | float) and math.isfinite(each) for each in (*numbers, *times)
        ):
            raise DataError(f"trial {self.step} should have names in text and finite figures.")
