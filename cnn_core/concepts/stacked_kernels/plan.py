"""The trials: networks x receptive fields x seeds, and each network's own learning rate."""

from cnn_core.concepts.experiment import Planned
from cnn_core.concepts.stacked_kernels.settings import StackedKernelSettings
from cnn_core.concepts.stacked_kernels.shapes import ARMS, FIELDS, block_of, block_weights

_RATE = 4e-3


def plan(settings: StackedKernelSettings) -> tuple[Planned, ...]:
    """Return the trials, all networks of a seed before the next seed."""
    return tuple(
        Planned(
            arm=arm,
            seed=seed,
            condition=field,
            weight=1.0 + block_weights(block_of(arm, FIELDS[field], 10)) / 2_500,
        )
        for seed in range(settings.seed, settings.seed + settings.seeds)
        for field in settings.fields
        for arm in ARMS
    )


def learning_rate(arm: str, field: str, settings: StackedKernelSettings) -> float:
    """Return the peak rate of a trial."""
    return _RATE * settings.rate
