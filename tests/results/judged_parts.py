"""What networks could have said, made up for tests of scores, reading and charts."""

import numpy as np

from cnn_core.results.judgement import Judged, PartScore
from cnn_core.results.scores import score


def judged(labels, probabilities, *, part="valid", embeddings=None):
    labels = np.asarray(labels, dtype=np.int64)
    probabilities = np.asarray(probabilities, dtype=np.float32)
    if embeddings is None:
        embeddings = np.zeros((len(labels), 2), dtype=np.float32)
    return Judged(
        part=part,
        pictures=np.arange(len(labels), dtype=np.int64),
        labels=labels,
        probabilities=probabilities,
        embeddings=np.asarray(embeddings, dtype=np.float32),
    )


def from_confusion(confusion, *, sure=None, part="valid"):
    """What a network said that makes this confusion matrix; as sure as it is right unless told."""
    confusion = np.asarray(confusion)
    size = len(confusion)
    accuracy = np.trace(confusion) / confusion.sum()
    sure = max(accuracy if sure is None else sure, 1 / size + 0.01)
    labels, predicted = [], []
    for true, row in enumerate(confusion):
        for guess, count in enumerate(row):
            labels += [true] * int(count)
            predicted += [guess] * int(count)
    probabilities = np.full((len(labels), size), (1 - sure) / (size - 1))
    probabilities[np.arange(len(labels)), predicted] = sure
    return judged(labels, probabilities, part=part)


def scored(confusion, *, sure=None, part="valid", names=None) -> PartScore:
    names = names or names_of(len(confusion))
    return score(from_confusion(confusion, sure=sure, part=part), names)


def names_of(size):
    flowers = ["daisy", "dandelion", "roses", "sunflowers", "tulips"]
    return (flowers + [f"flower {index}" for index in range(5, size)])[:size]


def even(size, each, wrong=0):
    """A confusion matrix with `each` pictures a class, `wrong` of them spread over the others."""
    matrix = np.full((size, size), 0)
    np.fill_diagonal(matrix, each - wrong)
    for row in range(size):
        for step in range(wrong):
            matrix[row, (row + 1 + step % (size - 1)) % size] += 1
    return matrix
