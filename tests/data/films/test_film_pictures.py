"""PNG and JPEG films, the canonical picture and its hashes."""

import zlib

import imagehash
import numpy as np
import pytest
from PIL import Image

from cnn_core.data.films.canonical import canonical, content_box, film_hashes, png_of
from cnn_core.data.films.decoding import decode_film
from cnn_core.data.films.raster import jpeg_quality
from cnn_core.errors import PictureError
from tests.data.films import film_files as files

GREY = files.blobs(1)
WIDE = files.blobs(2, height=200, width=400)


def distance(one, other):
    return imagehash.hex_to_hash(one) - imagehash.hex_to_hash(other)


def hashes(grey):
    height, width = grey.shape
    return film_hashes(canonical(grey), width, height)


NOISE = np.random.default_rng(0).random((64, 64)) < 0.5
NEARLY_BLANK = np.zeros((64, 64), np.float32)
NEARLY_BLANK[:4, :4] = 1  # 16 of 4,096 pixels

REFUSED = {
    "1 empty": (b"", "empty"),
    "2 text": (b"not a picture", "neither PNG nor JPEG"),
    "3 truncated JPEG": (files.picture(np.rint(WIDE * 255).astype(np.uint8), "JPEG")[:-900], "cut"),
    "4 truncated PNG": (files.png(WIDE)[:-2000], "cut"),
    "5 bomb": (files.picture(Image.new("1", (20_000, 20_000))), "million"),
    "6 bomb of 18 KB": (files.picture(Image.new("1", (12_000, 12_000))), "million"),
    "7 one pixel": (files.picture(Image.new("L", (1, 1))), "at least 32 pixels"),
    "8 a line": (files.picture(Image.new("L", (1, 10_000))), "at least 32 pixels"),
    "9 another format": (files.picture(np.zeros((40, 40), np.uint8), "TIFF"), "neither PNG"),
    "23 blank": (files.png(np.full((64, 64), 0.5, np.float32)), "blank"),
    "23 nearly blank": (files.png(NEARLY_BLANK), "blank: 99 %"),
    "23 blank of 1 bit": (files.picture(Image.new("1", (64, 64), 1)), "blank"),
    "23 blank JPEG": (files.picture(Image.new("L", (64, 64), 90), "JPEG"), "blank"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(case):
    payload, words = REFUSED[case]
    with pytest.raises(PictureError, match=words):
        decode_film(payload)


def test_the_aspect_ratio_stays_and_the_padding_is_black():
    picture = canonical(WIDE)
    assert content_box(400, 200) == (0, 80, 320, 240)
    assert picture[:80].max() == 0
    assert picture[240:].max() == 0
    assert picture[80:240].min() == 0
    assert picture[80:240].max() == 255


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (0.5, 0.25), (0.1, 0.6)])
def test_linear_contrast_is_normalised_away(gain, offset):
    picture = canonical(GREY * np.float32(gain) + np.float32(offset))
    assert np.abs(picture.astype(int) - canonical(GREY)).max() <= 1


def test_a_few_outliers_do_not_set_the_range():
    marked = files.blobs(3, height=200, width=200) * np.float32(0.5)
    with_marker = marked.copy()
    with_marker[:5, :5] = 1.0
    assert np.abs(canonical(with_marker).astype(int) - canonical(marked))[40:].max() <= 4


@pytest.mark.parametrize(
    "bad", [np.zeros((0, 4)), np.zeros(9), np.full((9, 9), np.nan)], ids=["empty", "flat", "nan"]
)
def test_what_is_no_film_has_no_picture(bad):
    with pytest.raises(PictureError, match="finite grey values"):
        canonical(bad.astype(np.float32))


def test_15_and_16_bits_are_scaled_not_cut_off():
    whole = decode_film(files.picture(np.rint(GREY * 65535).astype(np.uint16)))
    twelve = decode_film(files.picture(np.rint(GREY * 4095).astype(np.uint16)))
    eight = decode_film(files.png(GREY))
    assert (whole.file.bits, twelve.file.bits, eight.file.bits) == (16, 12, 8)
    assert whole.file.mode == "I;16"
    for film in (twelve, eight):
        assert film.brightness == pytest.approx(whole.brightness, abs=2e-3)
        assert np.abs(film.pixels.astype(int) - whole.pixels).max() <= 2


def test_the_whole_of_16_bits_is_used():
    """A film whose greys all lie within one of 8 bits keeps its gradient."""
    fine = np.rint((0.5 + GREY / 300) * 65535).astype(np.uint16)
    assert len(np.unique(decode_film(files.picture(fine)).pixels)) > 100


@pytest.mark.parametrize("bits", [1, 2])
def test_few_bits_are_not_blank(bits):
    noise = Image.fromarray(NOISE.view(np.uint8) * np.uint8(2**bits - 1))
    noise.putpalette(np.repeat(np.linspace(0, 255, 2**bits).astype(np.uint8), 3).tolist())
    film = decode_film(files.picture(noise, bits=bits))
    assert film.file.bits == bits
    assert film.pixels.std() > 50


def test_20_orientation_is_applied_and_the_size_is_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(np.rint(WIDE * 255).astype(np.uint8))
    film = decode_film(files.picture(turned, exif=exif))
    assert (film.file.width, film.file.height) == (200, 400)
    assert np.array_equal(film.pixels, canonical(np.rot90(np.rint(WIDE * 255) / 255, 3)))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK"])
def test_colour_is_made_grey_and_said(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    film = decode_film(
        files.picture(
            Image.fromarray(np.rint(WIDE * 255).astype(np.uint8)).convert("RGB").convert(mode), kind
        )
    )
    assert film.file.mode == mode
    assert film.pixels.std() > 20


@pytest.mark.parametrize("quality", [20, 50, 75, 95])
def test_a_jpegs_quality_is_told_from_its_tables(quality):
    payload = files.picture(np.rint(WIDE * 255).astype(np.uint8), "JPEG", quality=quality)
    assert decode_film(payload).file.compression == f"jpeg q{quality}"
    assert jpeg_quality([255] * 64) < 10


def test_the_same_pixels_give_the_same_png():
    picture = canonical(GREY)
    assert png_of(picture) == png_of(picture.copy())
    assert zlib.crc32(png_of(picture)) != zlib.crc32(png_of(255 - picture))


def test_the_hash_is_imagehash_of_256_bits():
    picture = canonical(WIDE)
    expected = str(imagehash.phash(Image.fromarray(picture), hash_size=16))
    assert hashes(WIDE)[0] == expected
    assert len(expected) == 64


def test_inverted_and_mirrored_copies_are_found_by_their_hashes():
    """Of a film that does not fill the square, too: padding is black in copies as well."""
    plain, inverted, mirrored = hashes(WIDE)
    assert distance(hashes(1 - WIDE)[0], inverted) <= 8
    assert distance(hashes(np.ascontiguousarray(WIDE[:, ::-1]))[0], mirrored) <= 8
    assert distance(plain, inverted) > 56
    assert distance(plain, mirrored) > 56


def test_a_resized_copy_is_near_and_another_film_is_not():
    smaller = np.asarray(Image.fromarray(WIDE).resize((300, 150), Image.Resampling.BICUBIC))
    assert distance(hashes(smaller)[0], hashes(WIDE)[0]) <= 40
    assert distance(hashes(files.blobs(9, height=200, width=400))[0], hashes(WIDE)[0]) > 56
