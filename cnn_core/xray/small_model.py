"""The small model of audit and protocols: logistic regression on a film of 32 x 32 pixels.

It is small on purpose. What so little can tell from a film's border, nobody needs lungs for; and it
is fitted in a second, so that every protocol can be carried out. Pure: the same arrays and seed
give the same probabilities. scikit-learn is imported where it is used: a page that shows the
figures need not wait for it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnn_core.xray.splits import split_folds
from cnn_core.xray.zones import SMALL

MODEL_WORDS = (
    f"multinomial logistic regression on {SMALL} × {SMALL} pixels, centred, ridge penalty "
    f"(C = 5), classes unweighted; the central zone is a fixed ellipse, not a segmentation"
)
_PENALTY = 5.0  # C of scikit-learn; pixels are 0 to 1
_STEPS, _TOLERANCE = 300, 1e-3  # a tenth of it takes four times as long for 0.001 of AUROC

Scores = NDArray[np.float64]
Integers = NDArray[np.int64]


def fitted_scores(
    train: NDArray[np.floating],
    labels: Integers,
    test: NDArray[np.floating],
    *,
    classes: int,
) -> Scores:
    """Fit the small model and return what it says of other films.

    Args:
        train: `(N, P)`, finite.
        labels: classes of `train` `(N,)`, 0 to `classes` - 1; at least two occur.
        test: `(M, P)`, finite.
        classes: C.

    Returns:
        Probabilities float64 `(M, C)`; each row adds up to 1, a class that `labels` lack has 0.

    Raises:
        ValueError: fewer than two classes occur.
    """
    there = np.unique(labels)
    if len(there) < 2:
        raise ValueError(f"expected at least two classes to learn from, but got {len(there)}.")
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    middle = train.mean(axis=0, keepdims=True)
    scores = np.zeros((len(test), classes), dtype=np.float64)
    with threadpool_limits(1):  # small matrices: beside other work, threads wait for each other
        model = LogisticRegression(C=_PENALTY, max_iter=_STEPS, tol=_TOLERANCE)
        model.fit(np.asarray(train - middle, dtype=np.float32), labels)
        scores[:, there] = model.predict_proba(np.asarray(test - middle, dtype=np.float32))
    return scores


def small_model_folds(
    labels: Integers, groups: Integers, *, folds: int, seed: int, classes: Sequence[str]
) -> Integers:
    """Return the fold that `small_model_scores` holds each film out in, int64 `(N,)` from 1.

    Raises:
        DataError: not even two folds can be made.
    """
    return split_folds(labels, [""] * len(labels), groups, classes=classes, folds=folds, seed=seed)


def small_model_scores(
    pixels: NDArray[np.floating],
    labels: Sequence[int] | Integers,
    groups: Sequence[int] | Integers,
    *,
    folds: int = 5,
    seed: int = 0,
    classes: Sequence[str] = (),
) -> tuple[Scores, Integers]:
    """Return out-of-fold probabilities of the small model: no film is scored by what it trained.

    Args:
        pixels: of `zones_pixels`, or any features, `(N, P)`, about 0 to 1, finite.
        labels: classes `(N,)`, from 0 without a gap.
        groups: whole numbers `(N,)`; a group is in one fold. Films at random: `range(N)`.
        folds: how many, 2 or more; fewer are made where a fold would lack two groups of a class.
        seed: of the folds, 0 or above.
        classes: their names, for a message.

    Returns:
        Probabilities float64 `(N, C)`, and the fold that each film was held out in, int64 `(N,)`
        from 1.

    Raises:
        DataError: not even two folds can be made.
    """
    true, units = np.asarray(labels, dtype=np.int64), np.asarray(groups, dtype=np.int64)
    names = list(classes) or [f"class {number}" for number in range(int(true.max()) + 1)]
    fold = small_model_folds(true, units, folds=folds, seed=seed, classes=names)
    scores = np.zeros((len(true), len(names)), dtype=np.float64)
    for number in range(1, int(fold.max()) + 1):
        out = fold == number
        scores[out] = fitted_scores(pixels[~out], true[~out], pixels[out], classes=len(names))
    return scores, fold
