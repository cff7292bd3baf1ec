"""Pairs of networks of a receptive field: accuracies and losses held against each other."""

from cnn_core.results import trial_pairs
from cnn_core.results.trials import Place, Spread, Trials


def difference(trials: Trials, figure: str, first: str, second: str, field: str) -> Spread | None:
    """Return first less second, paired by seed; a training that diverged has no figure."""
    return trials.difference(figure, *_places(first, second, field))


def told(trials: Trials, figure: str, first: str, second: str, field: str) -> int:
    """Return 1 where the first has more, -1 where less, 0 where that cannot be told."""
    return trial_pairs.told(trials, figure, *_places(first, second, field))


def whole(trials: Trials, first: str, second: str, field: str) -> bool:
    """Return whether every pair that is trained has its accuracies."""
    found = difference(trials, "accuracy", first, second, field)
    pairs = trial_pairs.trained_pairs(trials, *_places(first, second, field))
    return found is not None and found.n == len(pairs)


def _places(first: str, second: str, field: str) -> tuple[Place, Place]:
    return Place(arm=first, condition=field), Place(arm=second, condition=field)
