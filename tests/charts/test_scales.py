"""The two colour scales: even, legible without colour, and told apart by colour-blind people."""

import numpy as np
import pytest

from cnn_core.charts.palette import contrast, luminance
from cnn_core.charts.scales import LEVELS, NO_VALUE, colour_bar, levels, number, scale

# Machado, Oliveira & Fernandes (2009), severity 1.0, in linear sRGB.
DEUTERANOPIA = [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
PROTANOPIA = [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]


def luminances(signed):
    return np.array([luminance("#" + bytes(colour).hex()) for colour in scale(signed=signed)])


def seen(colours, matrix):
    linear = (colours / 255) ** 2.2
    return np.clip(linear @ np.array(matrix).T, 0, 1) ** (1 / 2.2) * 255


def test_sizes_grow_lighter_all_the_way():
    light = luminances(signed=False)
    assert (np.diff(light) > -1e-3).all()
    assert (np.diff(light[::8]) > 0).all()
    assert contrast("#" + bytes(scale(signed=False)[0]).hex(), "#FDE725") > 10


def test_sizes_are_viridis():
    table = scale(signed=False)
    # Every fourth of matplotlib's 256 colours, as published (CC0).
    published = {0: (68, 1, 84), 64: (59, 82, 139), 128: (33, 145, 140), 255: (253, 231, 37)}
    for place, colour in published.items():
        assert np.abs(table[round(place / 255 * (LEVELS - 1))].astype(int) - colour).max() <= 5


def test_signs_grow_darker_both_ways_from_the_middle():
    light, middle = luminances(signed=True), LEVELS // 2
    assert (np.diff(light[: middle + 1]) > -1e-4).all()
    assert (np.diff(light[middle:]) < 1e-4).all()
    assert light[0] < 0.05
    assert light[-1] < 0.05


@pytest.mark.parametrize("matrix", [np.eye(3), DEUTERANOPIA, PROTANOPIA])
def test_plus_and_minus_of_one_size_differ_for_colour_blind_people_too(matrix):
    colours, middle = scale(signed=True).astype(float), LEVELS // 2
    below, above = seen(colours[middle - 1 :: -1], matrix), seen(colours[middle + 1 :], matrix)
    apart = np.linalg.norm(below - above, axis=1)
    assert (apart[30:] > 40).all()


def test_the_tables_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        scale(signed=True)[0] = 0


def test_levels_take_ends_that_broadcast_and_keep_what_is_not_finite_out():
    values = np.array([[0.0, 1.0, 9.0], [np.inf, -np.inf, np.nan]], np.float32)
    assert levels(values, 0.0, 2.0, signed=False).tolist() == [[0, 126, 252], [NO_VALUE] * 3]
    ends = np.array([[1.0], [0.0]])
    assert levels(np.ones((2, 1)), -ends, ends, signed=True).tolist() == [[252], [126]]


def test_the_bar_shows_the_scale_and_words_of_its_own():
    bar, empty = colour_bar("least", "most", signed=True), colour_bar("", "", signed=True)
    assert bar[10, 8].tolist() == scale(signed=True)[0].tolist()
    assert bar[10, -9].tolist() == scale(signed=True)[-1].tolist()
    changed = (bar != empty).any(axis=2)
    assert changed[:, :100].any()
    assert changed[:, -100:].any()
    assert not changed[:22].any()
    assert (colour_bar("", "", signed=True, middle="0") != empty)[:, 140:180].any()


def test_a_narrow_bar_is_refused():
    with pytest.raises(ValueError, match="at least 120 pixels, but got 119"):
        colour_bar("0", "1", signed=False, width=119)


@pytest.mark.parametrize(
    ("value", "words"),
    [(1.0, "1"), (0.5, "0.5"), (999.9, "1e+03"), (1234.0, "1,230"), (-5e8, "-500,000,000")],
)
def test_numbers_are_short(value, words):
    assert number(value) == words
