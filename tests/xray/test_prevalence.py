"""Prevalences: probabilities by Bayes' rule, predictive values, the linked sliders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_core.results.prevalences import reweighted
from cnn_core.xray.prevalence import (
    THRESHOLDS,
    decision_curve,
    linked,
    predictive_curve,
    predictive_value,
    predictive_values,
)

CLASSES = ("normal", "covid19", "pneumonia")
CONFUSION = np.array([[80, 5, 15], [6, 90, 4], [10, 10, 30]])
SHARES = (0.8, 0.08, 0.12)


def test_reweighting_is_bayes_rule_for_a_known_population():
    """Normal scores of known densities: the posterior at another prior, in closed form."""
    x = np.linspace(-2, 5, 50)
    densities = np.exp(-((x[:, None] - np.array([0.0, 1.0, 3.0])) ** 2) / 2)
    old, new = np.array([0.5, 0.3, 0.2]), np.array(SHARES)
    at_old = densities * old / (densities * old).sum(axis=1, keepdims=True)
    at_new = densities * new / (densities * new).sum(axis=1, keepdims=True)
    assert reweighted(at_old, old, new) == pytest.approx(at_new)
    assert reweighted(reweighted(at_old, old, new), new, old) == pytest.approx(at_old)


def test_classes_of_no_share_disappear_and_impossible_shares_are_refused():
    rows = np.array([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]])
    found = reweighted(rows, [1 / 3] * 3, [0.5, 0.0, 0.5])
    assert found == pytest.approx(np.array([[0.4, 0.0, 0.6], [0.5, 0.0, 0.5]]))
    for prior, target in (([0.5, 0.4, 0.0], SHARES), ([1.2, -0.2, 0.0], SHARES)):
        with pytest.raises(ValueError, match="add up to 1"):
            reweighted(rows, prior, target)
    with pytest.raises(ValueError, match="prior 0"):
        reweighted(rows, [0.5, 0.5, 0.0], SHARES)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda given: sum(given) > 0.1),
    st.integers(0, 2),
    st.floats(0, 1),
)
def test_linked_prevalences_always_add_up_and_keep_proportions(raw, changed, value):
    shares = tuple(np.array(raw) / sum(raw))
    found = linked(shares, changed, value)
    assert sum(found) == pytest.approx(1.0)
    assert found[changed] == pytest.approx(value)
    assert min(found) >= 0
    first, second = (place for place in range(3) if place != changed)
    if shares[first] + shares[second] > 1e-9:
        assert found[first] * shares[second] == pytest.approx(found[second] * shares[first])


def test_a_prevalence_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        linked(SHARES, 0, 1.5)


def test_predictive_values_are_the_columns_of_the_confusion_matrix_at_the_shares():
    found = predictive_values(CONFUSION, CLASSES, SHARES)
    joint = CONFUSION / CONFUSION.sum(axis=1, keepdims=True) * np.array(SHARES)[:, None]
    for place, row in enumerate(found):
        others = np.delete(np.arange(3), place)
        assert row.ppv == pytest.approx(joint[place, place] / joint[:, place].sum())
        correct = joint[np.ix_(others, others)].sum()
        assert row.npv == pytest.approx(correct / joint[:, others].sum())
        assert (row.ppv, row.npv) == pytest.approx(
            predictive_value(row.sensitivity, row.specificity, row.prevalence)
        )


def test_at_the_shares_of_the_films_they_are_the_counts_themselves():
    films = CONFUSION.sum(axis=1)
    found = predictive_values(CONFUSION, CLASSES, tuple(films / films.sum()))
    assert found[1].ppv == pytest.approx(90 / 105)
    assert found[1].npv == pytest.approx((250 - 105 - 10) / (250 - 105))


def test_what_is_never_named_has_no_predictive_value():
    never = np.array([[10, 0], [5, 0]])
    found = predictive_values(never, ("a", "b"), (0.5, 0.5))
    assert (found[1].ppv, found[0].npv) == (None, None)
    absent = predictive_values([[10, 0], [0, 0]], ("a", "b"), (0.5, 0.5))
    assert (absent[1].sensitivity, absent[1].ppv) == (None, None)
    assert absent[0].specificity is None


def test_ppv_rises_and_npv_falls_with_prevalence():
    grid = np.linspace(0.01, 0.6, 20)
    found = predictive_curve(CONFUSION, CLASSES, SHARES, 1, grid.tolist())
    assert np.all(np.diff([row.ppv for row in found]) > 0)
    assert np.all(np.diff([row.npv for row in found]) < 0)
    assert [row.prevalence for row in found] == pytest.approx(grid.tolist())


def test_the_decision_curve_of_perfect_and_of_useless_probabilities():
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    shares = np.array([0.5, 0.3, 0.2])
    right = np.eye(3)[labels]
    curve = decision_curve(labels, right, 1, CLASSES, prior=shares, prevalences=SHARES)
    assert curve.thresholds == THRESHOLDS
    assert (THRESHOLDS[0], THRESHOLDS[-1], curve.prevalence) == (0.02, 0.5, 0.08)
    assert curve.model == pytest.approx([0.08] * len(THRESHOLDS))
    same = np.tile(shares, (100, 1))
    useless = decision_curve(labels, same, 1, CLASSES, prior=shares, prevalences=SHARES)
    odds = np.array(THRESHOLDS) / (1 - np.array(THRESHOLDS))
    everyone = 0.08 - odds * 0.92
    assert useless.everyone == pytest.approx(everyone.tolist())
    acted = np.array(THRESHOLDS) <= 0.08 + 1e-12
    assert np.array(useless.model) == pytest.approx(np.where(acted, everyone, 0.0), abs=1e-9)


def test_a_class_without_films_has_no_decision_curve():
    with pytest.raises(ValueError, match="needs films"):
        decision_curve([0, 1], np.eye(3)[:2], 1, CLASSES, prior=SHARES, prevalences=SHARES)
