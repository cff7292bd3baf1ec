"""What a network is trained on, and a data set as tensors on the device: no copy a step.

MNIST is 47 MB as bytes, so the whole of it lives where the network does; a batch is one gather and
one multiply-add. Other kinds of examples are in `training.examples`.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from cnn_core.data.images import Dataset, ImageSet
from cnn_core.data.splits import split_validation
from cnn_core.models.registry import ModelRow
from cnn_core.results.config import TrainConfig
from cnn_core.training.augment import augment
from cnn_core.training.seeds import AUGMENTATION, derived_seed

EVALUATION_BATCH = 1_000


class TrainingExamples(Protocol):
    """What `fit` trains and scores a network on."""

    @property
    def labels(self) -> Tensor:
        """int64 (N,), on the device where the network is."""

    def __len__(self) -> int:
        """Return how many there are; 0 is allowed where there is nothing to test on."""

    def training_batch(
        self, indices: Tensor, config: TrainConfig, *, step: int, rows: slice
    ) -> Tensor:
        """Return what the network takes at `step`, float32 (batch, ...), on the device.

        Args:
            indices: int64 (whole batch,) of the examples.
            config: of the run.
            step: from 1; with the seed it decides which view, crop or distortion.
            rows: which of the batch are wanted; each is as it is when all are.
        """

    def evaluation_batches(self, places: Tensor | None = None) -> Iterator[Tensor]:
        """Yield examples, float32, without augmentation: all in their order, or those at `places`.

        Args:
            places: int64 (M,), at least one, on the device; None for all.
        """


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Images uint8 (N, C, H, W), labels int64 (N,), and the mean and std the network wants."""

    images: Tensor
    labels: Tensor
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def training_batch(
        self, indices: Tensor, config: TrainConfig, *, step: int, rows: slice
    ) -> Tensor:
        """Return images, distorted at random and normalised; see `TrainingExamples`."""
        images = self.images.index_select(0, indices[rows])
        if config.shift or config.resamples:
            draw = torch.Generator().manual_seed(derived_seed(config.seed, AUGMENTATION, step))
            images = augment(
                images,
                shift=config.shift,
                rotation=config.rotation,
                scale=config.scale,
                shear=config.shear,
                generator=draw,
                rows=rows,
                batch_size=len(indices),
            )
        return normalise(images, self)

    def evaluation_batches(self, places: Tensor | None = None) -> Iterator[Tensor]:
        """Yield the images, normalised; see `TrainingExamples`."""
        chosen = self.images if places is None else self.images.index_select(0, places)
        for images in chosen.split(EVALUATION_BATCH):
            yield normalise(images, self)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Training, validation (held out of the training set) and test examples."""

    train: TrainingExamples
    valid: TrainingExamples
    test: TrainingExamples


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
    return normalise_pixels(images, examples.mean, examples.std)


def normalise_pixels(images: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """Return float32 (pixels / 255 - mean) / std of pixels 0..255, in channels-last layout."""
    scale, offset = _scale_and_offset(mean, std, images.device)
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
