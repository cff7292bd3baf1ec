"""What a run on one's own pictures, or on films, begins with: plan, examples, fine-tuned state.

The frozen part looks at the pictures here, before the first step (`runtime.extract`), unless the
cache of features has its outputs, or the run does without the cache.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnn_core.data.pictures.store import PictureStore
from cnn_core.models.cuts import cut_of
from cnn_core.models.model_row import ModelRow
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import Preparing
from cnn_core.results.pictures import PARTS, Part, Plan
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime.base_tensors import base_tensors
from cnn_core.runtime.extract import (
    CPU_BATCH,
    GPU_BATCH,
    Wanted,
    fill,
    front_runner,
    prepared_views,
    squares,
)
from cnn_core.runtime.feature_rows import Features
from cnn_core.runtime.features import FeatureCache
from cnn_core.runtime.film_pictures import films, prepared_films
from cnn_core.runtime.front_keys import entry_title, front_key, kept_shape, looks_at
from cnn_core.runtime.mapped import MappedRows, MappedSquares
from cnn_core.runtime.picture_runs import pictures_home, read_plan
from cnn_core.settings import Settings
from cnn_core.training.examples import (
    CachedViews,
    FrontAtEveryStep,
    PictureSquares,
    TrainingExamples,
    cached_views,
)
from cnn_core.training.film_examples import FilmPictures
from cnn_core.training.fine_tuned import new_fine_tuned_state
from cnn_core.training.processor import Precision
from cnn_core.training.recipes import FILMS, find_recipe, network_of
from cnn_core.training.state import TrainState
from cnn_core.training.tensors import Splits

_LOADERS = 4  # threads that decode a batch where there is no cache


@dataclass(frozen=True, kw_only=True)
class BegunPictures:
    """What a run on a person's own pictures has before its first step.

    Attributes:
        plan: which pictures, and the part of each.
        splits: the examples of each part, in the plan's order.
        state: the trained part of the network, and its frozen front.
        metadata: what its file of weights has to say: "base" (SHA-256 of the weights that it began
            with, "" from scratch), "model", "mode", "head".
    """

    plan: Plan
    splits: Splits
    state: TrainState
    metadata: dict[str, str]


def begin_pictures(
    recipe: str,
    config: TrainConfig,
    dataset: DatasetInfo,
    device: torch.device,
    *,
    settings: Settings,
    report: Callable[[Preparing], None],
    asked_to_stop: Callable[[], bool],
) -> BegunPictures | None:
    """Return the examples and the state before the first step; None if a stop was asked for.

    Raises:
        CnnLabError: the plan or a picture is gone, there are no weights to begin with, or there is
            no room for the features.
    """
    plan = read_plan(dataset)
    store = PictureStore(pictures_home(Path(dataset.location)))
    asked = find_recipe(recipe)
    row = model_row(network_of(asked, config))
    base, metadata = base_tensors(settings, row, config)
    state = new_fine_tuned_state(
        row, config, num_classes=len(plan.classes), base=base, device=device
    )
    del base
    work = _Work(
        plan=plan,
        store=store,
        row=row,
        config=config,
        state=state,
        device=device,
        films=asked.source == FILMS,
    )
    if config.cache == "off":
        splits = _without_cache(work)
    else:
        features = _features(work, settings, dataset.name)
        if not _filled(work, settings, features, report, asked_to_stop):
            return None
        splits = _from_cache(work, features)
    return BegunPictures(plan=plan, splits=splits, state=state, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class _Work:
    plan: Plan
    store: PictureStore
    row: ModelRow
    config: TrainConfig
    state: TrainState
    device: torch.device
    films: bool

    @property
    def cut(self) -> int:
        """How many stages are frozen."""
        return cut_of(self.row.id, self.config.mode, self.config.head)

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

    def pictures(self, part: Part) -> list[str]:
        """SHA-256 of a part's pictures, in the plan's order."""
        pairs = zip(self.plan.sha256, self.plan.parts, strict=True)
        return [name for name, its in pairs if its == part]

    def labels(self, part: Part) -> NDArray[np.int64]:
        """Classes of a part's pictures, int64 `(N,)`, in the plan's order."""
        pairs = zip(self.plan.labels, self.plan.parts, strict=True)
        return np.array([label for label, its in pairs if its == part], dtype=np.int64)

    def views(self, part: Part) -> int:
        """How many views of a part's pictures are wanted from the cache."""
        return self.config.views if part == "train" and self.cut else 1

    def splits(self, examples: Callable[[Part], TrainingExamples]) -> Splits:
        """Return the examples of all parts."""
        return Splits(**{part: examples(part) for part in PARTS})


