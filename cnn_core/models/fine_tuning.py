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
from cnn_core.models.cifar_rows import CIFAR_ROWS
from cnn_core.models.model_row import ModelRow
from cnn_core.models.registry import build_model

if TYPE_CHECKING:
    from torch import Tensor, nn

BACKBONES = (
    "vgg16",
    "alexnet",
    "googlenet",
    "resnet18",
    "resnet34",
    "resnet50",
    "efficientnet-lite0",
)
"""The networks that can be fine-tuned, by their names in the registry."""

MADE_FOR_32 = tuple(row.id for row in CIFAR_ROWS)
"""Those for pictures of 32x32, which no trained weights are to be had of: mode "scratch" alone."""

WITH_HIDDEN_LAYERS = ("vgg16", "alexnet")
"""Those whose own head has the layers fc6 and fc7, between the convolutions and the last layer."""

HIDDEN, BOTTLENECK = 4096, 1024  # of the reference head

_MODES = ("frozen", "last-block", "all", "scratch")
_HEADS = ("light", "reference", "original")


def validate_fine_tuning(row: ModelRow, mode: str, head: str) -> None:
    """Look that the network of `row` can be fine-tuned so.

    Raises:
        ConfigError: it is none of `BACKBONES` and `MADE_FOR_32`, there is no such mode or head, it
            has no fc6, or there are no trained weights of it to begin with.

    >>> from cnn_core.models.registry import model_row
    >>> validate_fine_tuning(model_row("vgg16"), "frozen", "original")
    >>> validate_fine_tuning(model_row("resnet18"), "frozen", "original")
    Traceback (most recent call last):
    cnn_core.errors.ConfigError: ResNet-18 has no layers fc6 and fc7, which head=original keeps.
    """
    if row.id not in (*BACKBONES, *MADE_FOR_32):
        raise ConfigError(
            f"{row.title} cannot be fine-tuned.", hint=f"Choose one of {', '.join(BACKBONES)}."
        )
    if mode not in _MODES:
        raise ConfigError(f"mode must be one of {', '.join(_MODES)}, but it is {mode!r}.")
    if row.id in MADE_FOR_32 and mode != "scratch":
        raise ConfigError(
            f"No trained weights of {row.title} are published to begin with: expected "
            f"mode=scratch, but got mode={mode}.",
            hint="Train it from scratch, or choose the network called googlenet.",
        )
    if head not in _HEADS:
        raise ConfigError(f"head must be one of {', '.join(_HEADS)}, but it is {head!r}.")
    if head == "original" and row.id not in WITH_HIDDEN_LAYERS:
        raise ConfigError(
            f"{row.title} has no layers fc6 and fc7, which head=original keeps.",
            hint="Choose the light head or the reference head.",
        )


def validate_auxiliary(row: ModelRow, mode: str, auxiliary: float) -> None:
    """Look that auxiliary heads with this weight can be trained.

    Args:
        row: of the registry.
        mode: which part of the network learns.
        auxiliary: `TrainConfig.auxiliary`; 0 is without them, and always possible.

    Raises:
        ConfigError: the network has none, or what they hang on does not learn.

    >>> from cnn_core.models.registry import model_row
    >>> validate_auxiliary(model_row("googlenet"), "all", 0.3)
    >>> validate_auxiliary(model_row("googlenet"), "frozen", 0.3)
    Traceback (most recent call last):
    cnn_core.errors.ConfigError: Auxiliary heads need a network that learns as a whole: expected \
mode=all or mode=scratch, but got mode=frozen.
    """
    if not auxiliary:
        return
    if not row.auxiliary:
        raise ConfigError(
            f"{row.title} has no auxiliary heads: expected auxiliary=0, but got {auxiliary:g}.",
            hint="Set auxiliary to 0, or choose a GoogLeNet.",
        )
    if mode not in ("all", "scratch"):
        raise ConfigError(
            "Auxiliary heads need a network that learns as a whole: expected mode=all or "
            f"mode=scratch, but got mode={mode}.",
            hint="Set auxiliary to 0, or let all of it learn.",
        )


