"""Whether many numbers a case have changed together: the maximum mean discrepancy.

Gaussian kernel, its width the median distance of all cases; p by permutation, which is exact
whatever the distribution. Pure and seeded; for any thread.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 2_000
MOST_KNOWN = 400
"""Films of the reference that a window is compared with: those drawn once, by the seed."""

_CHUNK = 250
_ENOUGH = 25  # so many beyond, and the rest need not be drawn

Rows = NDArray[np.float32]


def _squared_distances(first: Rows, second: Rows) -> NDArray[np.float32]:
    lengths = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None, :]
    return np.asarray(np.maximum(lengths - 2 * first @ second.T, 0), dtype=np.float32)


@lru_cache(maxsize=16)
def _drawn(m: int, n: int, seed: int) -> NDArray[np.uint8]:
    """Return which of m + n cases are taken for the window, `(PERMUTATIONS, m + n)` of 0 and 1."""
    rng = np.random.default_rng([seed, m, n])
    places = np.argpartition(rng.random((PERMUTATIONS, m + n), dtype=np.float32), n, axis=1)[:, :n]
    chosen = np.zeros((PERMUTATIONS, m + n), dtype=np.uint8)
    np.put_along_axis(chosen, places, np.uint8(1), axis=1)
    chosen.setflags(write=False)
    return chosen


def discrepancy_test(reference: Rows, window: Rows, *, seed: int = 0) -> tuple[float, float]:
    """Return the squared maximum mean discrepancy (unbiased, so it may be below 0), and its p.

    Permutations are drawn until enough lie beyond, or all are: J. Besag, P. Clifford, "Sequential
    Monte Carlo p-values", Biometrika 78 (1991), 301-304.

    Args:
        reference: finite, float32 `(M, D)`, at least two; `MOST_KNOWN` of them are compared with.
        window: likewise `(N, D)`.
        seed: of what is drawn.

    Source: A. Gretton, K. Borgwardt, M. Rasch, B. Schoelkopf, A. Smola, "A kernel two-sample test",
    Journal of Machine Learning Research 13 (2012), 723-773, equation 3 and section 8.

    >>> rng = np.random.default_rng(0)
    >>> first, second = (rng.normal(size=(n, 4)).astype(np.float32) for n in (200, 50))
    >>> discrepancy_test(first, second)[1] > 0.01, discrepancy_test(first, second + 1)[1] < 0.001
    (True, True)
    """
    m, n = min(len(reference), MOST_KNOWN), len(window)
    if m < len(reference):
        kept = np.random.default_rng([seed, len(reference)]).permutation(len(reference))[:m]
        reference = reference[np.sort(kept)]
    together = np.concatenate([reference, window]).astype(np.float32)
    together -= together.mean(axis=0)
    apart = _squared_distances(together, together)
    width = float(np.median(apart[np.triu_indices(m + n, 1)]))
    kernel = (
        np.exp(apart / np.float32(-2 * width)) if width > 0 else (apart == 0).astype(np.float32)
    )
    np.fill_diagonal(kernel, 0)
    rows = kernel.sum(axis=1, dtype=np.float64).astype(np.float32)

    def discrepancy(chosen: NDArray[np.float32]) -> NDArray[np.float64]:
        within = np.einsum("ij,ij->i", chosen @ kernel, chosen).astype(np.float64)
        whole = (chosen @ rows).astype(np.float64)
        between = whole - within
        rest = float(rows.sum(dtype=np.float64)) - 2 * whole + within
        value = within / (n * (n - 1)) + rest / (m * (m - 1)) - 2 * between / (m * n)
        return np.asarray(value, dtype=np.float64)

    own = np.zeros((1, m + n), dtype=np.float32)
    own[0, m:] = 1
    value = float(discrepancy(own)[0])
    chosen, beyond = _drawn(m, n, seed), 0
    for begin in range(0, PERMUTATIONS, _CHUNK):
        hits = discrepancy(chosen[begin : begin + _CHUNK].astype(np.float32)) >= value - 1e-7
        if beyond + int(hits.sum()) >= _ENOUGH:
            last = int(np.flatnonzero(hits)[_ENOUGH - beyond - 1])
            return value, _ENOUGH / (begin + last + 1)
        beyond += int(hits.sum())
    return value, (1 + beyond) / (1 + PERMUTATIONS)
