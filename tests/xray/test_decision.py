"""Routine or refer, and what the whole path misses."""

import itertools

import numpy as np
import pytest

from cnn_core.results.metrics import wilson_interval
from cnn_core.xray.decision import path_result, triage

CLASSES = ("normal", "covid19", "pneumonia")


def test_routine_takes_all_three():
    for low, alone, passed in itertools.product((True, False), repeat=3):
        given = np.array([[0.9, 0.06, 0.04] if low else [0.5, 0.3, 0.2]])
        sets = np.array([[True, not alone, False]])
        routine = triage(given, sets, [passed], 0.2)
        assert routine.tolist() == [low and alone and passed]


@pytest.mark.parametrize(
    "inside", [[False, False, False], [False, True, False], [True, True, True]]
)
def test_only_the_set_of_normal_alone_is_routine(inside):
    assert not triage(np.array([[0.99, 0.005, 0.005]]), np.array([inside]), [True], 0.5).any()


def test_a_score_at_the_threshold_is_referred_and_without_one_everything_is():
    given, sets = np.array([[0.75, 0.25, 0.0]]), np.array([[True, False, False]])
    assert not triage(given, sets, [True], 0.25).any()
    assert triage(given, sets, [True], 0.2500001).all()
    assert not triage(given, sets, [True], None).any()


def test_normal_need_not_be_first():
    given, sets = np.array([[0.05, 0.9, 0.05]]), np.array([[False, True, False]])
    assert triage(given, sets, [True], 0.2, normal=1).all()
    with pytest.raises(ValueError, match="a gate a film"):
        triage(given, sets, [True, True], 0.2)


def test_the_path_counts_misses_by_disease_and_referrals_over_all():
    labels = np.repeat([0, 1, 2], [60, 40, 20])
    routine = np.zeros(120, dtype=bool)
    routine[:30] = routine[60:62] = routine[100:101] = True
    result = path_result(labels, np.arange(120), routine, CLASSES, on="locked test")
    assert result.missed["covid19"].interval == wilson_interval(2, 40)
    assert result.missed["pneumonia"].value == pytest.approx(1 / 20)
    assert result.referral.value == pytest.approx(87 / 120)
    assert result.decided.value == pytest.approx(33 / 120)
    assert result.wrong.value == pytest.approx(3 / 33)
    assert set(result.missed) == {"covid19", "pneumonia"}
    assert "5 % of covid19 films (1 to 17 %)" in result.sentence
    assert "locked test" in result.sentence


def test_a_disease_of_few_patients_says_so():
    labels = np.repeat([0, 1, 2], [20, 20, 4])
    result = path_result(labels, np.arange(44), np.zeros(44, bool), CLASSES, on="locked test")
    assert result.missed["pneumonia"].value is None
    assert "too few: 4 patients" in result.sentence
    assert result.wrong.note == "too few: 0 patients"
