"""The small model and what it is shown: zones, folds that keep groups, and no look at the test."""

import numpy as np
import pytest

from cnn_core.errors import DataError
from cnn_core.results.auroc import macro_auroc
from cnn_core.results.films import SIDE
from cnn_core.xray.small_model import fitted_scores, small_model_scores
from cnn_core.xray.unseen import carried_classes, sources_to_leave_out
from cnn_core.xray.zones import BORDER, ZONES, zone_mask, zone_pixels, zones_pixels

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def known_again():
    """Return two films each of 60 patients whose looks tell who they are, and nothing else."""
    patients = np.repeat(np.arange(60), 2)
    looks = np.random.default_rng(1).normal(size=(60, 80))[patients]
    pixels = 0.5 + 0.2 * looks + np.random.default_rng(2).normal(0, 0.01, looks.shape)
    return pixels, patients % 3, patients


def test_border_and_centre_do_not_touch_and_with_the_rest_they_are_the_film():
    full, border, outside, centre = (zone_mask(zone) for zone in ZONES)
    assert full.all()
    assert not (border & centre).any()
    assert np.array_equal(outside, ~centre)
    assert border.mean() == pytest.approx(1 - (1 - 2 * BORDER) ** 2)
    assert centre.mean() == pytest.approx(np.pi * 0.4 * 0.4, abs=0.002)
    assert not full.flags.writeable


def test_what_is_hidden_is_black_and_pictures_are_taken_one_by_one():
    films = RNG.integers(0, 256, (3, SIDE, SIDE)).astype(np.uint8)
    found = zones_pixels(iter(films))
    assert {zone: own.shape for zone, own in found.items()} == dict.fromkeys(ZONES, (3, 1024))
    cells = films[1].reshape(32, 10, 32, 10).mean(axis=(1, 3)) / 255
    assert found["full"][1] == pytest.approx(cells.ravel(), abs=1e-5)
    assert found["centre"] + found["no-centre"] == pytest.approx(found["full"], abs=1e-5)
    changed = np.where(zone_mask("border"), films, 255 - films).astype(np.uint8)
    assert np.array_equal(zone_pixels(changed, "border"), found["border"])
    assert not np.array_equal(zone_pixels(changed, "centre"), found["centre"])
    assert films.max() == 255  # and the pictures are left as they were


@pytest.mark.parametrize("film", [np.zeros((SIDE, SIDE)), np.zeros((64, 64), np.uint8)])
def test_a_picture_that_is_not_canonical_is_refused(film):
    with pytest.raises(ValueError, match="expected uint8"):
        zone_pixels([film])


def test_folds_that_part_patients_know_them_again_and_folds_that_do_not_are_at_chance(known_again):
    pixels, labels, patients = known_again
    scores, folds = small_model_scores(pixels, labels, range(len(labels)), seed=0)
    naive = np.mean([macro_auroc(labels[folds == k], scores[folds == k]) for k in range(1, 6)])
    assert naive > 0.9
    scores, folds = small_model_scores(pixels, labels, patients, seed=0)
    assert all(len(set(folds[patients == one])) == 1 for one in range(60))
    honest = np.mean([macro_auroc(labels[folds == k], scores[folds == k]) for k in range(1, 6)])
    assert honest < 0.65


def test_scores_are_probabilities_and_the_same_for_the_same_seed(known_again):
    pixels, labels, patients = known_again
    before = pixels.copy()
    scores, folds = small_model_scores(pixels, labels, patients, seed=4)
    again, same = small_model_scores(pixels, labels, patients, seed=4)
    assert np.array_equal(scores, again)
    assert np.array_equal(folds, same)
    assert np.array_equal(pixels, before)
    assert scores.sum(axis=1) == pytest.approx(np.ones(len(labels)))
    assert set(folds.tolist()) == {1, 2, 3, 4, 5}


def test_a_fold_is_scored_by_a_model_of_the_other_folds_alone(known_again):
    pixels, labels, patients = known_again
    scores, folds = small_model_scores(pixels, labels, patients)
    out = folds == 2
    other = labels.copy()
    other[out] = 0  # what the held-out films are called changes nothing
    alone = fitted_scores(pixels[~out], other[~out], pixels[out], classes=3)
    assert scores[out] == pytest.approx(alone)


def test_ridge_logistic_regression_is_at_the_minimum_of_its_loss(known_again):
    pixels, labels, _ = known_again
    train, test = pixels[:90], np.vstack([pixels[:90], pixels[90:]])
    scores = fitted_scores(train, labels[:90], test, classes=3)
    # At the minimum, weights = C * X' (Y - P) and the residuals of each class add up to nought.
    left = np.eye(3)[labels[:90]] - scores[:90]
    assert left.sum(axis=0) == pytest.approx(np.zeros(3), abs=0.1)
    centred = train - train.mean(axis=0)
    weights = 5.0 * centred.T @ left
    logits = (test - train.mean(axis=0)) @ weights
    found = np.log(scores) - np.log(scores).mean(axis=1, keepdims=True)
    told = logits - logits.mean(axis=1, keepdims=True)
    assert np.corrcoef(found.ravel(), told.ravel())[0, 1] > 0.99
    assert np.abs(told).mean() == pytest.approx(np.abs(found).mean(), rel=0.1)


def test_a_class_that_was_not_learned_has_no_probability():
    pixels = RNG.random((12, 6))
    scores = fitted_scores(pixels, np.array([0, 2] * 6), pixels[:3], classes=4)
    assert (scores[:, [1, 3]] == 0).all()
    with pytest.raises(ValueError, match="two classes"):
        fitted_scores(pixels, np.zeros(12, dtype=np.int64), pixels, classes=2)


def test_too_few_patients_are_told_by_the_name_of_their_class():
    labels = np.array([0] * 20 + [1] * 3)
    with pytest.raises(DataError, match="of covid19 there are 3"):
        small_model_scores(
            RNG.random((23, 4)), labels, np.arange(23), classes=["normal", "covid19"]
        )


def test_thirty_patients_carry_a_class_not_thirty_films():
    labels, sources = np.zeros(60, dtype=np.int64), ["A"] * 60
    assert carried_classes(labels, sources, np.repeat(np.arange(30), 2)) == {"A": (0,)}
    assert carried_classes(labels, sources, np.repeat(np.arange(20), 3)) == {"A": ()}
    assert carried_classes(labels, [""] * 60, np.arange(60)) == {}


def test_sources_of_one_class_each_leave_nothing_to_tell_apart():
    found, why = sources_to_leave_out({"A": (0,), "B": (0,), "C": (1,), "D": (1,)}, ["x", "y"])
    assert found == ()
    assert "no source has 30 patients of two classes" in why
