"""The trials of an experiment as a table: figures by arm and condition, paired by seed.

Pure: what is here was measured by `concepts` and is read by `charts` and `concepts` alike. A figure
that a trial does not have (never reached, not measured) is missing, never nought.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from cnn_core.results.events import Preparing, RunStarted, TrainEvent
from cnn_core.results.groups import FEWEST_FOR_INTERVAL
from cnn_core.results.metrics import clopper_pearson, mean_interval
from cnn_core.results.trial_events import TrialDone, TrialPoint

_NO_WIDTH = 1e-9  # of the mean: what is left of equal values by rounding


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which trials of an experiment: what was compared, and under which circumstances."""

    arm: str
    condition: str = ""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A figure over seeds.

    Attributes:
        mean: over the seeds that have it.
        interval: Student's 95 % interval of the mean; None for one seed and for two.
        values: by seed.
    """

    mean: float
    interval: tuple[float, float] | None
    values: Mapping[int, float]

    @property
    def n(self) -> int:
        """How many seeds have it."""
        return len(self.values)

    @property
    def apart(self) -> bool:
        """Whether nought lies outside the interval: a difference that can be told from none.

        An interval without width says that the seeds did not vary, not that they are many: it
        tells nothing apart.

        >>> Spread(mean=2.0, interval=(2.0, 2.0), values={0: 2.0, 1: 2.0, 2: 2.0}).apart
        False
        """
        if self.interval is None:
            return False
        low, high = self.interval
        return not low <= 0.0 <= high and high - low > _NO_WIDTH * abs(self.mean)


@dataclass(frozen=True, kw_only=True)
class Share:
    """In how many of the seeds something was so; `interval` is Clopper and Pearson's, 95 %."""

    count: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """The exact 95 % interval of the share, 0 to 1 (0 to 1 of no seeds).

        >>> [round(end, 2) for end in Share(count=19, of=20).interval]
        [0.75, 1.0]
        """
        return clopper_pearson(self.count, self.of) if self.of else (0.0, 1.0)

    @property
    def text(self) -> str:
        """The share in words, with its interval.

        >>> Share(count=19, of=20).text
        '19 of 20 seeds (95 %: 75 to 100 %)'
        """
        low, high = (round(100 * end) for end in self.interval)
        seeds = "seed" if self.of == 1 else "seeds"
        return f"{self.count} of {self.of} {seeds} (95 %: {low} to {high} %)"


@dataclass(frozen=True)
class Trials:
    """Finished trials, in the order in which they ended; the latest counts where one came twice."""

    done: tuple[TrialDone, ...] = ()

    @cached_property
    def _by_place(self) -> dict[Place, dict[int, TrialDone]]:
        found: dict[Place, dict[int, TrialDone]] = {}
        for trial in self.done:
            place = Place(arm=trial.arm, condition=trial.condition)
            found.setdefault(place, {})[trial.seed] = trial
        return found

    @property
    def places(self) -> tuple[Place, ...]:
        """The places that have a trial, in the order of their first."""
        return tuple(self._by_place)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that have a trial, ascending."""
        return tuple(sorted({trial.seed for trial in self.done}))

    def at(self, place: Place) -> Mapping[int, TrialDone]:
        """Return the trials of a place, by seed."""
        return dict(self._by_place.get(place, {}))

    def values(self, figure: str, place: Place) -> dict[int, float]:
        """Return a figure of a place by seed, where it was measured."""
        return {
            seed: trial.figures[trial.names.index(figure)]
            for seed, trial in self._by_place.get(place, {}).items()
            if figure in trial.names
        }

    def spread(self, figure: str, place: Place) -> Spread | None:
        """Return a figure of a place over its seeds, None where no trial has it."""
        return spread_of(self.values(figure, place))

    def difference(self, figure: str, first: Place, second: Place) -> Spread | None:
        """Return first less second, seed by seed (paired), None where no seed has both."""
        return spread_of(paired(self.values(figure, first), self.values(figure, second)))


def spread_of(values: Mapping[int, float]) -> Spread | None:
    """Return mean and interval of a figure by seed; None of none.

    From three seeds on there is an interval, as in `results.groups`: two that happen to be alike
    would decide anything.

    >>> spread_of({0: 1.0, 1: 3.0})
    Spread(mean=2.0, interval=None, values={0: 1.0, 1: 3.0})
    """
    if not values:
        return None
    mean, interval = mean_interval(list(values.values()))
    if len(values) < FEWEST_FOR_INTERVAL:
        interval = None
    return Spread(mean=mean, interval=interval, values=dict(values))


def paired(first: Mapping[int, float], second: Mapping[int, float]) -> dict[int, float]:
    """Return first less second for the seeds that have both.

    >>> paired({0: 3.0, 1: 5.0}, {1: 1.0, 2: 9.0})
    {1: 4.0}
    """
    return {seed: first[seed] - second[seed] for seed in sorted(first.keys() & second.keys())}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an experiment's run stands, folded from its events.

    Attributes:
        trials: those that are done.
        total: planned trials, 0 before it began.
        running: the points of the trial under way, in their order; () between two.
        elapsed_seconds: until the last trial that is done, over all legs.
        preparing: what is being done before the first trial of a leg, None where nothing is.
    """

    trials: Trials
    total: int
    running: tuple[TrialPoint, ...]
    elapsed_seconds: float
    preparing: Preparing | None = None


def standing(events: Iterable[TrainEvent]) -> Standing:
    """Return where a run stands; events of other kinds are passed over.

    >>> standing([]).total
    0
    """
    done: list[TrialDone] = []
    running: list[TrialPoint] = []
    total, elapsed = 0, 0.0
    preparing: Preparing | None = None
    for event in events:
        preparing = event if isinstance(event, Preparing) else None
        match event:
            case RunStarted():
                total, running = event.total_steps, []
            case TrialPoint():
                running.append(event)
            case TrialDone():
                done.append(event)
                running = []
                elapsed = event.elapsed_seconds
    return Standing(
        trials=Trials(tuple(done)),
        total=total,
        running=tuple(running),
        elapsed_seconds=elapsed,
        preparing=preparing,
    )
