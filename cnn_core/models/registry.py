"""The networks by name: builder, input, preprocessing, labels and source in one row.

Importing this module does not import torch (a training page is drawn from it); `build_model` does.
"""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnn_core.errors import UnknownNameError
from cnn_core.models.lenet1998_constants import BACKGROUND, FOREGROUND

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """One network of the registry.

    Attributes:
        builder: "module:class", called with `num_classes`.
        input_size: height and width of its input in pixels.
        channels: 1 for grey, 3 for RGB.
        mean: per channel, of pixels scaled to 0..1, subtracted before the first layer.
        std: per channel, divided by.
        parameters: trainable parameters at 10 classes.
        citation: the paper it is from.
    """

    id: str
    title: str
    builder: str
    input_size: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    parameters: int
    citation: str


_LECUN_1998 = (
    "LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document "
    "recognition, Proc. IEEE 86(11), 2278-2324"
)

MODELS: dict[str, ModelRow] = {
    row.id: row
    for row in (
        ModelRow(
            id="lenet5",
            title="LeNet-5",
            builder="cnn_core.models.lenet:LeNet5",
            input_size=28,
            channels=1,
            mean=(0.1307,),
            std=(0.3081,),
            parameters=44_426,
            citation=_LECUN_1998,
        ),
        ModelRow(
            id="lenet5-1998",
            title="LeNet-5 of 1998",
            builder="cnn_core.models.lenet1998:LeNet51998",
            input_size=28,
            channels=1,
            mean=(BACKGROUND / (BACKGROUND - FOREGROUND),),
            std=(1 / (FOREGROUND - BACKGROUND),),
            parameters=60_000,
            citation=_LECUN_1998,
        ),
    )
}


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


def build_model(name: str, *, num_classes: int) -> "nn.Module":
    """Return a freshly initialised network; seed torch before for the same weights again.

    >>> sum(p.numel() for p in build_model("lenet5", num_classes=10).parameters())
    44426
    """
    module, _, attribute = model_row(name).builder.partition(":")
    network: nn.Module = getattr(importlib.import_module(module), attribute)(
        num_classes=num_classes
    )
    return network
