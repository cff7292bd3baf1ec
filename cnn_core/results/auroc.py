"""Area under the receiver operating characteristic: of one class, and averaged over classes.

Pure functions over NumPy arrays, for the loop that chooses an epoch by it and for what is said of
a study afterwards alike. Not defined where a class is missing: then None, never a number.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def auroc(positive: ArrayLike, scores: ArrayLike) -> float | None:
    """Return the chance that a positive scores higher than a negative, a tie counting one half.

    Args:
        positive: which are, bool `(N,)`.
        scores: of each, finite `(N,)`; only their order counts.

    Returns:
        0 to 1; None where there is no positive or no negative.

    Raises:
        ValueError: different lengths.

    Source: Hanley, McNeil, "The meaning and use of the area under a receiver operating
    characteristic (ROC) curve", Radiology 143 (1982), 29-36: the rank sum of Wilcoxon.

    >>> auroc([False, False, True, True], [0.1, 0.4, 0.35, 0.8])
    0.75
    >>> auroc([True, True], [0.1, 0.4]) is None
    True
    """
    true, values = np.asarray(positive, dtype=bool), np.asarray(scores, dtype=np.float64)
    if true.shape != values.shape or true.ndim != 1:
        raise ValueError(
            f"expected as many scores as cases, but got {values.shape} for {true.shape}."
        )
    positives = int(true.sum())
    negatives = len(true) - positives
    if not positives or not negatives:
        return None
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2  # of tied values the mean of theirs
    wins = float(ranks[place][true].sum()) - positives * (positives + 1) / 2
    return wins / (positives * negatives)


def macro_auroc(labels: ArrayLike, scores: NDArray[np.floating]) -> float | None:
    """Return the mean over the classes of the AUROC of each against the rest.

    Args:
        labels: true classes `(N,)`, 0 to C - 1.
        scores: `(N, C)`, finite; probabilities, not logits: their order between cases differs.

    Returns:
        0 to 1; classes without a case (or with nothing else) do not count; None if none counts.

    >>> macro_auroc([0, 1, 1], np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3]]))
    1.0
    """
    true = np.asarray(labels)
    found = [auroc(true == c, scores[:, c]) for c in range(scores.shape[1])]
    known = [value for value in found if value is not None]
    return sum(known) / len(known) if known else None
