"""Scores of a classifier on one part: pure functions over what it said of each picture.

Free of torch and of scikit-learn, with which the tests compare. Nothing here holds state. Refused
(`ValueError`: a bug in the caller): no picture, arrays that do not fit together.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.judgement import CalibrationBin, ClassScore, Judged, PartScore
from cnn_core.results.metrics import confusion_matrix, wilson_interval

MOST_BINS = 10
PICTURES_A_BIN = 15
TOP_LOSSES = 48
_LEAST_PROBABILITY = float(np.finfo(np.float32).tiny)  # a float32 softmax rounds below it to 0


def _validate_judged(judged: Judged, classes: Sequence[str]) -> None:
    shape, expected = judged.probabilities.shape, (len(judged.labels), len(classes))
    if shape != expected or not len(judged.labels) or len(judged.pictures) != expected[0]:
        raise ValueError(
            f"expected at least one picture and probabilities {expected}, but got {shape} and "
            f"{len(judged.pictures)} pictures."
        )


def score(judged: Judged, classes: Sequence[str]) -> PartScore:
    """Return a network's scores on one part; equal probabilities go to the class that comes first.

    Args:
        judged: what it said of N pictures, at least one.
        classes: the names of the C outputs.

    Raises:
        ValueError: no picture, or not as many classes as there are probabilities.

    The macro F1 is the mean over the classes that occur or were predicted.

    >>> said = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]], dtype=np.float32)
    >>> judged = Judged(
    ...     part="valid",
    ...     pictures=np.arange(3),
    ...     labels=np.array([0, 1, 1]),
    ...     probabilities=said,
    ...     embeddings=said,
    ... )
    >>> found = score(judged, ["rose", "tulip"])
    >>> found.correct, found.confusion, found.top_losses
    (2, ((1, 0), (1, 1)), (2, 1, 0))
    """
    _validate_judged(judged, classes)
    labels, probabilities = judged.labels, judged.probabilities.astype(np.float64)
    predicted = probabilities.argmax(axis=1)
    matrix = confusion_matrix(labels, predicted, len(classes))
    right = predicted == labels
    losses = picture_losses(judged)
    per_class = tuple(_class_score(name, matrix, i) for i, name in enumerate(classes))
    bins = calibration_bins(probabilities.max(axis=1), right)
    size, correct = len(labels), int(right.sum())
    return PartScore(
        part=judged.part,
        size=size,
        correct=correct,
        accuracy=correct / size,
        interval=wilson_interval(correct, size),
        loss=float(losses.mean()),
        macro_f1=float(np.mean([each.f1 for each in per_class if each.f1 is not None])),
        classes=per_class,
        confusion=tuple(tuple(int(cell) for cell in row) for row in matrix),
        calibration=bins,
        calibration_error=calibration_error(bins),
        top_losses=tuple(int(i) for i in np.argsort(-losses, kind="stable")[:TOP_LOSSES]),
    )


def picture_losses(judged: Judged) -> NDArray[np.float64]:
    """Return the cross entropy of each picture `(N,)`, natural logarithm; at most about 87."""
    given = judged.probabilities[np.arange(len(judged.labels)), judged.labels].astype(np.float64)
    return np.asarray(-np.log(np.maximum(given, _LEAST_PROBABILITY)), dtype=np.float64)


def calibration_bins(
    confidences: NDArray[np.float64], right: NDArray[np.bool_]
) -> tuple[CalibrationBin, ...]:
    """Return bins of (almost) equal numbers of pictures, by rising confidence.

    Args:
        confidences: greatest probability of each picture `(N,)`, 0 to 1, N at least 1.
        right: whether that class is the true one `(N,)`.

    Returns:
        At most `MOST_BINS` bins of at least `PICTURES_A_BIN` pictures; one bin of fewer pictures.

    Source: K. Nguyen, B. O'Connor, "Posterior calibration and exploratory analysis for natural
    language processing models", EMNLP 2015, section 3 (adaptive binning).
    """
    order = np.argsort(confidences, kind="stable")
    number = min(MOST_BINS, max(1, len(order) // PICTURES_A_BIN))
    return tuple(
        CalibrationBin(
            count=len(members),
            confidence=float(confidences[members].mean()),
            accuracy=float(right[members].mean()),
            interval=wilson_interval(int(right[members].sum()), len(members)),
        )
        for members in np.array_split(order, number)
    )


def calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """Return the expected calibration error over `bins`, 0 to 1.

    Source: C. Guo et al., "On calibration of modern neural networks", ICML 2017, equation 3.
    """
    total = sum(each.count for each in bins)
    return sum(each.count / total * abs(each.accuracy - each.confidence) for each in bins)


def _class_score(name: str, matrix: NDArray[np.int64], index: int) -> ClassScore:
    hits = int(matrix[index, index])
    support, predicted = int(matrix[index].sum()), int(matrix[:, index].sum())
    return ClassScore(
        label=name,
        support=support,
        predicted=predicted,
        precision=hits / predicted if predicted else None,
        recall=hits / support if support else None,
        f1=2 * hits / (support + predicted) if support + predicted else None,
        recall_interval=wilson_interval(hits, support) if support else None,
        precision_interval=wilson_interval(hits, predicted) if predicted else None,
    )