def _features(work: _Work, settings: Settings, title: str) -> Features:
    """Open the entry of the cache that this run fills and reads."""
    key = front_key(settings, work.row, work.config, work.precision, films=work.films)
    snapshot = work.store.load(work.plan.snapshot)
    dtype = {"float32": "float32", "bfloat16": "uint16", "uint8": "uint8"}[key.precision]
    return FeatureCache(settings.features, settings.features_bytes).open(
        key,
        [picture.sha256 for picture in snapshot.pictures],
        title=entry_title(work.row, work.cut, title),
        row_shape=kept_shape(work.row, work.config, films=work.films),
        dtype=dtype,
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
        views = range(work.views(part))
        wanted |= dict.fromkeys(work.pictures(part), views)
    return fill(
        FeatureCache(settings.features, settings.features_bytes),
        features,
        cast("Wanted", wanted),
        _prepare(work),
        (lambda: np.stack)
        if not work.cut
        else (lambda: front_runner(work.front, work.device, work.precision)),
        what=looks_at(work.row, work.cut, films=work.films),
        batch=GPU_BATCH if work.device.type == "cuda" else CPU_BATCH,
        report=report,
        asked_to_stop=asked_to_stop,
    )


def _prepare(work: _Work) -> Callable[[str, Sequence[int]], Sequence[NDArray[Any]]]:
    """Return what makes of a picture what goes into the front, or into the cache as it is."""
    make: Callable[..., Sequence[NDArray[Any]]]
    if work.films:
        mirror = work.config.mirror == "on"
        make = partial(prepared_films, mirror=mirror) if work.cut else films
    else:
        make = prepared_views if work.cut else squares
    return lambda name, views: make(work.store, work.row, name, views)


def _from_cache(work: _Work, features: Features) -> Splits:
    def examples(part: Part) -> TrainingExamples:
        names, labels = work.pictures(part), work.labels(part)
        if not work.cut:
            return _bytes(work, labels, MappedSquares(features, names))
        rows = MappedRows(features, names, views=work.views(part))
        found: CachedViews = cached_views(cast("NDArray[Any]", rows), labels, work.device)
        return found

    return work.splits(examples)


class _ReadAnew:
    """Square pictures, or films, decoded each time that they are asked for; as `MappedSquares`."""

    def __init__(self, work: _Work, pictures: Sequence[str]) -> None:
        self._make, self._pictures = _prepare(work), pictures

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, key: tuple[int, slice, slice]) -> NDArray[np.uint8]:
        place, down, across = key
        (square,) = self._make(self._pictures[place], [0])
        part: NDArray[np.uint8] = square[down, across]
        return part


def _bytes(
    work: _Work, labels: NDArray[np.int64], kept: MappedSquares | _ReadAnew
) -> TrainingExamples:
    """Return square pictures, or films, as examples for a network that learns from pixels."""
    row, own = work.row, torch.tensor(labels, device=work.device)
    if work.films:
        return FilmPictures(films=kept, labels=own, mean=row.mean, std=row.std, size=row.input_size)
    return PictureSquares(
        squares=cast("NDArray[np.uint8]", kept),
        labels=own,
        mean=row.mean,
        std=row.std,
        size=row.input_size,
    )


def _without_cache(work: _Work) -> Splits:
    """Return examples that are computed anew whenever they are asked for."""

    def examples(part: Part) -> TrainingExamples:
        names, labels = work.pictures(part), work.labels(part)
        if not work.cut:
            return _bytes(work, labels, _ReadAnew(work, names))
        prepare = _prepare(work)

        def load(places: NDArray[np.int64], views: NDArray[np.int64]) -> Tensor:
            def one(place: int, view: int) -> NDArray[np.float32]:
                return np.asarray(prepare(names[place], [view])[0])

            with ThreadPoolExecutor(_LOADERS, thread_name_prefix="decode") as pool:
                return torch.from_numpy(np.stack([*pool.map(one, places, views)]))

        return FrontAtEveryStep(
            load=load,
            front=work.front,
            labels=torch.tensor(labels, device=work.device),
            precision=work.state.front_precision,
        )

    return work.splits(examples)
