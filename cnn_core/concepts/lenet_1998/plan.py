"""The trials: every network on the same pictures, in the same order, seed by seed."""

from cnn_core.concepts.experiment import Planned
from cnn_core.concepts.lenet_1998.settings import ARMS, BASE, Lenet1998Settings


def plan(settings: Lenet1998Settings) -> tuple[Planned, ...]:
    """Return the trials, all networks of a seed before the next; that of 1998 is always there.

    >>> [each.arm for each in plan(Lenet1998Settings(seeds=1, arms=("relu",)))]
    ['1998', 'relu']
    """
    arms = [arm for arm in ARMS if arm == BASE or arm in settings.arms]
    return tuple(
        Planned(arm=arm, seed=seed, weight=settings.images * settings.epochs / 1_000)
        for seed in range(settings.seed, settings.seed + settings.seeds)
        for arm in arms
    )
