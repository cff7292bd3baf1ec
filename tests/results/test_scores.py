"""Scores against scikit-learn, calibration against a plain loop, intervals against tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from cnn_core.results.chance import at_least, difference_interval, points, sign_test
from cnn_core.results.scores import (
    MOST_BINS,
    PICTURES_A_BIN,
    TOP_LOSSES,
    calibration_bins,
    picture_losses,
    score,
)
from tests.results.judged_parts import from_confusion, judged, names_of


def random_part(seed, size, classes):
    random = np.random.default_rng(seed)
    logits = random.normal(size=(size, classes)) * 2
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = random.integers(0, max(1, classes - seed % 2), size)  # odd seeds: one class is missing
    return judged(labels, probabilities)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 200), st.integers(2, 9))
def test_every_score_is_what_scikit_learn_says(seed, size, classes):
    part = random_part(seed, size, classes)
    found, predicted = score(part, names_of(classes)), part.probabilities.argmax(axis=1)
    every = np.arange(classes)
    assert found.accuracy == metrics.accuracy_score(part.labels, predicted)
    assert np.array_equal(
        found.confusion, metrics.confusion_matrix(part.labels, predicted, labels=every)
    )
    exact = part.probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    loss = metrics.log_loss(part.labels, exact, labels=every)
    assert found.loss == pytest.approx(loss, rel=1e-5)
    assert found.macro_f1 == pytest.approx(
        metrics.f1_score(part.labels, predicted, average="macro", zero_division=0)
    )
    table = metrics.precision_recall_fscore_support(
        part.labels, predicted, labels=every, zero_division=np.nan
    )
    for each, precision, recall, f1, support in zip(found.classes, *table, strict=True):
        assert each.support == support
        assert (each.precision is None) == np.isnan(precision) == (each.precision_interval is None)
        assert (each.recall is None) == np.isnan(recall) == (each.recall_interval is None)
        if support + each.predicted:
            assert each.f1 == pytest.approx(0 if np.isnan(f1) else f1)
        if each.recall is not None:
            assert each.recall == pytest.approx(recall)
            assert each.recall_interval[0] <= each.recall <= each.recall_interval[1]


def test_a_class_that_neither_occurs_nor_was_predicted_has_no_figures():
    absent = score(from_confusion([[3, 0, 0], [1, 2, 0], [0, 0, 0]]), names_of(3)).classes[2]
    assert absent.support == absent.predicted == 0
    assert (absent.precision, absent.recall, absent.f1) == (None, None, None)


def test_the_bins_are_equally_full_by_rising_confidence_and_add_up():
    part = random_part(2, 187, 4)
    sure, right = part.probabilities.max(1), part.probabilities.argmax(1) == part.labels
    bins = calibration_bins(sure.astype(np.float64), right)
    assert len(bins) == min(MOST_BINS, 187 // PICTURES_A_BIN)
    counts = [each.count for each in bins]
    assert sum(counts) == 187
    assert max(counts) - min(counts) <= 1
    assert [each.confidence for each in bins] == sorted(each.confidence for each in bins)
    order, begin, error = np.argsort(sure, kind="stable"), 0, 0.0
    for count in counts:  # Guo et al. (2017), equation 3
        own = order[begin : begin + count]
        error += count / 187 * abs(right[own].mean() - sure[own].mean())
        begin += count
    assert score(part, names_of(4)).calibration_error == pytest.approx(error, abs=1e-6)


def test_a_network_that_is_as_sure_as_it_is_right_has_a_small_calibration_error():
    random = np.random.default_rng(0)
    sure = random.uniform(0.5, 1, 20_000)
    labels = (random.random(20_000) > sure).astype(int)
    honest = judged(labels, np.stack([sure, 1 - sure], axis=1))
    boastful = judged(labels, np.stack([sure**0.25, 1 - sure**0.25], axis=1))
    assert score(honest, names_of(2)).calibration_error < 0.02
    assert score(boastful, names_of(2)).calibration_error > 0.1


def test_few_pictures_make_one_bin():
    assert len(score(from_confusion([[3, 1], [0, 4]]), names_of(2)).calibration) == 1


def test_the_greatest_losses_come_first_and_are_not_too_many():
    part = random_part(4, 300, 5)
    found, losses = score(part, names_of(5)), picture_losses(part)
    assert len(found.top_losses) == TOP_LOSSES
    told = losses[list(found.top_losses)]
    assert (np.diff(told) <= 0).all()
    assert told.min() >= np.delete(losses, list(found.top_losses)).max()


def test_a_probability_of_nought_is_a_great_loss_and_not_an_infinite_one():
    part = judged([0, 0], [[0, 1], [1, 0]])
    assert picture_losses(part).tolist() == pytest.approx([87.3, 0.0], abs=0.1)


@pytest.mark.parametrize(
    ("labels", "probabilities", "classes"),
    [([], np.empty((0, 2)), 2), ([0], [[0.5, 0.5]], 3)],
)
def test_what_does_not_fit_together_is_refused(labels, probabilities, classes):
    with pytest.raises(ValueError, match="expected at least one picture"):
        score(judged(labels, probabilities), names_of(classes))


@pytest.mark.parametrize(
    ("first", "second", "expected"),  # Newcombe (1998), table II, method 10
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ],
)
def test_the_interval_of_a_difference_is_that_of_the_paper(first, second, expected):
    assert difference_interval(first, second) == pytest.approx(expected, abs=1e-4)


def test_tests_of_counts_are_those_of_scipy():
    for won, lost in ((0, 1), (9, 1), (14, 30), (200, 260)):
        expected = stats.binomtest(won, won + lost, 0.5).pvalue
        assert sign_test(won, lost) == pytest.approx(expected)
        assert sign_test(lost, won) == pytest.approx(expected)
    for hits, n, share in ((0, 5, 0.2), (3, 22, 0.025), (9, 30, 0.01), (30, 30, 0.9)):
        assert at_least(hits, n, share) == pytest.approx(stats.binom.sf(hits - 1, n, share))


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="at least 0"):
        sign_test(-1, 2)
    with pytest.raises(ValueError, match="but got 3 of 2"):
        at_least(3, 2, 0.5)


def test_a_small_negative_end_is_not_called_minus_nought():
    assert points((-0.0001, 0.031)) == "0 to 3.1 points"
