"""Films as bytes, for networks that learn from their pixels: altered anew at each step."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnn_core.results.config import TrainConfig
from cnn_core.training.examples import PICTURE_BATCH, places_of, views_at
from cnn_core.training.film_views import AS_IT_IS, FilmDraw, altered, draw_film
from cnn_core.training.seeds import AUGMENTATION, derived_seed
from cnn_core.training.tensors import normalise_pixels

_MOST_THREADS = 16


class Films(Protocol):
    """Films uint8 `(N, S, S)`, or what reads them one by one from a file."""

    def __getitem__(self, key: tuple[int, slice, slice]) -> NDArray[np.uint8]:
        """Return part of one film."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FilmPictures:
    """Films as bytes; a film of view 0 (`TrainConfig.views`) is as it is, others are drawn anew.

    Attributes:
        films: as they are in the store.
        labels: int64 `(N,)`, on the device.
        mean: that the network wants.
        std: likewise.
        size: pixels a side of what it sees.
    """

    films: Films
    labels: Tensor
    mean: tuple[float, ...]
    std: tuple[float, ...]
    size: int = 224

    def __len__(self) -> int:
        return len(self.labels)

    def training_batch(
        self, indices: Tensor, config: TrainConfig, *, step: int, rows: slice
    ) -> Tensor:
        """Return films, altered as seed and step decide; see `training.tensors`."""
        views = views_at(self, indices, config, step=step, stored=config.views)
        draw = np.random.default_rng(derived_seed(config.seed, AUGMENTATION, step))
        drawn = [draw_film(draw, mirror=config.mirror == "on") for _ in views]
        draws = [each if view else AS_IT_IS for each, view in zip(drawn, views, strict=True)]
        return self._seen(indices.cpu().numpy()[rows], draws[rows])

    def evaluation_batches(self, places: Tensor | None = None) -> Iterator[Tensor]:
        """Yield the films as they are; see `training.tensors.TrainingExamples`."""
        for chosen in places_of(self, places).split(PICTURE_BATCH):
            if len(chosen):
                yield self._seen(chosen.numpy(), [AS_IT_IS] * len(chosen))

    def _seen(self, places: NDArray[np.int64], draws: Sequence[FilmDraw]) -> Tensor:
        def one(place: int, draw: FilmDraw) -> NDArray[np.uint8]:
            return altered(np.asarray(self.films[place, :, :]), draw, self.size)

        threads = min(_MOST_THREADS, os.cpu_count() or 1)
        with ThreadPoolExecutor(threads, thread_name_prefix="films") as pool:
            grey = np.stack([*pool.map(one, places.tolist(), draws)])
        pixels = torch.from_numpy(grey)[:, None].to(self.labels.device)
        return normalise_pixels(pixels.expand(-1, 3, -1, -1), self.mean, self.std)
