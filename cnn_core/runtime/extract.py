"""Run the frozen part of a network over pictures, once for each view, into the cache of features.

Pictures are decoded by threads a little ahead of the network, so that neither waits for the other
and memory is bounded however many there are. What is in the cache already is not computed again;
what another run of the same front computed for the same picture is copied. A stop is looked for
after every batch.
"""

import dataclasses
import functools
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.data.decode import decode
from cnn_core.data.pictures.store import PictureStore
from cnn_core.models.cuts import SQUARE
from cnn_core.models.model_row import ModelRow
from cnn_core.models.preprocess import prepare
from cnn_core.results.events import Preparing
from cnn_core.results.inspection import Floats, Pixels
from cnn_core.runtime.feature_rows import Features, FeatureWriter
from cnn_core.runtime.features import FeatureCache
from cnn_core.runtime.front_keys import LONGEST_SIDE
from cnn_core.training.processor import Precision
from cnn_core.training.views import view_of

CPU_BATCH, GPU_BATCH = 32, 128
_REPORT_SECONDS = 0.5
_MOST_THREADS = 16

Wanted = Mapping[str, Sequence[int]]
"""SHA-256 of a picture: the views of it that are wanted."""

See = Callable[[list[NDArray[Any]]], NDArray[Any]]
"""From prepared pictures, stacked, to rows of the cache."""


def pixels_of(store: PictureStore, sha256: str) -> Pixels:
    """Return a stored picture as every network here sees it, uint8 `(H, W, 3)`.

    Raises:
        CnnLabError: it is gone, or damaged since it was taken in.
    """
    return decode(store.read(sha256), longest_side=LONGEST_SIDE)


def square_of(pixels: Pixels, row: ModelRow) -> Pixels:
    """Return the middle of a picture, its short side `SQUARE` pixels: uint8 `(256, 256, 3)`."""
    return prepare(pixels, dataclasses.replace(row, input_size=SQUARE, resize=SQUARE)).crop


def prepared_views(
    store: PictureStore, row: ModelRow, sha256: str, views: Sequence[int]
) -> list[Floats]:
    """Return these views of a stored picture, float32 `(3, input_size, input_size)` each."""
    pixels = pixels_of(store, sha256)
    return [view_of(pixels, row, sha256, view) for view in views]


def squares(store: PictureStore, row: ModelRow, sha256: str, views: Sequence[int]) -> list[Pixels]:
    """Return a stored picture as a square, whatever the view."""
    square = square_of(pixels_of(store, sha256), row)
    return [square for _ in views]


def front_runner(
    front: nn.Module,
    device: torch.device,
    precision: Precision,
    prepare_batch: Callable[[Tensor], Tensor] = lambda batch: batch,
) -> See:
    """Return what runs a frozen part on prepared pictures; bfloat16 comes out as its bits.

    `prepare_batch` makes of the pictures, stacked and on the device, what goes into the front.
    """
    front.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    low = precision == "bfloat16"

    def see(pictures: list[NDArray[Any]]) -> NDArray[Any]:
        batch = prepare_batch(torch.from_numpy(np.stack(pictures)).to(device))
        batch = batch.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=low):
            outputs = front(batch).contiguous()
        if low:
            bits = outputs.to(torch.bfloat16).view(torch.int16).cpu().numpy()
            return np.asarray(bits.view(np.uint16))
        return np.asarray(outputs.cpu().numpy())

    return see


def missing_of(features: Features, wanted: Wanted) -> dict[str, list[int]]:
    """Return what of `wanted` is not in the cache yet."""
    names = list(wanted)
    rows = features.rows(names)
    views = sorted({view for each in wanted.values() for view in each})
    there = {view: features.done(view)[rows] for view in views}
    found = {
        name: [view for view in wanted[name] if not there[view][place]]
        for place, name in enumerate(names)
    }
    return {name: views for name, views in found.items() if views}


def fill(
    cache: FeatureCache,
    features: Features,
    wanted: Wanted,
    prepare_views: Callable[[str, Sequence[int]], Sequence[NDArray[Any]]],
    see: Callable[[], See],
    *,
    what: str,
    batch: int,
    report: Callable[[Preparing], None],
    asked_to_stop: Callable[[], bool],
) -> bool:
    """Copy what other entries of the same front have, make room, and `extract` the rest.

    Raises:
        CnnLabError: a picture cannot be read, or there is no room for the outputs.
    """
    missing = missing_of(features, wanted)
    if missing:
        cache.borrow(features, missing)
        missing = missing_of(features, wanted)
        cache.make_room(sum(map(len, missing.values())) * features.row_bytes)
    return extract(
        features,
        wanted,
        prepare_views,
        see,
        what=what,
        batch=batch,
        report=report,
        asked_to_stop=asked_to_stop,
    )


