"""Downloads: the picture is in them unchanged, the caption twice, and nothing else."""

import io

import numpy as np
import pytest
from PIL import Image

from cnn_core.charts.captioned import captioned_png, npz_bytes
from cnn_core.charts.scales import colour_bar

RNG = np.random.default_rng(2)
PIXELS = RNG.integers(0, 256, (50, 600, 3), dtype=np.uint8)
LINES = ["AlexNet of 2012 (two towers)", "layer 0, 96 filters, each normalised by itself"]


def opened(payload):
    picture = Image.open(io.BytesIO(payload))
    picture.load()
    return picture


def below(picture, rows=50):
    """The ink under a picture of that many rows."""
    return (np.asarray(picture)[16 + rows + 8 :] < 128).all(axis=2)


def test_the_picture_is_unchanged_and_the_caption_stands_under_it():
    picture = opened(captioned_png(PIXELS, LINES))
    assert picture.mode == "RGB"
    assert np.array_equal(np.asarray(picture)[16:66, 16:616], PIXELS)
    ink = below(picture)
    assert 0.01 < ink.mean() < 0.2
    gaps = np.flatnonzero(np.diff(ink.any(axis=1).astype(int)) == 1)
    assert len(gaps) >= 2  # two lines
    assert not ink[:, :15].any()
    assert not ink[:, -15:].any()


def test_the_caption_is_in_the_metadata_and_nothing_else():
    picture = opened(captioned_png(PIXELS, ["Schrödinger’s cat × 2", *LINES]))
    assert picture.text == {
        "Description": "\n".join(["Schrödinger’s cat × 2", *LINES]),
        "Software": "CNN Lab",
    }
    assert not picture.getexif()
    assert set(picture.info) == {"Description", "Software"}


def test_a_transparent_ground_becomes_white():
    pixels = np.zeros((20, 500, 4), np.uint8)
    pixels[:, 250:, 3] = 255
    page = np.asarray(opened(captioned_png(pixels, [])))
    assert (page[16:36, 16:266] == 255).all()
    assert (page[16:36, 266:516] == 0).all()


def test_long_lines_are_wrapped_within_the_page():
    words = "channel " * 60
    picture = opened(captioned_png(PIXELS[:, :30], [words, "x" * 500]))
    ink = below(picture)
    assert picture.width == 480 + 32
    assert not ink[:, :15].any()
    assert not ink[:, -14:].any()
    whole = opened(captioned_png(PIXELS[:, :30], ["one"]))
    assert picture.height > whole.height + 10 * 16


def test_the_legend_stands_between():
    bar = colour_bar("0", "1", signed=False)
    page = np.asarray(opened(captioned_png(PIXELS, LINES, legend=bar)))
    assert np.array_equal(page[82:126, 16:336], bar)
    assert (page[128:, 16:] < 128).any()


def test_letters_that_the_font_lacks_lose_their_accents_in_the_drawing():
    assert np.array_equal(
        np.asarray(opened(captioned_png(PIXELS, ["Café 3 × 3 — “ÄÖÜ”"]))),
        np.asarray(opened(captioned_png(PIXELS, ['Cafe 3 x 3 - "AOU"']))),
    )
    assert np.array_equal(
        np.asarray(opened(captioned_png(PIXELS, ["猫"]))),
        np.asarray(opened(captioned_png(PIXELS, ["?"]))),
    )


@pytest.mark.parametrize("line", ["a\nb", "a\0b", "a\x1b\tb", "  a   b "])
def test_control_characters_are_dropped(line):
    assert opened(captioned_png(PIXELS, [line])).text["Description"] == "a b"


@pytest.mark.parametrize(
    "pixels", [PIXELS[..., 0], PIXELS / 255, PIXELS[..., :2], PIXELS[:0], np.zeros((2, 2, 5))]
)
def test_other_arrays_are_refused(pixels):
    with pytest.raises(ValueError, match=r"uint8 pixels \(H, W, 3\) or \(H, W, 4\), but got"):
        captioned_png(pixels, [])
    with pytest.raises(ValueError, match="expected uint8 pixels"):
        captioned_png(PIXELS, [], legend=pixels)


def test_arrays_come_back_as_they_were():
    maps = RNG.normal(size=(4, 5, 6)).astype(np.float32)
    payload = npz_bytes(maps=maps, unit=np.array([1, 2, 3]), about="\n".join(LINES))
    with np.load(io.BytesIO(payload), allow_pickle=False) as file:
        assert sorted(file) == ["about", "maps", "unit"]
        assert np.array_equal(file["maps"], maps)
        assert file["maps"].dtype == np.float32
        assert str(file["about"]) == "\n".join(LINES)


def test_zeros_are_compressed():
    assert len(npz_bytes(maps=np.zeros((64, 55, 55), np.float32))) < 10_000


@pytest.mark.parametrize("arrays", [{}, {"bad": np.array([{}, None])}])
def test_objects_and_nothing_are_refused(arrays):
    with pytest.raises(ValueError, match="expected arrays of numbers or text, but got"):
        npz_bytes(**arrays)
