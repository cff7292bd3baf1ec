"""The arithmetic of one number of a convolution's output: patch x kernel, summed, plus bias."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnn_core.errors import ConfigError
from cnn_core.explain.activations import feature_maps, hooked
from cnn_core.explain.filters import filters
from cnn_core.explain.windows import Pair, margins_of, window_of
from cnn_core.results.inspection import Box, Floats, PixelArithmetic


def pixel_arithmetic(
    model: nn.Module, inputs: Tensor, layer: str, unit: tuple[int, int, int]
) -> PixelArithmetic:
    """Return how one number of a convolution's output comes about.

    The patch is what the kernel lies on in the very call of `conv2d` that the layer made, zeros
    where padded, whether the layer pads within that call or before it (TensorFlow's "same"). Summed
    in float64 it is the network's own float32 number up to rounding: 1e-5 of the sum of the
    magnitudes on a CPU, 1e-3 on a GPU that multiplies in TF32.

    Args:
        model: the network, in evaluation mode.
        inputs: float32 (1, C, H, W), normalised, on the network's device.
        layer: dotted name of a convolution.
        unit: (channel, row, column) of its output, from 0.

    Raises:
        UnknownNameError: there is no such layer, or it is no convolution.
        ConfigError: there is no such unit, the network is in training mode, or there is not one
            picture.

    >>> import torch
    >>> network = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1)).eval()
    >>> pixel = pixel_arithmetic(network, torch.ones(1, 1, 4, 4), "0", (0, 0, 0))
    >>> pixel.patch.tolist()
    [[[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]]
    >>> pixel.box
    Box(top=-1, left=-1, bottom=2, right=2)
    """
    filters(model, layer)  # raises where the layer is no convolution
    listening = _LastConvolution()
    taken: list[_Terms] = []

    def take(_module: nn.Module, _inputs: tuple[Any, ...], output: Tensor) -> None:
        _validate_unit(unit, tuple(output.shape[1:]))
        taken.append(listening.terms(unit))

    with hooked(model, [(layer, take)]), listening:
        maps = feature_maps(model, inputs, layer)
    patch, kernel, bias, box = taken[0]
    return PixelArithmetic(
        layer=layer,
        unit=unit,
        patch=patch,
        kernel=kernel,
        bias=bias,
        total=float((patch.astype(np.float64) * kernel).sum()) + bias,
        output=float(maps.before[unit]),
        after=None if maps.after is None else float(maps.after[unit]),
        box=box,
    )


def _validate_unit(unit: tuple[int, int, int], shape: tuple[int, ...]) -> None:
    if len(unit) != len(shape) or not all(0 <= u < n for u, n in zip(unit, shape, strict=True)):
        channels, height, width = shape
        raise ConfigError(
            f"The layer has {channels} maps of {height} x {width}, but no unit {tuple(unit)}.",
            hint="Choose channel, row and column below these, from 0.",
        )


_Terms = tuple[Floats, Floats, float, Box]


class _LastConvolution(TorchFunctionMode):
    """Remembers the last convolution of a run in this thread: a layer's own, when it ends."""

    def __init__(self) -> None:
        super().__init__()
        self._call: tuple[Sequence[Any], Mapping[str, Any]] = ((), {})
        self._padded: tuple[object, Pair] = (None, (0, 0))

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the function returns
        """Call the function, and remember it where it is a convolution or pads for one."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        margins = margins_of(func.__name__, args, kwargs)
        if margins is not None:
            self._padded = (result, margins)
        if func.__name__ == "conv2d":
            self._call = (args, kwargs)
        return result

    def terms(self, unit: tuple[int, int, int]) -> _Terms:
        """Return patch, kernel, bias and box of one unit of the last convolution."""
        args, kwargs = self._call
        maps, weight, bias, groups = _operands(*args, **kwargs)
        window = window_of("conv2d", args, kwargs)
        assert window is not None
        channel, row, column = unit
        kernel = weight[channel]
        first = channel // (len(weight) // groups) * len(kernel)
        maps = maps[0, first : first + len(kernel)]
        padded, margins = self._padded
        inside, starts, lengths = [], [], []
        for axis, index in enumerate((row, column)):
            start = index * window.stride[axis] - window.padding[axis]
            looks = start + window.dilation[axis] * np.arange(window.kernel[axis])
            valid = (looks >= 0) & (looks < maps.shape[1 + axis])
            inside.append((np.flatnonzero(valid), looks[valid]))
            starts.append(start - (margins[axis] if padded is args[0] else 0))
            lengths.append(int(looks[-1] - looks[0]) + 1)
        (into_rows, rows), (into_columns, columns) = inside
        patch = np.zeros(kernel.shape, np.float32)
        seen = _floats(maps)[:, rows[:, None], columns]
        patch[:, into_rows[:, None], into_columns] = seen
        top, left = starts
        box = Box(top=top, left=left, bottom=top + lengths[0], right=left + lengths[1])
        return patch, _floats(kernel), 0.0 if bias is None else float(bias[channel]), box


def _operands(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: object = 1,
    padding: object = 0,
    dilation: object = 1,
    groups: int = 1,
) -> tuple[Tensor, Tensor, Tensor | None, int]:
    return input, weight, bias, groups


def _floats(tensor: Tensor) -> Floats:
    floats: Floats = np.array(tensor.detach().float().cpu().numpy(), copy=True)
    return floats
