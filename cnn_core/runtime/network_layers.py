"""The networks of finished runs, layer by layer. Without torch until layers have to be counted."""

import functools
from dataclasses import dataclass

from cnn_core.concepts.network_costs.table import network_layers
from cnn_core.errors import CnnLabError
from cnn_core.models.registry import MODELS, ModelRow
from cnn_core.results.inspection import LayerInfo
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.image_runs import fine_tunes_images, seen_row
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.trained import classes_of
from cnn_core.training.recipes import FILMS, OWN_PICTURES, find_recipe


@dataclass(frozen=True, kw_only=True)
class NetworkOfRun:
    """What a finished run has trained.

    Attributes:
        record: of the run.
        row: of the registry, with the input that the run gives it.
        num_classes: how many outputs.
        head: of a fine-tuned network, "" for its own.
    """

    record: RunRecord
    row: ModelRow
    num_classes: int
    head: str


def networks_of_runs(store: RunStore) -> tuple[NetworkOfRun, ...]:
    """Return the networks of finished trainings, newest first; what is not known is left out."""
    found = []
    for record in store.list(statuses=("finished",)):
        if record.experiment:
            continue
        try:
            found.append(_network(record))
        except CnnLabError:
            continue  # its recipe or the plan of its pictures is gone
    return tuple(found)


def _network(record: RunRecord) -> NetworkOfRun:
    recipe = find_recipe(record.recipe)
    tuned = record.dataset.source in (OWN_PICTURES, FILMS) or fine_tunes_images(recipe)
    row = seen_row(recipe, record.config)
    return NetworkOfRun(
        record=record,
        row=row,
        num_classes=len(classes_of(record)),
        head=record.config.head if tuned else "",
    )


def layers_at_hand(network: NetworkOfRun) -> tuple[LayerInfo, ...] | None:
    """Return the layers from the table that comes along; None if they have to be counted."""
    row = MODELS[network.row.id]
    same = (row.input_size, row.num_classes) == (network.row.input_size, network.num_classes)
    return network_layers(row.id) if same and not network.head else None


def layers_of(network: NetworkOfRun) -> tuple[LayerInfo, ...]:
    """Return the layers of a run's network; torch is imported where they have to be counted.

    Raises:
        ConfigError: the network cannot have the head that the run names.
    """
    at_hand = layers_at_hand(network)
    if at_hand is not None:
        return at_hand
    return _counted(network.row, network.num_classes, network.head)


@functools.lru_cache(maxsize=64)
def _counted(row: ModelRow, num_classes: int, head: str) -> tuple[LayerInfo, ...]:
    from cnn_core.concepts.network_costs.layers import count_layers

    return count_layers(row, num_classes=num_classes, head=head)
