"""Any bytes, and sound pictures with some bytes changed: pixels or a PictureError, never more."""

import contextlib
import warnings
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnn_core.data.decode import decode
from cnn_core.errors import PictureError
from tests.data.image_files import (
    COLOURS,
    JPEG,
    PNG,
    _png,
    _save,
)


@given(st.binary(max_size=200))
def test_any_bytes_give_pixels_or_a_picture_error(payload):
    for prefix in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"II*\0", b"BM"):
        try:
            pixels = decode(prefix + payload)
        except PictureError:
            continue
        assert pixels.ndim == 3


SAMPLES = [_save(COLOURS, kind) for kind in ("PNG", "JPEG", "WEBP", "BMP", "TIFF")] + [
    _save(Image.fromarray(COLOURS[..., 0]), "GIF"),
    _save(COLOURS, "TIFF", compression="tiff_lzw"),
]


@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255))))
def test_damaged_bytes_give_pixels_or_a_picture_error(payload, changes):
    damaged = bytearray(payload)
    for place, value in changes:
        damaged[int(place * min(len(damaged), 120))] = value
    with contextlib.suppress(PictureError):
        assert decode(bytes(damaged), max_pixels=1_000_000).shape[2] == 3


def test_many_threads_and_the_warning_filters_stay_as_they_were():
    before = list(warnings.filters)
    payloads = [PNG, _png(12_000, 12_000), JPEG, b""] * 20

    def outcome(payload):
        try:
            return decode(payload).shape
        except PictureError as exc:
            return exc.message[:20]

    with ThreadPoolExecutor(8) as executor:
        results = list(executor.map(outcome, payloads))
    assert results == [outcome(payload) for payload in payloads]
    assert list(warnings.filters) == before