def build_fine_tuned(
    row: ModelRow,
    *,
    head: str,
    num_classes: int,
    auxiliary: bool = False,
    dropout: float | None = None,
) -> "nn.Module":
    """Return the registry's network, freshly initialised, with another head.

    Seed torch before for the same weights again.

    Args:
        row: of the registry, one of `BACKBONES` or `MADE_FOR_32`.
        head: "light", "reference" or "original".
        num_classes: how many outputs.
        auxiliary: whether with auxiliary heads, which training alone makes use of.
        dropout: share of what the head takes that is dropped in training (by the stages; networks
            that have no such layer do not come by it in `forward`); None for the network's own.

    Raises:
        ConfigError: the network cannot have that head, or has no auxiliary heads.
    """
    from torch import nn

    validate_fine_tuning(row, "scratch", head)
    network = build_model(row.id, num_classes=num_classes, auxiliary=auxiliary)
    if dropout is not None:
        network.dropout = nn.Dropout(dropout)
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
    auxiliary: bool = False,
    dropout: float | None = None,
) -> "nn.Module":
    """Return the fine-tuned network with the weights given, float32 on the CPU.

    Nothing is initialised that is filled afterwards, and of float32 tensors nothing is copied: the
    network works on the very tensors that it is given.

    Args:
        row: of the registry, one of `BACKBONES` or `MADE_FOR_32`.
        head: as `build_fine_tuned`.
        num_classes: likewise.
        base: trained tensors under the network's names (`weights.fitting_tensors`); those of
            layers that the head replaces are not looked at.
        own: tensors that count before those of `base`: what a run has trained.
        seed: draws the new layers that `own` does not fill; None if it has to fill all.
        auxiliary: as `build_fine_tuned`; of these heads, what is not given is drawn. Without them,
            tensors of theirs are not looked at.
        dropout: as `build_fine_tuned`.

    Raises:
        ConfigError: the network cannot have that head.
        WeightsError: a tensor is missing or of another shape.
    """
    import torch

    with torch.device("meta"):
        network = build_fine_tuned(
            row, head=head, num_classes=num_classes, auxiliary=auxiliary, dropout=dropout
        )
    fresh = (new_layers(row, head), *(f"{name}fc2." for name in row.auxiliary))
    given = {name: tensor for name, tensor in base.items() if not name.startswith(fresh)}
    given |= own or {}
    wanted = network.state_dict()
    tensors = {
        name: tensor.to(wanted[name].dtype) for name, tensor in given.items() if name in wanted
    }
    drawn = () if seed is None else (*fresh, *row.auxiliary)
    _validate_filled(row, head, wanted, tensors, drawn)
    network.load_state_dict(tensors, strict=False, assign=True)
    if seed is not None:
        torch.manual_seed(seed)
    _fill_rest(network, row.auxiliary)
    return network


def _validate_filled(
    row: ModelRow,
    head: str,
    wanted: "Mapping[str, Tensor]",
    tensors: "Mapping[str, Tensor]",
    drawn: tuple[str, ...],
) -> None:
    for name, tensor in wanted.items():
        if name in tensors:
            expected, got = tuple(tensor.shape), tuple(tensors[name].shape)
            if got != expected:
                raise WeightsError(
                    f"These weights do not fit {row.title}: expected {name} of shape {expected}, "
                    f"but got {got}."
                )
        elif not name.endswith("num_batches_tracked") and not name.startswith(drawn):
            if head == "original" and name.startswith(row.head):
                raise WeightsError(
                    f"head=original keeps fc6 and fc7 of {row.title}, but the weights at hand are "
                    "its convolutions alone.",
                    hint="Fetch the complete weights, or choose the light or the reference head.",
                )
            raise WeightsError(f"The weights of {row.title} are not complete: {name} is missing.")


def _fill_rest(network: "nn.Module", auxiliary: tuple[str, ...]) -> None:
    """Give the layers that have no values yet their first ones, where they lie from now on.

    Auxiliary heads come last, so that the main head is drawn as it is without them.
    """
    import torch

    named = sorted(network.named_modules(), key=lambda pair: pair[0].startswith(auxiliary))
    for _, layer in named:
        if any(tensor.is_meta for tensor in layer.parameters(recurse=False)):
            layer.to_empty(device="cpu", recurse=False)
            layer.reset_parameters()
        for name, buffer in list(layer.named_buffers(recurse=False)):
            if buffer.is_meta:  # the counter of a BatchNorm, which older files do without
                setattr(layer, name, torch.zeros(buffer.shape, dtype=buffer.dtype))
