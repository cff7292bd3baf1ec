"""The trials: networks x receptive fields x seeds, and each network's own learning rate."""

from cnn_core.concepts.experiment import Planned
from cnn_core.concepts.stacked_kernels.settings import StackedKernelSettings
from cnn_core.concepts.stacked_kernels.shapes import (
    ARMS,
    FIELDS,
    LINEAR,
    ONE,
    STACK,
    WIDE,
    block_of,
    block_weights,
)

_RATES = {
    "on": {ONE: 0.016, STACK: 0.027, WIDE: 0.027, LINEAR: 0.009},
    "off": {ONE: 0.01, STACK: 0.01, WIDE: 0.01, LINEAR: 0.003},
}
"""Peak rates of Adam by BatchNorm and network, found for the 5x5 field on CIFAR-10, settings
of "quick" at seeds that no preset has. With BatchNorm the best of 0.001, 0.003, 0.009, 0.027 (seed
900) and 0.009, 0.016, 0.027 (seed 901); judged on training pictures kept apart, so that no test
picture took part. From 0.009 to 0.027 the accuracy of each network moves by about two points at
most. Not tuned are those without BatchNorm (the better of 0.003 and 0.01 at one seed, 0.01 the end
of that grid for three networks of four), and those of the 7x7 field and of other data, which are
the same."""


def tuned(settings: StackedKernelSettings, field: str) -> bool:
    """Return whether rates were tuned for what is run.

    >>> tuned(StackedKernelSettings(), "5x5"), tuned(StackedKernelSettings(), "7x7")
    (True, False)
    """
    return settings.batch_norm == "on" and field == "5x5" and settings.data == "cifar10"


def plan(settings: StackedKernelSettings) -> tuple[Planned, ...]:
    """Return the trials, all networks of a seed before the next seed."""
    return tuple(
        Planned(
            arm=arm,
            seed=seed,
            condition=field,
            weight=settings.images * settings.epochs / 16_000 * _step_weight(arm, field, settings),
        )
        for seed in range(settings.seed, settings.seed + settings.seeds)
        for field in settings.fields
        for arm in ARMS
    )


def _step_weight(arm: str, field: str, settings: StackedKernelSettings) -> float:
    """Return how long a step takes, in that of a network without blocks.

    Measured on one core at 4 to 32 channels: maps to write and normalise, and weights to use.
    """
    block = block_of(arm, FIELDS[field], settings.channels)
    return 1.0 + 0.07 * settings.channels * len(block) + block_weights(block) / 5_500


def learning_rate(arm: str, settings: StackedKernelSettings) -> float:
    """Return the peak rate of a trial."""
    return _RATES[settings.batch_norm][arm] * settings.rate