def extract(
    features: Features,
    wanted: Wanted,
    prepare_views: Callable[[str, Sequence[int]], Sequence[NDArray[Any]]],
    see: Callable[[], See],
    *,
    what: str,
    batch: int,
    report: Callable[[Preparing], None],
    asked_to_stop: Callable[[], bool],
) -> bool:
    """Compute what is wanted and missing; return False if a stop was asked for before the end.

    Args:
        features: the entry to fill.
        wanted: the views of each picture.
        prepare_views: from a picture's SHA-256 to what goes into the front; called in threads.
        see: makes the front ready; called once, and only if something is missing.
        what: what is being done, for a person.
        batch: pictures at once.
        report: is told how far it has come, twice a second.
        asked_to_stop: looked at after every batch.

    Raises:
        CnnLabError: a picture cannot be read, or the disk is full.
    """
    total = sum(map(len, wanted.values()))
    with features.writing(asked_to_stop) as writer:
        if writer is None:
            return False
        missing = missing_of(features, wanted)
        left = sum(map(len, missing.values()))
        begun, cached = time.monotonic(), total - left
        told = _Told(what, total, cached, begun, report)
        told.now(cached)
        if left:
            run = see()
            done = cached
            for count in _batches(features, writer, missing, prepare_views, run, batch):
                done += count
                told.sometimes(done)
                if asked_to_stop():
                    return False
            told.now(done)
        writer.save()
        features.complete()
    return True


class _Told:
    """Reports how far the work has come, at most twice a second."""

    def __init__(
        self,
        what: str,
        total: int,
        cached: int,
        begun: float,
        report: Callable[[Preparing], None],
    ) -> None:
        self._report, self._begun, self._due = report, begun, begun + _REPORT_SECONDS
        self._event = functools.partial(Preparing, what=what, total=total, cached=cached)
        self._last = -1

    def now(self, done: int) -> None:
        if done == self._last:
            return
        self._last = done
        self._report(self._event(done=done, seconds=time.monotonic() - self._begun))

    def sometimes(self, done: int) -> None:
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + _REPORT_SECONDS
            self.now(done)


def _batches(
    features: Features,
    writer: FeatureWriter,
    missing: Mapping[str, Sequence[int]],
    prepare_views: Callable[[str, Sequence[int]], Sequence[NDArray[Any]]],
    see: See,
    batch: int,
) -> Iterator[int]:
    """Run the front over what is missing, batch by batch; yield how many outputs were written."""
    pictures: list[NDArray[Any]] = []
    places: list[tuple[int, int]] = []
    for name, views, inputs in _ahead(missing, prepare_views, ahead=2 * batch):
        row = int(features.rows([name])[0])
        pictures += inputs
        places += [(view, row) for view in views]
        while len(pictures) >= batch:
            _write(writer, places[:batch], see(pictures[:batch]))
            del pictures[:batch], places[:batch]
            yield batch
    if pictures:
        _write(writer, places, see(pictures))
        yield len(pictures)


def _write(writer: FeatureWriter, places: Sequence[tuple[int, int]], outputs: NDArray[Any]) -> None:
    views, rows = (np.array(column, dtype=np.int64) for column in zip(*places, strict=True))
    for view in np.unique(views):
        writer.write(int(view), rows[views == view], outputs[views == view])


def _ahead(
    missing: Mapping[str, Sequence[int]],
    prepare_views: Callable[[str, Sequence[int]], Sequence[NDArray[Any]]],
    *,
    ahead: int,
) -> Iterator[tuple[str, Sequence[int], Sequence[NDArray[Any]]]]:
    """Yield each picture's inputs in order, prepared by threads that are at most `ahead` of it."""
    most = max(len(views) for views in missing.values())
    waiting = max(2, ahead // most)
    threads = min(_MOST_THREADS, max(1, (os.cpu_count() or 2) - 1))
    todo = iter(missing.items())
    pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
    try:
        queue: deque[tuple[str, Sequence[int], Future[Sequence[NDArray[Any]]]]] = deque()
        while True:
            for name, views in islice(todo, waiting - len(queue)):
                queue.append((name, views, pool.submit(prepare_views, name, views)))
            if not queue:
                return
            name, views, inputs = queue.popleft()
            yield name, views, inputs.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
