"""Tiling keeps every pixel, in its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_core.charts.tiles import tile


@given(st.integers(1, 7), st.integers(1, 4), st.integers(1, 3), st.integers(0, 3))
def test_every_picture_stands_in_its_cell_enlarged(count, columns, scale, gap):
    images = np.random.default_rng(count).integers(0, 256, (count, 5, 4), dtype=np.uint8)
    before = images.copy()
    sheet = tile(images, columns, scale, gap)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top, left = row * (5 * scale + gap), column * (4 * scale + gap)
        cell = sheet[top : top + 5 * scale, left : left + 4 * scale]
        np.testing.assert_array_equal(cell[::scale, ::scale, 0], image)
        np.testing.assert_array_equal(cell[scale - 1 :: scale, scale - 1 :: scale, 2], image)
        assert (cell[..., 3] == 255).all()
    assert (sheet[..., 3] == 255).sum() == count * 20 * scale**2
    np.testing.assert_array_equal(images, before)


def test_a_border_has_the_colour_of_its_picture_and_covers_none_of_it():
    sheet = tile(np.full((2, 2, 2), 7, np.uint8), 2, 1, 0, borders=["#D55E00", "#0072B2"], border=1)
    assert sheet.shape == (4, 8, 4)
    assert sheet[0, 0].tolist() == [0xD5, 0x5E, 0x00, 255]
    assert sheet[0, 4].tolist() == [0x00, 0x72, 0xB2, 255]
    assert (sheet[1:3, 1:3, :3] == 7).all()


def test_a_picture_in_colour_keeps_its_colours():
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)
    sheet = tile(images, 2, 2, 1)
    assert sheet.shape == (17, 21, 4)
    np.testing.assert_array_equal(sheet[9:17:2, 0:10:2, :3], images[2])
    np.testing.assert_array_equal(sheet[1:8:2, 12:21:2, :3], images[1])
    assert (sheet[9:, 11:, 3] == 0).all()


def test_no_pictures_make_one_transparent_pixel():
    assert tile(np.zeros((0, 28, 28), np.uint8), 5).tolist() == [[[0, 0, 0, 0]]]


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        (np.zeros((2, 3), np.uint8), {}, "expected uint8 images"),
        (np.zeros((2, 3, 3)), {}, "but got float64"),
        (np.zeros((2, 3, 3, 4), np.uint8), {}, r"\(N, H, W, 3\), but got uint8 \(2, 3, 3, 4\)"),
        (np.zeros((2, 3, 3), np.uint8), {"columns": 0}, "columns, scale and border from 1"),
        (np.zeros((2, 3, 3), np.uint8), {"borders": ["#000000"]}, "expected 2 border colours"),
    ],
)
def test_what_cannot_be_tiled_is_refused(images, options, message):
    with pytest.raises(ValueError, match=message):
        tile(images, **{"columns": 2, **options})
