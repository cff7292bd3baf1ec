"""Networks with a head of their own for a person's classes, on features trained elsewhere.

Importing this module does not import torch: what may be asked for (`BACKBONES`,
`validate_fine_tuning`) is known without it. A network here is the registry's, with torchvision's
(timm's) names for its parameters; only its head is another one:

* "light": the last maps, averaged over their places, and one linear layer;
* "reference": d-4096-1024-classes, ReLU and dropout 0.5 between (d = 25,088 for VGG-16);
* "original": fc6 and fc7 as they are, and a new last layer (VGG-16 and AlexNet alone).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cnn_core.errors import ConfigError, WeightsError
from cnn_core.models.model_row import ModelRow
from cnn_core.models.registry import build_model

if TYPE_CHECKING:
    from torch import Tensor, nn

BACKBONES = ("vgg16", "alexnet", "googlenet", "resnet18", "resnet50", "efficientnet-lite0")
"""The networks that can be fine-tuned, by their names in the registry."""

WITH_HIDDEN_LAYERS = ("vgg16", "alexnet")
"""Those whose own head has the layers fc6 and fc7, between the convolutions and the last layer."""

HIDDEN, BOTTLENECK = 4096, 1024  # of the reference head

_MODES = ("frozen", "last-block", "all", "scratch")
_HEADS = ("light", "reference", "original")


def validate_fine_tuning(row: ModelRow, mode: str, head: str) -> None:
    """Look that the network of `row` can be fine-tuned so.

    Raises:
        ConfigError: it is none of `BACKBONES`, there is no such mode or head, or it has no fc6.

    >>> from cnn_core.models.registry import model_row
    >>> validate_fine_tuning(model_row("vgg16"), "frozen", "original")
    >>> validate_fine_tuning(model_row("resnet18"), "frozen", "original")
    Traceback (most recent call last):
    cnn_core.errors.ConfigError: ResNet-18 has no layers fc6 and fc7, which head=original keeps.
    """
    if row.id not in BACKBONES:
        raise ConfigError(
            f"{row.title} cannot be fine-tuned.", hint=f"Choose one of {', '.join(BACKBONES)}."
        )
    if mode not in _MODES:
        raise ConfigError(f"mode must be one of {', '.join(_MODES)}, but it is {mode!r}.")
    if head not in _HEADS:
        raise ConfigError(f"head must be one of {', '.join(_HEADS)}, but it is {head!r}.")
    if head == "original" and row.id not in WITH_HIDDEN_LAYERS:
        raise ConfigError(
            f"{row.title} has no layers fc6 and fc7, which head=original keeps.",
            hint="Choose the light head or the reference head.",
        )


def build_fine_tuned(row: ModelRow, *, head: str, num_classes: int) -> "nn.Module":
    """Return the registry's network, freshly initialised, with another head.

    Seed torch before for the same weights again.

    Args:
        row: of the registry, one of `BACKBONES`.
        head: "light", "reference" or "original".
        num_classes: how many outputs.

    Raises:
        ConfigError: the network cannot have that head.
    """
    from torch import nn

    validate_fine_tuning(row, "scratch", head)
    network = build_model(row.id, num_classes=num_classes)
    if head == "original":
        return network
    name = row.head.removesuffix(".")
    if row.id in WITH_HIDDEN_LAYERS and head == "light":
        network.avgpool = nn.AdaptiveAvgPool2d(1)
        maps = [layer.out_channels for layer in network.modules() if isinstance(layer, nn.Conv2d)]
        width = maps[-1]
    else:
        first = next(
            layer for layer in getattr(network, name).modules() if isinstance(layer, nn.Linear)
        )
        width = first.in_features
    setattr(network, name, _head(head, width, num_classes))
    return network


def _head(head: str, width: int, num_classes: int) -> "nn.Module":
    from torch import nn

    if head == "light":
        return nn.Linear(width, num_classes)
    return nn.Sequential(
        nn.Linear(width, HIDDEN),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(HIDDEN, BOTTLENECK),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(BOTTLENECK, num_classes),
    )


def new_layers(row: ModelRow, head: str) -> str:
    """Return how the names of the parameters begin that no trained file can fill.

    >>> from cnn_core.models.registry import model_row
    >>> new_layers(model_row("vgg16"), "original"), new_layers(model_row("resnet18"), "light")
    ('classifier.6.', 'fc.')
    """
    return f"{row.head}6." if head == "original" else row.head


def assemble(
    row: ModelRow,
    *,
    head: str,
    num_classes: int,
    base: "Mapping[str, Tensor]",
    own: "Mapping[str, Tensor] | None" = None,
    seed: int | None = None,
) -> "nn.Module":
    """Return the fine-tuned network with the weights given, float32 on the CPU.

    Nothing is initialised that is filled afterwards, and of float32 tensors nothing is copied: the
    network works on the very tensors that it is given.

    Args:
        row: of the registry, one of `BACKBONES`.
        head: as `build_fine_tuned`.
        num_classes: likewise.
        base: trained tensors under the network's names (`weights.fitting_tensors`); those of
            layers that the head replaces are not looked at.
        own: tensors that count before those of `base`: what a run has trained.
        seed: draws the new layers that `own` does not fill; None if it has to fill all.

    Raises:
        ConfigError: the network cannot have that head.
        WeightsError: a tensor is missing or of another shape.
    """
    import torch

    with torch.device("meta"):
        network = build_fine_tuned(row, head=head, num_classes=num_classes)
    fresh = new_layers(row, head)
    given = {name: tensor for name, tensor in base.items() if not name.startswith(fresh)}
    given |= own or {}
    wanted = network.state_dict()
    tensors = {
        name: tensor.to(wanted[name].dtype) for name, tensor in given.items() if name in wanted
    }
    _validate_filled(row, head, wanted, tensors, "" if seed is None else fresh)
    network.load_state_dict(tensors, strict=False, assign=True)
    if seed is not None:
        torch.manual_seed(seed)
    _fill_rest(network)
    return network


def _validate_filled(
    row: ModelRow,
    head: str,
    wanted: "Mapping[str, Tensor]",
    tensors: "Mapping[str, Tensor]",
    drawn: str,
) -> None:
    for name, tensor in wanted.items():
        if name in tensors:
            expected, got = tuple(tensor.shape), tuple(tensors[name].shape)
            if got != expected:
                raise WeightsError(
                    f"These weights do not fit {row.title}: expected {name} of shape {expected}, "
                    f"but got {got}."
                )
        elif not name.endswith("num_batches_tracked") and not (drawn and name.startswith(drawn)):
            if head == "original" and name.startswith(row.head):
                raise WeightsError(
                    f"head=original keeps fc6 and fc7 of {row.title}, but the weights at hand are "
                    "its convolutions alone.",
                    hint="Fetch the complete weights, or choose the light or the reference head.",
                )
            raise WeightsError(f"The weights of {row.title} are not complete: {name} is missing.")


def _fill_rest(network: "nn.Module") -> None:
    """Give the layers that have no values yet their first ones, where they lie from now on."""
    import torch
    from torch import nn

    for layer in network.modules():
        empty = [
            tensor
            for tensor in (*layer.parameters(recurse=False), *layer.buffers(recurse=False))
            if tensor.is_meta
        ]
        if not empty:
            continue
        if isinstance(layer, nn.Linear):
            layer.to_empty(device="cpu", recurse=False)
            layer.reset_parameters()
        else:  # the counter of a BatchNorm, which older files do without
            for name, buffer in list(layer.named_buffers(recurse=False)):
                if buffer.is_meta:
                    setattr(layer, name, torch.zeros(buffer.shape, dtype=buffer.dtype))
