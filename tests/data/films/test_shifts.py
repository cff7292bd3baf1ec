"""Shifts of films: what each does to grey values, and what none of them does."""

import numpy as np
import pytest

from cnn_core.data.films.canonical import canonical
from cnn_core.data.films.shifts import KINDS, SHIFTS, shift_title, shifted


@pytest.fixture
def film():
    rng = np.random.default_rng(0)
    coarse = rng.uniform(0.15, 0.85, (12, 10)).astype(np.float32)
    return np.kron(coarse, np.ones((10, 10), np.float32))


@pytest.mark.parametrize("kind", KINDS)
def test_a_shift_stays_a_film_is_the_same_again_and_leaves_its_input(kind, film):
    before, amount = film.copy(), SHIFTS[kind].amount
    made = shifted(film, kind, amount, seed=3)
    assert (made.dtype, made.shape) == (np.float32, film.shape)
    assert made.min() >= 0
    assert made.max() <= 1
    assert not np.array_equal(made, film)
    np.testing.assert_array_equal(film, before)
    np.testing.assert_array_equal(made, shifted(film, kind, amount, seed=3))
    np.testing.assert_allclose(shifted(film, kind, SHIFTS[kind].least), film, atol=1e-6)


def test_each_shift_does_what_it_says(film):
    np.testing.assert_allclose(shifted(film, "gamma", 1.5), film**1.5, atol=1e-6)
    blurred = shifted(film, "blur", 2.0)
    assert np.abs(np.diff(blurred, axis=1)).max() < np.abs(np.diff(film, axis=1)).max() / 3
    assert abs(float(blurred.mean() - film.mean())) < 0.01
    noise = shifted(film, "noise", 0.05, seed=1) - film
    assert float(noise.std()) == pytest.approx(0.05, rel=0.05)
    assert not np.array_equal(noise, shifted(film, "noise", 0.05, seed=2) - film)
    drawn_together = shifted(film, "linear contrast", 0.7)
    assert float(drawn_together.std()) == pytest.approx(0.7 * float(film.std()), rel=1e-5)
    other = shifted(film, "other source", 1.0)
    assert other[:5].max() < 0.02
    assert other[-5:].max() < 0.02
    assert other[5:-5].mean() < film[5:-5].mean()


def test_the_picture_that_a_model_sees_is_blind_to_linear_contrast(film):
    seen, shrunk = canonical(film), canonical(shifted(film, "linear contrast", 0.5))
    assert np.abs(seen.astype(int) - shrunk.astype(int)).max() <= 1


@pytest.mark.parametrize(
    ("kind", "amount", "match"),
    [("gamma", 0.5, "gamma from 1 to 3"), ("blur", float("nan"), "blur"), ("tilt", 1, "one of")],
)
def test_what_is_out_of_range_is_refused(kind, amount, match, film):
    with pytest.raises(ValueError, match=match):
        shifted(film, kind, amount)


def test_a_title_has_the_amount():
    assert [shift_title(kind, SHIFTS[kind].amount) for kind in KINDS] == [
        "Gamma 1.5", "Blur, sigma 2 px", "Noise, 0.05 of white", "Linear contrast, 70 %",
        "Another source, 100 %",
    ]  # fmt: skip
