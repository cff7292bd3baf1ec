"""What is decided by: a temperature that cannot run away, and a miss rate that is not in-sample."""

import numpy as np
import pytest

from cnn_core.results.xray_plan import Scored
from cnn_core.xray.calibration import at_temperature, fit_temperature
from cnn_core.xray.conformal import sets_of
from cnn_core.xray.cross_fitting import cross_fitted, found_on
from cnn_core.xray.decision import triage
from cnn_core.xray.temperature import temperature_of

CLASSES = ("normal", "covid19")
STUDIES = 60


def drawn(draw, patients):
    """Films of so many patients of each class, one each, in five folds, as scores to be used."""
    labels, places = np.repeat([0, 1], patients), np.arange(2 * patients)
    diseased = 1 / (1 + np.exp(-2 * draw.normal(3.0 * labels - 1.5)))
    return Scored(
        films=places,
        labels=labels,
        patients=places,
        folds=places % 5 + 1,
        probabilities=np.stack([1 - diseased, diseased], axis=1),
        prior=np.full(2, 0.5),
        embeddings=np.zeros((2 * patients, 0), dtype=np.float32),
    )


def missed(scored, found):
    said = at_temperature(scored.probabilities, found.temperature)
    there = np.ones(len(said), dtype=bool)
    routine = triage(said, sets_of(said, found.sets), there, found.point.threshold)
    return routine[scored.labels == 1].mean()


@pytest.mark.parametrize("patients", [40, 60])
def test_the_miss_rate_out_of_fold_is_that_of_new_patients_and_not_of_those_decided_on(patients):
    draw = np.random.default_rng(0)
    new = drawn(draw, 3_000)
    told = []
    for _ in range(STUDIES):
        scored = drawn(draw, patients)
        first = scored.films % 10 == 0
        found = found_on(scored, first, ~first, CLASSES, approximate=True)
        routine = cross_fitted(scored, first, ~first, CLASSES)
        told.append((missed(scored, found), routine[scored.labels == 1].mean(), missed(new, found)))
    in_sample, stated, true = np.array(told).mean(axis=0)
    error = np.std([row[1] - row[2] for row in told]) / STUDIES**0.5
    assert in_sample < 0.85 * true, "the trap is there"
    assert stated > true - 2 * error
    assert stated < 1.5 * true


def test_a_fold_is_decided_by_the_others_alone():
    scored = drawn(np.random.default_rng(1), 100)
    first = scored.films % 10 == 0
    before = cross_fitted(scored, first, ~first, CLASSES)
    own = scored.folds == 2
    scored.labels[own] = 1 - scored.labels[own]
    after = cross_fitted(scored, first, ~first, CLASSES)
    assert np.array_equal(before[own], after[own])
    assert not np.array_equal(before, after)


def test_without_a_guarantee_or_another_fold_every_film_is_referred():
    few = drawn(np.random.default_rng(2), 30)
    assert not cross_fitted(few, few.films % 10 == 0, few.films % 10 > 0, CLASSES).any()
    alone = drawn(np.random.default_rng(2), 100)
    alone.folds[:] = 1
    assert not cross_fitted(alone, alone.films % 10 == 0, alone.films % 10 > 0, CLASSES).any()


def test_a_temperature_does_not_run_away_where_nothing_says_how_sure_is_too_sure():
    draw = np.random.default_rng(3)
    labels = np.arange(60) % 3
    right = 2.0 * np.eye(3)[labels] + draw.random((60, 3))
    assert fit_temperature(right[:20], labels[:20]) == 1.0  # it was 0.07
    assert temperature_of(right[:20], labels[:20], np.arange(20))[0] == 1.0
    assert (
        "20 patients to fit it on, where 30"
        in temperature_of(right[:20], labels[:20], np.arange(20))[1]
    )
    assert "20 patients" in temperature_of(right, labels, np.arange(60) % 20)[1]
    value, note = temperature_of(right, labels, np.arange(60))
    assert value == 1.0
    assert "named rightly" in note


def test_a_temperature_at_the_end_of_its_range_is_said():
    draw = np.random.default_rng(4)
    labels = np.arange(300) % 3
    timid = 0.1 * np.eye(3)[labels] + draw.normal(0, 0.02, (300, 3))
    timid[0] = (0.0, 0.01, 0.0)  # one is wrong
    value, note = temperature_of(timid, labels, np.arange(300))
    assert value == pytest.approx(0.5, abs=1e-3)
    assert note.startswith("The temperature stopped at 0.5, an end of what is allowed (0.5 to 10)")
    value, note = temperature_of(40 * draw.normal(size=(300, 3)), labels, np.arange(300))
    assert value == pytest.approx(10, rel=1e-3)
    assert "stopped at 10" in note
