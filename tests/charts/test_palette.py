"""Colours that are seen on every background, also by people who see few of them."""

import itertools

import numpy as np
import pytest

from cnn_core.charts import palette

BACKGROUNDS = palette.LIGHT_BACKGROUNDS + palette.DARK_BACKGROUNDS
ROLES = [palette.TRAINING, palette.VALIDATION, palette.TEST]
ALL = sorted({*ROLES, palette.REFERENCE, *palette.PHASES.values(), *palette.SERIES})

# Machado, Oliveira & Fernandes (2009), table 1, severity 1, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}
# Ottosson (2020), "A perceptual color space for image processing".
LMS = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
OKLAB = [
    [0.2104542553, 0.793617785, -0.0040720468],
    [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766],
]


def seen(color, deficiency):
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(DEFICIENCIES[deficiency]) @ linear, 0, 1)
    return np.array(OKLAB) @ np.cbrt(np.array(LMS) @ linear)


def test_contrast_is_wcags():
    assert palette.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert palette.contrast("#0000FF", "#FFFFFF") == pytest.approx(8.59, abs=0.005)


@pytest.mark.parametrize("color", ALL)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_colour_stands_out_on_every_background(color, background):
    assert palette.contrast(color, background) >= 3.0


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("together", [ROLES, list(palette.PHASES.values())])
def test_colours_of_one_chart_differ_to_every_eye(together, deficiency):
    for first, second in itertools.combinations(together, 2):
        distance = np.linalg.norm(seen(first, deficiency) - seen(second, deficiency))
        assert distance >= 0.08, (first, second)


def test_things_that_share_a_chart_never_share_a_colour():
    named = [*ROLES, palette.REFERENCE, *palette.PHASES.values()]
    assert len(named) == len(set(named))


def test_eighteen_lines_look_different():
    assert len({palette.series_style(index) for index in range(18)}) == 18


def test_a_colour_that_is_none_is_refused():
    with pytest.raises(ValueError, match="expected a colour such as #0072B2, but got 'red'"):
        palette.luminance("red")
