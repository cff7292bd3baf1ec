"""How near a picture lies to those a network was trained on, and when it is none of the classes."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from cnn_core.results.judgement import Judged
from cnn_core.results.nearness import MOST_COMPARED, nearness, tried_picture

CLASSES = ("rose", "tulip")


def judged(part, embeddings, labels, first=0):
    said = np.full((len(labels), 2), 0.5, np.float32)
    return Judged(
        part=part,
        pictures=np.arange(first, first + len(labels)),
        labels=np.asarray(labels),
        probabilities=said,
        embeddings=np.asarray(embeddings, np.float32),
    )


@pytest.fixture
def clouds():
    """Two clouds of directions in 16 dimensions: 40 training and 200 validation pictures."""
    random = np.random.default_rng(0)
    centres = np.abs(random.normal(size=(2, 16)))

    def draw(count):
        labels = np.arange(count) % 2
        return np.abs(centres[labels] + 0.1 * random.normal(size=(count, 16))), labels

    train, valid = draw(40), draw(200)
    return judged("train", *train, first=100), judged("valid", *valid, first=500)


def ask(near, embedding, said=(0.8, 0.2), **options):
    said = np.asarray(said, np.float32)
    return tried_picture(near, CLASSES, "x", said, np.asarray(embedding, np.float32), **options)


def test_neighbours_and_distance_are_scikit_learns(clouds):
    train, valid = clouds
    near = nearness(train, valid)
    found = ask(near, valid.embeddings[7], neighbours=5)
    reference = NearestNeighbors(n_neighbors=MOST_COMPARED, metric="cosine").fit(train.embeddings)
    distances, places = reference.kneighbors(valid.embeddings[7:8])
    assert [each.picture for each in found.neighbours] == (100 + places[0][:5]).tolist()
    np.testing.assert_allclose(
        [1 - each.similarity for each in found.neighbours], distances[0][:5], atol=1e-6
    )
    assert found.distance == pytest.approx(distances.mean(), abs=1e-6)
    usual = reference.kneighbors(valid.embeddings)[0].mean(axis=1)
    assert found.typical_share == pytest.approx((usual > distances.mean() + 1e-7).mean(), abs=0.006)
    assert near.limit == pytest.approx(np.quantile(usual, 0.99), abs=1e-6)


def test_one_in_a_hundred_usual_pictures_and_every_strange_one_is_none_of_these(clouds):
    train, valid = clouds
    near = nearness(train, valid)
    called = sum(ask(near, embedding).none_of_these for embedding in valid.embeddings)
    assert called == 2  # of 200
    strange = ask(near, np.eye(16)[3])
    assert strange.none_of_these
    assert strange.typical_share == 0
    assert strange.sentence == (
        f"It lies farther from the nearest training pictures ({strange.distance:.2f}) than 200 of "
        f"200 validation pictures do; the limit is {near.limit:.2f}. If it had to be one of the "
        "classes: rose, 80 %."
    )


def test_the_answer_is_supported_by_what_is_near(clouds):
    train, valid = clouds
    near = nearness(train, valid)
    usual = ask(near, train.embeddings[1], said=(0.1, 0.9))
    assert not usual.none_of_these
    assert usual.neighbours[0].similarity == pytest.approx(1, abs=1e-6)
    assert usual.sentence.startswith("6 of the 6 nearest training pictures are tulip; ")
    assert usual.probabilities == pytest.approx({"rose": 0.1, "tulip": 0.9})


def test_a_small_class_is_measured_by_as_many_neighbours_as_it_has(clouds):
    train, valid = clouds
    few = [0, 2, 4, *range(1, 40, 2)]  # three roses, twenty tulips
    rare = judged("train", train.embeddings[few], train.labels[few])
    assert nearness(rare, valid).compared == 3


def test_length_does_not_count_and_nothing_at_all_is_near_to_nothing(clouds):
    train, valid = clouds
    near, before = nearness(train, valid), train.embeddings.copy()
    once, again = ask(near, valid.embeddings[0]), ask(near, 50 * valid.embeddings[0])
    assert once.distance == pytest.approx(again.distance, abs=1e-6)
    nothing = ask(near, np.zeros(16))
    assert nothing.distance == 1
    assert nothing.none_of_these
    np.testing.assert_array_equal(train.embeddings, before)


def test_what_does_not_fit_is_refused(clouds):
    train, valid = clouds
    near = nearness(train, valid)
    with pytest.raises(ValueError, match="an embedding of 16"):
        ask(near, np.ones(15))
    with pytest.raises(ValueError, match="2 probabilities"):
        ask(near, np.ones(16), said=(1.0,))
    with pytest.raises(ValueError, match="of one length"):
        nearness(train, judged("valid", np.ones((2, 4)), [0, 1]))
    with pytest.raises(ValueError, match="of one length"):
        nearness(judged("train", np.ones((0, 16)), []), valid)
