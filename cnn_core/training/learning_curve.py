"""Accuracy against training pictures a class: a logistic regression on what the backbone makes.

NumPy and scikit-learn, without torch; 0.02 s a fit for 600 pictures of 1,280 features (one core).
The network's own head is not trained again for it: on the same features both come to much the
same, and `curve_sentence` says what was measured.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.judgement import CurvePoint, Interval, Judged
from cnn_core.results.metrics import t_quantile, wilson_interval

MOST_POINTS = 6
REPEATS = 20
FEWEST_REPEATS = 5
_FEWEST_A_CLASS = 2
_WORK = 1e10  # pictures x features x classes over all fits: about half a minute on two cores
_STRENGTH = 10.0  # scikit-learn's C, for features of length 1
_ITERATIONS = 200

Floats = NDArray[np.float32]
Right = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class _Sizes:
    """How many training pictures of each class are used, point by point, and how often."""

    points: tuple[int, ...]
    repeats: int
    complete: bool


def learning_curve(
    train: Judged,
    valid: Judged,
    *,
    seed: int = 0,
    repeats: int = REPEATS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[tuple[CurvePoint, ...], str]:
    """Return validation accuracy by training pictures a class, and what was measured on what.

    Each point has about twice the pictures of the one before; the last has all of them (or, where
    that would take minutes, as many as seconds allow, which the sentence says). Each draw of
    training pictures is nested: the pictures of a smaller point are among those of a larger one.

    Args:
        train: what the network said of the training pictures; their embeddings are used.
        valid: of the validation pictures, at least one.
        seed: of the draws.
        repeats: draws a point, at least 2; fewer are taken where there is much to compute.
        progress: told after each draw how many are done, and of how many.

    Returns:
        The points, () and "" where there are fewer than two classes or no smaller part to draw.
    """
    counts = np.bincount(train.labels)
    counts = counts[counts > 0]
    if len(counts) < 2 or not len(valid.labels):
        return (), ""
    sizes = _sizes(counts, train.embeddings.shape[1], repeats)
    if len(sizes.points) < 2:
        return (), ""
    train_x, valid_x = _unit(train.embeddings), _unit(valid.embeddings)
    right: list[list[Right]] = [[] for _ in sizes.points]
    images = [int(np.minimum(counts, size).sum()) for size in sizes.points]
    with _small_fits():
        for repeat in range(sizes.repeats):
            ranks = _ranks(train.labels, np.random.default_rng([seed, repeat]))
            for point, size in enumerate(sizes.points):
                if repeat and images[point] == len(train.labels):
                    continue  # all of them: there is nothing to draw
                chosen = ranks < size
                predicted = _fit_and_predict(train_x[chosen], train.labels[chosen], valid_x)
                right[point].append(predicted == valid.labels)
            progress(repeat + 1, sizes.repeats)
    drawn = [np.array(each) for each in right]
    return _points(sizes.points, images, drawn), _sentence(sizes, train, valid)


def _sizes(counts: NDArray[np.int64], features: int, repeats: int) -> _Sizes:
    """Halve from the largest class down; take fewer draws, then fewer pictures, if need be."""
    largest = int(counts.max())
    top = largest

    def ladder(top: int) -> list[int]:
        steps = [top >> power for power in range(MOST_POINTS)]
        return [size for size in steps if size >= _FEWEST_A_CLASS]

    def work(top: int, draws: int) -> float:
        images = [float(np.minimum(counts, size).sum()) for size in ladder(top)]
        times = [1 if size >= largest else draws for size in ladder(top)]
        return sum(map(float.__mul__, images, map(float, times))) * features * len(counts)

    draws = repeats
    while draws > FEWEST_REPEATS and work(top, draws) > _WORK:
        draws -= 1
    while top > _FEWEST_A_CLASS and work(top, draws) > _WORK:
        top //= 2
    return _Sizes(points=tuple(ladder(top)[::-1]), repeats=draws, complete=top == largest)


def _unit(embeddings: Floats) -> Floats:
    """Return the embeddings with length 1; one of nothing but zeros stays so."""
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.asarray(embeddings / np.maximum(lengths, 1e-12), dtype=np.float32)


def _ranks(labels: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    """Return the place of each picture in a random order of its class, from 0."""
    order = random.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    starts = np.searchsorted(labels[by_class], labels[by_class])
    ranks = np.empty(len(labels), dtype=np.int64)
    ranks[by_class] = np.arange(len(labels)) - starts
    return ranks


@contextmanager
def _small_fits() -> Iterator[None]:
    """Fit in one thread, as far as the steps go.

    In products so small several threads wait for each other: ten times as long beside other work.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # near enough after so many steps
        yield


