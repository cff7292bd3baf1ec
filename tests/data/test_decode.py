"""The picture decoder against good and bad files; numbers are those of the list of bad inputs."""

import io
import struct
import time
import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from cnn_core.data.decode import decode
from cnn_core.data.ink import ink_from_photo
from cnn_core.errors import PictureError
from tests.data.image_files import (
    COLOURS,
    EPS,
    INFINITE,
    JPEG,
    NAN,
    PNG,
    SMOOTH,
    SVG,
    _looping_tiff,
    _png,
    _png_chunk,
    _save,
    _zipped,
)

REFUSED = {
    "1 empty": (b"", "is empty"),
    "2 text": (b"this is not a picture, whatever its name", "not a picture that can be read"),
    "3 truncated JPEG": (JPEG[: len(JPEG) // 2], "damaged or cut short"),
    "3 truncated WebP": (_save(COLOURS, "WEBP", lossless=True)[:400], "damaged"),
    "3 truncated TIFF": (_save(COLOURS, "TIFF")[:300], "damaged"),
    "3 truncated BMP": (_save(COLOURS, "BMP")[:300], "damaged or cut short"),
    "3 header alone": (PNG[:20], "damaged|not a picture"),
    "4 truncated PNG": (PNG[: len(PNG) // 2], "damaged or cut short"),
    "5 bomb": (_png(20_000, 20_000), "far more pixels, but at most 64 million"),
    "6 bomb that Pillow warns of": (_png(12_000, 12_000), "at most 64 million"),
    "6 just over the limit": (_png(8_000, 8_001), "8,000 x 8,001 pixels, but at most 64 million"),
    "9 EPS": (EPS, "not a picture that can be read"),
    "10 SVG": (SVG, "not a picture that can be read"),
    "14 TIFF without an end": (_looping_tiff(first_page=False), "damaged|not a picture"),
    "19 NaN": (_save(NAN, "TIFF"), "not numbers"),
    "19 infinite": (_save(INFINITE, "TIFF"), "not numbers"),
    "22 inflated text": (
        _png(8, 8, _png_chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(2**27), 9))),
        "damaged",
    ),
    "a zip alone": (_zipped(), "not a picture that can be read"),
    "an ICO": (_save(COLOURS, "ICO"), "not a picture that can be read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence_with_what_to_do(case):
    payload, words = REFUSED[case]
    tracemalloc.start()
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PictureError, match=words) as caught:
            decode(payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.perf_counter() - begin < 2
    assert peak < 32 * 2**20
    assert caught.value.hint
    assert caught.value.message.endswith(".")
    assert "0x" not in caught.value.message
    assert "\n" not in caught.value.message


def test_too_many_bytes_are_refused_before_a_look():
    with pytest.raises(PictureError, match=r"has 0.0 MiB, but at most") as caught:
        decode(PNG, max_bytes=100)
    assert "smaller" in caught.value.hint
    with pytest.raises(PictureError, match=r"has 32\.0 MiB, but at most 32 MiB"):
        decode(PNG.ljust(32 * 2**20 + 1, b"\0"))


def test_the_pixel_limit_can_be_set_and_is_inclusive():
    assert decode(PNG, max_pixels=24 * 32).shape == (24, 32, 3)
    with pytest.raises(PictureError, match="32 x 24 pixels"):
        decode(PNG, max_pixels=24 * 32 - 1)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_lossless_formats_give_the_very_pixels(kind, options):
    pixels = decode(_save(COLOURS, kind, **options))
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert pixels.flags.writeable
    assert np.array_equal(pixels, COLOURS)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_formats_come_near(kind):
    difference = decode(_save(SMOOTH, kind, quality=95)).astype(int) - SMOOTH
    assert np.abs(difference).mean() < 4


def test_gif():
    grey = np.repeat(COLOURS[..., :1], 3, axis=2)
    assert np.array_equal(decode(_save(Image.fromarray(grey).convert("L"), "GIF")), grey)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (10_000, 1), (1, 10_000)])
def test_7_and_8_extreme_shapes_decode(height, width):
    assert decode(_save(np.zeros((height, width, 3), np.uint8))).shape == (height, width, 3)


def test_11_a_zip_behind_a_jpeg_leaves_only_pixels():
    assert np.array_equal(decode(JPEG + _zipped()), decode(JPEG))


def _frames(count):
    return [Image.new("L", (64, 64), 7 + index % 200) for index in range(count)]


def test_12_of_a_gif_of_a_thousand_frames_the_first_counts():
    first, *others = _frames(1000)
    payload = _save(first, "GIF", save_all=True, append_images=others, duration=10)
    with Image.open(io.BytesIO(payload)) as check:
        assert check.n_frames == 1000
    begin = time.perf_counter()
    assert (decode(payload) == 7).all()
    assert time.perf_counter() - begin < 0.2


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_13_of_an_animation_or_several_pages_the_first_counts(kind):
    first, *others = _frames(5)
    options = {"lossless": True} if kind == "WEBP" else {}
    payload = _save(first, kind, save_all=True, append_images=others, **options)
    assert (decode(payload) == 7).all()


def test_14_a_tiff_whose_directories_loop():
    begin = time.perf_counter()
    pixels = decode(_looping_tiff(first_page=True))
    assert time.perf_counter() - begin < 1
    assert np.array_equal(pixels[..., 0].ravel(), np.arange(64))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_15_and_16_deep_grey_is_scaled_by_the_bits_in_use(kind, bits):
    deep = np.linspace(0, 2**bits - 1, 256).astype(np.uint16).reshape(16, 16)
    grey = decode(_save(deep, kind))[..., 0].astype(int).ravel()
    assert np.abs(grey - np.arange(256)).max() <= 1
    assert (np.diff(grey) >= 0).all()


def test_deep_black_stays_black():
    assert (decode(_save(np.zeros((9, 9), np.uint16))) == 0).all()


def test_15_deep_colour_is_scaled():
    rows = b"".join(b"\0" + struct.pack(">3H", 65_535, 32_768, 256 * 3) * 4 for _ in range(4))
    head = _png_chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0))
    data = _png_chunk(b"IDAT", zlib.compress(rows))
    payload = b"\x89PNG\r\n\x1a\n" + head + data + _png_chunk(b"IEND", b"")
    assert decode(payload)[0, 0].tolist() == [255, 128, 3]


