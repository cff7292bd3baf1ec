"""The learning curve: its points, what its bands cover, and that it stays within seconds."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from cnn_core.results.metrics import wilson_interval
from cnn_core.training import learning_curve as module
from cnn_core.training.learning_curve import accuracy_band, gain_interval, learning_curve
from tests.training.test_baselines import clouds, part


@pytest.fixture(scope="module")
def parts():
    return part(*clouds(0, each=40, spread=4.0), name="train"), part(*clouds(1, spread=4.0))


@pytest.fixture(scope="module")
def curve(parts):
    return learning_curve(*parts, repeats=5)


def test_each_point_has_half_the_pictures_of_the_next_and_the_last_has_all(curve):
    points, sentence = curve
    assert [each.images_a_class for each in points] == [2, 5, 10, 20, 40]
    assert [each.images for each in points] == [8, 20, 40, 80, 160]
    assert [each.repeats for each in points] == [5, 5, 5, 5, 1]
    assert "12 features" in sentence
    assert "drawn 5 times" in sentence
    assert "160 validation pictures" in sentence


def test_more_pictures_help_and_every_mean_lies_in_its_band(curve):
    points, _ = curve
    assert points[-1].mean > points[0].mean + 0.1
    assert points[1].gain[0] > 0
    assert points[0].gain is None
    for each in points:
        assert 0 <= each.low < each.mean < each.high <= 1


def test_the_last_point_is_one_fit_to_all_pictures(parts, curve):
    train, valid = (each.embeddings for each in parts)
    train, valid = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (train, valid))
    model = LogisticRegression(C=10.0, max_iter=200).fit(train - train.mean(0), parts[0].labels)
    assert curve[0][-1].mean == model.score(valid - train.mean(0), parts[1].labels)


def test_the_same_seed_draws_the_same_and_another_one_does_not(parts, curve):
    assert learning_curve(*parts, repeats=5) == curve
    assert learning_curve(*parts, repeats=5, seed=1) != curve


def test_its_progress_is_told(parts):
    told = []
    learning_curve(*parts, repeats=3, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_class_with_few_pictures_gives_all_it_has():
    labels, embeddings = clouds(0, each=40)
    keep = np.r_[0:40, 40:47, 80:160]
    points, _ = learning_curve(
        part(labels[keep], embeddings[keep], name="train"), part(*clouds(1, each=5)), repeats=2
    )
    assert [each.images for each in points] == [8, 20, 37, 67, 127]


def test_a_draw_takes_as_many_of_each_class_and_smaller_ones_are_part_of_larger_ones():
    labels = np.repeat([0, 3, 4], [30, 7, 12])
    ranks = module._ranks(labels, np.random.default_rng(0))
    for label, count in ((0, 30), (3, 7), (4, 12)):
        assert sorted(ranks[labels == label]) == list(range(count))
    assert not np.array_equal(ranks, module._ranks(labels, np.random.default_rng(1)))


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1]])
def test_without_two_classes_or_a_smaller_part_there_is_no_curve(labels):
    train = part(labels, np.random.default_rng(0).normal(size=(len(labels), 3)), name="train")
    assert learning_curve(train, part([0, 0], np.ones((2, 3)))) == ((), "")


def test_where_it_would_take_minutes_fewer_are_drawn_and_the_sentence_says_so(parts, monkeypatch):
    whole = module._sizes(np.array([40] * 4), 12, 20)
    assert (whole.points[-1], whole.repeats, whole.complete) == (40, 20, True)
    huge = module._sizes(np.array([1_000] * 100), 2_048, 20)
    assert huge.repeats == module.FEWEST_REPEATS
    assert not huge.complete
    images = sum(100 * size for size in huge.points) * huge.repeats
    assert images * 2_048 * 100 <= module._WORK
    monkeypatch.setattr(module, "_WORK", 40_000)
    points, sentence = learning_curve(*parts)
    assert points[-1].images_a_class == 20
    assert points[-1].repeats == module.FEWEST_REPEATS
    assert "at most 20 of a class" in sentence


def test_the_band_of_one_draw_is_wilsons_interval():
    right = np.arange(50)[None] < 40
    low, high = accuracy_band(right)
    expected = wilson_interval(40, 50)
    assert (low, high) == pytest.approx(expected, abs=0.005)


def test_the_bands_cover_what_they_should():
    """Both for a mean and for a gain, over worlds in which pictures and draws differ."""
    random, covered, gains = np.random.default_rng(0), 0, 0
    first, second = _expected(1.0), _expected(1.5)
    for _ in range(400):
        hard, luck = random.normal(size=60), 0.3 * random.normal(size=10)
        chance = [1 / (1 + np.exp(-(level + hard[None] + luck[:, None]))) for level in (1.0, 1.5)]
        few, more = (random.random((10, 60)) < each for each in chance)
        low, high = accuracy_band(few)
        covered += low <= first <= high
        low, high = gain_interval(more, few)
        gains += low <= second - first <= high
    assert 0.92 <= covered / 400 <= 1
    assert 0.92 <= gains / 400 <= 1


def _expected(level):
    grid = np.random.default_rng(7).normal(size=200_000) * np.hypot(1, 0.3)
    return float((1 / (1 + np.exp(-(level + grid)))).mean())


def test_where_nothing_changes_few_pictures_do_not_prove_that_nothing_ever_would():
    few, many = (gain_interval(*[np.ones((1, size), dtype=bool)] * 2) for size in (23, 2_000))
    assert few[0] < -0.05 < 0.05 < few[1]
    assert -0.005 < many[0] < 0 < many[1] < 0.005
    nearly = np.ones((20, 23), dtype=bool)
    nearly[0, 0] = False
    assert accuracy_band(nearly)[0] < 0.9


def test_bands_narrow_with_more_pictures():
    random = np.random.default_rng(0)
    widths = [np.diff(accuracy_band(random.random((5, size)) < 0.8))[0] for size in (20, 80, 320)]
    assert all(wide > narrow for wide, narrow in pairwise(widths))
