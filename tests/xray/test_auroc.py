"""AUROC, its lines and intervals: against scikit-learn and scipy."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from cnn_core.charts.film_words import measured
from cnn_core.xray.auroc import (
    POINTS,
    auroc,
    auroc_over_folds,
    auroc_statistic,
    average_precision,
    macro_auroc,
    macro_auroc_measured,
    macro_statistic,
    precision_recall_line,
    roc_line,
)
from cnn_core.xray.auroc_interval import newcombe

RNG = np.random.default_rng(8)
N = 300
LABELS = RNG.integers(3, size=N)
PROBABILITIES = RNG.dirichlet(np.ones(3), N)
PROBABILITIES[np.arange(N), LABELS] += 0.4
PROBABILITIES = (PROBABILITIES / PROBABILITIES.sum(axis=1, keepdims=True)).round(2)  # with ties
PATIENTS = np.arange(N) // 2
SCORES = PROBABILITIES[:, 1]
ONES = np.ones((1, N), dtype=np.float32)


def test_weighted_areas_are_scikit_learns():
    weights = RNG.integers(4, size=(5, N)).astype(np.float32)
    ours = auroc_statistic(LABELS == 1, SCORES)(weights)
    theirs = [roc_auc_score(LABELS == 1, SCORES, sample_weight=row) for row in weights]
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_the_macro_average_is_scikit_learns():
    shares = PROBABILITIES / PROBABILITIES.sum(axis=1, keepdims=True)
    theirs = roc_auc_score(LABELS, shares, multi_class="ovr")
    assert macro_auroc(LABELS, shares) == pytest.approx(theirs, abs=1e-12)
    assert macro_statistic(LABELS, shares)(ONES)[0] == pytest.approx(theirs, abs=1e-9)
    with pytest.raises(ValueError, match="two classes"):
        macro_auroc([1, 1], PROBABILITIES[:2])


def test_a_draw_without_a_class_is_not_a_number():
    only = (LABELS == 1).astype(np.float32)[None]
    assert np.isnan(auroc_statistic(LABELS == 1, SCORES)(only)[0])


def test_average_precision_is_scikit_learns():
    figure = average_precision(LABELS == 1, SCORES, PATIENTS, draws=100)
    assert figure.value == pytest.approx(average_precision_score(LABELS == 1, SCORES), abs=1e-9)
    assert figure.interval[0] < figure.value < figure.interval[1]


def test_curves_are_scikit_learns():
    false, true, _ = roc_curve(LABELS == 1, SCORES, drop_intermediate=False)
    line = roc_line(LABELS == 1, SCORES)
    assert line.x == pytest.approx(false.tolist())
    assert line.y == pytest.approx(true.tolist())
    precision, recall, _ = precision_recall_curve(LABELS == 1, SCORES)
    ours = precision_recall_line(LABELS == 1, SCORES)
    kept = recall[::-1][1:]  # theirs ends at (0, 1), ours begins at the first precision
    assert ours.x[1:] == pytest.approx(kept.tolist())
    assert ours.y[1:] == pytest.approx(precision[::-1][1:].tolist())


def test_long_curves_are_thinned_and_keep_their_ends():
    line = roc_line(np.arange(5_000) % 2 == 0, np.arange(5_000))
    assert len(line.x) == POINTS
    assert (line.x[0], line.y[0], line.x[-1], line.y[-1]) == (0.0, 0.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="positive"):
        roc_line([False, False], [0.1, 0.2])


def test_the_interval_is_delongs_where_there_are_many_patients():
    """E. R. DeLong and others, Biometrics 44 (1988), 837-845: the variance, on the logit scale."""
    true = LABELS == 1
    won = SCORES[true][:, None] > SCORES[~true]
    won = won + 0.5 * (SCORES[true][:, None] == SCORES[~true])
    variance = (
        won.mean(axis=1).var(ddof=1) / true.sum() + won.mean(axis=0).var(ddof=1) / (~true).sum()
    )
    area = won.mean()
    reach = norm.ppf(0.975) * np.sqrt(variance) / (area * (1 - area))
    theirs = 1 / (1 + np.exp(-(np.log(area / (1 - area)) + np.array([-reach, reach]))))
    figure = auroc(true, SCORES, np.arange(N), draws=1_000)
    assert figure.value == pytest.approx(area)
    assert figure.interval == pytest.approx(theirs.tolist(), abs=0.006)


def test_copies_of_films_add_nothing():
    once = auroc(LABELS == 1, SCORES, np.arange(N), draws=300)
    twice = auroc(
        np.repeat(LABELS == 1, 2), np.repeat(SCORES, 2), np.repeat(np.arange(N), 2), draws=300
    )
    assert twice.value == pytest.approx(once.value)
    assert twice.interval == pytest.approx(once.interval, abs=1e-3)


@pytest.mark.parametrize("positive", [12, 20, 40])
def test_a_perfect_score_still_has_an_interval(positive):
    true = np.arange(2 * positive) < positive
    figure = auroc(true, true * 1.0, np.arange(2 * positive), draws=50)
    assert figure.value == figure.interval[1] == 1.0
    low = newcombe(1.0, positive, positive)[0]
    assert figure.interval[0] == pytest.approx(low, abs=1e-9)
    assert "Newcombe" in figure.method
    # Newcombe's end is where his standard error (as of Hanley and McNeil, 1982) reaches the value.
    mean = positive - 1
    terms = 1 + mean * ((1 - low) / (2 - low) + low / (1 + low))
    assert 1 - low == pytest.approx(norm.ppf(0.975) * np.sqrt(low * (1 - low) * terms) / positive)


def test_fewer_than_ten_patients_of_a_class_have_no_area():
    true = np.arange(100) < 9
    figure = auroc(true, np.arange(100), np.arange(100), draws=50)
    assert (figure.value, figure.note) == (None, "too few: 9 patients")
    few = average_precision(np.arange(100) >= 9, np.arange(100), np.arange(100), draws=50)
    assert few.note == "too few: 9 patients"


def test_films_of_one_side_are_not_too_few_and_a_figure_says_so():
    numbers = np.arange(300)
    for side in (True, False):
        for found in (auroc, average_precision):
            figure = found(np.full(300, side), numbers, numbers, draws=50)
            assert (figure.value, figure.patients) == (None, 300)
            assert figure.note == "films of one side only: 300 patients"
    folds = auroc_over_folds(np.ones(300), numbers, numbers, numbers % 3, draws=50)
    assert measured(folds) == "films of one side only: 300 patients"
    assert auroc([], [], []).note == "too few: 0 patients"


def test_folds_are_averaged_and_never_pooled():
    folds = np.arange(N) // 2 % 3 + 1
    shifted = PROBABILITIES + np.array([0.0, 5.0, 0.0]) * (folds[:, None] - 1)
    figure = auroc_over_folds(LABELS, shifted, PATIENTS, folds, draws=100)
    means = [macro_auroc(LABELS[folds == k], PROBABILITIES[folds == k]) for k in (1, 2, 3)]
    assert figure.value == pytest.approx(np.mean(means))
    one = auroc_over_folds(LABELS == 1, shifted[:, 1], PATIENTS, folds, draws=100)
    parts = [roc_auc_score(LABELS[folds == k] == 1, SCORES[folds == k]) for k in (1, 2, 3)]
    assert one.value == pytest.approx(np.mean(parts))
    assert roc_auc_score(LABELS == 1, shifted[:, 1]) < one.value - 0.1


def test_a_monotone_change_of_scores_changes_nothing():
    plain = macro_auroc_measured(LABELS, PROBABILITIES, PATIENTS, draws=50)
    changed = macro_auroc_measured(LABELS, np.exp(3 * PROBABILITIES), PATIENTS, draws=50)
    assert changed == plain
