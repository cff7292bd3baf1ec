"""What fine-tuning on a labelled image set begins with: examples of each part, fine-tuned state.

Where part of the network is frozen it looks at the images here, before the first step
(`runtime.extract`), each enlarged to what it takes; images are named by the SHA-256 of their pixels
and kept in one entry of the cache for all shares of the set. Where nothing is frozen the images
themselves lie on the device and are distorted there, batch by batch.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnn_core.data.images import Dataset
from cnn_core.data.parts import Parts, parts_of
from cnn_core.models.cuts import cut_of, front_shape
from cnn_core.models.model_row import ModelRow
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import Preparing
from cnn_core.results.inspection import Pixels
from cnn_core.results.pictures import PARTS, Part
from cnn_core.runtime.base_tensors import base_tensors
from cnn_core.runtime.begun import Begun
from cnn_core.runtime.extract import CPU_BATCH, GPU_BATCH, fill, front_runner
from cnn_core.runtime.feature_rows import Features
from cnn_core.runtime.features import FeatureCache
from cnn_core.runtime.front_keys import entry_title, image_front_key, looks_at
from cnn_core.runtime.image_runs import pixel_digests, seen_row
from cnn_core.runtime.mapped import MappedRows
from cnn_core.settings import Settings
from cnn_core.training.examples import FrontAtEveryStep, TrainingExamples, cached_views
from cnn_core.training.fine_tuned import new_fine_tuned_state
from cnn_core.training.processor import Precision
from cnn_core.training.recipes import Recipe
from cnn_core.training.state import TrainState
from cnn_core.training.tensors import Splits, enlarged, normalise_pixels, split_examples
from cnn_core.training.views import image_view


def begin_images(
    recipe: Recipe,
    config: TrainConfig,
    dataset: Dataset,
    device: torch.device,
    *,
    settings: Settings,
    report: Callable[[Preparing], None],
    asked_to_stop: Callable[[], bool],
) -> Begun | None:
    """Return the examples and the state before the first step; None if a stop was asked for.

    Raises:
        CnnLabError: there are no weights to begin with, or there is no room for the features.
    """
    row = seen_row(recipe, config)
    base, metadata = base_tensors(settings, row, config)
    state = new_fine_tuned_state(
        row,
        config,
        num_classes=len(dataset.train.classes),
        base=base,
        device=device,
        dropout=config.dropout,
    )
    del base
    if not cut_of(row.id, config.mode, config.head):
        splits = split_examples(
            dataset,
            row,
            share=config.validation_share,
            seed=config.seed,
            device=device,
            data_share=config.data_share,
            size=row.input_size,
            mirrors=True,
        )
        return Begun(splits=splits, state=state, metadata=metadata)
    work = _Work(dataset=dataset, row=row, config=config, state=state, device=device)
    if config.cache == "off":
        return Begun(splits=work.splits(work.looked_at_anew), state=state, metadata=metadata)
    features = _features(work, settings)
    if not _filled(work, settings, features, report, asked_to_stop):
        return None

    def from_cache(part: Part) -> TrainingExamples:
        rows = MappedRows(features, work.names(part), views=work.views(part))
        return cached_views(cast("NDArray[Any]", rows), work.labels(part), device)

    return Begun(splits=work.splits(from_cache), state=state, metadata=metadata)


class _Work:
    """The images of each part by name, for a network of which a part is frozen."""

    def __init__(
        self,
        *,
        dataset: Dataset,
        row: ModelRow,
        config: TrainConfig,
        state: TrainState,
        device: torch.device,
    ) -> None:
        self.dataset, self.row, self.config = dataset, row, config
        self.state, self.device = state, device
        self._parts: Parts = parts_of(
            dataset,
            data_share=config.data_share,
            validation_share=config.validation_share,
            seed=config.seed,
        )
        self._train_names, self._test_names = pixel_digests(dataset)
        self._places = {name: place for place, name in enumerate(self._test_names)}
        self._places |= {name: ~place for place, name in enumerate(self._train_names)}

    @property
    def front(self) -> torch.nn.Module:
        """The frozen part."""
        if self.state.front is None:
            raise ValueError("a state that was made for fine-tuning has a front")
        return self.state.front

    @property
    def precision(self) -> Precision:
        """What the frozen part computes in."""
        return "bfloat16" if self.state.front_precision == torch.bfloat16 else "float32"

    @property
    def all_names(self) -> tuple[str, ...]:
        """SHA-256 of every image of the set, whatever share of it is used."""
        return self._train_names + self._test_names

    def names(self, part: Part) -> list[str]:
        """SHA-256 of a part's images, in their order."""
        names = self._test_names if part == "test" else self._train_names
        return [names[place] for place in self._indices(part)]

    def labels(self, part: Part) -> NDArray[np.int64]:
        """Classes of a part's images, int64 `(N,)`."""
        whole = self.dataset.test if part == "test" else self.dataset.train
        return whole.labels[self._indices(part)]

    def _indices(self, part: Part) -> NDArray[np.int64]:
        return {"train": self._parts.train, "valid": self._parts.valid, "test": self._parts.test}[
            part
        ]

    def views(self, part: Part) -> int:
        """How many views of a part's images are wanted."""
        return self.config.views if part == "train" else 1

    def image(self, name: str) -> Pixels:
        """Return an image by its SHA-256, uint8 `(H, W, 3)`."""
        place = self._places[name]
        whole = self.dataset.train if place < 0 else self.dataset.test
        found: Pixels = whole.images[~place if place < 0 else place]
        return found

    def prepare(self, name: str, views: Sequence[int]) -> list[Pixels]:
        """Return these views of an image, uint8 `(H, W, 3)` each."""
        image = self.image(name)
        return [image_view(image, name, view) for view in views]

    def prepare_batch(self, images: Tensor) -> Tensor:
        """Return float32 (batch, 3, size, size) for the front, of uint8 (batch, H, W, 3)."""
        pixels = normalise_pixels(images.permute(0, 3, 1, 2), self.row.mean, self.row.std)
        return enlarged(pixels, self.row.input_size)

    def splits(self, examples: Callable[[Part], TrainingExamples]) -> Splits:
        """Return the examples of all parts."""
        return Splits(**{part: examples(part) for part in PARTS})

    def looked_at_anew(self, part: Part) -> FrontAtEveryStep:
        """Return a part's examples, which the front looks at whenever they are asked for."""
        names = self.names(part)

        def load(places: NDArray[np.int64], views: NDArray[np.int64]) -> Tensor:
            pairs = zip(places.tolist(), views.tolist(), strict=True)
            images = [self.prepare(names[place], [view])[0] for place, view in pairs]
            return self.prepare_batch(torch.from_numpy(np.stack(images)).to(self.device))

        return FrontAtEveryStep(
            load=load,
            front=self.front,
            labels=torch.tensor(self.labels(part), device=self.device),
            precision=self.state.front_precision,
        )


