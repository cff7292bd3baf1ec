"""Two trainings of each seed held against each other, where either may have diverged.

A loss that stopped being a number is larger than any: the twin that diverged alone counts as the
one that fits worse. It has no place in a mean, so that where one diverged the seeds are counted.
"""

from dataclasses import dataclass
from typing import Literal

from cnn_core.results.trial_words import DIVERGED
from cnn_core.results.trials import Place, Share, Spread, Trials

Fits = Literal["worse", "no worse", ""]


@dataclass(frozen=True, kw_only=True)
class Twins:
    """A loss of two places, seed by seed.

    Attributes:
        less: first less second, of the seeds in which neither diverged; None of none.
        lower: in how many seeds the second ends lower, or the first diverged alone.
        higher: in how many seeds the second ends higher, or diverged alone.
        diverged: in how many of these seeds the first diverged, and the second.
    """

    less: Spread | None
    lower: Share
    higher: Share
    diverged: tuple[Share, Share]

    def first_fits(self, margin: float) -> Fits:
        """Return whether the first fits worse than the second, "" where these seeds do not say.

        Decided by the 95 % interval of the difference: above nought, or below `margin`; where a
        training diverged, by the interval of the count of seeds: all above a half.

        Args:
            margin: loss up to which a difference is none that matters.
        """
        if any(share.count for share in self.diverged):
            if self.lower.interval[0] > 0.5:
                return "worse"
            return "no worse" if self.higher.interval[0] > 0.5 else ""
        if self.less is None:
            return ""
        if self.less.apart:
            return "worse" if self.less.mean > 0 else "no worse"
        return "no worse" if within(self.less, -margin, margin) else ""

    def burst(self, first: str, second: str) -> str:
        """Return which of the two diverged, in a sentence, "" where none did.

        >>> some, none = Share(count=2, of=3), Share(count=0, of=3)
        >>> Twins(less=None, lower=some, higher=none, diverged=(some, none)).burst("A", "B")
        'The training diverged: A in 2 of 3 seeds (95 %: 9 to 99 %); that counts as fitting worse.'
        """
        told = [
            f"{name} in {share.text}"
            for name, share in zip((first, second), self.diverged, strict=True)
            if share.count
        ]
        if not told:
            return ""
        return f"The training diverged: {' and '.join(told)}; that counts as fitting worse."


def twins(trials: Trials, first: Place, second: Place, figure: str = "loss") -> Twins | None:
    """Return two places held against each other, None where no seed has both.

    Args:
        trials: those that are done.
        first: arm and condition.
        second: likewise.
        figure: that is better when it is lower.
    """
    one, two = trials.values(figure, first), trials.values(figure, second)
    lost = [
        {seed for seed, value in trials.values(DIVERGED, place).items() if value > 0}
        for place in (first, second)
    ]
    both = (one.keys() | lost[0]) & (two.keys() | lost[1])
    if not both:
        return None
    lower = higher = 0
    for seed in both:
        ends = (
            float("inf") if seed in lost[0] else one[seed],
            float("inf") if seed in lost[1] else two[seed],
        )
        lower += ends[1] < ends[0]
        higher += ends[1] > ends[0]
    of = len(both)
    return Twins(
        less=trials.difference(figure, first, second),
        lower=Share(count=lower, of=of),
        higher=Share(count=higher, of=of),
        diverged=(
            Share(count=len(lost[0] & both), of=of),
            Share(count=len(lost[1] & both), of=of),
        ),
    )


def within(found: Spread | None, low: float, high: float) -> bool:
    """Return whether the whole 95 % interval of a figure lies between `low` and `high`.

    Without an interval, or with one that has no width, nothing is known.

    >>> within(Spread(mean=0.0, interval=(-0.05, 0.04), values={0: 0, 1: 0, 2: 0}), -0.1, 0.1)
    True
    >>> within(Spread(mean=0.0, interval=(0.0, 0.0), values={0: 0, 1: 0, 2: 0}), -0.1, 0.1)
    False
    """
    if found is None or found.interval is None or found.interval[0] >= found.interval[1]:
        return False
    return low < found.interval[0] and found.interval[1] < high
