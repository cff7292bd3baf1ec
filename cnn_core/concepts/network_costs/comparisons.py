"""What is computed from measurements before it is put in words: ratios, orders, where it was."""

from dataclasses import dataclass, replace
from itertools import combinations

from cnn_core.concepts.network_costs.plan import parsed
from cnn_core.concepts.network_costs.settings import CPU
from cnn_core.results.metrics import mean_interval
from cnn_core.results.trials import Place, Spread, Trials, spread_of

LIGHT, HEAVY = "alexnet", "vgg16"

_ALPHA = 0.05


@dataclass(frozen=True, kw_only=True)
class Order:
    """In how many pairs of networks the one with the smaller count was faster, slower, neither."""

    faster: int
    slower: int
    untold: int

    @property
    def pairs(self) -> int:
        """How many there are."""
        return self.faster + self.slower + self.untold


def base_condition(trials: Trials) -> str | None:
    """Return the condition with the fewest pictures at a time, on the run's device if it is there.

    >>> base_condition(Trials()) is None
    True
    """
    found = dict.fromkeys(place.condition for place in trials.places)
    return min(found, key=lambda each: (parsed(each)[1] == CPU, parsed(each)[0]), default=None)


def time_ratio(trials: Trials, at: str) -> Spread | None:
    """Return how many times as long VGG-16 takes as AlexNet, over their ratio of counts, by round.

    1: as many times as it has multiply-accumulates; below: fewer times.
    """
    heavy, light = (
        values_at(trials, "median_ms", HEAVY, at),
        values_at(trials, "median_ms", LIGHT, at),
    )
    counted = count_ratio(trials, at)
    if counted is None:
        return None
    return spread_of({seed: heavy[seed] / light[seed] / counted for seed in heavy if seed in light})


def order(trials: Trials, at: str, figure: str) -> Order:
    """Return whether the network with less of `figure` was faster, pair by pair.

    A pair counts where the interval of the paired difference of medians leaves out nought; with
    many pairs one would by chance at 95 %, so that each interval is as wide as `among_many` says.
    """
    faster = slower = untold = 0
    pairs = list(combinations(networks_at(trials, at), 2))
    for one, other in pairs:
        count = first_at(trials, figure, one, at) - first_at(trials, figure, other, at)
        took = trials.difference("median_ms", place_of(one, at), place_of(other, at))
        took = None if took is None else among_many(took, len(pairs))
        if took is None or not took.apart or not count:
            untold += 1
        elif (took.mean > 0) == (count > 0):
            faster += 1
        else:
            slower += 1
    return Order(faster=faster, slower=slower, untold=untold)


def among_many(found: Spread, comparisons: int) -> Spread:
    """Return the figure with an interval for one of so many: all of them hold together at 95 %.

    Source: Bonferroni's inequality, as in Dunn, "Multiple comparisons among means", Journal of the
    American Statistical Association 56 (1961), 52-64.

    >>> one = spread_of({0: 1.0, 1: 1.1, 2: 1.2})
    >>> [round(end, 2) for end in one.interval]
    [0.85, 1.35]
    >>> [round(end, 2) for end in among_many(one, 21).interval]
    [-0.08, 2.28]
    """
    if found.interval is None:
        return found
    _, interval = mean_interval(list(found.values.values()), 1 - _ALPHA / comparisons)
    return replace(found, interval=interval)


def where_words(trials: Trials, at: str) -> str:
    """Return on what it was measured.

    >>> where_words(Trials(), "batch=1")
    'on the processor'
    """
    gpu = any(
        value for place in trials.places if place.condition == at
        for value in trials.values("gpu", place).values()
    )  # fmt: skip
    if gpu:
        return "on the GPU"
    threads = {
        round(value) for place in trials.places if place.condition == at
        for value in trials.values("threads", place).values()
    }  # fmt: skip
    if len(threads) != 1:
        return "on the processor"
    number = threads.pop()
    return f"on the processor, {number} {'thread' if number == 1 else 'threads'}"


def batch_words(at: str) -> str:
    """Return how many pictures at a time.

    >>> batch_words("batch=1"), batch_words("batch=8 cpu")
    ('one picture at a time', '8 pictures at a time')
    """
    batch = parsed(at)[0]
    return "one picture at a time" if batch == 1 else f"{batch} pictures at a time"


def place_of(name: str, at: str) -> Place:
    """Return where a network was measured so."""
    return Place(arm=name, condition=at)


def values_at(trials: Trials, figure: str, name: str, at: str) -> dict[int, float]:
    """Return a figure of a network by round."""
    return trials.values(figure, place_of(name, at))


def first_at(trials: Trials, figure: str, name: str, at: str) -> float:
    """Return a figure that is the same in all rounds, 0 where it is not there."""
    return next(iter(values_at(trials, figure, name, at).values()), 0.0)


def networks_at(trials: Trials, at: str) -> list[str]:
    """Return the networks that were measured so."""
    return [place.arm for place in trials.places if place.condition == at]


def count_ratio(trials: Trials, at: str) -> float | None:
    """Return how many times AlexNet's multiply-accumulates VGG-16 has."""
    light, heavy = (first_at(trials, "macs", name, at) for name in (LIGHT, HEAVY))
    return heavy / light if light and heavy else None
