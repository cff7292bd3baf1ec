"""The parts of some pictures that drive a channel most, each cut out as the unit sees it.

As in Zeiler & Fergus (2014), "Visualizing and Understanding Convolutional Networks", section 4.1,
figure 2: the strongest units over many pictures, each shown by the pixels it depends on. Here these
are exact (`explain.receptive_field`), and two patches of one picture never overlap.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.explain.activations import hooked
from cnn_core.explain.receptive_field import Field, receptive_fields
from cnn_core.results.inspection import Floats, Patch, Prepared

_BATCH = 4  # pictures in memory at a time

Progress = Callable[[int, int], None]


def strongest_patches(
    model: nn.Module,
    pictures: Sequence[tuple[str, Prepared]],
    layer: str,
    channel: int,
    count: int = 9,
    progress: Progress | None = None,
    *,
    per_picture: int = 3,
) -> list[Patch]:
    """Return the patches that a channel answers to most, the strongest first.

    Only values above zero count. At most `per_picture` patches are from one picture, and no two
    of these have a pixel in common.

    Args:
        model: in evaluation mode; neither it nor its mode, weights or hooks change.
        pictures: names and pictures, prepared for this network.
        layer: dotted name of a module.
        channel: of the layer's output, from 0; for a linear layer the unit.
        count: patches at most, from 1.
        progress: called with the number of pictures done and their total.
        per_picture: patches of one picture at most, from 1.

    Returns:
        `Patch.pixels` uint8 (h, w, 3), cut out of `Prepared.crop` at `Patch.box`;
        `Patch.activation` is the layer's own output, before the ReLU that follows.

    Raises:
        UnknownNameError: there is no such layer, or it takes no part in a run.
        ConfigError: there is no such channel; the network is in training mode; a number below 1.
    """
    _validate_request(model, count, per_picture)
    if not pictures:
        return []
    fields = receptive_fields(model, _input_shape(pictures))
    if layer not in fields:
        raise UnknownNameError(
            f"No layer named {layer!r} takes part when this network runs.",
            hint=f"The layers are {', '.join(fields)}.",
        )
    found: list[Patch] = []
    for done, (name, prepared, answers) in enumerate(
        _answers(model, pictures, layer, channel), start=1
    ):
        patches = _of_one_picture(name, prepared, answers, fields[layer], channel)
        found += [patch for patch, _ in zip(patches, range(min(per_picture, count)), strict=False)]
        found = sorted(found, key=lambda patch: -patch.activation)[:count]
        if progress is not None:
            progress(done, len(pictures))
    return found


def _validate_request(model: nn.Module, count: int, per_picture: int) -> None:
    if count < 1 or per_picture < 1:
        raise ConfigError(
            f"Expected at least one patch, and one a picture, but got {count} and {per_picture}.",
            hint="Ask for nine, and three a picture.",
        )
    if model.training:
        raise ConfigError(
            "The network is in training mode, but it can be inspected in evaluation mode only.",
            hint="Call its eval() first.",
        )


def _input_shape(pictures: Sequence[tuple[str, Prepared]]) -> tuple[int, int, int]:
    channels, height, width = pictures[0][1].normalised.shape
    return channels, height, width


class _EnoughError(Exception):
    """The layer has run: the rest of the network need not."""


def _answers(
    model: nn.Module, pictures: Sequence[tuple[str, Prepared]], layer: str, channel: int
) -> Iterator[tuple[str, Prepared, Floats]]:
    """Run the network on a few pictures at a time, and yield the channel's map of each.

    The first picture goes all the way and tells how often the layer runs: the last time counts.
    Where that is the first time, the other pictures go no further.
    """
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    once = False
    for begin, end in pairwise([0, *range(1, len(pictures), _BATCH), len(pictures)]):
        inputs = torch.from_numpy(
            np.stack([prepared.normalised for _, prepared in pictures[begin:end]])
        )
        kept: list[Tensor] = []

        def keep(
            _module: nn.Module,
            _inputs: object,
            output: object,
            kept: list[Tensor] = kept,
            once: bool = once,
        ) -> None:
            if isinstance(output, Tensor):
                # A copy, before a ReLU in place writes over it.
                kept.append(_channel_of(output, channel).clone())
                if once:
                    raise _EnoughError

        with hooked(model, [(layer, keep)]), torch.inference_mode(), suppress(_EnoughError):
            model(inputs.to(device))
        once = len(kept) == 1
        maps = kept[-1].float().cpu().numpy()
        for (name, prepared), answers in zip(pictures[begin:end], maps, strict=True):
            yield name, prepared, answers


def _channel_of(output: Tensor, channel: int) -> Tensor:
    maps = output if output.dim() == 4 else output.reshape(len(output), -1, 1, 1)
    if not 0 <= channel < maps.shape[1]:
        raise ConfigError(
            f"The layer has {maps.shape[1]} channels, but none numbered {channel}.",
            hint=f"Choose one from 0 to {maps.shape[1] - 1}.",
        )
    return maps[:, channel]


def _of_one_picture(
    name: str, prepared: Prepared, answers: Floats, field: Field, channel: int
) -> Iterator[Patch]:
    """Yield patches of one picture that do not overlap, the strongest first."""
    left = np.where(answers > 0, answers, 0)  # NaN is not above zero
    while left.any():
        row, column = (int(place) for place in np.unravel_index(left.argmax(), left.shape))
        box = field.box(row, column)
        pixels = prepared.crop[box.top : box.bottom, box.left : box.right].copy()
        if pixels.size:  # else it sees nothing but padding
            yield Patch(
                picture=name,
                pixels=pixels,
                box=box,
                unit=(channel, row, column),
                activation=float(answers[row, column]),
            )
        left[row, column] = 0
        rows = _touching(field.rows.first, field.rows.last, box.top, box.bottom)
        columns = _touching(field.columns.first, field.columns.last, box.left, box.right)
        left[np.ix_(rows, columns)] = 0


def _touching(
    first: NDArray[np.integer], last: NDArray[np.integer], begin: int, end: int
) -> NDArray[np.bool_]:
    """Which units see any of the pixels from `begin` to `end` - 1, along one axis."""
    return np.asarray((first < end) & (last >= begin))
