"""How near a picture lies to those a network was trained on: NumPy alone, no state.

Two pictures are as near as the cosine of what the backbone makes of them. A picture that lies
farther from its nearest training pictures than 99 in 100 validation pictures do is "none of
these": a softmax always adds up to 1, whatever it is shown (Sun, Ming, Zhu, Li 2022, "Out-of-
distribution detection with deep nearest neighbors", ICML, equations 1 and 2; here the mean over the
nearest ones, and the threshold from validation pictures).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.judgement import Judged, Neighbour, TriedPicture

MOST_COMPARED = 10
TYPICAL = 0.99
SHOWN = 6
_LEAST_NORM = float(np.finfo(np.float32).tiny)

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Nearness:
    """The training pictures of a run as directions, and how far validation pictures lie from them.

    Attributes:
        directions: embeddings of the training pictures, of length 1, float32 `(N, D)`.
        pictures: places in `Snapshot.pictures`, int64 `(N,)`.
        labels: their classes, int64 `(N,)`.
        compared: with so many of the nearest a distance is a mean.
        usual: distances of the validation pictures, rising, float32 `(V,)`.
        limit: what lies farther is none of the classes.
    """

    directions: Floats
    pictures: NDArray[np.int64]
    labels: NDArray[np.int64]
    compared: int
    usual: Floats
    limit: float


def _directions(embeddings: Floats) -> Floats:
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    directed: Floats = (embeddings / np.maximum(lengths, _LEAST_NORM)).astype(np.float32)
    return directed


def _distances(similarities: Floats, compared: int) -> Floats:
    """Mean cosine distance to the `compared` most similar of each row, `(rows,)`."""
    nearest = np.partition(similarities, -compared, axis=1)[:, -compared:]
    return np.asarray(1 - nearest.mean(axis=1, dtype=np.float64), dtype=np.float32)


def nearness(train: Judged, valid: Judged) -> Nearness:
    """Return what a new picture is compared with.

    As many neighbours count as the smallest class has pictures, ten at most: a picture of a class
    of three would else be measured by pictures of other classes.

    Args:
        train: at least one picture.
        valid: at least one picture, embeddings of the same length.

    Raises:
        ValueError: a part has no picture, or the embeddings are not of one length.

    >>> at = np.eye(3, dtype=np.float32)[[0, 0, 1, 1]]
    >>> def judged(part, rows):
    ...     labels = np.array([0, 0, 1, 1])[rows]
    ...     return Judged(part=part, pictures=np.array(rows), labels=labels,
    ...                   probabilities=at[rows][:, :2], embeddings=at[rows])
    >>> near = nearness(judged("train", [0, 1, 2, 3]), judged("valid", [0, 3]))
    >>> near.compared, round(near.limit, 6)
    (2, 0.0)
    """
    shapes = train.embeddings.shape, valid.embeddings.shape
    if not len(train.labels) or not len(valid.labels) or shapes[0][1:] != shapes[1][1:]:
        raise ValueError(
            f"expected embeddings of training and validation pictures of one length, but got "
            f"{shapes[0]} and {shapes[1]}."
        )
    smallest = int(np.unique(train.labels, return_counts=True)[1].min())
    directions = _directions(train.embeddings)
    compared = min(MOST_COMPARED, smallest)
    usual = np.sort(_distances(_directions(valid.embeddings) @ directions.T, compared))
    return Nearness(
        directions=directions,
        pictures=train.pictures,
        labels=train.labels,
        compared=compared,
        usual=usual,
        limit=float(np.quantile(usual, TYPICAL)),
    )


def tried_picture(
    near: Nearness,
    classes: Sequence[str],
    name: str,
    probabilities: Floats,
    embedding: Floats,
    *,
    neighbours: int = SHOWN,
) -> TriedPicture:
    """Return what is to be said of a new picture.

    Args:
        near: of the run.
        classes: names of the C outputs.
        name: of the picture.
        probabilities: float32 `(C,)`, their sum is 1.
        embedding: float32 `(D,)`.
        neighbours: so many of the nearest training pictures are named, at most.

    Raises:
        ValueError: another number of probabilities, or an embedding of another length.
    """
    if probabilities.shape != (len(classes),) or embedding.shape != near.directions.shape[1:]:
        raise ValueError(
            f"expected {len(classes)} probabilities and an embedding of "
            f"{near.directions.shape[1]}, but got {probabilities.shape} and {embedding.shape}."
        )
    similarities = (_directions(embedding[None]) @ near.directions.T)[0]
    distance = float(_distances(similarities[None], near.compared)[0])
    farther = int((near.usual > distance).sum())
    nearest = np.argsort(-similarities, kind="stable")[:neighbours]
    found = tuple(
        Neighbour(
            picture=int(near.pictures[place]),
            label=classes[near.labels[place]],
            similarity=float(np.clip(similarities[place], -1, 1)),
        )
        for place in nearest
    )
    said = dict(zip(classes, map(float, probabilities), strict=True))
    strange = distance > near.limit
    return TriedPicture(
        name=name,
        probabilities=said,
        neighbours=found,
        distance=distance,
        typical_share=farther / len(near.usual),
        none_of_these=strange,
        sentence=_sentence(said, found, near, distance, farther),
    )


def _sentence(
    said: dict[str, float],
    found: Sequence[Neighbour],
    near: Nearness,
    distance: float,
    farther: int,
) -> str:
    """Say what speaks for the answer, or why there is none."""
    first, count = max(said, key=said.__getitem__), len(near.usual)
    if distance > near.limit:
        return (
            f"It lies farther from the nearest training pictures ({distance:.2f}) than "
            f"{count - farther} of {count} validation pictures do; the limit is {near.limit:.2f}. "
            f"If it had to be one of the classes: {first}, {100 * said[first]:.0f} %."
        )
    same = sum(neighbour.label == first for neighbour in found)
    agree = (
        f"{same} of the {len(found)} nearest training pictures are {first}"
        if len(found) > 1
        else f"The nearest training picture is {found[0].label}"
    )
    return (
        f"{agree}; {farther} of {count} validation pictures lie farther from the training "
        "pictures than this one."
    )
