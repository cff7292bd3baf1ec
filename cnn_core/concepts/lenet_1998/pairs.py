"""Pairs of a change and the network of 1998: their differences, and what those decide.

See `results.trial_pairs`: of a difference that not every pair has nothing is told.
"""

from dataclasses import dataclass

from cnn_core.concepts.lenet_1998.settings import BASE
from cnn_core.results import trial_pairs
from cnn_core.results.chance import sign_test
from cnn_core.results.trials import Place, Share, Spread, Trials

_CHANCE = 0.05
_BASE = Place(arm=BASE)


def against(trials: Trials, figure: str, arm: str, other: str = BASE) -> Spread | None:
    """Return a figure of an arm less that of another, seed by seed; None where no seed has both."""
    return trials.difference(figure, Place(arm=arm), Place(arm=other))


def trained_pairs(trials: Trials, arm: str, other: str = BASE) -> frozenset[int]:
    """Return the seeds in which both are done."""
    return trial_pairs.trained_pairs(trials, Place(arm=arm), Place(arm=other))


def told(trials: Trials, figure: str, arm: str, other: str = BASE) -> int:
    """Return -1 where an arm has less of a figure, 1 where more, 0 where none can be told."""
    return trial_pairs.told(trials, figure, Place(arm=arm), Place(arm=other))


@dataclass(frozen=True, kw_only=True)
class Reached:
    """In how many seeds a change and 1998 came to the target, of those in which both are done.

    Attributes:
        change, base: in how many each.
        change_alone, base_alone: in how many one did and the other did not.
    """

    change: Share
    base: Share
    change_alone: int
    base_alone: int

    @property
    def always(self) -> bool:
        """Whether both did in every seed: then steps can be compared."""
        return self.change.count == self.change.of and self.base.count == self.base.of

    @property
    def chance(self) -> float:
        """How often chance alone makes the two differ so in who comes so far: the sign test."""
        return sign_test(self.change_alone, self.base_alone)

    @property
    def told(self) -> int:
        """Return -1 where the change comes so far more often, 1 less often, 0 cannot be told."""
        if self.chance >= _CHANCE:
            return 0
        return -1 if self.change_alone > self.base_alone else 1


def reached(trials: Trials, arm: str) -> Reached:
    """Return how often a change came to the target, and how often 1998 did."""
    both = trained_pairs(trials, arm)
    change, base = (
        both & trials.values("steps", place).keys() for place in (Place(arm=arm), _BASE)
    )
    return Reached(
        change=Share(count=len(change), of=len(both)),
        base=Share(count=len(base), of=len(both)),
        change_alone=len(change - base),
        base_alone=len(base - change),
    )


def told_steps(trials: Trials, arm: str) -> int:
    """Return -1 where a change is there sooner, 1 later, 0 where that cannot be told.

    By the steps where both came so far in every seed, else by who came so far at all.
    """
    came = reached(trials, arm)
    return told(trials, "steps", arm) if came.always else came.told
