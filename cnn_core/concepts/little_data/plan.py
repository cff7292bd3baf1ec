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

_STEP = {FROZEN: 0.002, RANDOM: 0.002, LAST_BLOCK: 0.06, ALL: 0.21, SCRATCH: 0.21, SMALL: 0.02}
"""Seconds of a step of 16 pictures of 96 pixels a side, on one core of a cloud machine."""

_LOOK = 0.004  # seconds for a frozen network to look at a picture of that size


def plan(settings: LittleDataSettings) -> tuple[Planned, ...]:
    """Return the trials; the slow arms have fewer seeds and sizes (`LittleDataSettings`).

    >>> [(p.arm, p.condition, p.seed) for p in plan(LittleDataSettings(arms=("frozen",), seeds=1))]
    [('frozen', '5', 0), ('frozen', '10', 0), ('frozen', '20', 0), ('frozen', '50', 0), \
('frozen', 'every', 0)]
    """
    return tuple(
        Planned(arm=arm, condition=size, seed=settings.seed + number, weight=_weight(arm, settings))
        for number in range(settings.seeds)
        for size in SIZES
        for arm in ARMS
        if arm in settings.arms and size in settings.images
        if arm not in SLOW or (number < settings.slow_seeds and size in settings.slow_images)
    )


def steps_of(arm: str, settings: LittleDataSettings) -> int:
    """Return about how many optimizer steps an arm takes, see `trials`."""
    if arm in (FROZEN, RANDOM):
        return HEAD_STEPS
    return settings.steps * (settings.scratch_steps if arm in (SCRATCH, SMALL) else 1)


HEAD_STEPS = 100
"""Of the arms in which a linear layer alone learns."""


def _weight(arm: str, settings: LittleDataSettings) -> float:
    larger = (settings.side / 96) ** 2
    looks = 1_000 * _LOOK * larger / len(settings.images) if arm == RANDOM else 0.2
    step = _STEP[arm] * (larger * settings.batch / 16 if arm in SLOW else 1.0)
    return steps_of(arm, settings) * step + looks


def sizes_in_order(settings: LittleDataSettings, *, slow: bool = False) -> tuple[str, ...]:
    """Return the sizes that are tried, ascending, `EVERY` last."""
    chosen = settings.images
    return tuple(
        size for size in SIZES if size in chosen and (not slow or size in settings.slow_images)
    )
