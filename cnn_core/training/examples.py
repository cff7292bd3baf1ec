"""What a network in training is given: one interface, four kinds of examples.

`training.tensors.Examples` are images that lie on the device (MNIST). Here are a person's own
pictures, as the outputs of the frozen part (`CachedViews`), as bytes (`PictureSquares`), or looked
at anew at every step (`FrontAtEveryStep`). All randomness is a function of seed and step.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.models.cuts import SQUARE
from cnn_core.models.stages import main_logits
from cnn_core.results.config import TrainConfig
from cnn_core.training.precision import forward
from cnn_core.training.seeds import AUGMENTATION, derived_seed
from cnn_core.training.tensors import TrainingExamples, normalise_pixels
from cnn_core.training.views import views_of_epoch

__all__ = [
    "CachedViews",
    "FrontAtEveryStep",
    "PictureSquares",
    "TrainingExamples",
    "cached_views",
]

FEATURE_BATCH, PICTURE_BATCH = 256, 64  # how many are evaluated at once


@dataclass(frozen=True, kw_only=True, eq=False)
class CachedViews:
    """Outputs of a frozen part: (N, V, ...), one for each picture and view; labels int64 (N,).

    `features` are float32, float16, or uint16 that hold bfloat16; as a NumPy array they may be
    mapped from a file. As a tensor they lie on the device. `cached_views` chooses.
    """

    features: NDArray[Any] | Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def training_batch(
        self, indices: Tensor, config: TrainConfig, *, step: int, rows: slice
    ) -> Tensor:
        """Return the outputs for the views of this epoch; see `TrainingExamples`."""
        own = indices[rows]
        views = views_at(self, own, config, step=step, stored=self.features.shape[1])
        return self._picked(own, views)

    def evaluation_batches(self, places: Tensor | None = None) -> Iterator[Tensor]:
        """Yield the outputs for view 0, float32; see `TrainingExamples`."""
        for indices in places_of(self, places).split(FEATURE_BATCH):
            yield self._picked(indices, np.zeros(len(indices), dtype=np.int64))

    def _picked(self, indices: Tensor, views: NDArray[np.int64]) -> Tensor:
        device = self.labels.device
        if isinstance(self.features, Tensor):
            chosen = torch.from_numpy(views).to(device, non_blocking=True)
            return _layout(self.features[indices.to(device), chosen].float())
        return _layout(_tensor(self.features[indices.cpu().numpy(), views]).to(device).float())


def cached_views(
    features: NDArray[Any], labels: NDArray[np.int64], device: torch.device
) -> CachedViews:
    """Return the outputs of a frozen part as examples, on a GPU if it has the room.

    Args:
        features: see `CachedViews`.
        labels: int64 (N,).
        device: where the network is.
    """
    where = torch.tensor(labels, dtype=torch.int64, device=device)
    if device.type == "cuda" and features.nbytes < torch.cuda.mem_get_info(device)[0] // 4:
        chunks = range(0, len(features), FEATURE_BATCH)
        parts = [_tensor(np.array(features[i : i + FEATURE_BATCH])).to(device) for i in chunks]
        return CachedViews(features=torch.cat(parts) if parts else torch.empty(0), labels=where)
    return CachedViews(features=features, labels=where)


@dataclass(frozen=True, kw_only=True, eq=False)
class PictureSquares:
    """Pictures as squares of bytes, uint8 (N, 256, 256, 3), RGB; for networks that learn from them.

    In training a picture of view 0 is its middle, of view 1 the middle mirrored; of others a crop
    of `size` pixels, drawn anew at every step (Simonyan & Zisserman 2015, section 3.1), mirrored
    where the view is odd.
    """

    squares: NDArray[np.uint8]
    labels: Tensor
    mean: tuple[float, ...]
    std: tuple[float, ...]
    size: int = 224

    def __len__(self) -> int:
        return len(self.labels)

    def training_batch(
        self, indices: Tensor, config: TrainConfig, *, step: int, rows: slice
    ) -> Tensor:
        """Return crops, normalised; see `TrainingExamples`."""
        views = views_at(self, indices, config, step=step, stored=config.views)
        draw = np.random.default_rng(derived_seed(config.seed, AUGMENTATION, step))
        corners = draw.integers(0, SQUARE - self.size + 1, (len(indices), 2))
        corners[views < 2] = (SQUARE - self.size) // 2
        places = indices.cpu().numpy()[rows]
        return self._crops(places, corners[rows], views[rows] % 2 == 1)

    def evaluation_batches(self, places: Tensor | None = None) -> Iterator[Tensor]:
        """Yield the middles of the pictures, normalised; see `TrainingExamples`."""
        for chosen in places_of(self, places).split(PICTURE_BATCH):
            middle = np.full((len(chosen), 2), (SQUARE - self.size) // 2)
            if len(chosen):
                yield self._crops(chosen.numpy(), middle, np.zeros(len(chosen), dtype=bool))

    def _crops(
        self, places: NDArray[np.int64], corners: NDArray[np.int64], mirrored: NDArray[np.bool_]
    ) -> Tensor:
        crops = np.empty((len(places), self.size, self.size, 3), dtype=np.uint8)
        for crop, place, (top, left), turn in zip(crops, places, corners, mirrored, strict=True):
            found = self.squares[place, top : top + self.size, left : left + self.size]
            crop[:] = found[:, ::-1] if turn else found
        pixels = torch.from_numpy(crops).to(self.labels.device).permute(0, 3, 1, 2)
        return normalise_pixels(pixels, self.mean, self.std)


Load = Callable[[NDArray[np.int64], NDArray[np.int64]], Tensor]


@dataclass(frozen=True, kw_only=True, eq=False)
class FrontAtEveryStep:
    """Pictures that the frozen part looks at anew at every step: without a cache.

    Attributes:
        load: returns the prepared pictures float32 (batch, 3, H, W) of places and views.
        front: the frozen part, on the labels' device.
        labels: int64 (N,).
        precision: what the front computes in, torch.bfloat16 or torch.float32.
    """

    load: Load
    front: nn.Module
    labels: Tensor
    precision: torch.dtype = torch.float32

    def __len__(self) -> int:
        return len(self.labels)

    def training_batch(
        self, indices: Tensor, config: TrainConfig, *, step: int, rows: slice
    ) -> Tensor:
        """Return what the front makes of the views of this epoch; see `TrainingExamples`."""
        own = indices[rows]
        return self._seen(own, views_at(self, own, config, step=step, stored=config.views))

    def evaluation_batches(self, places: Tensor | None = None) -> Iterator[Tensor]:
        """Yield what the front makes of view 0; see `TrainingExamples`."""
        for indices in places_of(self, places).split(PICTURE_BATCH):
            yield self._seen(indices, np.zeros(len(indices), dtype=np.int64))

    def _seen(self, indices: Tensor, views: NDArray[np.int64]) -> Tensor:
        device = self.labels.device
        pixels = _layout(self.load(indices.cpu().numpy(), views).to(device))
        with torch.no_grad():
            return main_logits(forward(self.front, pixels, self.precision))


def views_at(
    examples: TrainingExamples, indices: Tensor, config: TrainConfig, *, step: int, stored: int
) -> NDArray[np.int64]:
    """Return the view of each example in the epoch that `step` belongs to."""
    epoch = (step - 1) // math.ceil(len(examples) / config.batch_size)
    drawn = views_of_epoch(config.seed, epoch, len(examples), min(config.views, stored))
    chosen: NDArray[np.int64] = drawn[indices.cpu().numpy()]
    return chosen


def places_of(examples: TrainingExamples, places: Tensor | None) -> Tensor:
    """Return the places to evaluate, int64 (M,), on the CPU: all in their order if None."""
    return torch.arange(len(examples)) if places is None else places.cpu()


def _tensor(features: NDArray[Any]) -> Tensor:
    """Return an array as a tensor; uint16 hold bfloat16, which NumPy does not know."""
    if features.dtype == np.uint16:
        return torch.from_numpy(features.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(features)


def _layout(batch: Tensor) -> Tensor:
    """Return maps in channels-last layout, vectors as they are."""
    if batch.dim() == 4:
        return batch.contiguous(memory_format=torch.channels_last)
    return batch
