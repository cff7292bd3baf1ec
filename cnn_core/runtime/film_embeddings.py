"""What EfficientNet-Lite0 says of each film, to find crops and turned copies among them.

A quarter of the usual pixels (112 a side) is enough to tell one film from another and takes a
quarter of the time. torch is imported inside: a process that only shows an audit does without. Not
for the app's own process: the pass takes the cores of the machine.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.data.films.store import FilmStore, film_pixels
from cnn_core.models.cuts import backbone_end
from cnn_core.models.model_row import ModelRow
from cnn_core.results.films import Film, FilmProgress, FilmSet
from cnn_core.results.inspection import ModelChoice
from cnn_core.runtime import networks
from cnn_core.settings import Settings

NETWORK = "efficientnet-lite0"
PIXELS = 112
"""A side of what the network sees."""

_BATCH = 32
_THREADS = 2
_AHEAD = 4 * _BATCH  # films that are read ahead of the network
_REPORT_SECONDS = 0.5

Floats = NDArray[np.float32]


def film_embeddings(
    settings: Settings,
    store: FilmStore,
    film_set: FilmSet,
    *,
    progress: Callable[[FilmProgress], None] = lambda _: None,
) -> Floats | None:
    """Return the embedding of each film, float32 `(N, 1280)`; None without trained weights.

    Args:
        settings: say where weights are.
        store: where the pictures are.
        film_set: of the store.
        progress: is told how far it is, twice a second.

    Raises:
        WeightsError: the weights are damaged.
        StorageError: a picture is gone.
    """
    network = networks.resolve(settings, ModelChoice(name=NETWORK))
    if network.weights.kind == "untrained":
        return None
    import torch

    from cnn_core.models.stages import stages

    model = networks.load(network)
    backbone = torch.nn.Sequential(
        *(stage for _, stage in stages(model, NETWORK)[: backbone_end(NETWORK)])
    ).eval()
    found, begun, told, total = [], time.monotonic(), 0.0, len(film_set.films)
    done = 0
    for batch in _batches(store, film_set, network.row):
        with torch.inference_mode():
            found.append(backbone(torch.from_numpy(batch)).flatten(1).numpy())
        done += len(batch)
        now = time.monotonic()
        if now - told >= _REPORT_SECONDS or done == total:
            told = now
            progress(
                FilmProgress(
                    stage="Comparing the films by a network",
                    done=done,
                    total=total,
                    seconds=now - begun,
                    seconds_left=(now - begun) / done * (total - done),
                )
            )
    return np.concatenate(found)


def _batches(store: FilmStore, film_set: FilmSet, row: ModelRow) -> Iterator[Floats]:
    """Yield films as the network takes them, read a little ahead by threads."""
    films = iter(film_set.films)

    def read(film: Film) -> Floats:
        return prepared(film_pixels(store, film), row)

    with ThreadPoolExecutor(_THREADS, thread_name_prefix="film-embeddings") as pool:
        waiting: deque[Future[Floats]] = deque(
            pool.submit(read, film) for film in islice(films, _AHEAD)
        )
        while waiting:
            rows: list[Floats] = []
            while waiting and len(rows) < _BATCH:
                rows.append(waiting.popleft().result())
                waiting.extend(pool.submit(read, film) for film in islice(films, 1))
            yield np.stack(rows)


def prepared(picture: NDArray[np.uint8], row: ModelRow) -> Floats:
    """Return a film's picture, whole, as the network of `row` takes it.

    Args:
        picture: canonical, uint8 `(SIDE, SIDE)`, 0 to 255.
        row: the network.

    Returns:
        float32 `(3, PIXELS, PIXELS)`: grey three times, less the row's mean, by its deviation.
    """
    small = Image.fromarray(picture).resize((PIXELS, PIXELS), Image.Resampling.BILINEAR)
    grey = np.asarray(small, dtype=np.float32)[None] / np.float32(255)
    mean = np.asarray(row.mean, dtype=np.float32)[:, None, None]
    std = np.asarray(row.std, dtype=np.float32)[:, None, None]
    return (grey - mean) / std
