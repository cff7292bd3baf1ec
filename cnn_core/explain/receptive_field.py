"""The receptive field of a unit: the pixels of the picture that can change its value, exactly.

The network's code runs once on no pictures while every torch function is listened to; each passes
on which pixels its units see, row by row and column by column (`explain.intervals`). Branches and
sums see what their inputs see together. So padding, stride, dilation, rounding up, functional calls
and branches need no table of modules.

What is not known to look through a window and keeps the map's size works point by point
(ReLU, BatchNorm, sums, concatenation, normalisation across channels); whatever else there is sees
everything.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.explain.dry_run import no_pictures, twin
from cnn_core.explain.intervals import Seen
from cnn_core.explain.windows import margins_of, window_of
from cnn_core.results.inspection import Box


@dataclass(frozen=True, eq=False, kw_only=True)
class Field:
    """What the units of a layer see: along the rows and along the columns."""

    rows: Seen
    columns: Seen

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width in pixels, borders apart; None where every unit sees everything."""
        height, width = self.rows.size, self.columns.size
        return None if height is None or width is None else (height, width)

    def box(self, row: int, column: int) -> Box:
        """Return the pixels that the unit sees, within the picture.

        A unit that sees nothing but padding has an empty box at the picture's corner.

        Raises:
            ConfigError: there is no such unit.
        """
        height, width = len(self.rows.first), len(self.columns.first)
        if not (0 <= row < height and 0 <= column < width):
            raise ConfigError(
                f"The layer has {height} x {width} units, but none at row {row}, column {column}.",
                hint=f"Choose a row below {height} and a column below {width}, from 0.",
            )
        top, bottom = int(self.rows.first[row]), int(self.rows.last[row]) + 1
        left, right = int(self.columns.first[column]), int(self.columns.last[column]) + 1
        if top >= bottom or left >= right:
            return Box(top=0, left=0, bottom=0, right=0)
        return Box(top=top, left=left, bottom=bottom, right=right)


def receptive_field(
    model: nn.Module, input_shape: tuple[int, int, int], layer: str, row: int, column: int
) -> Box:
    """Return the box of all pixels that the unit at (row, column) of a layer depends on.

    The box is the smallest that holds every such pixel in any of the layer's channels, and lies
    within the picture: at the border it is smaller than the layer's `receptive_field`, because
    padding takes the place of pixels. A linear layer's unit is (0, 0).

    Args:
        model: the network; nothing in it changes.
        input_shape: (C, H, W).
        layer: dotted name of a module.
        row: of the layer's output, from 0.
        column: likewise.

    Raises:
        UnknownNameError: there is no such layer, or it takes no part in a run.
        ConfigError: there is no such unit.

    >>> network = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2))
    >>> receptive_field(network, (1, 8, 8), "1", 0, 2)
    Box(top=0, left=3, bottom=3, right=7)
    """
    fields = receptive_fields(model, input_shape)
    if layer not in fields:
        raise UnknownNameError(
            f"No layer named {layer!r} takes part when this network runs.",
            hint=f"The layers are {', '.join(fields)}.",
        )
    return fields[layer].box(row, column)


def receptive_fields(model: nn.Module, input_shape: tuple[int, int, int]) -> dict[str, Field]:
    """Return the field of every module that returns a tensor, by dotted name, at its first run."""
    network, batch = twin(model), no_pictures(model, input_shape)
    fields = Fields(batch)
    found: dict[str, Field] = {}

    def note(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _args: object, output: object) -> None:
            field = fields.of(output)
            if field is not None:
                found.setdefault(name, field)

        return hook

    for name, module in network.named_modules():
        if name:
            module.register_forward_hook(note(name))
    with torch.inference_mode(), fields:
        network(batch)
    return found


class Fields(TorchFunctionMode):
    """Listens to a run in this thread and knows the field of every map in it.

    Keeps every tensor of the run: meant for empty batches.
    """

    def __init__(self, batch: Tensor) -> None:
        super().__init__()
        self._known: dict[int, tuple[Tensor, Field]] = {}
        height, width = batch.shape[-2:]
        self._set(batch, Field(rows=Seen.itself(height), columns=Seen.itself(width)))

    def of(self, output: object) -> Field | None:
        """Return the field of a tensor of the run; None for anything else."""
        known = self._known.get(id(output))
        return None if known is None else known[1]

    def _set(self, tensor: Tensor, field: Field) -> None:
        self._known[id(tensor)] = (tensor, field)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the function returns
        """Call the function, and note what its outputs see."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        known = [self.of(tensor) for tensor in _tensors([*args, *kwargs.values()])]
        inputs = [field for field in known if field is not None]
        if inputs:
            together = reduce(_together, inputs)
            for output in _tensors([result]):
                self._set(output, _through(func.__name__, args, kwargs, together, output))
        return result


def _tensors(values: Sequence[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _together(one: Field, other: Field) -> Field:
    return Field(rows=one.rows.with_(other.rows), columns=one.columns.with_(other.columns))


def _through(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any], seen: Field, output: Tensor
) -> Field:
    """Return what the output of torch's function `name` sees, given what its inputs see."""
    height, width = output.shape[-2:] if output.dim() > 2 else (1, 1)
    window = window_of(name, args, kwargs)
    if window is not None:
        rows, columns = (
            axis.windows(units, kernel=kernel, stride=stride, padding=padding, dilation=dilation)
            for axis, units, kernel, stride, padding, dilation in zip(
                (seen.rows, seen.columns),
                (height, width),
                window.kernel,
                window.stride,
                window.padding,
                window.dilation,
                strict=True,
            )
        )
        return Field(rows=rows, columns=columns)
    if name in ("adaptive_avg_pool2d", "adaptive_max_pool2d"):
        return Field(rows=seen.rows.adaptive(height), columns=seen.columns.adaptive(width))
    margins = margins_of(name, args, kwargs)
    if margins is not None:
        top, left = margins
        one = {"kernel": 1, "stride": 1, "dilation": 1}
        return Field(
            rows=seen.rows.windows(height, padding=top, **one),
            columns=seen.columns.windows(width, padding=left, **one),
        )
    if output.dim() > 2 and (height, width) == (len(seen.rows.first), len(seen.columns.first)):
        return seen
    return Field(rows=seen.rows.everything(height), columns=seen.columns.everything(width))