def test_whole_numbers_of_32_bits_are_stretched():
    wide = np.array([[-1000, 0], [500, 1000]] * 4, np.int32)
    assert decode(_save(wide, "TIFF"))[:2, :, 0].tolist() == [[0, 128], [191, 255]]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([0, 0.25, 1], [0, 64, 255]),
        ([0.5, 0.5, 0.5], [128] * 3),
        ([-5, 0, 5], [0, 128, 255]),
        ([7, 7, 7], [0, 0, 0]),
    ],
)
def test_floats(values, wanted):
    payload = _save(np.array([values], np.float32), "TIFF")
    assert decode(payload)[0, :, 0].tolist() == wanted


def test_17_cmyk_jpeg():
    payload = _save(Image.fromarray(SMOOTH).convert("CMYK"), "JPEG", quality=95)
    assert np.abs(decode(payload).astype(int) - SMOOTH).mean() < 6


def test_18_transparency_is_laid_on_white():
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[..., 3] = [[0, 255], [128, 51]]
    assert decode(_save(rgba))[..., 0].tolist() == [[255, 0], [127, 204]]
    assert decode(_save(rgba, "WEBP", lossless=True, exact=True))[0, 0, 0] == 255
    grey = np.array([[[9, 0], [9, 255]]], np.uint8)
    assert decode(_save(grey))[0, :, 0].tolist() == [255, 9]


@pytest.mark.parametrize(
    ("mode", "transparency", "wanted"),
    [
        ("P", 1, [200, 255]),
        ("P", b"\xff\x00", [200, 255]),
        ("P", None, [200, 30]),
        ("L", 1, [0, 255]),
        ("RGB", (1, 1, 1), [0, 255]),
        ("1", None, [0, 255]),
    ],
)
def test_18_palettes_and_transparent_colours(mode, transparency, wanted):
    picture = Image.new(mode, (2, 1), 0)
    if mode == "P":
        picture.putpalette([200, 200, 200, 30, 30, 30])
    picture.putpixel((1, 0), (1, 1, 1) if mode == "RGB" else 1)
    options = {} if transparency is None else {"transparency": transparency}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode(_save(picture, **options))[0, :, 0].tolist() == wanted


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_20_orientation_is_applied_once(orientation, kind):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    payload = _save(COLOURS, kind, exif=exif, **options)
    with Image.open(io.BytesIO(payload)) as picture:
        wanted = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    assert np.array_equal(decode(payload), wanted)
    assert wanted.shape == ((24, 32, 3) if orientation < 5 else (32, 24, 3))


def test_20_orientation_6_of_a_jpeg_turns_clockwise():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = decode(_save(SMOOTH, "JPEG", quality=95, exif=exif))
    assert np.abs(turned.astype(int) - np.rot90(SMOOTH, -1)).mean() < 4


@pytest.mark.parametrize("value", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b""])
def test_damaged_exif_does_not_cost_the_picture(value):
    assert decode(_save(COLOURS, "JPEG", exif=value)).shape == (24, 32, 3)


def test_23_a_constant_picture_decodes_and_holds_no_digit():
    pixels = decode(_save(np.full((40, 40, 3), 99, np.uint8)))
    assert (pixels == 99).all()
    with pytest.raises(PictureError, match="no digit to be seen"):
        ink_from_photo(pixels)
