"""The gate: what the head and the distance each refuse, and how often a good film is refused."""

import numpy as np
import pytest

from cnn_core.errors import DataError
from cnn_core.runtime.kept_gate import gate_arrays, gate_of_arrays
from cnn_core.xray.gate import ALTERATIONS, altered, fit_gate, gate_distances, looks, passed

SIDE = 64


def embeddings(count, *, centre=0.0, seed=0, size=32):
    draw = np.random.default_rng(seed)
    base = np.zeros(size) + 3.0
    base[: size // 2] += centre
    return (base + draw.normal(0, 1, (count, size))).astype(np.float32)


@pytest.fixture(scope="module")
def gate():
    copies = [embeddings(300, centre=-4, seed=1), embeddings(300, centre=4, seed=7)]
    return fit_gate(embeddings(300), copies, embeddings(200, seed=2))


def test_good_films_pass_and_altered_ones_do_not(gate):
    assert passed(gate, embeddings(500, seed=3)).mean() > 0.96
    for centre in (-4, 4):  # on either side of the good ones: no one plane tells both
        assert passed(gate, embeddings(500, centre=centre, seed=4)).mean() < 0.02


def test_what_lies_far_is_refused_though_the_head_never_saw_it(gate):
    strange = -embeddings(100, seed=5)
    assert gate_distances(gate, strange).min() > gate.limit
    assert not passed(gate, strange).any()


def test_the_looks_say_which_of_them_refused(gate):
    asked = np.concatenate(
        [embeddings(50, seed=3), embeddings(50, centre=-4, seed=4), -embeddings(50, seed=5)]
    )
    said = looks(gate, asked)
    assert np.array_equal(passed(gate, asked), ~(said.altered | said.far))
    assert np.array_equal(said.far, said.distances > gate.limit)
    assert np.array_equal(said.distances, gate_distances(gate, asked))
    assert said.altered[50:100].all()
    assert said.far[100:].all()
    assert not said.altered[:50].any()


def test_the_limit_is_the_larger_of_two_99th_percentiles(gate):
    held_out = gate_distances(gate, embeddings(200, seed=2))
    similar = gate.known @ gate.known.T
    np.fill_diagonal(similar, -2)  # without patients, each film is another's
    among = 1 - np.sort(similar, axis=1)[:, -gate.neighbours :].mean(axis=1)
    limits = [np.quantile(each, 0.99, method="higher") for each in (held_out, among)]
    assert gate.limit == pytest.approx(max(limits), abs=1e-6)


def test_films_of_the_same_patient_are_no_neighbours_of_each_other():
    twice = np.repeat(embeddings(40), 2, axis=0)
    copies = [embeddings(40, centre=-4, seed=1)]
    blind = fit_gate(twice, copies, twice[:1])
    told = fit_gate(twice, copies, twice[:1], patients=np.arange(80) // 2)
    assert told.limit > blind.limit


def test_a_gate_is_kept_whole_and_one_of_an_earlier_version_is_read(gate):
    asked = embeddings(100, centre=-1, seed=8)
    again = gate_of_arrays(gate_arrays(gate))
    assert np.array_equal(passed(again, asked), passed(gate, asked))
    old = {name: getattr(gate, name)[0] for name in ("weights", "mean", "scale")}
    old |= {"known": gate.known, "figures": np.array([gate.bias[0], 10, gate.limit])}
    earlier = looks(gate_of_arrays(old), asked)
    assert np.array_equal(earlier.far, looks(gate, asked).far)
    assert earlier.altered.sum() <= looks(gate, asked).altered.sum()
    with pytest.raises(ValueError, match=r"the bias of 2 heads, but got \(1,\)"):
        gate_of_arrays(gate_arrays(gate) | {"bias": np.zeros(1)})


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
        fit_gate(embeddings(3), [embeddings(5), embeddings(0)], embeddings(2))
