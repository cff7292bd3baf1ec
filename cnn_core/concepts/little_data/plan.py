"""The trials of "little-data": all arms and sizes of a seed before the next seed."""

from cnn_core.concepts.experiment import Planned
from cnn_core.concepts.little_data.settings import (
    ALL,
    ARMS,
    FROZEN,
    LAST_BLOCK,
    RANDOM,
    SCRATCH,
    SIZES,
    SLOW,
    SMALL,
    LittleDataSettings,
)


def plan(settings: LittleDataSettings) -> tuple[Planned, ...]:
    """Return the trials, the slow arms' at fewer seeds and sizes (`LittleDataSettings`).

    Random weights have to look at every picture anew in each seed, and the last block learns
    longer than a linear layer: both try the smallest size in all seeds, the other sizes in those
    of the slow arms.

    >>> some = LittleDataSettings(arms=("frozen", "random"), images=("5", "every"), slow_seeds=1)
    >>> [(p.arm, p.condition, p.seed) for p in plan(some)][:4]
    [('frozen', '5', 0), ('random', '5', 0), ('frozen', 'every', 0), ('random', 'every', 0)]
    >>> [(p.arm, p.condition, p.seed) for p in plan(some)][4:7]
    [('frozen', '5', 1), ('random', '5', 1), ('frozen', 'every', 1)]
    """
    return tuple(
        Planned(
            arm=arm,
            condition=size,
            seed=settings.seed + number,
            weight=_weight(arm, size, settings),
        )
        for number in range(settings.seeds)
        for size in sizes_in_order(settings)
        for arm in ARMS
        if arm in settings.arms and _tried(arm, size, number, settings)
    )


def _tried(arm: str, size: str, number: int, settings: LittleDataSettings) -> bool:
    first = number < settings.slow_seeds
    if arm in SLOW:
        return first and size in settings.slow_images
    return arm == FROZEN or first or size == sizes_in_order(settings)[0]


def sizes_in_order(settings: LittleDataSettings) -> tuple[str, ...]:
    """Return the sizes that are tried, ascending, `EVERY` last."""
    return tuple(size for size in SIZES if size in settings.images)


HEAD_STEPS = 100
"""Of the arms in which a linear layer alone learns."""


def steps_of(arm: str, settings: LittleDataSettings) -> int:
    """Return about how many optimizer steps an arm takes, see `trials`."""
    if arm in (FROZEN, RANDOM):
        return HEAD_STEPS
    return settings.steps * (settings.small_steps if arm == SMALL else 1)


def _weight(arm: str, size: str, settings: LittleDataSettings) -> float:
    """Return about the seconds that a trial takes on one core of a cloud machine."""
    larger = (settings.side / 96) ** 2
    if arm in (FROZEN, RANDOM):
        looks = _LOOKS if size == sizes_in_order(settings)[0] else _LOOKS / 4
        return 0.1 + (looks * larger if arm == RANDOM else 0.0)
    return steps_of(arm, settings) * _STEP[arm] * larger * settings.batch / 16 + 0.5


_STEP = {LAST_BLOCK: 0.015, ALL: 0.25, SCRATCH: 0.25, SMALL: 0.014}
"""Seconds of a step of 16 pictures of 96 pixels a side."""

_LOOKS = 1.2  # seconds in which random weights look at the pictures to be judged on
