"""Baselines: what they answer, how many neighbours vote, how they fare against the network."""

import numpy as np
import pytest

from cnn_core.results.judgement import Judged
from cnn_core.training import baselines
from cnn_core.training.baselines import compared, most_frequent, nearest_neighbours


def part(labels, embeddings, *, name="valid", predicted=None):
    labels = np.asarray(labels, dtype=np.int64)
    predicted = labels if predicted is None else np.asarray(predicted)
    probabilities = np.eye(max(labels.max(), predicted.max()) + 1, dtype=np.float32)[predicted]
    return Judged(
        part=name,
        pictures=np.arange(len(labels)),
        labels=labels,
        probabilities=probabilities,
        embeddings=np.asarray(embeddings, dtype=np.float32),
    )


def clouds(seed, each=40, classes=4, spread=1.0, features=12):
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(classes, features)) * 2
    labels = np.repeat(np.arange(classes), each)
    return labels, centres[labels] + spread * random.normal(size=(len(labels), features))


def by_hand(train, valid, k):
    """The same vote, picture by picture."""
    answers = []
    for asked in valid.embeddings.astype(np.float64):
        alike = [
            float(asked @ other / np.linalg.norm(asked) / np.linalg.norm(other))
            for other in train.embeddings.astype(np.float64)
        ]
        votes = np.zeros(train.labels.max() + 1)
        for place in np.argsort(-np.array(alike))[:k]:
            votes[train.labels[place]] += 1 + alike[place]
        answers.append(int(votes.argmax()))
    return np.array(answers)


def test_the_most_frequent_class_is_that_of_the_training_pictures():
    train = part([0, 1, 1], np.zeros((3, 2)), name="train")
    found = most_frequent(train, part([0, 0, 0, 1], np.zeros((4, 2))), ["rose", "tulip"])
    assert found.accuracy == 0.25
    assert found.sentence.startswith("Always saying tulip is right on 1 of 4 validation pictures")
    assert (found.won, found.lost) == (3, 0)


def test_the_neighbours_answer_as_they_do_by_hand():
    train, valid = part(*clouds(0, spread=3.0), name="train"), part(*clouds(1, spread=3.0))
    found = nearest_neighbours(train, valid)
    k = int(found.title.split()[0])
    assert k in baselines.NEIGHBOURS
    assert found.accuracy == (by_hand(train, valid, k) == valid.labels).mean()
    assert 0.5 < found.accuracy < 1


def test_a_picture_does_not_vote_for_itself_when_the_number_is_chosen():
    labels, embeddings = clouds(2, spread=6.0)  # so mixed that one neighbour is a bad adviser
    found = nearest_neighbours(part(labels, embeddings, name="train"), part(*clouds(3, spread=6.0)))
    assert int(found.title.split()[0]) > 1


def test_so_few_training_pictures_that_fewer_neighbours_are_there():
    train = part([0, 1, 1], [[1, 0], [0, 1], [0.1, 1]], name="train")
    found = nearest_neighbours(train, part([0, 1], [[1, 0.1], [0.2, 1]]))
    assert found.accuracy == 1
    assert nearest_neighbours(part([0], [[1, 0]], name="train"), part([0], [[1, 0]])) is None


def test_an_embedding_of_nothing_but_zeros_is_no_error():
    train = part([0, 1, 1], [[0, 0], [0, 1], [0.1, 1]], name="train")
    assert nearest_neighbours(train, part([1, 1], [[0, 0], [0.2, 1]])) is not None


def test_of_very_many_training_pictures_some_are_drawn_and_the_sentence_says_so(monkeypatch):
    monkeypatch.setattr(baselines, "MOST_REFERENCES", 100)
    monkeypatch.setattr(baselines, "MOST_TRIALS", 20)
    train, valid = part(*clouds(0), name="train"), part(*clouds(1))
    found = nearest_neighbours(train, valid, seed=1)
    assert "of 100 that were drawn" in found.sentence
    assert found == nearest_neighbours(train, valid, seed=1)


@pytest.mark.parametrize(
    ("network", "baseline", "says"),
    [
        (30, 10, "the network is better"),
        (10, 30, "the network is worse"),
        (22, 20, "chance could explain that"),
        (20, 20, "the very same pictures"),
    ],
)
def test_the_sentence_says_who_is_better_only_where_chance_does_not_explain_it(
    network, baseline, says
):
    labels = np.zeros(40, dtype=np.int64)
    said = (np.arange(40) >= network).astype(np.int64)
    valid = part(labels, np.zeros((40, 2)), predicted=said)
    answers = (np.arange(40) >= baseline).astype(np.int64)
    found = compared("from-scratch", "From scratch", "The same network", answers, valid)
    assert says in found.sentence
    assert found.won - found.lost == network - baseline
    assert f"right on {baseline} of 40" in found.sentence
