"""The gate before any probability: does this look like the films that the model knows?

Two looks at what the served network's backbone makes of a film: small heads that learnt to tell
good films from our own inverted, turned and flipped copies of them, and the distance to the nearest
training films. Either may refuse. Neighbours alone let half of the inverted films through, the
heads alone know only what they were shown; neither is a probability. Pure, but for the seed of what
is kept.

A head for each kind of copy: one head for all kinds draws one plane about everything that is wrong.
When the method was chosen, in patient-grouped folds over the 614 training films of the
demonstration model, it let six inverted films through where three heads let one through at most.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import DataError
from cnn_core.results.xray_decision import Gate, GateLooks

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


def _apart(known: Floats, patients: NDArray[np.int64], neighbours: int) -> NDArray[np.float64]:
    """Return the same of known films, to those of other patients; without those that lack them."""
    near = known @ known.T
    near[patients[:, None] == patients[None, :]] = -np.inf
    near = np.partition(near, -neighbours, axis=1)[:, -neighbours:]
    near = near[np.isfinite(near).all(axis=1)]
    return np.asarray(1 - near.mean(axis=1, dtype=np.float64))


def kept_films(films: int, seed: int = 0) -> NDArray[np.int64]:
    """Return which of so many training films are compared with, ascending: at most 2,000.

    >>> kept_films(3).tolist()
    [0, 1, 2]
    """
    return np.sort(np.random.default_rng(seed).permutation(films)[:_MOST_KNOWN])


def fit_gate(
    good: Floats,
    copies: Sequence[Floats],
    calibration: Floats,
    *,
    patients: NDArray[np.int64] | None = None,
    seed: int = 0,
) -> Gate:
    """Return the gate of a model from what its backbone makes of films and of altered copies.

    The limit of the distance is the larger of two 99th percentiles: of `calibration`, and of
    training films, each held against those of other patients. A hundred films say little about a
    99th percentile, and a network that learnt from films finds them nearer than they are.

    Args:
        good: embeddings of training films, float32 `(N, D)`, at least two.
        copies: of altered copies of training films, float32 `(M, D)` for each kind, at least one
            kind and one copy of each.
        calibration: of good films that nothing was trained on, float32 `(K, D)`, at least one.
        patients: number of each training film's patient, int64 `(N,)`; None: each is another's.
        seed: which training films are kept, where there are more than 2,000.

    Raises:
        DataError: too few films.

    Source of the distance: Sun, Ming, Zhu, Li 2022, "Out-of-distribution detection with deep
    nearest neighbors", ICML, equations 1 and 2; here the mean over the nearest ones.
    """
    fewest = min((len(kind) for kind in copies), default=0)
    if len(good) < 2 or not fewest or not len(calibration):
        raise DataError(
            "The gate needs at least 2 training films, 1 altered copy of each kind and 1 film to "
            f"calibrate on, but there are {len(good)}, {fewest} and {len(calibration)}.",
            hint="Bring more films.",
        )
    heads = [_fitted_head(good, kind) for kind in copies]
    weights, bias, mean, scale = (np.array(each) for each in zip(*heads, strict=True))
    kept = kept_films(len(good), seed)
    known = _directions(good[kept])
    neighbours = min(NEIGHBOURS, len(known))
    usual = [_distances(known, calibration, neighbours)]
    if len(known) > neighbours:
        whose = np.arange(len(good)) if patients is None else patients
        usual.append(_apart(known, whose[kept], neighbours))
    limits = [np.quantile(each, BEYOND, method="higher") for each in usual if len(each)]
    return Gate(
        weights=weights,
        bias=bias,
        mean=mean,
        scale=scale,
        known=known,
        neighbours=neighbours,
        limit=float(max(limits)),
    )


def _fitted_head(
    good: Floats, copies: Floats
) -> tuple[NDArray[np.float64], float, NDArray[np.float64], NDArray[np.float64]]:
    """Return weights, bias, mean and scale of the head that tells one kind of copy."""
    from sklearn.linear_model import LogisticRegression

    inputs = np.concatenate([good, copies]).astype(np.float64)
    mean, scale = inputs.mean(axis=0), inputs.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    wrong = np.arange(len(inputs)) >= len(good)
    head = LogisticRegression(C=_PENALTY, class_weight="balanced", max_iter=1_000)
    head.fit((inputs - mean) / scale, wrong)
    return np.asarray(head.coef_[0], dtype=np.float64), float(head.intercept_[0]), mean, scale


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


def looks(gate: Gate, embeddings: Floats) -> GateLooks:
    """Return what each look of the gate says of films; `passed` where neither refuses.

    Args:
        gate: of the model.
        embeddings: float32 `(N, D)`, of the same model.

    Raises:
        DataError: embeddings of another length.
    """
    distances = gate_distances(gate, embeddings)
    inputs = embeddings.astype(np.float64)
    heads = zip(*(np.atleast_2d(a) for a in (gate.weights, gate.mean, gate.scale)), strict=True)
    said = np.stack([((inputs - mean) / scale) @ weights for weights, mean, scale in heads], axis=1)
    return GateLooks(
        altered=np.asarray((said + gate.bias > 0).any(axis=1)),
        far=distances > gate.limit,
        distances=distances,
    )


def passed(gate: Gate, embeddings: Floats) -> NDArray[np.bool_]:
    """Return which films the gate lets through, bool `(N,)`.

    Args:
        gate: of the model.
        embeddings: float32 `(N, D)`, of the same model.

    Raises:
        DataError: embeddings of another length.
    """
    said = looks(gate, embeddings)
    return np.asarray(~(said.altered | said.far))
