"""Which trials the experiment on residual connections has."""

from collections.abc import Iterator

from cnn_core.concepts.experiment import Planned
from cnn_core.concepts.residual.arms import ARMS, BARE, FITTED, condition
from cnn_core.concepts.residual.settings import ResidualSettings, validate_depths

_MEASURED = 3.0  # a measured gradient costs as much as so many steps
_WIDTH = 8  # channels of the presets


def plan(settings: ResidualSettings) -> tuple[Planned, ...]:
    """Return the trials, those of a seed together: all gradients first, then the trainings.

    Raises:
        ConfigError: a depth that is not 6n + 2.

    >>> trials = plan(ResidualSettings(seeds=1))
    >>> len(trials), trials[0].arm, trials[-1].condition
    (34, 'plain-none-default', 'fit depth=20')
    """
    validate_depths(settings)
    seeds = range(settings.seed, settings.seed + settings.seeds)
    return tuple(trial for seed in seeds for trial in _of_seed(settings, seed))


def _of_seed(settings: ResidualSettings, seed: int) -> Iterator[Planned]:
    layer = _layer_weight(settings.width)
    for depth in settings.depths:
        for arm in ARMS:
            place = condition("gradient", depth)
            weight = _MEASURED * depth * layer
            yield Planned(arm=arm.id, condition=place, seed=seed, weight=weight)
    fits = [(arm, depth) for depth in settings.fit_depths for arm in FITTED]
    fits += [(arm, settings.bare_depth) for arm in BARE if settings.bare_depth]
    for arm, depth in fits:
        yield Planned(
            arm=arm.id,
            condition=condition("fit", depth),
            seed=seed,
            weight=settings.steps * depth * layer,
        )


def _layer_weight(width: int) -> float:
    """Return how long a step of a layer takes beside one of `_WIDTH` channels.

    Measured on one core at 4 to 32 channels: half of it is there whatever the width.

    >>> _layer_weight(8), round(_layer_weight(32), 2)
    (1.0, 4.9)
    """
    wider = width / _WIDTH
    return 0.5 + 0.3 * wider + 0.2 * wider**2
