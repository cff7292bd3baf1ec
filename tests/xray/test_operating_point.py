"""The operating point: 36 of 36, 152 of 160, ties, one film a patient, the lower of the two."""

import numpy as np
import pytest
from scipy.stats import beta

from cnn_core.xray.operating_point import (
    disease_point,
    fewest_patients,
    may_miss,
    operating_point,
    triage_score,
)

CLASSES = ("normal", "covid19", "pneumonia")


def scored(covid, pneumonia):
    """Probabilities of one film a patient with these triage scores, and ten normal ones."""
    scores = np.r_[np.full(10, 0.01), covid, pneumonia]
    labels = np.repeat([0, 1, 2], [10, len(covid), len(pneumonia)])
    given = np.stack([1 - scores, scores / 2, scores / 2], axis=1)
    return given, labels, np.arange(len(labels))


@pytest.mark.parametrize(("patients", "caught"), [(36, 36), (160, 152), (100, 96), (54, 53)])
def test_as_many_are_missed_as_the_interval_allows_and_no_more(patients, caught):
    assert patients - may_miss(patients) == caught
    scores = np.random.default_rng(0).permutation(np.linspace(0.1, 0.9, patients))
    point = disease_point(scores, "covid19")
    assert point.caught == caught == (scores > point.threshold).sum()
    assert point.interval[0] >= 0.90
    # No higher threshold is guaranteed: just above it one more is missed, and that is too many.
    one_more = disease_point(scores, "covid19", target=0.90).threshold + 1e-9
    assert (scores > one_more).sum() == caught - 1
    assert may_miss(patients) < patients - (scores > one_more).sum()


def test_fewer_than_36_cannot_be_guaranteed():
    assert fewest_patients() == 36
    result = operating_point(*scored(np.linspace(0.3, 0.9, 31), np.linspace(0.2, 0.9, 60)), CLASSES)
    assert result.threshold is None
    assert result.diseases[0].threshold is None
    assert result.diseases[1].threshold is not None
    assert "cannot be guaranteed" in result.sentence
    assert "31 patients cannot guarantee a sensitivity of 0.90" in result.sentence


def test_the_lower_of_the_two_counts():
    result = operating_point(*scored(np.linspace(0.4, 0.9, 40), np.linspace(0.2, 0.9, 40)), CLASSES)
    own = {point.label: point.threshold for point in result.diseases}
    assert result.threshold == own["pneumonia"] < own["covid19"]
    assert result.threshold == pytest.approx(0.2)


def test_ties_count_as_below_so_all_of_them_are_caught_or_none():
    # 160 patients, eight may be missed; the eighth to the twelfth have the same score.
    scores = np.r_[np.linspace(0.01, 0.07, 7), np.full(5, 0.2), np.linspace(0.3, 0.9, 148)]
    point = disease_point(scores, "covid19")
    assert point.threshold < 0.2
    assert point.caught == 153
    everyone = disease_point(np.full(40, 0.5), "covid19")
    assert (everyone.caught, everyone.threshold < 0.5) == (40, True)
    assert not np.any(np.full(40, 0.5) < everyone.threshold)


def test_a_patient_with_many_films_counts_once():
    parts = scored(np.linspace(0.3, 0.9, 30), np.linspace(0.3, 0.9, 40))
    result = operating_point(*(np.repeat(part, 4, axis=0) for part in parts), CLASSES)
    assert [point.patients for point in result.diseases] == [30, 40]
    assert result.threshold is None


def test_a_disease_with_no_score_at_all_lets_nothing_be_routine():
    result = operating_point(*scored(np.zeros(40), np.linspace(0.3, 0.9, 40)), CLASSES)
    assert not np.any(np.zeros(5) < result.threshold)


def test_without_a_normal_class_there_is_no_triage():
    given, labels, patients = scored(np.linspace(0.3, 0.9, 40), np.linspace(0.3, 0.9, 40))
    result = operating_point(given, labels, patients, ("a", "b", "c"))
    assert (result.threshold, result.diseases) == (None, ())
    assert 'needs a class "normal"' in result.sentence


def test_the_triage_score_is_the_sum_of_the_diseases_wherever_they_stand():
    given = np.array([[0.2, 0.7, 0.1]])
    assert triage_score(given, CLASSES) == pytest.approx([0.8])
    assert triage_score(given, ("covid19", "normal", "pneumonia")) == pytest.approx([0.3])


def test_cross_fitted_points_say_so_and_lengths_are_checked():
    given, labels, patients = scored(np.linspace(0.3, 0.9, 40), np.linspace(0.3, 0.9, 40))
    said = operating_point(given, labels, patients, CLASSES, approximate=True).sentence
    assert "Approximate (cross-fitted)" in said
    with pytest.raises(ValueError, match="a patient a film"):
        operating_point(given, labels[:3], patients, CLASSES)


def test_the_guarantee_fails_in_at_most_25_of_1000_whatever_the_scores_are_like():
    """The share of patients above the (m + 1)-th lowest of n scores is beta(n - m, m + 1)."""
    failing = [beta.cdf(0.90, n - may_miss(n), may_miss(n) + 1) for n in range(36, 201, 4)]
    assert max(failing) <= 0.025
    assert beta.cdf(0.90, 36, 1) == pytest.approx(0.9**36) == pytest.approx(0.0225, abs=1e-4)
