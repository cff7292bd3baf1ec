"""What a network says to a picture, whole or with some of its channels switched off.

The network is left as it was: channels are switched off in a copy of the layer's output, by hooks
that are there for one run, fire in this thread only and are removed however the run ends.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.explain.activations import Hook, hooked, one_picture_in_evaluation
from cnn_core.results.inspection import Floats, Switched

_BATCH_ON_CPU, _BATCH_ON_GPU = 8, 32  # pictures: what VGG-16 needs for them is 0.3 and 1 GB

Pictures = Callable[[int, int], Tensor]
"""Makes the pictures first to last - 1 of a series, float32 (last - first, C, H, W)."""


def predict(model: nn.Module, inputs: Tensor, *, off: Switched = ()) -> Floats:
    """Return the probability of each class: softmax of the network's outputs.

    Args:
        model: the network, in evaluation mode.
        inputs: float32 (1, C, H, W), normalised, on the network's device.
        off: channels to switch off, as (layer, channels) pairs: in the output of that layer they
            are 0 wherever the layer runs. (Behind BatchNorm that follows, they are its shift.)

    Returns:
        float32 (classes,), 0 to 1, in all 1.

    Raises:
        UnknownNameError: there is no such layer, or it takes no part in the run.
        ConfigError: the layer has no such channel; the network is in training mode; there is not
            one picture.

    >>> network = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.Flatten()).eval()
    >>> predict(network, torch.ones(1, 1, 1, 1), off=(("0", (0, 1)),))
    array([0.5, 0.5], dtype=float32)
    """
    one_picture_in_evaluation(model, inputs)
    with _switched_off(model, off), torch.inference_mode():
        found: Floats = model(inputs).float().softmax(1)[0].cpu().numpy()
    return found


@contextmanager
def _switched_off(model: nn.Module, off: Switched) -> Iterator[None]:
    ran: set[str] = set()

    def silence(layer: str, channels: tuple[int, ...]) -> Hook:
        def hook(_module: nn.Module, _inputs: tuple[Any, ...], output: object) -> Tensor:
            ran.add(layer)
            maps = _validated_maps(output, layer, channels).clone()
            maps[:, list(channels)] = 0
            return maps

        return hook

    with hooked(model, [(layer, silence(layer, channels)) for layer, channels in off]):
        yield
    for layer, _ in off:
        if layer not in ran:
            raise UnknownNameError(
                f"The layer {layer!r} takes no part when this network runs.",
                hint="Choose another layer of the network.",
            )


def _validated_maps(output: object, layer: str, channels: tuple[int, ...]) -> Tensor:
    if not isinstance(output, Tensor) or output.dim() < 2:
        raise ConfigError(
            f"Expected layer {layer!r} to have channels, but its output has none.",
            hint="Choose a convolution.",
        )
    count = output.shape[1]
    wrong = [channel for channel in channels if not 0 <= channel < count]
    if wrong:
        raise ConfigError(
            f"Layer {layer!r} has the channels 0 to {count - 1}, but got {wrong[0]}.",
            hint="Choose among its channels.",
        )
    return output


def target_output(outputs: Tensor, target: int) -> Tensor:
    """Return the output of class `target` of each picture, (batch,), of outputs (batch, classes).

    Raises:
        ConfigError: there is no such class.
    """
    classes = outputs.shape[1]
    if not 0 <= target < classes:
        raise ConfigError(
            f"The network has the classes 0 to {classes - 1}, but got {target}.",
            hint="Choose one of its classes.",
        )
    return outputs[:, target]


def target_probabilities(
    model: nn.Module,
    pictures: Pictures,
    count: int,
    target: int,
    *,
    batch: int,
    progress: Callable[[int, int], None] | None = None,
) -> Floats:
    """Return the probability of one class for each picture of a series, batch by batch.

    Args:
        model: the network, in evaluation mode.
        pictures: makes them, on the network's device, a batch at a time.
        count: how many there are.
        target: the class.
        batch: how many go through the network at a time.
        progress: called with the number of pictures done and `count` after each batch.

    Returns:
        float32 (count,), 0 to 1.

    Raises:
        ConfigError: there is no such class.
    """
    found: list[Tensor] = []
    with torch.inference_mode():
        for first in range(0, count, batch):
            last = min(first + batch, count)
            # In this order convolutions on the CPU take up to half as long, and none takes longer.
            batch_of = pictures(first, last).contiguous(memory_format=torch.channels_last)
            probabilities = model(batch_of).float().softmax(1)
            found.append(target_output(probabilities, target))
            if progress is not None:
                progress(last, count)
        values: Floats = torch.cat(found).cpu().numpy().astype(np.float32, copy=False)
    return values


def batch_size(inputs: Tensor) -> int:
    """Return how many pictures go through a network at a time, where `inputs` are."""
    return _BATCH_ON_GPU if inputs.is_cuda else _BATCH_ON_CPU
