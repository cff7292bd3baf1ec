"""The measurements to come: a network, at a batch size, on a processor, once a round."""

from cnn_core.concepts.experiment import Planned
from cnn_core.concepts.network_costs.settings import CPU, TRAINING, CostSettings
from cnn_core.concepts.network_costs.table import network_layers, totals
from cnn_core.models.registry import MODELS

_UNTIMED, _BACKWARD = 2, 3  # passes: one to warm up, one for memory; forward passes' worth
_BUILD, _START = 500, 2e9  # multiply-accumulates that take as long as building: a weight, and all


def condition(batch: int, where: str) -> str:
    """Return the condition of a batch size and a place.

    >>> condition(8, "device"), condition(8, "cpu")
    ('batch=8', 'batch=8 cpu')
    """
    return f"batch={batch}" + (f" {CPU}" if where == CPU else "")


def parsed(text: str) -> tuple[int, str]:
    """Return batch size and place of a condition.

    >>> parsed("batch=8 cpu")
    (8, 'cpu')
    """
    batch, _, where = text.removeprefix("batch=").partition(" ")
    return int(batch), where or "device"


def known(arm: str, text: str) -> bool:
    """Return whether a network and a condition are some that this version measures.

    >>> known("lenet5", "batch=8 cpu"), known("lenet5", "8 at once"), known("lenet9", "batch=8")
    (True, False, False)
    """
    batch = text.removeprefix("batch=").removesuffix(f" {CPU}")
    return (
        arm in MODELS
        and batch.isdecimal()
        and text
        in (
            condition(int(batch), "device"),
            condition(int(batch), CPU),
        )
    )


def plan(settings: CostSettings) -> tuple[Planned, ...]:
    """Return the measurements: within a round, network by network.

    >>> [each.condition for each in plan(CostSettings(networks=("lenet5",), seeds=1))]
    ['batch=1', 'batch=4']
    """
    smallest, first = min(settings.batches), settings.where[0]
    passes = (settings.passes + _UNTIMED) * (_BACKWARD if settings.work == TRAINING else 1)
    return tuple(
        Planned(
            arm=name,
            seed=settings.seed + round_,
            condition=condition(batch, where),
            weight=_work(name, batch * passes, builds=(batch, where) == (smallest, first)) / 1e9,
        )
        for round_ in range(settings.seeds)
        for name in settings.networks
        for where in settings.where
        for batch in sorted(settings.batches)
    )


def _work(name: str, pictures: int, *, builds: bool) -> float:
    counted = totals(network_layers(name))
    return counted.macs * pictures + _START + (_BUILD * counted.parameters if builds else 0)
