"""Which window of its input an operation looks through: kernel, stride, padding, dilation.

Operations are recognised as torch functions, not as modules, so that what a network calls itself
(`F.max_pool2d`) and what its modules call for it look the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Window:
    """Height and width of each; padding is that at the top and at the left."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair


def window_of(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Window | None:
    """Return the window of a call of torch's function `name`; None if it has none.

    >>> import torch
    >>> window_of("conv2d", (torch.ones(1, 3, 9, 9), torch.ones(8, 3, 5, 3)), {"stride": 2})
    Window(kernel=(5, 3), stride=(2, 2), padding=(0, 0), dilation=(1, 1))
    >>> window_of("relu", (torch.ones(1, 3, 9, 9),), {}) is None
    True
    """
    read = _WINDOWS.get(name)
    return None if read is None else read(*args, **kwargs)


def margins_of(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Pair | None:
    """Return how much a call of torch's function `name` pads at the top and left; None if not.

    >>> margins_of("pad", (None, [1, 2, 3, 4]), {})
    (3, 1)
    """
    return _pad(*args, **kwargs) if name == "pad" else None


def _pair(value: int | Sequence[int]) -> Pair:
    if isinstance(value, int):
        return value, value
    return (value[0], value[-1])


# The signatures are torch's own, so that Python sorts out what was given by position or by name.


def _conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Window:
    kernel, dilation = _pair(weight.shape[2:]), _pair(dilation)
    if padding == "same":
        padding = [d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True)]
    return Window(
        kernel=kernel,
        stride=_pair(stride),
        padding=(0, 0) if isinstance(padding, str) else _pair(padding),
        dilation=dilation,
    )


def _max_pool2d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Window:
    return Window(
        kernel=_pair(kernel_size),
        stride=_pair(stride or kernel_size),
        padding=_pair(padding),
        dilation=_pair(dilation),
    )


def _avg_pool2d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Window:
    return _max_pool2d(input, kernel_size, stride, padding)


def _pad(
    input: Tensor,
    pad: Sequence[int],
    mode: str = "constant",
    value: float | None = None,
) -> Pair | None:
    left, _, top, _ = (*pad, 0, 0)[:4]
    return (top, left) if mode == "constant" else None


_WINDOWS: dict[str, Callable[..., Window]] = {
    "conv2d": _conv2d,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
}
