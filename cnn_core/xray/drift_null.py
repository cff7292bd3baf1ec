"""What unchanged cases would show: null distributions of the tests that watch over drift.

Every p takes into account that the reference is itself a sample: a test against the reference as
if it were the truth goes off too often. Pure, vectorised, seeded where it draws; for any thread.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 10
"""Of the population stability index: deciles of the reference."""
NULL_DRAWS = 10_000
"""Of its null distribution: no p is below one in so many."""

_SMOOTHED = 0.5  # added to each count: a share of nothing has no logarithm

Floats = NDArray[np.float64]


def decile_edges(reference: ArrayLike) -> Floats:
    """Return the inner edges of the bins, ascending and distinct, float64, at most `BINS` - 1.

    Args:
        reference: finite values `(N,)`, at least one.

    >>> decile_edges(range(1, 101)).tolist()
    [11.0, 21.0, 31.0, 41.0, 51.0, 61.0, 71.0, 81.0, 91.0]
    >>> decile_edges([0.5] * 30).tolist()
    [0.5]
    """
    ordered = np.sort(np.asarray(reference, dtype=np.float64))
    places = np.arange(1, BINS) * len(ordered) // BINS
    return np.unique(ordered[places])


def binned(values: ArrayLike, edges: Floats) -> NDArray[np.int64]:
    """Return how many values lie in each bin, int64 `(len(edges) + 1,)`; an edge counts upwards."""
    bins = np.searchsorted(edges, np.asarray(values, dtype=np.float64), side="right")
    return np.bincount(bins, minlength=len(edges) + 1).astype(np.int64)


def stability_index(reference: NDArray[np.int64], counts: NDArray[np.int64]) -> Floats:
    """Return the population stability index of counts `(..., B)` against those of the reference.

    The sum over the bins of (q - p) ln(q / p), which is Jeffreys' divergence; half a case is added
    to each bin, since an empty one has no logarithm.

    Source: N. Siddiqi, "Credit risk scorecards" (2006), chapter 9; its null distribution: B.
    Yurdakul, J. Naranjo, "Statistical properties of the population stability index", Journal of
    Risk Model Validation 14 (2020), 89-100.

    >>> float(stability_index(np.array([50, 50]), np.array([50, 50])))
    0.0
    """
    expected = (reference + _SMOOTHED) / (reference + _SMOOTHED).sum()
    seen = counts + _SMOOTHED
    found = seen / seen.sum(axis=-1, keepdims=True)
    return np.asarray(((found - expected) * np.log(found / expected)).sum(axis=-1))


@lru_cache(maxsize=256)
def _index_null(reference: tuple[int, ...], n: int, seed: int) -> Floats:
    """Return the index of windows of `n` unchanged cases, ascending.

    The chances of the bins are drawn too: between order statistics of a continuous reference they
    are Dirichlet-distributed with the counts as parameters (S. S. Wilks, "Mathematical statistics"
    (1962), 8.7), whatever the distribution of the values.
    """
    rng = np.random.default_rng([seed, n])
    counts = np.asarray(reference, dtype=np.int64)
    chances = rng.dirichlet(counts + 1 / len(counts), size=NULL_DRAWS)
    drawn = rng.multinomial(n, chances)
    null = np.sort(stability_index(counts, drawn))
    null.setflags(write=False)
    return null


def index_test(reference: ArrayLike, window: ArrayLike, *, seed: int = 0) -> tuple[float, float]:
    """Return the population stability index of a window, and its p from its own null distribution.

    Args:
        reference: finite values `(N,)`, at least one.
        window: likewise `(n,)`.
        seed: of the null distribution.

    >>> index, p = index_test(range(300), range(0, 300, 3))
    >>> round(index, 2), p > 0.9
    (0.0, True)
    """
    edges = decile_edges(reference)
    known, counts = binned(reference, edges), binned(window, edges)
    index = float(stability_index(known, counts))
    null = _index_null(tuple(known.tolist()), int(counts.sum()), seed)
    beyond = len(null) - int(np.searchsorted(null, index - 1e-12))
    return index, (1 + beyond) / (1 + len(null))


def usual_index(reference: ArrayLike, n: int, *, share: float = 0.99, seed: int = 0) -> float:
    """Return what so large a share of unchanged windows of `n` cases stays at or below."""
    known = binned(reference, decile_edges(reference))
    return float(np.quantile(_index_null(tuple(known.tolist()), n, seed), share))


def two_sample(reference: ArrayLike, window: ArrayLike) -> tuple[float, float]:
    """Return the two-sample Kolmogorov-Smirnov statistic and its exact two-sided p.

    Ties make p too large, never too small.

    Args:
        reference: finite values `(m,)`, at least one.
        window: likewise `(n,)`.

    >>> statistic, p = two_sample([1, 2, 3], [4, 5, 6])
    >>> statistic, round(p, 3)
    (1.0, 0.1)
    """
    known, seen = (np.sort(np.asarray(each, dtype=np.float64)) for each in (reference, window))
    m, n = len(known), len(seen)
    at = np.concatenate([known, seen])
    below = np.searchsorted(known, at, side="right") * n
    apart = int(np.abs(below - np.searchsorted(seen, at, side="right") * m).max())
    return apart / (m * n), _beyond(m, n, apart)


@lru_cache(maxsize=4096)
def _beyond(m: int, n: int, apart: int) -> float:
    """Return the chance that samples of `m` and `n` lie `apart` / (m n) apart, or more.

    Lattice paths that stay inside the band are counted row by row, as shares of all paths.

    Source: J. L. Hodges, "The significance probability of the Smirnov two-sample test", Arkiv foer
    Matematik 3 (1958), 469-486, section 2.
    """
    columns = np.arange(m + 1)
    inside = (columns * n < apart).astype(np.float64)
    logarithm = 0.0
    for row in range(1, n + 1):
        outside = np.abs(columns * n - row * m) >= apart
        inside[outside] = 0.0
        inside = np.cumsum(inside)
        inside[outside] = 0.0
        largest = inside.max()
        if largest <= 0:
            return 1.0
        inside /= largest
        logarithm += math.log(largest)
    if inside[m] <= 0:
        return 1.0
    paths = math.lgamma(m + n + 1) - math.lgamma(m + 1) - math.lgamma(n + 1)
    return float(min(1.0, max(0.0, -math.expm1(logarithm + math.log(inside[m]) - paths))))


@lru_cache(maxsize=4096)
def rate_test(known: int, m: int, seen: int, n: int) -> float:
    """Return the exact two-sided p that `seen` of `n` have the rate that `known` of `m` have.

    Conditional on the total, so that the reference's rate may be uncertain: every split that is no
    likelier than the one that came counts.

    Source: R. A. Fisher, "The logic of inductive inference", Journal of the Royal Statistical
    Society 98 (1935), 39-82.

    >>> round(rate_test(8, 10, 1, 6), 4)
    0.035
    """
    total = known + seen
    least, most = max(0, total - m), min(n, total)
    each = np.array(
        [_choices(n, k) + _choices(m, total - k) for k in range(least, most + 1)], dtype=np.float64
    )
    chances = np.exp(each - _choices(n + m, total))
    own = chances[seen - least]
    return float(min(1.0, chances[chances <= own * (1 + 1e-7)].sum()))


def _choices(n: int, k: int) -> float:
    """Return the logarithm of n over k."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def holm(p: ArrayLike) -> Floats:
    """Return p values corrected for how many there are, in their order, float64.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
    of Statistics 6 (1979), 65-70.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    raised = np.maximum.accumulate(given[order] * (len(given) - np.arange(len(given))))
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted
