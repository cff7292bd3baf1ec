"""The networks by name: builder, input, preprocessing, labels and source in one row.

Importing this module does not import torch (a training page is drawn from it); `build_model` does.
"""

import importlib
from typing import TYPE_CHECKING

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.models.cifar_rows import CIFAR_ROWS
from cnn_core.models.digit_rows import DIGIT_ROWS
from cnn_core.models.imagenet_rows import IMAGENET_ROWS
from cnn_core.models.model_row import ModelRow, WeightsSource

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "CIFAR10",
    "MODELS",
    "OFFERED",
    "ModelRow",
    "WeightsSource",
    "build_model",
    "class_names",
    "model_row",
]

OFFERED: dict[str, ModelRow] = {row.id: row for row in (*DIGIT_ROWS, *IMAGENET_ROWS)}
"""The networks that are offered as they are."""

MODELS: dict[str, ModelRow] = OFFERED | {row.id: row for row in CIFAR_ROWS}
"""All of them: those for 32x32 are something once a run has trained them."""

CIFAR10 = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
"""The classes of CIFAR-10 in the order of their labels."""


def model_row(name: str) -> ModelRow:
    """Return the registry's row for `name`.

    Raises:
        UnknownNameError: there is no such network.
    """
    if name not in MODELS:
        raise UnknownNameError(
            f"There is no network named {name!r}.", hint=f"The networks are {', '.join(MODELS)}."
        )
    return MODELS[name]


def build_model(
    name: str, *, num_classes: int | None = None, auxiliary: bool = False
) -> "nn.Module":
    """Return a freshly initialised network; seed torch before for the same weights again.

    Args:
        name: of the registry.
        num_classes: how many outputs; None for as many as its row says.
        auxiliary: whether with the auxiliary heads that serve training.

    Raises:
        UnknownNameError: there is no such network.
        ConfigError: it has no auxiliary heads.

    >>> sum(p.numel() for p in build_model("lenet5", num_classes=10).parameters())
    44426
    """
    row = model_row(name)
    if auxiliary and not row.auxiliary:
        raise ConfigError(f"{row.title} has no auxiliary heads.", hint="Set auxiliary to 0.")
    module, _, attribute = row.builder.partition(":")
    options = {"auxiliary": True} if auxiliary else {}
    network: nn.Module = getattr(importlib.import_module(module), attribute)(
        num_classes=row.num_classes if num_classes is None else num_classes, **options
    )
    return network


def class_names(row: ModelRow) -> tuple[str, ...]:
    """Return what the outputs of `row`'s network stand for at `row.num_classes`, in their order.

    ImageNet's names are torchvision's; torch is imported for them.

    >>> class_names(model_row("lenet5"))[:3]
    ('0', '1', '2')
    """
    if row.classes == "digits":
        return tuple(str(digit) for digit in range(row.num_classes))
    if row.classes == "cifar10":
        return CIFAR10
    from torchvision.models import AlexNet_Weights

    return tuple(AlexNet_Weights.IMAGENET1K_V1.meta["categories"])
