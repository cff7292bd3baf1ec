"""The layers of a network counted by running its code: on no pictures, and without its weights.

All numbers of a weight are one and the same place in memory, so VGG-16 takes no half gigabyte.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from cnn_core.explain.layers import layer_infos
from cnn_core.models.fine_tuning import build_fine_tuned
from cnn_core.models.model_row import ModelRow
from cnn_core.models.registry import build_model
from cnn_core.results.inspection import LayerInfo


def without_memory(build: Callable[[], nn.Module]) -> nn.Module:
    """Return the network that `build` returns, with weights that are all nought and take no room.

    It serves to look at shapes: writing to a weight is an error of torch's.

    >>> network = without_memory(lambda: nn.Linear(1_000, 2_000))
    >>> network.weight.shape, network.weight.untyped_storage().nbytes()
    (torch.Size([2000, 1000]), 4)
    """
    with torch.device("meta"):
        network = build()
    for module in network.modules():
        for key, weight in module._parameters.items():
            if weight is not None:
                module._parameters[key] = nn.Parameter(_nought(weight), weight.requires_grad)
        for key, buffer in module._buffers.items():
            module._buffers[key] = None if buffer is None else _nought(buffer)
    return network


def _nought(tensor: Tensor) -> Tensor:
    return torch.zeros((), dtype=tensor.dtype).expand(tensor.shape)


def count_layers(
    row: ModelRow, *, num_classes: int | None = None, head: str = ""
) -> tuple[LayerInfo, ...]:
    """Return the layers of `row`'s network for one picture of its input's size, as they run.

    Blocks are left out: each layer stands there once, and sums over the rows are the network's.

    Args:
        row: of the registry, or as a run sees it (`models.cifar_rows.seeing_cifar`).
        num_classes: how many outputs; None for the row's own.
        head: of a network that was fine-tuned (`models.fine_tuning`); "" for its own.

    Raises:
        ConfigError: the network cannot have that head.

    >>> from cnn_core.models.registry import model_row
    >>> layers = count_layers(model_row("lenet5"))
    >>> sum(layer.parameters for layer in layers), sum(layer.macs for layer in layers)
    (44426, 281640)
    """

    def build() -> nn.Module:
        if head:
            classes = row.num_classes if num_classes is None else num_classes
            return build_fine_tuned(row, head=head, num_classes=classes)
        return build_model(row.id, num_classes=num_classes)

    shape = (row.channels, row.input_size, row.input_size)
    return layer_infos(without_memory(build), shape)
