"""Pictures shrunk while they are decoded: what is seen, how fast, and that the limits still hold.

Numbers are those of the list of bad inputs.
"""

import io
import time
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from cnn_core.data.decode import decode, is_blank
from cnn_core.errors import PictureError
from tests.data.image_files import COLOURS, JPEG, PNG, _png, _save


@pytest.fixture(scope="module")
def jpeg():
    """12 million pixels with edges and grain."""
    rng = np.random.default_rng(4)
    blocks = rng.integers(20, 230, (30, 40, 3), dtype=np.uint8)
    pixels = blocks.repeat(100, axis=0).repeat(100, axis=1)
    pixels += rng.integers(0, 25, (3000, 1, 1), dtype=np.uint8)
    return _save(pixels, "JPEG", quality=90)


def reduced(pixels, width, height):
    shrunk = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(shrunk).astype(int)


def test_a_large_jpeg_shrinks_to_what_all_its_pixels_would_give(jpeg):
    shrunk = decode(jpeg, longest_side=1024)
    assert shrunk.shape == (768, 1024, 3)
    difference = np.abs(shrunk - reduced(decode(jpeg), 1024, 768))
    assert difference.mean() < 1.5
    assert np.quantile(difference, 0.999) < 40  # at the blocks' edges


def test_a_jpeg_of_twelve_megapixels_is_quick_when_few_are_needed(jpeg):
    times = []
    for _ in range(3):
        begin = time.thread_time()
        decode(jpeg, longest_side=1024)
        times.append(time.thread_time() - begin)
    assert min(times) < 0.3


def test_and_takes_a_fraction_of_the_memory(jpeg):
    peaks = []
    for longest_side in (None, 1024):
        tracemalloc.start()
        decode(jpeg, longest_side=longest_side)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] / 3


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF"])
def test_other_formats_shrink_to_the_same(kind):
    smooth = np.asarray(Image.fromarray(COLOURS).resize((320, 240), Image.Resampling.BICUBIC))
    options = {"lossless": True} if kind == "WEBP" else {}
    shrunk = decode(_save(smooth, kind, **options), longest_side=100)
    assert np.array_equal(shrunk, reduced(smooth, 100, 75))


def test_what_is_small_enough_stays_as_it_is():
    assert np.array_equal(decode(PNG, longest_side=32), COLOURS)
    assert np.array_equal(decode(JPEG, longest_side=5000), decode(JPEG))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_20_a_shrunk_jpeg_is_the_right_way_up_too(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    smooth = Image.fromarray(COLOURS).resize((640, 480), Image.Resampling.BICUBIC)
    payload = _save(smooth, "JPEG", quality=95, exif=exif)
    whole, shrunk = decode(payload), decode(payload, longest_side=160)
    assert shrunk.shape == ((120, 160, 3) if orientation < 5 else (160, 120, 3))
    assert np.abs(shrunk - reduced(whole, *shrunk.shape[1::-1])).mean() < 2


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_17_grey_and_cmyk_jpegs_shrink(mode):
    smooth = Image.fromarray(COLOURS).resize((640, 480), Image.Resampling.BICUBIC).convert(mode)
    payload = _save(smooth, "JPEG", quality=95)
    shrunk = decode(payload, longest_side=160)
    assert np.abs(shrunk - reduced(decode(payload), 160, 120)).mean() < 2


@pytest.mark.parametrize(("height", "width"), [(1, 1), (10_000, 1), (1, 10_000)])
def test_7_and_8_extreme_shapes_shrink_to_one_pixel_at_least(height, width):
    for kind in ("PNG", "JPEG"):
        pixels = decode(_save(np.full((height, width, 3), 9, np.uint8), kind), longest_side=224)
        assert pixels.shape == (min(height, 224), min(width, 224), 3)
        assert np.abs(pixels.astype(int) - 9).max() <= 2


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("3 truncated JPEG", "damaged or cut short"),
        ("5 bomb", "at most 64 million"),
        ("6 bomb that Pillow warns of", "at most 64 million"),
    ],
)
def test_3_5_6_the_limits_hold_however_few_pixels_are_wanted(case, words, jpeg):
    payload = {
        "3 truncated JPEG": jpeg[: len(jpeg) // 2],
        "5 bomb": _png(20_000, 20_000),
        "6 bomb that Pillow warns of": _png(12_000, 12_000),
    }[case]
    with pytest.raises(PictureError, match=words):
        decode(payload, longest_side=16)


def _with_exif(kind):
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"  # what the picture shows
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return _save(COLOURS, kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_21_position_and_html_in_exif_leave_only_pixels(kind):
    payload = _with_exif(kind)
    with Image.open(io.BytesIO(payload)) as check:
        assert "script" in check.getexif()[0x010E]
        assert check.getexif().get_ifd(0x8825)[1] == "N"
    pixels = decode(payload)
    assert type(pixels) is np.ndarray
    plain = {"quality": 95} if kind == "JPEG" else {}
    assert np.array_equal(pixels, decode(_save(COLOURS, kind, **plain)))
    with Image.open(io.BytesIO(_save(pixels))) as again:  # as the app would hand it on
        assert not again.getexif()
        assert not again.info


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
@pytest.mark.parametrize("colour", [0, 99, 255])
def test_23_a_constant_picture_is_called_blank(kind, colour):
    assert is_blank(decode(_save(np.full((40, 50, 3), colour, np.uint8), kind)))


def test_23_what_shows_something_is_not_blank():
    pixels = np.full((40, 40, 3), 99, np.uint8)
    pixels[20, 20] = 110
    assert not is_blank(pixels)
    assert not is_blank(COLOURS)
    assert is_blank(np.broadcast_to(np.array([9, 80, 200], np.uint8), (5, 5, 3)))


def test_a_large_picture_without_transparency_is_shrunk_without_a_large_array():
    payload = _save(np.zeros((1500, 2000, 3), np.uint8))
    tracemalloc.start()
    assert decode(payload, longest_side=256).shape == (192, 256, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 2**20
