"""The experiments by name; a row is imported when it is asked for, without torch."""

import importlib

from cnn_core.concepts.experiment import Experiment
from cnn_core.errors import UnknownNameError

_ROWS = {
    "convolutions": "cnn_core.concepts.convolutions.row",
    "lenet-1998": "cnn_core.concepts.lenet_1998.row",
    "stacked-kernels": "cnn_core.concepts.stacked_kernels.row",
    "network-costs": "cnn_core.concepts.network_costs.row",
    "little-data": "cnn_core.concepts.little_data.row",
    "residual": "cnn_core.concepts.residual.row",
}

EXPERIMENTS = tuple(_ROWS)
"""Their ids, in the order of the pages."""


def find_experiment(name: str) -> Experiment:
    """Return the experiment called `name`.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in _ROWS:
        raise UnknownNameError(
            f"There is no experiment named {name[:40]!r}.",
            hint=f"The experiments are {', '.join(_ROWS)}.",
        )
    row: Experiment = importlib.import_module(_ROWS[name]).EXPERIMENT
    return row
