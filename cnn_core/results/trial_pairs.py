"""Pairs of trials of a seed: what their differences tell, and who leads.

A pair without a figure (a target that one of the two did not come to, a training that diverged) is
missing from a mean. Of such a difference nothing is told: what is missing is the hard seeds.
"""

from collections.abc import Sequence

from cnn_core.results.trials import Place, Trials


def trained_pairs(trials: Trials, first: Place, second: Place) -> frozenset[int]:
    """Return the seeds in which both are done, with the figure or without."""
    return frozenset(trials.at(first).keys() & trials.at(second).keys())


def told(trials: Trials, figure: str, first: Place, second: Place) -> int:
    """Return -1 where the first has less of a figure than the second, 1 where more, 0 unless told.

    Told is a paired difference whose 95 % interval leaves out nought, and that every pair has.
    """
    found = trials.difference(figure, first, second)
    if found is None or not found.apart or found.n < len(trained_pairs(trials, first, second)):
        return 0
    return -1 if found.mean < 0 else 1


def leaders(trials: Trials, figure: str, places: Sequence[Place]) -> tuple[Place, ...]:
    """Return the place with the highest mean, and behind it all that are not told from it.

    Args:
        trials: done so far.
        figure: of which more is better.
        places: to choose from; one without the figure leads never.
    """
    means = {
        place: spread.mean
        for place in places
        if (spread := trials.spread(figure, place)) is not None
    }
    if not means:
        return ()
    best = max(means, key=lambda place: means[place])
    level = (place for place in means if place != best and not told(trials, figure, best, place))
    return (best, *level)
