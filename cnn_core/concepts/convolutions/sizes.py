"""What the networks compared are made of, in closed form: widths, parameters, work. No torch.

Multiply-accumulates are counted as `explain.layers` counts them: each weight once for each place of
the output, biases left out.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from cnn_core.concepts.convolutions.settings import ConvolutionSettings

PIXELS, CLASSES = 28 * 28, 10
KERNEL = 5
CHANNELS, PLACES = ((1, 6), (6, 16)), (24 * 24, 8 * 8)
_DENSE = (16 * 4 * 4, 120, 84, CLASSES)


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a network for one picture of 28x28.

    Attributes:
        parameters: all of them are trained.
        macs: multiply-accumulates of one forward pass.
    """

    parameters: int
    macs: int


def dense_size(widths: tuple[int, ...]) -> Size:
    """Return the size of fully connected layers, from the input's width to the output's.

    >>> dense_size((784, 56, 10))
    Size(parameters=44530, macs=44464)
    """
    macs = sum(a * b for a, b in itertools.pairwise(widths))
    return Size(parameters=macs + sum(widths[1:]), macs=macs)


def lenet_size(side: int = KERNEL, *, shared: bool = True) -> Size:
    """Return the size of LeNet-5 with kernels of `side` pixels, padded to the shapes of 5x5.

    Args:
        side: of the kernels of both convolutions.
        shared: whether each place of a map has the same weights, or its own.

    >>> lenet_size()
    Size(parameters=44426, macs=281640)
    >>> lenet_size(shared=False)
    Size(parameters=286334, macs=281640)
    """
    parameters = macs = 0
    for (incoming, maps), places in zip(CHANNELS, PLACES, strict=True):
        weights = maps * incoming * side * side
        macs += weights * places
        parameters += (weights + maps) * (1 if shared else places)
    dense = dense_size(_DENSE)
    return Size(parameters=parameters + dense.parameters, macs=macs + dense.macs)


def _width(hidden: int, figure: Callable[[Size], int], budget: int) -> tuple[int, ...]:
    """Return the widths whose figure is nearest to `budget`; the hidden layers are all as wide."""

    def widths(width: int) -> tuple[int, ...]:
        return (PIXELS, *(width,) * hidden, CLASSES)

    return min(
        (widths(width) for width in range(1, 1 + budget // PIXELS + 1)),
        key=lambda each: abs(figure(dense_size(each)) - budget),
    )


def mlp_widths(arm: str, hidden: int) -> tuple[int, ...]:
    """Return the widths of an MLP from 784 to 10, of the CNN's parameters or of its work.

    >>> mlp_widths("mlp-parameters", 1), mlp_widths("mlp-macs", 1)
    ((784, 56, 10), (784, 355, 10))
    """
    if arm == "mlp-parameters":
        return _width(hidden, lambda size: size.parameters, lenet_size().parameters)
    return _width(hidden, lambda size: size.macs, lenet_size().macs)


def size_of(arm: str, settings: ConvolutionSettings) -> Size:
    """Return the size of an arm's network."""
    if arm.startswith("mlp"):
        return dense_size(mlp_widths(arm, settings.hidden))
    return lenet_size(settings.side if arm == "large" else KERNEL, shared=arm != "local")
