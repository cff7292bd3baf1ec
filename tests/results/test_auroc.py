"""The area under the curve, against scikit-learn's, ties and missing classes among the cases."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cnn_core.results.auroc import auroc, macro_auroc


@pytest.mark.parametrize("distinct", [2, 5, 1_000])
@pytest.mark.parametrize("seed", range(3))
def test_auroc_is_scikit_learns_with_ties_too(distinct, seed):
    draw = np.random.default_rng(seed)
    positive = draw.random(60) < 0.3
    scores = draw.integers(0, distinct, 60) / distinct + 0.2 * positive
    assert auroc(positive, scores) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


def test_the_macro_average_is_scikit_learns():
    draw = np.random.default_rng(3)
    labels = np.arange(90) % 3
    scores = draw.dirichlet((1, 1, 1), 90) + 0.3 * np.eye(3)[labels]
    scores /= scores.sum(axis=1, keepdims=True)
    expected = roc_auc_score(labels, scores, multi_class="ovr", average="macro")
    assert macro_auroc(labels, scores) == pytest.approx(expected, abs=1e-12)


def test_a_missing_class_does_not_count_and_one_class_alone_has_none():
    scores = np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1]])
    assert macro_auroc([0, 1, 1], scores) == 1.0
    assert macro_auroc([1, 1, 1], scores) is None
    with pytest.raises(ValueError, match="as many scores"):
        auroc([True, False], [0.1])
