"""What "little-data" runs on: pictures of a few classes, trained weights, remembered features.

Free of torch; whoever opens the pictures (`runtime.little_data`) makes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import DataError
from cnn_core.results.runs import DatasetInfo

Pixels = NDArray[np.uint8]
See = Callable[[NDArray[Any]], NDArray[np.float32]]
"""From pictures uint8 (B, S, S, 3), or maps, to what a frozen part makes of them, float32."""

LOOKED_AT = 32  # pictures at once


def looked_at(images: NDArray[Any], see: See) -> NDArray[np.float32]:
    """Return what `see` makes of all pictures, `LOOKED_AT` at a time."""
    starts = range(0, len(images), LOOKED_AT)
    return np.concatenate([see(images[start : start + LOOKED_AT]) for start in starts])


@dataclass(frozen=True, kw_only=True, eq=False)
class LittleData:
    """Pictures with classes; pixels and weights are read when they are asked for.

    Attributes:
        info: what a run keeps of them.
        labels: int64 (N,), indices into `classes`.
        classes: their names.
        clusters: int64 (N,): near-duplicates have one number, and stay on one side of a split.
        synthetic: whether a program has drawn them.
        load: reads the middle of each picture as a square, uint8 (N, S, S, 3), 0 to 255, RGB.
        base: reads the network's trained tensors, by name; see `models.fine_tuning.assemble`.
        remember: (pictures or maps, which part is trained, see) to what `looked_at` gives, from a
            cache where that has been computed before; of the trained network alone.
    """

    info: DatasetInfo
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    clusters: NDArray[np.int64]
    synthetic: bool
    load: Callable[[], Pixels]
    base: Callable[[], Mapping[str, Any]]
    remember: Callable[[NDArray[Any], str, See], NDArray[np.float32]] = lambda images, _, see: (
        looked_at(images, see)
    )


@dataclass(frozen=True, kw_only=True)
class Divided:
    """Places of pictures, int64: those to judge on, and by class those to learn from, in order."""

    judged: NDArray[np.int64]
    learned: tuple[NDArray[np.int64], ...]

    def train(self, each: int) -> NDArray[np.int64]:
        """Return the first `each` pictures of every class; of smaller classes all."""
        return np.concatenate([places[:each] for places in self.learned])

    @property
    def largest(self) -> int:
        """Pictures to learn from of the class that has the most."""
        return max(len(places) for places in self.learned)


def divided(data: LittleData, judged: int, seed: int) -> Divided:
    """Hold out pictures of each class, drawn by `seed`, and put the others in the order of a draw.

    Near-duplicates of a picture that is held out are nowhere; of others, they may both be learned
    from.

    Args:
        data: the pictures.
        judged: how many of each class, at most a third of it.
        seed: of the draw.

    Raises:
        DataError: a class has fewer than six pictures.
    """
    rng = np.random.default_rng([seed, 7621])
    order = rng.permutation(len(data.labels))
    by_class = [order[data.labels[order] == label] for label in range(len(data.classes))]
    few = min(range(len(by_class)), key=lambda label: len(by_class[label]))
    if len(by_class[few]) < _FEWEST:
        raise DataError(
            f"Each class needs {_FEWEST} pictures or more, but {data.classes[few]!r} has "
            f"{len(by_class[few])}.",
            hint="Add pictures to that class, or choose other pictures.",
        )
    held = [places[: min(judged, len(places) // 3)] for places in by_class]
    out = np.concatenate(held)
    seen = set(data.clusters[out].tolist())
    learned = [
        np.array([place for place in places[len(own) :] if data.clusters[place] not in seen])
        for places, own in zip(by_class, held, strict=True)
    ]
    if min(map(len, learned)) == 0:
        raise DataError(
            "Of one class all pictures are near-duplicates of each other.",
            hint="Add pictures to that class, or choose other pictures.",
        )
    return Divided(judged=out, learned=tuple(learned))


_FEWEST = 6
