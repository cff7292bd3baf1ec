"""Conformal sets: ranks, tails and refusals by hand; coverage is a study's (xray_intervals)."""

import numpy as np
import pytest
from scipy.stats import beta

from cnn_core.xray.conformal import conformal_sets, rank, realised_coverage, sets_of

CLASSES = ("normal", "covid19", "pneumonia")


def films(counts, seed=0):
    """So many films of each class, one a patient, with probabilities that know something."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), counts)
    given = rng.dirichlet(np.ones(3), len(labels))
    given[np.arange(len(labels)), labels] += 0.5
    return given / given.sum(axis=1, keepdims=True), labels, np.arange(len(labels))


def test_the_quantile_is_the_rank_of_the_class_alone():
    given, labels, patients = films((39, 59, 120))
    sets = conformal_sets(given, labels, patients, classes=CLASSES)
    for place, n in enumerate((39, 59, 120)):
        scores = np.sort(1 - given[labels == place, place])
        assert sets.quantiles[place] == scores[int(np.ceil((n + 1) * 0.9)) - 1]
    inside = sets_of(given, sets)
    kept = [inside[labels == place, place].sum() for place in range(3)]
    assert kept == [36, 54, 109]
    assert sets.on
    assert "about 90 keep their true class" in sets.sentence
    assert "not the chance that a single label is right" in sets.sentence


def test_the_plausible_range_is_vovks_beta_and_shown_to_99():
    sets = conformal_sets(*films((30, 99, 100)), classes=CLASSES)
    theirs = beta(rank(30, 0.1), 31 - rank(30, 0.1)).ppf([0.025, 0.975])
    assert sets.plausible[0] == pytest.approx(theirs)
    assert sets.plausible[1] == pytest.approx(realised_coverage(99, 0.1))
    assert sets.plausible[2] is None


def test_below_30_patients_the_class_is_in_every_set_and_the_sentence_says_why():
    given, labels, patients = films((40, 29, 40))
    sets = conformal_sets(given, labels, patients, classes=CLASSES)
    assert not sets.on
    assert sets.quantiles[1] is None
    assert sets.plausible[1] is None
    assert sets_of(given, sets)[:, 1].all()
    assert sets.sentence.endswith("needs 30 calibration patients, but covid19 has 29.")


def test_a_patient_with_many_films_counts_once():
    given, labels, patients = films((40, 40, 40))
    four = conformal_sets(*(np.repeat(part, 4, axis=0) for part in (given, labels, patients)))
    assert four.calibration == (40, 40, 40)
    assert four.quantiles == conformal_sets(given, labels, patients).quantiles


def test_too_sharp_an_alpha_excludes_nothing():
    given, labels, patients = films((40, 40, 40))
    sets = conformal_sets(given, labels, patients, alpha=0.01)
    assert sets_of(given, sets).all()
    assert sets.plausible[0] == (1.0, 1.0)


def test_ties_are_in_and_cross_fitted_sets_say_so():
    given = np.tile([0.5, 0.3, 0.2], (90, 1))
    sets = conformal_sets(given, np.repeat([0, 1, 2], 30), np.arange(90), approximate=True)
    assert sets_of(given, sets).all()
    assert "Approximate (cross-fitted)" in sets.sentence


def test_impossible_requests_are_refused():
    given, labels, patients = films((30, 30, 30))
    with pytest.raises(ValueError, match="alpha"):
        conformal_sets(given, labels, patients, alpha=1.0)
    with pytest.raises(ValueError, match="a patient a film"):
        conformal_sets(given, labels, patients[:5])
