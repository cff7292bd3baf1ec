"""Views are functions of a picture and a number; crops and choices of seed and step."""

import dataclasses

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.models.preprocess import prepare
from cnn_core.models.registry import model_row
from cnn_core.training.examples import CachedViews, PictureSquares
from cnn_core.training.views import view_box, view_of, views_of_epoch
from tests.training.backbone import settings

ROW = model_row("vgg16")
SHA = "3b" * 32


def picture(height=300, width=400, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (height, width, 3), dtype=np.uint8)


def squares(count):
    draw = np.random.default_rng(4)
    return PictureSquares(
        squares=draw.integers(0, 256, (count, 256, 256, 3), dtype=np.uint8),
        labels=torch.arange(count) % 3,
        mean=ROW.mean,
        std=ROW.std,
    )


def test_the_first_two_views_are_the_middle_and_its_mirror_image():
    pixels = picture()
    middle = prepare(pixels, ROW).normalised
    np.testing.assert_array_equal(view_of(pixels, ROW, SHA, 0), middle)
    np.testing.assert_array_equal(view_of(pixels, ROW, SHA, 1), middle[:, :, ::-1])


def test_other_views_are_crops_that_never_change():
    pixels = picture()
    views = [view_of(pixels, ROW, SHA, view) for view in range(5)]
    assert all(view.shape == (3, 224, 224) for view in views)
    assert all(view.dtype == np.float32 for view in views)
    assert all(
        not np.array_equal(first, second)
        for place, first in enumerate(views)
        for second in views[:place]
    )
    np.testing.assert_array_equal(view_of(pixels, ROW, SHA, 3), views[3])
    assert not np.array_equal(view_of(pixels, ROW, "4c" * 32, 3), views[3])


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(2, 31), st.integers(0, 2**256 - 1))
def test_a_crop_is_a_square_of_half_to_all_of_the_middle(height, width, view, number):
    left, top, right, bottom = view_box(f"{number:064x}", view, height, width)
    side, short = right - left, min(height, width)
    assert abs(side - (bottom - top)) < 1e-6 * short
    assert 0.5 - 1e-9 <= (side / short) ** 2 <= 1 + 1e-9
    assert left >= (width - short) / 2 - 1e-6
    assert right <= (width + short) / 2 + 1e-6
    assert top >= (height - short) / 2 - 1e-6
    assert bottom <= (height + short) / 2 + 1e-6


def test_each_epoch_draws_its_views_anew():
    drawn = [views_of_epoch(0, epoch, 400, 4) for epoch in range(2)]
    assert not np.array_equal(*drawn)
    assert all(80 <= count <= 120 for count in np.bincount(drawn[0], minlength=4))
    assert not np.array_equal(views_of_epoch(1, 0, 400, 4), drawn[0])


def test_cached_views_are_those_of_the_epoch():
    numbers = np.arange(10 * 4, dtype=np.float32).reshape(10, 4, 1)
    examples = CachedViews(features=numbers, labels=torch.zeros(10, dtype=torch.int64))
    config = settings(batch_size=5, views=4)
    indices = torch.tensor([7, 2, 5, 0, 9])
    for step in (1, 2, 3):
        chosen = views_of_epoch(0, (step - 1) // 2, 10, 4)[indices]
        batch = examples.training_batch(indices, config, step=step, rows=slice(None))
        np.testing.assert_array_equal(batch[:, 0], numbers[indices, chosen, 0])
        part = examples.training_batch(indices, config, step=step, rows=slice(1, 3))
        assert torch.equal(part, batch[1:3])
    whole = torch.cat([*examples.evaluation_batches()])
    np.testing.assert_array_equal(whole, numbers[:, 0])


def test_squares_are_scored_by_their_middle():
    examples = squares(3)
    (seen,) = examples.evaluation_batches()
    expected = prepare(examples.squares[1], ROW).normalised
    np.testing.assert_allclose(seen[1], expected, atol=1e-5)
    plain = examples.training_batch(torch.tensor([1]), settings(views=1), step=5, rows=slice(None))
    assert torch.equal(plain[0], seen[1])


def test_crops_are_drawn_anew_at_each_step_and_alike_in_every_process():
    examples = squares(8)
    config, indices = settings(views=3), torch.arange(8)
    batch = examples.training_batch(indices, config, step=2, rows=slice(None))
    again = examples.training_batch(indices, config, step=2, rows=slice(3, 8))
    assert torch.equal(batch[3:], again)
    later = examples.training_batch(indices, config, step=9, rows=slice(None))
    other = dataclasses.replace(config, seed=1)
    assert not torch.equal(batch, later)
    assert not torch.equal(batch, examples.training_batch(indices, other, step=2, rows=slice(None)))
    (middles,) = examples.evaluation_batches()
    views = views_of_epoch(0, 1, 8, 3)  # one step an epoch
    assert {*views.tolist()} == {0, 1, 2}
    for seen, middle, view in zip(batch, middles, views, strict=True):
        assert torch.equal(seen, middle) == (view == 0)
        assert torch.equal(seen, middle.flip(-1)) == (view == 1)
