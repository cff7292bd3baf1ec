"""What a network is trained on, and a data set as tensors on the device: no copy a step.

MNIST is 47 MB as bytes and CIFAR-10 184 MB, so the whole of it lives where the network does; a
batch is one gather and one multiply-add, and what is drawn at random is drawn for whole batches.
Other kinds of examples are in `training.examples`.
"""

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from cnn_core.data.images import Dataset, ImageSet
from cnn_core.data.parts import parts_of
from cnn_core.models.registry import ModelRow
from cnn_core.results.config import TrainConfig
from cnn_core.training.augment import augment, cut_out
from cnn_core.training.seeds import AUGMENTATION, derived_seed
from cnn_core.training.views import views_of_epoch

EVALUATION_BATCH, COLOUR_BATCH = 1_000, 64


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
    """Images uint8 (N, C, H, W), labels int64 (N,), and the mean and std the network wants.

    Attributes:
        size: side in pixels to which they are enlarged (bilinear), after everything else; 0: they
            are not.
        mirrors: whether the views of a picture (`TrainConfig.views`) are it and its mirror image:
            the odd ones are mirrored.
    """

    images: Tensor
    labels: Tensor
    mean: tuple[float, ...]
    std: tuple[float, ...]
    size: int = 0
    mirrors: bool = False

    def __len__(self) -> int:
        return len(self.labels)

    def training_batch(
        self, indices: Tensor, config: TrainConfig, *, step: int, rows: slice
    ) -> Tensor:
        """Return images, distorted at random and normalised; see `TrainingExamples`."""
        own = indices[rows]
        images = self.images.index_select(0, own)
        mirrored = self._mirrored(own, config, step)
        if not (config.shift or config.resamples or config.cutout or mirrored is not None):
            return enlarged(normalise(images, self), self.size)
        draw = torch.Generator().manual_seed(derived_seed(config.seed, AUGMENTATION, step))
        if config.shift or config.resamples or mirrored is not None:
            images = augment(
                images,
                shift=config.shift,
                rotation=config.rotation,
                scale=config.scale,
                shear=config.shear,
                generator=draw,
                rows=rows,
                batch_size=len(indices),
                mirrored=mirrored,
            )
        pixels = normalise(images, self)
        if config.cutout:
            cut_out(pixels, config.cutout, draw, rows=rows, batch_size=len(indices))
        return enlarged(pixels, self.size)

    def evaluation_batches(self, places: Tensor | None = None) -> Iterator[Tensor]:
        """Yield the images, normalised; see `TrainingExamples`."""
        chosen = self.images if places is None else self.images.index_select(0, places)
        large = len(self.mean) == 1 or chosen.is_cuda
        for images in chosen.split(EVALUATION_BATCH if large else COLOUR_BATCH):
            yield enlarged(normalise(images, self), self.size)

    def _mirrored(self, own: Tensor, config: TrainConfig, step: int) -> Tensor | None:
        """Return which of these examples are mirrored in the epoch of `step`, bool (batch,)."""
        if not self.mirrors or config.views == 1:
            return None
        epoch = (step - 1) // math.ceil(len(self) / config.batch_size)
        odd = _odd_views(config.seed, epoch, len(self), config.views, self.labels.device)
        return odd.index_select(0, own)


@functools.lru_cache(maxsize=2)
@torch.inference_mode(mode=False)
def _odd_views(seed: int, epoch: int, count: int, views: int, device: torch.device) -> Tensor:
    """Return whose view in `epoch` is odd, bool (count,), on the device: one copy an epoch."""
    return torch.from_numpy(views_of_epoch(seed, epoch, count, views) % 2 == 1).to(device)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Training, validation (held out of the training set) and test examples."""

    train: TrainingExamples
    valid: TrainingExamples
    test: TrainingExamples


def to_examples(
    images: ImageSet, row: ModelRow, device: torch.device, *, size: int = 0, mirrors: bool = False
) -> Examples:
    """Return an image set as tensors on `device`; they share no memory with it.

    Args:
        images: grey (N, H, W) or colour (N, H, W, 3).
        row: of the network, with mean and std.
        device: where the network is.
        size: see `Examples`.
        mirrors: likewise.
    """
    pixels = torch.tensor(images.images, device=device)
    pixels = pixels[:, None] if pixels.dim() == 3 else pixels.permute(0, 3, 1, 2).contiguous()
    labels = torch.tensor(images.labels, device=device)
    return Examples(
        images=pixels, labels=labels, mean=row.mean, std=row.std, size=size, mirrors=mirrors
    )


def split_examples(
    dataset: Dataset,
    row: ModelRow,
    *,
    share: float,
    seed: int,
    device: torch.device,
    data_share: float = 1.0,
    size: int = 0,
    mirrors: bool = False,
) -> Splits:
    """Split validation off the training set and move everything to `device`.

    For `share`, `seed` and `data_share` see `data.parts`, for the rest `Examples`.
    """
    parts = parts_of(dataset, data_share=data_share, validation_share=share, seed=seed)

    def part(whole: ImageSet, indices: np.ndarray) -> Examples:
        picked = ImageSet(
            images=whole.images[indices], labels=whole.labels[indices], classes=whole.classes
        )
        return to_examples(picked, row, device, size=size, mirrors=mirrors)

    return Splits(
        train=part(dataset.train, parts.train),
        valid=part(dataset.train, parts.valid),
        test=part(dataset.test, parts.test),
    )


def enlarged(images: Tensor, size: int) -> Tensor:
    """Return float32 (batch, C, H, W) with H = W = `size`, bilinear; as they are if `size` is 0."""
    if not size or images.shape[-1] == size:
        return images
    return F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)


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
