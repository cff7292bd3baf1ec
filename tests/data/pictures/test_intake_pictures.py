"""Good and bad pictures inside a folder; numbers are those of the list of bad inputs."""

import io
import re
import zlib

import numpy as np
import pytest
from PIL import Image

from cnn_core.data.pictures.folder import FolderSource
from cnn_core.data.pictures.intake import take_in
from cnn_core.data.pictures.thumbnails import thumbnail
from cnn_core.data.pictures.upload import UploadSource
from tests.data.image_files import (
    COLOURS,
    EPS,
    INFINITE,
    JPEG,
    NAN,
    PNG,
    SVG,
    _looping_tiff,
    _png,
    _png_chunk,
    _save,
    _zipped,
)
from tests.data.picture_folders import flowers, left_behind, write_folder


def _exif(**values):
    exif = Image.Exif()
    for tag, value in values.items():
        exif[int(tag[1:])] = value
    return exif


def _animation(kind, count):
    first, *others = [Image.new("L", (16, 16), 40 + index % 200) for index in range(count)]
    return _save(first, kind, save_all=True, append_images=others)


def _cmyk():
    return _save(Image.fromarray(COLOURS).convert("CMYK"), "JPEG")


def _transparent(mode):
    picture = Image.fromarray(COLOURS).convert(mode)
    if mode == "RGBA":
        picture.putalpha(128)
    return _save(picture, **({"transparency": 0} if mode == "P" else {}))


LEFT_OUT = {
    "1 empty": ("a.png", b"", "is empty"),
    "2 text named .png": ("a.png", b"no picture", "not a picture that can be read"),
    "3 truncated JPEG": ("a.jpg", JPEG[: len(JPEG) // 2], "damaged or cut short"),
    "4 truncated PNG": ("a.png", PNG[: len(PNG) // 2], "damaged or cut short"),
    "5 bomb": ("a.png", _png(20_000, 20_000), "at most 64 million"),
    "6 bomb that Pillow warns of": ("a.png", _png(12_000, 12_000), "at most 64 million"),
    "9 EPS named .png": ("a.png", EPS, "not a picture that can be read"),
    "10 SVG with a script": ("a.svg", SVG, "not a picture that can be read"),
    "14 TIFF without an end": ("a.tiff", _looping_tiff(first_page=False), "damaged|not a picture"),
    "19 NaN": ("a.tiff", _save(NAN, "TIFF"), "not numbers"),
    "19 infinite": ("a.tiff", _save(INFINITE, "TIFF"), "not numbers"),
    "22 inflated text": (
        "a.png",
        _png(8, 8, _png_chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(2**24), 9))),
        "damaged",
    ),
    "longer than is read": ("a.png", PNG.ljust(32 * 2**20 + 1, b"\0"), "more than the 32 MiB"),
}
COMES_IN = {
    "7 of one pixel": ("a.png", _save(COLOURS[:1, :1]), (1, 1)),
    "8 of one column": ("a.png", _save(np.zeros((10_000, 1, 3), np.uint8)), (1, 10_000)),
    "11 zip behind a JPEG": ("a.jpg", JPEG + _zipped(), (32, 24)),
    "12 GIF of 1,000 frames": ("a.gif", _animation("GIF", 1_000), (16, 16)),
    "13 animated PNG": ("a.png", _animation("PNG", 3), (16, 16)),
    "14 TIFF whose directories loop": ("a.tiff", _looping_tiff(first_page=True), (8, 8)),
    "15 16 bits": ("a.png", _save(np.arange(256, dtype=np.uint16).reshape(16, 16) * 257), (16, 16)),
    "16 12 bits in 16": ("a.png", _save(np.full((4, 4), 4095, np.uint16)), (4, 4)),
    "17 CMYK JPEG": ("a.jpg", _cmyk(), (32, 24)),
    "18 RGBA": ("a.png", _transparent("RGBA"), (32, 24)),
    "18 palette": ("a.png", _transparent("P"), (32, 24)),
    "20 on its side": ("a.jpg", _save(COLOURS, "JPEG", exif=_exif(_274=6)), (24, 32)),
    "21 EXIF with HTML": ("a.jpg", _save(COLOURS, "JPEG", exif=_exif(_270="<b>hi</b>")), (32, 24)),
    "23 of one colour": ("a.png", _save(np.full((9, 9, 3), 77, np.uint8)), (9, 9)),
}


def _brought(store, folder, name, payload):
    write_folder(folder, flowers() | {f"rose/{name}": payload})
    return take_in(store, FolderSource(folder))


@pytest.mark.parametrize("case", LEFT_OUT)
def test_a_bad_file_is_listed_with_its_reason_and_the_rest_comes_in(store, tmp_path, case):
    name, payload, words = LEFT_OUT[case]
    snapshot = _brought(store, tmp_path / "brought", name, payload)
    assert len(snapshot.pictures) == 4
    (rejected,) = snapshot.rejected
    assert rejected.name == f"rose/{name}"
    assert re.search(words, rejected.reason)
    assert rejected.reason.endswith(".")
    assert str(tmp_path) not in rejected.reason
    assert left_behind(store) == []
    assert sum(path.is_file() for path in (store.home / "objects").glob("*/*")) == 4


@pytest.mark.parametrize("case", COMES_IN)
def test_an_odd_picture_comes_in_as_it_is_and_is_shown_from_its_pixels_alone(store, tmp_path, case):
    name, payload, size = COMES_IN[case]
    snapshot = _brought(store, tmp_path / "brought", name, payload)
    assert snapshot.rejected == ()
    (picture,) = [p for p in snapshot.pictures if p.name == f"rose/{name}"]
    assert (picture.width, picture.height) == size
    assert picture.size == len(payload)
    assert store.read(picture.sha256) == payload
    shown = thumbnail(store, picture, side=16)
    assert max(shown.shape[:2]) <= 16
    (kept,) = (store.home / "thumbnails").glob(f"*/*/{picture.sha256}.jpg")
    with Image.open(io.BytesIO(kept.read_bytes())) as small:
        assert small.format == "JPEG"
        assert dict(small.getexif()) == {}
    assert b"alert" not in kept.read_bytes()
    assert b"<b>" not in kept.read_bytes()


@pytest.mark.parametrize(
    ("payload", "brightness", "contrast"),
    [
        (_save(np.zeros((9, 9, 3), np.uint8)), 0, 0),
        (_save(np.full((9, 9, 3), 255, np.uint8)), 1, 0),
        (_save(np.full((4, 4), 4095, np.uint16)), 1, 0),
        (_save(np.repeat(np.array([[0], [255]], np.uint8), 8, 1)), 0.5, 0.5),
    ],
)
def test_brightness_and_contrast_are_kept(store, tmp_path, payload, brightness, contrast):
    snapshot = _brought(store, tmp_path / "brought", "x.png", payload)
    (picture,) = [p for p in snapshot.pictures if p.name == "rose/x.png"]
    assert (picture.brightness, picture.contrast) == (brightness, contrast)


@pytest.mark.parametrize("case", LEFT_OUT)
def test_bad_files_alone_are_refused_in_a_sentence_and_leave_nothing(store, case):
    from cnn_core.errors import DataError

    name, payload, words = LEFT_OUT[case]
    files = [(f"{label}/{name}", io.BytesIO(payload)) for label in ("rose", "tulip")]
    with pytest.raises(DataError, match=words) as caught:
        take_in(store, UploadSource(files))
    assert "2 files were left out" in caught.value.message
    assert caught.value.hint
    assert left_behind(store) == []
    assert not (store.home / "objects").exists()
    assert store.snapshots() == []