def _fit_and_predict(train: Floats, labels: NDArray[np.int64], asked: Floats) -> NDArray[np.int64]:
    from sklearn.linear_model import LogisticRegression  # a second to import

    mean = train.mean(axis=0)
    model = LogisticRegression(C=_STRENGTH, max_iter=_ITERATIONS)
    model.fit(train - mean, labels)
    return np.asarray(model.predict(asked - mean), dtype=np.int64)


def _points(
    sizes: Sequence[int], images: Sequence[int], right: Sequence[Right]
) -> tuple[CurvePoint, ...]:
    found = []
    for index, (size, number, each) in enumerate(zip(sizes, images, right, strict=True)):
        low, high = accuracy_band(each)
        point = CurvePoint(
            images_a_class=size,
            images=number,
            mean=float(each.mean()),
            low=low,
            high=high,
            repeats=len(each),
            gain=gain_interval(each, right[index - 1]) if index else None,
        )
        found.append(point)
    return tuple(found)


def accuracy_band(right: Right) -> Interval:
    """Return the 95 % interval of a mean accuracy over draws of training and validation pictures.

    Args:
        right: whether each validation picture was right in each draw `(draws, pictures)`.

    Wilson's interval with the effective number of pictures, p (1 - p) / variance (P. S. Kott,
    D. A. Carr, "Developing an estimation strategy for a pesticide data program", Journal of
    Official Statistics 13 (1997), 367-383), never more than there are; the variance of the mean is
    that over pictures plus that over draws.
    """
    pictures, mean = right.shape[1], float(right.mean())
    variance = float(right.mean(axis=0).var(ddof=1)) / pictures if pictures > 1 else 0.0
    variance += _over_draws(right.astype(np.float64))
    effective = mean * (1 - mean) / variance if variance > 0 and 0 < mean < 1 else float(pictures)
    effective = min(max(1.0, effective), float(pictures))
    return wilson_interval(mean * effective, effective)


def gain_interval(more: Right, fewer: Right) -> Interval:
    """Return the 95 % interval of the gain in accuracy, picture by picture and draw by draw.

    Args:
        more: `(draws, pictures)`; one draw where all training pictures were used.
        fewer: `(draws, pictures)`.

    Where few pictures change sides their variance is no guide, so two are added that were not
    there, half of one gained and half of one lost (A. Agresti, Y. Min, "Simple improved confidence
    intervals for comparing matched proportions", Statistics in Medicine 24 (2005), 729-740).
    """
    difference = more.astype(np.float64) - fewer  # one draw of all meets each draw of fewer
    by_picture = difference.mean(axis=0)
    size = len(by_picture) + 2
    mean = float(by_picture.sum()) / size
    variance = (float((by_picture**2).sum()) + 1) / size - mean**2
    quantile = float(t_quantile(np.array([size - 1]))[0])
    half = quantile * (variance / size + _over_draws(difference)) ** 0.5
    return max(-1.0, mean - half), min(1.0, mean + half)


def _over_draws(values: NDArray[np.float64]) -> float:
    """Return the variance of the mean of `(draws, pictures)` that comes from the draws."""
    draws = len(values)
    return float(values.mean(axis=1).var(ddof=1)) / draws if draws > 1 else 0.0


def _sentence(sizes: _Sizes, train: Judged, valid: Judged) -> str:
    most = "" if sizes.complete else f", at most {sizes.points[-1]:,} of a class"
    return (
        f"Logistic regression on the same {train.embeddings.shape[1]:,} features of a picture, "
        f"fitted to training pictures that are drawn {sizes.repeats} times{most}, and asked about "
        f"the same {len(valid.labels):,} validation pictures each time; the band is the 95 % "
        "interval over both."
    )
