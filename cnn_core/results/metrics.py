"""Counts and intervals of a classifier's results: pure functions over numpy arrays.

Refused (`ValueError`: a bug in the caller, so outside the error tree): counts that cannot be,
arrays of different lengths, classes outside the matrix. Nothing here holds state; every function
may be called from any thread.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray


def _validate_confidence(confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie between 0 and 1, but it is {confidence}.")


def _validate_classes(name: str, values: NDArray[np.int64], num_classes: int) -> None:
    if values.ndim != 1:
        raise ValueError(f"{name} must have one dimension, but its shape is {values.shape}.")
    if values.size and not 0 <= values.min() <= values.max() < num_classes:
        raise ValueError(
            f"{name} must lie between 0 and {num_classes - 1}, but they reach from "
            f"{values.min()} to {values.max()}."
        )


def _validate_lengths(**arrays: NDArray[np.generic]) -> None:
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise ValueError(f"The arrays must be equally long, but {found}.")


def wilson_interval(successes: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion, 0 to 1.

    Args:
        successes: how many of `n` trials succeeded, 0 to `n`.
        n: number of trials, at least 1; an effective number of them need not be whole.
        confidence: 0 to 1, both excluded.

    Raises:
        ValueError: `n` below 1, `successes` outside 0 to `n`, `confidence` outside 0 to 1.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927), 209-212.

    >>> low, high = wilson_interval(9_890, 10_000)
    >>> round(low, 4), round(high, 4)
    (0.9868, 0.9909)
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"expected 0 <= successes <= n and n >= 1, but got {successes} of {n}.")
    _validate_confidence(confidence)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n
    # Wilson (1927), p. 210: the two roots p of (share - p)^2 = z^2 p (1 - p) / n.
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def clopper_pearson(successes: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact two-sided interval of a proportion, 0 to 1.

    Source: C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in
    the case of the binomial", Biometrika 26 (1934), 404-413, by quantiles of the beta distribution,
    which need no whole numbers: an effective sample size will do.

    Raises:
        ValueError: `n` below 1, `successes` outside 0 to `n`, `confidence` outside 0 to 1.

    >>> [round(end, 4) for end in clopper_pearson(36, 36)]
    [0.9026, 1.0]
    >>> [round(end, 4) for end in clopper_pearson(152, 160)]
    [0.9039, 0.9782]
    """
    if n < 1 or not 0 <= successes <= n or not 0 < confidence < 1:
        raise ValueError(f"expected 0 <= successes <= n, but got {successes} of {n}.")
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = betaincinv(successes, n - successes + 1, tail) if successes else 0.0
    high = betaincinv(successes + 1, n - successes, 1 - tail) if successes < n else 1.0
    return float(low), float(high)


def mean_interval(
    values: Sequence[float], confidence: float = 0.95
) -> tuple[float, tuple[float, float] | None]:
    """Return the mean of `values` and its Student t interval, None where one value tells no spread.

    Args:
        values: finite results of independent repetitions (one a seed), at least one.
        confidence: 0 to 1, both excluded.

    Raises:
        ValueError: no value, a value that is not finite, `confidence` outside 0 to 1.

    Source: Student, "The probable error of a mean", Biometrika 6 (1908), 1-25.

    >>> mean, interval = mean_interval([0.990, 0.991, 0.992])
    >>> round(mean, 4), [round(end, 4) for end in interval]
    (0.991, [0.9885, 0.9935])
    >>> mean_interval([0.5])
    (0.5, None)
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size < 1 or not np.isfinite(array).all():
        raise ValueError(f"expected at least one finite value, but got {list(values)}.")
    _validate_confidence(confidence)
    mean = float(array.mean())
    if array.size == 1:
        return mean, None
    quantile = float(t_quantile(np.array([array.size - 1]), confidence)[0])
    half = quantile * float(array.std(ddof=1)) / math.sqrt(array.size)
    return mean, (mean - half, mean + half)


def t_quantile(freedom: NDArray[np.int64], confidence: float = 0.95) -> NDArray[np.float64]:
    """Return by how many standard errors Student's two-sided interval reaches to either side.

    Args:
        freedom: degrees of freedom, each at least 1, any shape.
        confidence: 0 to 1, both excluded.

    >>> t_quantile(np.array([1, 2, 9])).round(3).tolist()
    [12.706, 4.303, 2.262]
    """
    from scipy.special import stdtrit  # 0.1 s to import: only where an interval is asked for

    return np.asarray(stdtrit(freedom, (1 + confidence) / 2), dtype=np.float64)


def confusion_matrix(
    labels: ArrayLike, predictions: ArrayLike, num_classes: int
) -> NDArray[np.int64]:
    """Count how often each class was read as each class.

    Args:
        labels: true classes `(N,)`, integers 0 to `num_classes - 1`.
        predictions: predicted classes `(N,)`, integers 0 to `num_classes - 1`.
        num_classes: C, at least 1.

    Returns:
        Counts, int64 `(C, C)`; rows are true classes, columns predicted ones.

    Raises:
        ValueError: different lengths, or a class outside 0 to `num_classes - 1`.

    >>> confusion_matrix([0, 1, 1], [0, 0, 1], 2).tolist()
    [[1, 0], [1, 1]]
    """
    true = np.asarray(labels, dtype=np.int64)
    predicted = np.asarray(predictions, dtype=np.int64)
    _validate_classes("labels", true, num_classes)
    _validate_classes("predictions", predicted, num_classes)
    _validate_lengths(labels=true, predictions=predicted)
    cells = np.bincount(true * num_classes + predicted, minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes).astype(np.int64)


def cell_members(
    labels: ArrayLike,
    predictions: ArrayLike,
    confidences: ArrayLike,
    true: int,
    predicted: int,
    limit: int,
) -> NDArray[np.int64]:
    """Return which pictures stand behind one cell of the confusion matrix, most confident first.

    Args:
        labels: true classes `(N,)`.
        predictions: predicted classes `(N,)`.
        confidences: probability that the network gave its prediction `(N,)`, 0 to 1.
        true: row of the cell.
        predicted: column of the cell.
        limit: at most so many indices, at least 0.

    Returns:
        Indices into the arrays, int64 `(M,)`, M <= `limit`; equal confidences keep their order.

    Raises:
        ValueError: different lengths, or a negative limit.

    >>> cell_members([4, 4, 4], [9, 4, 9], [0.6, 0.9, 0.8], true=4, predicted=9, limit=5).tolist()
    [2, 0]
    """
    truth, guess = np.asarray(labels), np.asarray(predictions)
    sure = np.asarray(confidences, dtype=np.float64)
    _validate_lengths(labels=truth, predictions=guess, confidences=sure)
    if limit < 0:
        raise ValueError(f"limit must be at least 0, but it is {limit}.")
    members = np.flatnonzero((truth == true) & (guess == predicted))
    order = np.argsort(-sure[members], kind="stable")
    return members[order][:limit].astype(np.int64)
