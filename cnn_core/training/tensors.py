"""A data set as tensors on the device: no DataLoader, no copy a step.

MNIST is 47 MB as bytes, so the whole of it lives where the network does; a batch is one gather and
one multiply-add.
"""

import functools
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cnn_core.data.images import Dataset, ImageSet
from cnn_core.data.splits import split_validation
from cnn_core.models.registry import ModelRow


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Images uint8 (N, C, H, W), labels int64 (N,), and the mean and std the network wants."""

    images: Tensor
    labels: Tensor
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Training, validation (held out of the training set) and test examples."""

    train: Examples
    valid: Examples
    test: Examples


def to_examples(images: ImageSet, row: ModelRow, device: torch.device) -> Examples:
    """Return an image set as tensors on `device`; they share no memory with it."""
    pixels = torch.tensor(images.images, device=device)
    labels = torch.tensor(images.labels, device=device)
    return Examples(images=pixels[:, None], labels=labels, mean=row.mean, std=row.std)


def split_examples(
    dataset: Dataset, row: ModelRow, *, share: float, seed: int, device: torch.device
) -> Splits:
    """Split validation off the training set and move everything to `device`."""
    train, valid = split_validation(dataset.train.labels, share, seed)
    whole = dataset.train

    def part(indices: np.ndarray) -> Examples:
        picked = ImageSet(
            images=whole.images[indices], labels=whole.labels[indices], classes=whole.classes
        )
        return to_examples(picked, row, device)

    return Splits(train=part(train), valid=part(valid), test=to_examples(dataset.test, row, device))


def normalise(images: Tensor, examples: Examples) -> Tensor:
    """Return float32 (pixels / 255 - mean) / std of pixels 0..255, in channels-last layout."""
    scale, offset = _scale_and_offset(examples.mean, examples.std, images.device)
    scaled = images.to(torch.float32).mul(scale).sub_(offset)
    return scaled.contiguous(memory_format=torch.channels_last)


@functools.lru_cache(maxsize=16)
@torch.inference_mode(mode=False)
def _scale_and_offset(
    mean: tuple[float, ...], std: tuple[float, ...], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return 1 / (255 std) and mean / std, made once: to a GPU they would be a copy that waits."""
    deviation = torch.tensor(std, device=device).view(1, -1, 1, 1)
    return 1 / (255 * deviation), torch.tensor(mean, device=device).view(1, -1, 1, 1) / deviation
