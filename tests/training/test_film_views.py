"""Films are altered as the specification says, and never otherwise."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from PIL import Image
from torchvision.transforms import functional

from cnn_core.models.registry import model_row
from cnn_core.results.films import SIDE
from cnn_core.training.film_examples import FilmPictures
from cnn_core.training.film_views import (
    AS_IT_IS,
    FilmDraw,
    altered,
    draw_film,
    draw_of_view,
    film_view,
)
from tests.training.backbone import settings
from tests.training.film_pictures import film

ROW = model_row("efficientnet-lite0")
SHAS = st.integers(0, 2**256 - 1).map("{:064x}".format)
ASKED = pytest.mark.parametrize("view", range(4))


@limits(max_examples=40, deadline=None)
@given(sha256=SHAS, view=st.integers(1, 31))
def test_what_is_drawn_is_as_specified(sha256, view):
    drawn = draw_of_view(sha256, view)
    assert abs(drawn.rotation) <= 10
    assert max(abs(drawn.across), abs(drawn.down)) <= 0.08
    assert 0.9 <= drawn.scale <= 1.1
    assert 0.8 <= drawn.brightness <= 1.2
    assert 0.8 <= drawn.contrast <= 1.2
    assert 0.8 <= drawn.gamma <= 1.25
    assert 0 <= drawn.noise <= 0.02
    assert 0 <= drawn.blur <= 0.8
    assert all(0 <= width <= 0.1 for width in drawn.borders)
    assert not drawn.mirrored
    assert drawn == draw_of_view(sha256, view)
    asked = draw_of_view(sha256, view, mirror=True)
    assert drawn == dataclasses.replace(asked, mirrored=False, seed=drawn.seed)


def test_the_ranges_are_used_and_every_other_border_is_blanked():
    draws = [draw_film(np.random.default_rng(seed), mirror=True) for seed in range(400)]
    for name, low, high in (
        ("rotation", -10, 10),
        ("across", -0.08, 0.08),
        ("down", -0.08, 0.08),
        ("scale", 0.9, 1.1),
        ("brightness", 0.8, 1.2),
        ("contrast", 0.8, 1.2),
        ("gamma", 0.8, 1.25),
        ("noise", 0, 0.02),
        ("blur", 0, 0.8),
    ):
        values = [getattr(each, name) for each in draws]
        assert min(values) < low + 0.05 * (high - low)
        assert max(values) > high - 0.05 * (high - low)
    borders = np.array([each.borders for each in draws])
    assert ((borders > 0).mean(axis=0) > 0.4).all()
    assert ((borders > 0).mean(axis=0) < 0.6).all()
    assert 0.4 < np.mean([each.mirrored for each in draws]) < 0.6


def test_view_0_is_the_whole_film_made_smaller():
    whole = film()
    grey = altered(whole, draw_of_view("ab" * 32, 0), 224)
    smaller = Image.fromarray(whole).resize((224, 224), Image.Resampling.BILINEAR)
    assert np.array_equal(grey, smaller)
    assert (grey[:, [0, -1]] == 0).all()  # its margins are there
    taken = functional.normalize(functional.to_tensor(smaller).expand(3, -1, -1), ROW.mean, ROW.std)
    np.testing.assert_allclose(film_view(whole, ROW, "ab" * 32, 0), taken.numpy(), atol=1e-6)


@ASKED
def test_a_view_is_always_the_same_and_leaves_the_film_alone(view):
    whole = film()
    before = whole.copy()
    seen = film_view(whole, ROW, "3b" * 32, view)
    assert np.array_equal(seen, film_view(whole, ROW, "3b" * 32, view))
    assert np.array_equal(whole, before)
    assert seen.dtype == np.float32
    assert seen.shape == (3, 224, 224)
    assert np.array_equal(seen[0], seen[2])
    assert view == 0 or not np.array_equal(seen, film_view(whole, ROW, "3b" * 32, 0))


@pytest.mark.parametrize(
    ("draw", "x", "y"),
    [
        (FilmDraw(across=0.05), 0.75, 0.5),
        (FilmDraw(down=0.05), 0.7, 0.55),
        (FilmDraw(scale=1.1), 0.72, 0.5),
        (FilmDraw(rotation=10.0), 0.5 + 0.2 * np.cos(np.pi / 18), 0.5 - 0.2 * np.sin(np.pi / 18)),
        (FilmDraw(mirrored=True), 0.3, 0.5),
        (AS_IT_IS, 0.7, 0.5),
    ],
)
def test_a_mark_goes_where_it_is_said_to(draw, x, y):
    """A bright mark at 0.7, 0.5 of the film; the y of pictures grows downwards."""
    marked = np.zeros((SIDE, SIDE), np.uint8)
    marked[157:163, 221:227] = 255
    grey = altered(marked, draw, SIDE).astype(float)
    down, across = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE
    found = (across * grey).sum() / grey.sum(), (down * grey).sum() / grey.sum()
    assert found == pytest.approx((x, y), abs=0.004)


def test_tones_change_as_they_are_called():
    flat = np.full((SIDE, SIDE), 64, np.uint8)
    assert altered(flat, FilmDraw(brightness=1.2), 224)[112, 112] == round(64 * 1.2)
    assert altered(flat, FilmDraw(gamma=0.8), 224)[0, 0] == round(255 * (64 / 255) ** 0.8)
    assert np.ptp(altered(flat, FilmDraw(contrast=1.2), 224)) == 0
    noisy = altered(flat, FilmDraw(noise=0.02), 224)
    assert noisy.std() == pytest.approx(0.02 * 255, rel=0.05)
    whole = film().astype(float)
    stretched = altered(film(), FilmDraw(contrast=0.8), SIDE)
    assert stretched.std() == pytest.approx(0.8 * whole.std(), rel=0.01)
    assert stretched.mean() == pytest.approx(whole.mean(), rel=0.01)
    assert altered(film(), FilmDraw(blur=0.8), SIDE).std() < whole.std()


def test_bands_along_the_border_are_blanked_and_nothing_else():
    white = np.full((SIDE, SIDE), 255, np.uint8)
    grey = altered(white, FilmDraw(borders=(0.1, 0.0, 0.05, 0.02)), 200)
    assert (grey[:20] == 0).all()
    assert (grey[-10:] == 0).all()
    assert (grey[:, :4] == 0).all()
    assert (grey[20:-10, 4:] == 255).all()


def examples(count=6):
    films = np.stack([film(seed) for seed in range(count)])
    labels = torch.arange(count) % 3
    return FilmPictures(films=films, labels=labels, mean=ROW.mean, std=ROW.std)


def test_films_are_drawn_anew_at_each_step_from_the_seed():
    config = settings(mode="all", views=4, seed=3)
    own, places = examples(), torch.tensor([4, 0, 5, 2])
    batch = own.training_batch(places, config, step=1, rows=slice(None))
    assert batch.shape == (4, 3, 224, 224)
    assert torch.equal(batch, own.training_batch(places, config, step=1, rows=slice(None)))
    assert torch.equal(batch[1:3], own.training_batch(places, config, step=1, rows=slice(1, 3)))
    assert not torch.equal(batch, own.training_batch(places, config, step=2, rows=slice(None)))
    other = dataclasses.replace(config, seed=4)
    assert not torch.equal(batch, own.training_batch(places, other, step=1, rows=slice(None)))


def test_one_view_is_the_film_as_it_is_in_training_too():
    own, places = examples(), torch.arange(6)
    seen = own.training_batch(places, settings(mode="all", views=1), step=1, rows=slice(None))
    (whole,) = own.evaluation_batches()
    assert torch.equal(seen, whole)
    (some,) = own.evaluation_batches(torch.tensor([5, 1]))
    assert torch.equal(some, whole[[5, 1]])
    expected = film_view(film(3), ROW, "00" * 32, 0)
    np.testing.assert_allclose(whole[3].numpy(), expected, atol=1e-6)
