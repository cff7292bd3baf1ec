"""The pictures that the experiment "little-data" runs on: which there are, and opening them.

Flower photos in the data home are taken into the store of pictures once, as a person's own are;
drawn flowers are drawn when a run begins. What the trained network makes of a picture is kept in
the cache of features. Torch is not imported before the weights are read.
"""

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.concepts.experiment import StopAsked
from cnn_core.concepts.little_data.pictures import LOOKED_AT, LittleData, Pixels, See
from cnn_core.concepts.little_data.settings import (
    DRAWN,
    FLOWERS,
    MODE,
    NETWORK,
    LittleDataSettings,
)
from cnn_core.data.decode import decode
from cnn_core.data.images import DataState
from cnn_core.data.pictures.drawn_flowers import LABELS, drawn_flower
from cnn_core.data.pictures.duplicates import snapshot_clusters
from cnn_core.data.pictures.folder import FolderSource
from cnn_core.data.pictures.intake import take_in
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import DataError
from cnn_core.models.preprocess import prepare
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import Preparing
from cnn_core.results.pictures import Snapshot
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime import weights
from cnn_core.runtime.features import FeatureCache, FrontKey
from cnn_core.runtime.front_keys import LONGEST_SIDE
from cnn_core.runtime.picture_runs import base_weights
from cnn_core.runtime.picture_watch import Watch
from cnn_core.settings import Settings

SOURCE = "little-data"
"""`DatasetInfo.source` of what is opened here: no plan is kept, as of runs on own pictures."""

EACH = 40
"""Drawn flowers of each kind."""

LICENCE = "CC BY 2.0 (tf_flowers)"
CITATION = "The TensorFlow Team (2019), Flowers, tensorflow.org/datasets/catalog/tf_flowers"

_FOLDER = "flower_photos"
_ID = 16  # characters of a snapshot's id in the settings of a run


def offered_pictures(settings: Settings) -> list[tuple[str, str, DataState]]:
    """Return id, title and state of the pictures that can be learned from, the best first."""
    flowers = settings.data / _FOLDER
    there = flowers.is_dir()
    offered = [
        (
            FLOWERS,
            "Flower photos",
            DataState(
                ready=there,
                message="Five classes of photos." if there else "No flower photos are here.",
                hint=""
                if there
                else f"Put the folder {_FOLDER}, a folder of photos a class, into the data home "
                "(CNN_LAB_DATA), or bring your own pictures.",
            ),
        ),
        (
            DRAWN,
            "Drawn flowers",
            DataState(ready=True, message="Drawn by this program when a run begins.", hint=""),
        ),
    ]
    for header in PictureStore(settings.pictures).snapshots():
        if len(header.classes) > 1 and header.citation != CITATION:
            message = f"{header.pictures:,} pictures of {len(header.classes)} classes."
            state = DataState(ready=True, message=message, hint="")
            offered.append((header.id[:_ID], header.title, state))
    return offered


def open_pictures(
    settings: Settings,
    chosen: LittleDataSettings,
    *,
    report: Callable[[Preparing], None] = lambda _: None,
    asked_to_stop: Callable[[], bool] = lambda: False,
) -> LittleData:
    """Return the pictures that `chosen.data` names; pixels and weights are read when asked for.

    Args:
        settings: for the homes.
        chosen: which pictures, and how large they are made.
        report: is told how far reading the pictures and looking at them has come.
        asked_to_stop: looked at from picture to picture; both then end with `StopAsked`.

    Raises:
        DataError, UnknownNameError: they are not here.
        StorageError: the store of pictures cannot be written.
        WeightsError: there are no trained weights of the network.
    """
    base_weights(settings, model_row(NETWORK), _config())
    watch = Watch(report=report, asked_to_stop=asked_to_stop)
    if chosen.data == DRAWN:
        return _drawn(settings, chosen, watch)
    store = PictureStore(settings.pictures)
    snapshot = _flowers(settings, store) if chosen.data == FLOWERS else store.load(chosen.data)
    return _of_snapshot(settings, store, snapshot, chosen, watch)


def _flowers(settings: Settings, store: PictureStore) -> Snapshot:
    """Return the snapshot of the flower photos, taken in unless that was done before."""
    folder = settings.data / _FOLDER
    if not folder.is_dir():
        state = offered_pictures(settings)[0][2]
        raise DataError(state.message, hint=state.hint)
    files = sum(path.suffix.lower() in (".jpg", ".jpeg", ".png") for path in folder.glob("*/*"))
    for header in store.snapshots():
        if header.citation == CITATION and header.pictures + header.rejected >= files > 0:
            return store.load(header.id)
    source = FolderSource(folder)
    return take_in(store, source, title="Flower photos", licence=LICENCE, citation=CITATION)


