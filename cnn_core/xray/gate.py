"""The gate before any probability: does this look like the films that the model knows?

Two looks at what the served network's backbone makes of a film: a small head that learnt to tell
good films from our own inverted, turned and flipped copies of them, and the distance to the nearest
training films. Either may refuse. Neighbours alone let most inverted films through, the head alone
knows only what it was shown; neither is a probability. Pure, but for the seed of what is kept.
"""

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import DataError
from cnn_core.results.xray_decision import Gate

NEIGHBOURS = 10
BEYOND = 0.99
"""What lies farther than so large a share of good films does is refused."""

_MOST_KNOWN = 2_000  # training films that are compared with
_LEAST_NORM = float(np.finfo(np.float32).tiny)
_PENALTY = 0.1  # inverse strength of the head's: more dimensions than films

Floats = NDArray[np.float32]
Pictures = NDArray[np.uint8]

ALTERATIONS = ("inverted films", "turned films", "flipped films")
"""What no film looks like: black for white; turned by one, two or three quarters; upside down."""


def altered(
    picture: Pictures, kind: str, number: int, box: tuple[int, int, int, int] | None = None
) -> Pictures:
    """Return a copy of a film's picture, uint8 `(H, W)`, altered as `kind` says.

    Args:
        picture: as every film is stored.
        kind: one of `ALTERATIONS`.
        number: decides by how many quarters it is turned.
        box: where the film lies in its picture (left, top, right, bottom): its padding stays black,
            as it does for a file that comes in inverted. None: all of it is film.

    >>> altered(np.array([[0, 255]], np.uint8), "inverted films", 0).tolist()
    [[255, 0]]
    """
    copy = picture.copy()
    if kind == "inverted films":
        left, top, right, bottom = box or (0, 0, *reversed(picture.shape))
        copy[top:bottom, left:right] = 255 - copy[top:bottom, left:right]
        return copy
    return np.ascontiguousarray(
        np.rot90(copy, 1 + number % 3) if kind == "turned films" else copy[::-1]
    )


def _directions(embeddings: Floats) -> Floats:
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.asarray(embeddings / np.maximum(lengths, _LEAST_NORM), dtype=np.float32)


def _distances(known: Floats, embeddings: Floats, neighbours: int) -> NDArray[np.float64]:
    """Return the mean cosine distance of each to its nearest known films, `(N,)`."""
    near = np.partition(_directions(embeddings) @ known.T, -neighbours, axis=1)[:, -neighbours:]
    return np.asarray(1 - near.mean(axis=1, dtype=np.float64))


def fit_gate(good: Floats, copies: Floats, calibration: Floats, *, seed: int = 0) -> Gate:
    """Return the gate of a model from what its backbone makes of films and of altered copies.

    Args:
        good: embeddings of training films, float32 `(N, D)`, at least two.
        copies: of altered copies of training films, float32 `(M, D)`, at least one.
        calibration: of good films that nothing was trained on, float32 `(K, D)`, at least one: the
            limit of the distance is their 99th percentile.
        seed: which training films are kept, where there are more than 2,000.

    Raises:
        DataError: too few films.

    Source of the distance: Sun, Ming, Zhu, Li 2022, "Out-of-distribution detection with deep
    nearest neighbors", ICML, equations 1 and 2; here the mean over the nearest ones.
    """
    from sklearn.linear_model import LogisticRegression

    if len(good) < 2 or not len(copies) or not len(calibration):
        raise DataError(
            "The gate needs at least 2 training films, 1 altered copy and 1 film to calibrate on, "
            f"but there are {len(good)}, {len(copies)} and {len(calibration)}.",
            hint="Bring more films.",
        )
    inputs = np.concatenate([good, copies]).astype(np.float64)
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    wrong = np.arange(len(inputs)) >= len(good)
    head = LogisticRegression(C=_PENALTY, class_weight="balanced", max_iter=1_000)
    head.fit((inputs - mean) / scale, wrong)
    kept = np.random.default_rng(seed).permutation(len(good))[:_MOST_KNOWN]
    known = _directions(good[np.sort(kept)])
    neighbours = min(NEIGHBOURS, len(known))
    usual = _distances(known, calibration, neighbours)
    return Gate(
        weights=np.asarray(head.coef_[0], dtype=np.float64),
        bias=float(head.intercept_[0]),
        mean=mean,
        scale=scale,
        known=known,
        neighbours=neighbours,
        limit=float(np.quantile(usual, BEYOND, method="higher")),
    )


def gate_distances(gate: Gate, embeddings: Floats) -> NDArray[np.float64]:
    """Return how far films lie from the nearest known ones: mean cosine distance, 0 to 2, `(N,)`.

    Args:
        gate: of the model.
        embeddings: float32 `(N, D)`, of the same model.

    Raises:
        DataError: embeddings of another length.
    """
    if embeddings.ndim != 2 or embeddings.shape[1] != gate.known.shape[1]:
        raise DataError(
            f"The gate expects embeddings of {gate.known.shape[1]} numbers, but got "
            f"{embeddings.shape}.",
            hint="Evaluate the study again: its gate is of another model.",
        )
    return _distances(gate.known, embeddings, gate.neighbours)


def passed(gate: Gate, embeddings: Floats) -> NDArray[np.bool_]:
    """Return which films the gate lets through, bool `(N,)`.

    Args:
        gate: of the model.
        embeddings: float32 `(N, D)`, of the same model.

    Raises:
        DataError: embeddings of another length.
    """
    near = gate_distances(gate, embeddings) <= gate.limit
    standard = (embeddings.astype(np.float64) - gate.mean) / gate.scale
    return np.asarray(near & (standard @ gate.weights + gate.bias <= 0))
