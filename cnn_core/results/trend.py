"""Whether curves rise over some epochs: Sen's slope with the interval of Kendall's test.

Pure functions over numbers. The interval is exact and asks nothing of the noise but that it has no
order: a curve may bend, and one bad epoch moves it little. Several seeds are read as blocks: pairs
are formed within a seed alone, so that seeds that lie apart but all rise say that they rise.
"""

import functools
from collections.abc import Sequence

import numpy as np

from cnn_core.results.series import Floats

FEWEST_POINTS = 5
"""Of four, not even all in rising order would be told apart from chance at 95 %: 2 in 24 are."""


def sen_slope(
    curves: Sequence[Floats], confidence: float = 0.95
) -> tuple[float, tuple[float, float]]:
    """Return the median slope between two points of a curve, and its interval.

    Args:
        curves: a row a seed, each `(points,)` at equal distances, finite, at least
            `FEWEST_POINTS`, all equally long.
        confidence: of the interval, at least, 0 to 1.

    Source: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal of
    the American Statistical Association 63 (1968), 1379-1389, equations 3.1 and 4.1; over blocks:
    R. M. Hirsch, J. R. Slack, R. A. Smith, "Techniques of trend analysis for monthly water quality
    data", Water Resources Research 18 (1982), 107-121, equations 5 and 10.

    >>> slope, (low, high) = sen_slope([np.array([1.0, 2.0, 3.0, 4.0, 6.0])])
    >>> round(slope, 3), low, high
    (1.0, 1.0, 2.0)
    """
    points = len(curves[0])
    first, second = np.triu_indices(points, k=1)
    slopes = np.sort(
        np.concatenate([(each[second] - each[first]) / (second - first) for each in curves])
    )
    outside = _outside(points, len(curves), confidence)
    return float(np.median(slopes)), (float(slopes[outside]), float(slopes[-1 - outside]))


@functools.lru_cache(maxsize=64)
def _outside(points: int, blocks: int, confidence: float) -> int:
    """Return how many of the slopes lie below the interval (and as many above it).

    The number of discordant pairs has, by chance, the distribution of the inversions of a
    permutation; of several blocks they add up.
    """
    one = np.ones(1)
    for length in range(2, points + 1):
        one = np.convolve(one, np.full(length, 1 / length))
    every = np.ones(1)
    for _ in range(blocks):
        every = np.convolve(every, one)
    # With d discordant pairs or fewer, so unlikely by chance, the d lowest slopes are left out.
    few = np.flatnonzero(np.cumsum(every) <= (1 - confidence) / 2)
    return int(few[-1]) if len(few) else 0
