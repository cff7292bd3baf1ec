"""The networks of "little-data": EfficientNet-Lite0 cut in two, its twin at random, a small one."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.concepts.little_data.pictures import Pixels, See
from cnn_core.concepts.little_data.settings import NETWORK
from cnn_core.concepts.training import drawn_by
from cnn_core.models.fine_tuning import assemble, build_fine_tuned
from cnn_core.models.model_row import ModelRow
from cnn_core.models.registry import model_row
from cnn_core.models.stages import Frozen, Rest, front_and_rest
from cnn_core.training.tensors import normalise_pixels

ROW: ModelRow = model_row(NETWORK)

_HEAD = "light"
_WIDTHS = (16, 32, 64, 64)


def trained_network(
    base: Mapping[str, Tensor], mode: str, classes: int, seed: int, device: torch.device
) -> tuple[Frozen, Rest]:
    """Return front and rest of the network with trained weights and a new head drawn by `seed`.

    Args:
        base: trained tensors; they are copied.
        mode: "frozen", "last-block" or "all": which part is the rest.
        classes: how many outputs.
        seed: of the head.
        device: where both go.
    """
    own = {name: tensor.clone() for name, tensor in base.items()}
    network = assemble(ROW, head=_HEAD, num_classes=classes, base=own, seed=seed)
    return _cut(network, mode, device)


def random_network(mode: str, classes: int, seed: int, device: torch.device) -> tuple[Frozen, Rest]:
    """Return the same with random weights, drawn by `seed` as timm draws them."""
    with drawn_by(seed):
        network = build_fine_tuned(ROW, head=_HEAD, num_classes=classes)
    return _cut(network, mode, device)


def _cut(network: nn.Module, mode: str, device: torch.device) -> tuple[Frozen, Rest]:
    moved = cast(
        "nn.Module",
        network.to(device=device, memory_format=torch.channels_last),  # type: ignore[call-overload]
    )
    return front_and_rest(moved, NETWORK, mode, _HEAD)


def small_network(classes: int, seed: int, device: torch.device) -> nn.Module:
    """Return four 3x3 convolutions of stride 2 with BatchNorm and ReLU, averaged, and a linear one.

    It takes float32 (B, 3, S, S), S of 32 or more, and has 61,000 parameters and a few.
    """
    layers: list[nn.Module] = []
    channels = 3
    with drawn_by(seed):
        for width in _WIDTHS:
            layers += [
                nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            channels = width
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]
    return nn.Sequential(*layers).to(device)


def see_by(front: nn.Module, device: torch.device) -> See:
    """Return what makes of pictures, uint8 (B, S, S, 3), what `front` makes of them, float32."""

    def see(images: Pixels) -> NDArray[np.float32]:
        with torch.inference_mode():
            outputs = front(normalised(torch.from_numpy(images), device))
        return np.asarray(outputs.float().cpu().numpy())

    return see


def embed_by(rest: Rest, device: torch.device) -> See:
    """Return what makes of the maps before the last block what a frozen network ends in."""

    def see(maps: NDArray[Any]) -> NDArray[np.float32]:
        rest.eval()
        with torch.inference_mode():
            _, embedding = rest.with_embeddings(torch.from_numpy(maps).to(device))
        return np.asarray(embedding.float().cpu().numpy())

    return see


def normalised(images: Tensor, device: torch.device) -> Tensor:
    """Return pictures uint8 (B, S, S, 3) as the network takes them, float32 (B, 3, S, S)."""
    pixels = images.to(device).permute(0, 3, 1, 2)
    return normalise_pixels(pixels, ROW.mean, ROW.std).contiguous(memory_format=torch.channels_last)