def _of_snapshot(
    settings: Settings,
    store: PictureStore,
    snapshot: Snapshot,
    chosen: LittleDataSettings,
    watch: Watch,
) -> LittleData:
    side = chosen.side
    names = [picture.sha256 for picture in snapshot.pictures]
    places = {label: place for place, label in enumerate(snapshot.classes)}
    labels = np.array([places[picture.label] for picture in snapshot.pictures], dtype=np.int64)

    def load() -> Pixels:
        read = (square(decode(store.read(name), longest_side=LONGEST_SIDE), side) for name in names)
        return watch.stacked("The pictures are read", len(names), read)

    return _little_data(
        settings,
        names,
        side,
        watch,
        info=_info(snapshot.title, snapshot.id, labels, chosen.judged),
        labels=labels,
        classes=snapshot.classes,
        clusters=np.array(snapshot_clusters(snapshot), dtype=np.int64),
        synthetic=snapshot.synthetic,
        load=load,
    )


def _drawn(settings: Settings, chosen: LittleDataSettings, watch: Watch) -> LittleData:
    side = chosen.side
    each = EACH
    numbers = _numbers(each)
    names = [
        hashlib.sha256(f"{DRAWN}, first edition: {label} {number}".encode()).hexdigest()
        for label, number in numbers
    ]
    digest = hashlib.sha256("".join(names).encode()).hexdigest()
    labels = np.repeat(np.arange(len(LABELS)), each)

    def load() -> Pixels:
        drawings = (_drawing(label, number, side) for label, number in numbers)
        return watch.stacked("The flowers are drawn", len(names), drawings)

    return _little_data(
        settings,
        names,
        side,
        watch,
        info=_info("drawn flowers", digest, labels, chosen.judged),
        labels=labels,
        classes=LABELS,
        clusters=np.arange(len(names)),
        synthetic=True,
        load=load,
    )


def _numbers(each: int) -> list[tuple[str, int]]:
    return [(label, number) for label in LABELS for number in range(each)]


@functools.lru_cache(maxsize=EACH * len(LABELS))
def _drawing(label: str, number: int, side: int) -> Pixels:
    """Return a drawn flower as a square: all of them take seconds."""
    return square(np.asarray(drawn_flower(label, number)), side)


def square(pixels: Pixels, side: int) -> Pixels:
    """Return the middle of a picture, uint8 (H, W, 3), as uint8 (side, side, 3)."""
    row = dataclasses.replace(model_row(NETWORK), input_size=side, resize=side)
    return prepare(pixels, row).crop


def _info(name: str, fingerprint: str, labels: NDArray[np.int64], judged: int) -> DatasetInfo:
    held = int(np.minimum(np.bincount(labels) // 3, judged).sum())
    return DatasetInfo(
        name=name,
        source=SOURCE,
        location="",
        fingerprint=fingerprint,
        official=False,
        train_size=len(labels) - held,
        valid_size=0,
        test_size=held,
    )


def _config() -> TrainConfig:
    """Return what says that trained weights are wanted."""
    return TrainConfig(epochs=1, batch_size=1, learning_rate=1.0, mode=MODE, head="light")


def _little_data(
    settings: Settings,
    names: Sequence[str],
    side: int,
    watch: Watch,
    **told: Any,  # noqa: ANN401 - fields of `LittleData`
) -> LittleData:
    """Return pictures whose trained weights and features come from this machine."""

    def base() -> Mapping[str, Any]:
        from cnn_core.runtime.base_tensors import base_tensors

        tensors, _ = base_tensors(settings, model_row(NETWORK), _config())
        return tensors or {}

    def remember(images: NDArray[Any], part: str, see: See) -> NDArray[np.float32]:
        return _remembered(settings, names, images, f"{part} at {side}", see, watch)

    return LittleData(base=base, remember=remember, **told)


def _remembered(
    settings: Settings,
    names: Sequence[str],
    images: NDArray[Any],
    part: str,
    see: See,
    watch: Watch,
) -> NDArray[np.float32]:
    """Return what `see` makes of all images, from the cache of features where it has been there."""
    from cnn_core.runtime.extract import fill

    row = model_row(NETWORK)
    key = FrontKey(
        weights=weights.resolve(settings, row).state.sha256,
        network=row.id,
        cut=0,
        preprocessing=f"middle square, before {part}; little data, first edition",
        precision="float32",
    )
    cache = FeatureCache(settings.features, settings.features_bytes)
    shape = see(images[:1]).shape[1:]
    title = f"{row.title}, {part} pixels, on pictures of Little data"
    features = cache.open(key, list(names), title=title, row_shape=shape, dtype="float32")
    places = dict(zip(names, images, strict=True))

    def pictures(name: str, views: Sequence[int]) -> list[NDArray[Any]]:
        return [places[name] for _ in views]

    whole = fill(
        cache,
        features,
        dict.fromkeys(names, (0,)),
        pictures,
        lambda: lambda some: see(np.stack(some)),
        what=f"{row.title} looks at the pictures",
        batch=LOOKED_AT,
        report=watch.report,
        asked_to_stop=watch.asked_to_stop,
    )
    if not whole:
        raise StopAsked
    return np.array(features.view(0)[features.rows(names)])
