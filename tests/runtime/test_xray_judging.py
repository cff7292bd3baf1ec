"""The whole path out of fold: no film is judged by what was found on it."""

from types import SimpleNamespace

import numpy as np
import pytest

from cnn_core.results.xray_plan import Scored
from cnn_core.runtime.xray_judging import OUT_OF_FOLD, Study, decide, whole_path
from cnn_core.xray.conformal import sets_of
from cnn_core.xray.cross_fitting import cross_fitted
from cnn_core.xray.decision import triage

CLASSES = ("normal", "covid19")
PATIENTS = 60


@pytest.fixture
def scored():
    labels, places = np.repeat([0, 1], PATIENTS), np.arange(2 * PATIENTS)
    diseased = 1 / (1 + np.exp(-2 * np.random.default_rng(0).normal(2.0 * labels - 1)))
    return Scored(
        films=places,
        labels=labels,
        patients=places,
        folds=places % 5 + 1,
        probabilities=np.stack([1 - diseased, diseased], axis=1),
        prior=np.full(2, 0.5),
        embeddings=np.zeros((2 * PATIENTS, 0), dtype=np.float32),
    )


def study_of(scored, *, approximate, fit):
    """A study of these films, all to decide on but one in ten, and the first `fit` of a class."""
    roles = ["temperature" if place % 10 == 0 else "decide" for place in scored.films]
    for place in scored.films:
        if place % PATIENTS < fit:
            roles[place] = "fit"
    plan = SimpleNamespace(
        classes=CLASSES, films=scored.films.tolist(), roles=roles, approximate=approximate
    )
    unused = dict.fromkeys(("settings", "store", "films", "film_set", "audit", "served"))
    return Study(plan=plan, folds=(), rows={}, draws=20, progress=print, **unused)


@pytest.mark.parametrize("approximate", [True, False])
def test_out_of_fold_scores_that_are_decided_on_are_judged_by_the_other_folds(scored, approximate):
    study = study_of(scored, approximate=approximate, fit=0)  # or nothing is served
    decided, out_of_fold = decide(study, scored, None)
    assert decided.approximate
    found = whole_path(study, decided, None, out_of_fold, None)
    first = study.having(scored, "temperature")
    routine = cross_fitted(scored, first, ~first, CLASSES)
    sets = sets_of(out_of_fold.probabilities, decided.sets)
    there = np.ones(len(sets), dtype=bool)
    in_sample = triage(out_of_fold.probabilities, sets, there, decided.point.threshold)
    assert found.on == OUT_OF_FOLD
    assert found.missed["covid19"].value == routine[scored.labels == 1].mean()
    assert found.missed["covid19"].value > in_sample[scored.labels == 1].mean()
    assert decided.notes == (
        "The temperature is 1: there are 12 patients to fit it on, where 30 are needed.",
    )


def test_films_of_a_decision_with_films_of_its_own_are_left_out_of_its_judgement(scored):
    study = study_of(scored, approximate=False, fit=15)
    decided, out_of_fold = decide(study, scored, scored)
    assert decided.routine is None
    found = whole_path(study, decided, None, out_of_fold, None)
    assert found.missed["covid19"].films == 15
    assert found.referral.films == 30
