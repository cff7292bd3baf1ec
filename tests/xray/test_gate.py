"""The gate: what the head and the distance each refuse, and how often a good film is refused."""

import numpy as np
import pytest

from cnn_core.errors import DataError
from cnn_core.xray.gate import ALTERATIONS, altered, fit_gate, gate_distances, passed

SIDE = 64


def embeddings(count, *, centre=0.0, seed=0, size=32):
    draw = np.random.default_rng(seed)
    base = np.zeros(size) + 3.0
    base[: size // 2] += centre
    return (base + draw.normal(0, 1, (count, size))).astype(np.float32)


@pytest.fixture(scope="module")
def gate():
    return fit_gate(embeddings(300), embeddings(300, centre=-4, seed=1), embeddings(200, seed=2))


def test_good_films_pass_and_altered_ones_do_not(gate):
    assert passed(gate, embeddings(500, seed=3)).mean() > 0.96
    assert passed(gate, embeddings(500, centre=-4, seed=4)).mean() < 0.02


def test_what_lies_far_is_refused_though_the_head_never_saw_it(gate):
    strange = -embeddings(100, seed=5)
    assert gate_distances(gate, strange).min() > gate.limit
    assert not passed(gate, strange).any()


def test_the_limit_is_the_99th_percentile_of_the_calibration_films(gate):
    known = gate_distances(gate, embeddings(200, seed=2))
    assert (known > gate.limit).sum() == 1  # of 200


def test_distances_are_those_of_scikit_learn(gate):
    from sklearn.neighbors import NearestNeighbors

    asked = embeddings(20, seed=6)
    nearest = NearestNeighbors(n_neighbors=gate.neighbours, metric="cosine").fit(gate.known)
    expected = nearest.kneighbors(asked)[0].mean(axis=1)
    assert gate_distances(gate, asked) == pytest.approx(expected, abs=1e-6)


def test_alterations_are_what_they_are_called():
    film = np.arange(SIDE * SIDE, dtype=np.uint32).reshape(SIDE, SIDE).astype(np.uint8)
    before = film.copy()
    inverted, turned, flipped = (altered(film, kind, 0) for kind in ALTERATIONS)
    assert np.array_equal(inverted, 255 - film)
    assert np.array_equal(turned, np.rot90(film))
    assert np.array_equal(flipped, film[::-1])
    assert np.array_equal(altered(film, ALTERATIONS[1], 2), np.rot90(film, 3))
    assert np.array_equal(film, before)


def test_padding_stays_black_where_a_film_is_inverted():
    film = np.zeros((4, 4), np.uint8)
    film[1:3] = 200
    copy = altered(film, ALTERATIONS[0], 0, (0, 1, 4, 3))
    assert copy[1:3].tolist() == [[55] * 4] * 2
    assert not copy[[0, 3]].any()


def test_embeddings_of_another_model_are_refused(gate):
    with pytest.raises(DataError, match=r"expects embeddings of 32 numbers, but got \(3, 8\)"):
        passed(gate, np.zeros((3, 8), np.float32))


def test_a_gate_needs_films():
    with pytest.raises(DataError, match=r"there are 3, 0 and 2"):
        fit_gate(embeddings(3), embeddings(0), embeddings(2))