def _features(work: _Work, settings: Settings) -> Features:
    """Open the entry of the cache that this run fills and reads."""
    row, config = work.row, work.config
    key = image_front_key(settings, row, config, work.precision)
    return FeatureCache(settings.features, settings.features_bytes).open(
        key,
        work.all_names,
        title=entry_title(row, cut_of(row.id, config.mode, config.head), work.dataset.name),
        row_shape=front_shape(row.id, config.mode, config.head, row.input_size),
        dtype="uint16" if key.precision == "bfloat16" else "float32",
    )


def _filled(
    work: _Work,
    settings: Settings,
    features: Features,
    report: Callable[[Preparing], None],
    asked_to_stop: Callable[[], bool],
) -> bool:
    """Compute what is missing in the cache; return False if a stop was asked for before the end."""
    wanted: dict[str, Sequence[int]] = {}
    for part in reversed(PARTS):  # the training pictures have the most views
        wanted |= dict.fromkeys(work.names(part), range(work.views(part)))
    return fill(
        FeatureCache(settings.features, settings.features_bytes),
        features,
        wanted,
        work.prepare,
        lambda: front_runner(work.front, work.device, work.precision, work.prepare_batch),
        what=looks_at(work.row, 1),
        batch=GPU_BATCH if work.device.type == "cuda" else CPU_BATCH,
        report=report,
        asked_to_stop=asked_to_stop,
    )
