"""Maps and boxes over photos: what is drawn where, what is left, and what is said."""

import numpy as np
import pytest

from cnn_core.charts.overlay import beyond, enlarged, overlay, with_boxes
from cnn_core.charts.scales import scale
from cnn_core.results.inspection import Box

RNG = np.random.default_rng(8)
CROP = RNG.integers(0, 256, (40, 40, 3), dtype=np.uint8)
BLACK = np.zeros((40, 60, 3), np.uint8)
RED = "#FF0000"


def box(top, left, bottom, right):
    return Box(top=top, left=left, bottom=bottom, right=right)


def red_at(pixels):
    return (pixels == [255, 0, 0]).all(axis=2)


@pytest.mark.parametrize("signed", [False, True])
def test_each_pixel_is_mixed_by_its_strength(signed):
    heat = RNG.normal(size=CROP.shape[:2]).astype(np.float32)
    limit = np.abs(heat).max()
    low, high = (-limit, limit) if signed else (heat.min(), heat.max())
    place = (heat - low) / (high - low)
    strength = 0.7 * (np.abs(2 * place - 1) if signed else place)[..., None]
    colours = scale(signed=signed)[np.rint(place * 252).astype(int)]
    wanted = CROP * (1 - strength) + colours * strength
    laid = overlay(CROP, heat, opacity=0.7, signed=signed)
    assert laid.dtype == np.uint8
    assert np.abs(laid - wanted).max() <= 2  # the scale has 253 steps


def test_no_opacity_and_no_heat_leave_the_picture():
    heat = RNG.normal(size=(5, 5)).astype(np.float32)
    assert np.array_equal(overlay(CROP, heat, opacity=0, signed=True), CROP)
    for signed in (True, False):
        nothing = overlay(CROP, np.zeros((5, 5), np.float32), opacity=1, signed=signed)
        assert np.array_equal(nothing, CROP)


def test_a_small_map_is_stretched_over_the_whole_picture():
    heat = np.zeros((4, 4), np.float32)
    heat[0, 3] = 1
    changed = (overlay(CROP, heat, opacity=1, signed=False) != CROP).any(axis=2)
    assert changed[:10, 30:].mean() > 0.9
    assert not changed[20:].any()
    assert not changed[:, :20].any()


def test_signs_have_colours_of_their_own():
    heat = np.array([[1.0, -1.0]], np.float32)
    laid = overlay(BLACK, heat, opacity=1, signed=True)
    assert laid[20, 0].tolist() == scale(signed=True)[-1].tolist()
    assert laid[20, -1].tolist() == scale(signed=True)[0].tolist()


def test_what_is_not_finite_counts_as_nothing():
    heat = np.full((40, 40), np.nan, np.float32)
    heat[20:, :] = 1
    laid = overlay(CROP, heat, opacity=1, signed=False)
    assert np.array_equal(laid[:20], CROP[:20])
    assert (laid[20:] == scale(signed=False)[-1]).all()


@pytest.mark.parametrize(
    ("crop", "heat", "opacity", "words"),
    [
        (CROP[..., 0], np.eye(3), 1, r"uint8 picture \(H, W, 3\), but got uint8 \(40, 40\)"),
        (CROP / 255, np.eye(3), 1, "but got float64"),
        (CROP, np.zeros((1, 3, 3)), 1, r"map \(h, w\) of floats, but got float64 \(1, 3, 3\)"),
        (CROP, np.eye(3, dtype=int), 1, "of floats, but got int"),
        (CROP, np.eye(3), 1.5, "from 0 to 1, but got 1.5"),
        (CROP, np.eye(3), float("nan"), "from 0 to 1, but got nan"),
    ],
)
def test_what_cannot_be_laid_over_is_refused(crop, heat, opacity, words):
    with pytest.raises(ValueError, match=words):
        overlay(crop, heat, opacity=opacity, signed=False)


def test_a_box_is_drawn_within_its_bounds():
    drawn = with_boxes(BLACK, [box(10, 20, 30, 50)], RED)
    red = red_at(drawn)
    wanted = np.zeros_like(red)
    wanted[10:30, 20:50] = True
    wanted[12:28, 22:48] = False
    assert np.array_equal(red, wanted)
    assert (drawn[12, 22:48] == [15, 20, 25]).all()  # the dark line within
    assert not BLACK.any()


def test_sides_beyond_the_picture_are_dashed_at_the_border():
    red = red_at(with_boxes(BLACK, [box(-5, 10, 20, 70)], RED, line=1))
    assert 0.5 < red[0, 10:59].mean() < 0.7  # the upper side: six of ten
    assert 0.5 < red[1:19, 59].mean() < 0.75  # the right side
    assert red[19, 10:].all()
    assert red[:20, 10].all()
    assert not red[20:].any()
    assert not red[:, :10].any()


def test_a_box_round_everything_is_dashed_all_round_and_one_outside_is_not_drawn():
    red = red_at(with_boxes(BLACK, [box(-9, -9, 99, 99)], RED))
    assert 0.5 < red[0].mean() < 0.75
    assert not red[3:-3, 3:-3].any()
    for away in (box(-9, 0, 0, 9), box(0, 60, 9, 80), box(5, 5, 5, 9)):
        assert np.array_equal(with_boxes(BLACK, [away], RED), BLACK)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_smallest_boxes_are_seen(size):
    red = red_at(with_boxes(BLACK, [box(5, 5, 5 + size, 5 + size)], RED))
    assert red[5, 5]
    assert red.sum() == size * size  # two pixels a side leave nothing within


def test_boxes_follow_an_enlarged_picture():
    red = red_at(with_boxes(enlarged(BLACK, 3), [box(2, 4, 9, 11)], RED, factor=3))
    rows, columns = np.nonzero(red)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (6, 27, 12, 33)


def test_enlarging_keeps_what_is_even():
    assert (enlarged(np.full((3, 4, 3), 77, np.uint8), 4) == 77).all()
    with pytest.raises(ValueError, match="factor from 1, but got 0"):
        enlarged(BLACK, 0)


@pytest.mark.parametrize("options", [{"factor": 0}, {"line": 0}])
def test_sizes_below_one_are_refused(options):
    with pytest.raises(ValueError, match="from 1, but got"):
        with_boxes(BLACK, [], **options)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((0, 0, 40, 60), ""),
        ((-1, 0, 40, 60), "1 pixel above the"),
        ((0, 0, 42, 61), "2 pixels below and 1 pixel right of the"),
        ((-1, -2, 43, 64), "1 pixel above, 3 pixels below, 2 pixels left of and 4 pixels right of"),
    ],
)
def test_how_far_a_box_reaches_beyond_is_said(bounds, words):
    sentence = beyond(box(*bounds), 40, 60)
    assert words in sentence
    assert bool(sentence) == bool(words)
