"""Simpler answers to the same question, on the same validation pictures as the network.

NumPy and scikit-learn, without torch. Each baseline says how it fares against the network picture
by picture (McNemar's test), since both are asked about the same ones.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.chance import percent, sign_test, span
from cnn_core.results.judgement import Baseline, Judged
from cnn_core.results.metrics import wilson_interval

NEIGHBOURS = (1, 3, 5, 9, 15)
MOST_REFERENCES = 10_000
MOST_TRIALS = 2_000
_MEBIBYTES = 128  # of distances at once; scikit-learn's own choice is 1,024
_LEVEL = 0.05


def compared(
    baseline_id: str,
    title: str,
    what: str,
    predictions: NDArray[np.int64],
    valid: Judged,
) -> Baseline:
    """Return a baseline from what it takes each validation picture for.

    Args:
        baseline_id: as `Baseline.id`.
        title: for a table.
        what: the baseline as the subject of a sentence ("Always saying rose").
        predictions: classes, int64 `(N,)`.
        valid: what the network said of the same pictures, N at least 1.
    """
    right = predictions == valid.labels
    network = valid.probabilities.argmax(axis=1) == valid.labels
    won, lost = int((network & ~right).sum()), int((right & ~network).sum())
    correct, size = int(right.sum()), len(right)
    interval = wilson_interval(correct, size)
    return Baseline(
        id=baseline_id,  # type: ignore[arg-type]
        title=title,
        accuracy=correct / size,
        interval=interval,
        sentence=f"{what} is right on {correct:,} of {size:,} validation pictures "
        f"({percent(correct / size)}, 95 % interval {span(interval)}). {_versus(won, lost)}",
        won=won,
        lost=lost,
    )


def _versus(won: int, lost: int) -> str:
    """Return how the network fares against it: pictures that it alone gets right, and wrong."""
    if not won + lost:
        return "The network is right on the very same pictures."
    score = f"{won:,} {'is' if won == 1 else 'are'} right by the network alone, {lost:,} by it"
    if sign_test(won, lost) >= _LEVEL:
        return f"{score} alone: chance could explain that."
    return f"{score} alone: the network is {'better' if won > lost else 'worse'}."


def most_frequent(train: Judged, valid: Judged, classes: Sequence[str]) -> Baseline:
    """Return the baseline that always says the class with the most training pictures."""
    most = int(np.bincount(train.labels, minlength=len(classes)).argmax())
    return compared(
        "most-frequent",
        "The most frequent class",
        f"Always saying {classes[most]}",
        np.full(len(valid.labels), most, dtype=np.int64),
        valid,
    )


def nearest_neighbours(train: Judged, valid: Judged, *, seed: int = 0) -> Baseline | None:
    """Return the vote of the nearest training pictures, by the cosine of what the backbone makes.

    How many vote is chosen on the training pictures, each asked of the others (leave one out); a
    vote weighs as much as the pictures are alike. Of more than `MOST_REFERENCES` training pictures
    so many are drawn (`seed`), and the sentence says so. None of fewer than two training pictures.
    """
    size = len(train.labels)
    if size < 2:
        return None
    drawn = _some(size, MOST_REFERENCES, seed)
    alike, labels = _Alike(train.embeddings[drawn]), train.labels[drawn]
    trial = _some(len(drawn), MOST_TRIALS, seed + 1)
    most = min(NEIGHBOURS[-1], len(drawn) - 1)
    others = _without_self(alike.nearest(alike.references[trial], most + 1), trial)
    k = max(
        (k for k in NEIGHBOURS if k <= most),  # the first of equally good ones
        key=lambda k: int((_vote(others, labels, k) == labels[trial]).sum()),
    )
    predictions = _vote(alike.nearest(valid.embeddings, k), labels, k)
    who = (
        "The label of the nearest training picture"
        if k == 1
        else f"A vote of the {k} nearest training pictures"
    )
    of = "" if len(drawn) == size else f", of {len(drawn):,} that were drawn,"
    title = f"{k} nearest neighbour{'' if k == 1 else 's'}"
    return compared("nearest-neighbours", title, f"{who}{of}", predictions, valid)


Nearest = tuple[NDArray[np.float64], NDArray[np.int64]]  # similarities and places, both (N, k)


class _Alike:
    """Finds the nearest of `references` `(M, D)` by the cosine."""

    def __init__(self, references: NDArray[np.float32]) -> None:
        from sklearn.neighbors import NearestNeighbors  # a second to import

        self.references = references
        self._finder = NearestNeighbors(metric="cosine", algorithm="brute").fit(references)

    def nearest(self, asked: NDArray[np.float32], k: int) -> Nearest:
        from sklearn import config_context

        with config_context(working_memory=_MEBIBYTES):
            distances, places = self._finder.kneighbors(asked, n_neighbors=k)
        return 1 - distances, places


def _without_self(found: Nearest, own: NDArray[np.int64]) -> Nearest:
    """Return what was found without each asked picture itself, one neighbour fewer."""
    similarities, places = found
    others = np.argsort(places == own[:, None], axis=1, kind="stable")[:, :-1]
    return np.take_along_axis(similarities, others, 1), np.take_along_axis(places, others, 1)


def _vote(found: Nearest, labels: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Return the class with the greatest sum of similarities among the first k."""
    similarities, classes = found[0][:, :k], labels[found[1][:, :k]]
    votes = np.zeros((len(classes), int(labels.max()) + 1))
    np.add.at(votes, (np.arange(len(classes))[:, None], classes), 1 + similarities)
    return np.asarray(votes.argmax(axis=1), dtype=np.int64)


def _some(size: int, most: int, seed: int) -> NDArray[np.int64]:
    """Return all places, or `most` that are drawn from `seed`, ascending."""
    if size <= most:
        return np.arange(size)
    return np.sort(np.random.default_rng(seed).choice(size, most, replace=False))
