"""DICOM films: cases 24 to 37 of the bad inputs, the order of look-up tables, what is kept."""

import io
import logging

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
from pydicom.sequence import Sequence
from pydicom.uid import (
    MPEG2MPML,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
)

from cnn_core.data.films.decoding import decode_film
from cnn_core.data.films.dicom import read_dicom
from cnn_core.errors import PictureError
from tests.data.films import film_files as files

STORED = np.rint(files.blobs(1) * 4095).astype(np.uint16)
EIGHT_BITS = np.rint(files.blobs(1) * 255).astype(np.uint8)
RGB = np.zeros((48, 40, 3), np.uint8)

WINDOW = {"WindowCenter": 2000, "WindowWidth": 1500}

REFUSED = {
    "24 no DICM prefix": (files.dicom()[:128] + files.dicom()[132:], "DICM at byte 128"),
    "25 text that force=True would take": (b"Modality: CR\nPatient: unknown\n" * 20, "DICM"),
    "26 program in the preamble": (files.dicom(preamble=b"MZ" + bytes(126)), "hides a program"),
    "26 ELF in the preamble": (files.dicom(preamble=b"\x7fELF" + bytes(124)), "hides a program"),
    "27 deflated bomb": (files.deflated_bomb(), "is deflated as a whole"),
    "28 rows x columns beyond the data": (files.dicom(Rows=4000), "take 320,000 bytes, but it"),
    "29 65535x65535 with tiny data": (
        files.dicom(Rows=65535, Columns=65535),
        "65,535 x 65,535 pixels, but 1 to 64 million",
    ),
    "30 no pixel data": (files.dicom(PixelData=None), "holds no pixels"),
    "31 multi-frame": (
        files.dicom(NumberOfFrames=1000),
        "one frame, but this DICOM file has 1,000",
    ),
    "33 RGB secondary capture": (
        files.dicom(RGB, SamplesPerPixel=3, PhotometricInterpretation="RGB"),
        "'RGB' with 3 samples",
    ),
    "34 unsupported transfer syntax": (
        files.dicom(syntax=JPEGLosslessSV1),
        "'JPEG Lossless, Non-Hierarchical, First-Order Prediction",
    ),
    "34 a film's": (files.dicom(syntax=MPEG2MPML), "'MPEG2 Main Profile / Main Level'"),
    "35 wrong modality": (files.dicom(Modality="CT"), "modality CR or DX, but .* 'CT'"),
    "35 no modality": (files.dicom(Modality=None), "names no modality"),
    "35 wrong body part": (files.dicom(BodyPartExamined="HAND"), "body part 'HAND'"),
    "37 BitsStored > BitsAllocated": (files.dicom(BitsStored=20), "20 bits in 16"),
    "truncated": (files.dicom()[:600], "holds no pixels"),
    "truncated pixels": (files.dicom()[:-9], "3,840 bytes, but it holds 3,831|damaged"),
    "a broken frame": (
        files.encapsulated(EIGHT_BITS, "JPEG", JPEGBaseline8Bit).replace(b"\xff\xdb", b"\xff\xd9"),
        "damaged",
    ),
    "a length that fits no number": (
        files.dicom().replace(b"\x10\0US\x02\0\x30\0", b"\x10\0US\x03\0\x30\0\0"),
        "damaged",
    ),
    "damaged RLE": (files.dicom(syntax=RLELossless), "damaged"),
    "a window of no width": (files.dicom(WindowCenter=100, WindowWidth=0), "window of width 0"),
    "a window that is no number": (files.dicom(WindowCenter="1e400", WindowWidth=9), "no number"),
    "rescaled to nothing": (files.dicom(RescaleSlope=0, RescaleIntercept=1), "the same one"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(case):
    payload, words = REFUSED[case]
    with pytest.raises(PictureError, match=words) as caught:
        decode_film(payload)
    assert caught.value.message.count(". ") == 0
    assert caught.value.hint


def test_whatever_is_changed_in_a_file_it_is_read_or_refused():
    """A hundred files with bytes changed, taken out or put in, mostly in the header."""
    rng = np.random.default_rng(8)
    sound = (files.dicom(**WINDOW), files.encapsulated(EIGHT_BITS, "JPEG", JPEGBaseline8Bit))
    refused = 0
    for turn in range(100):
        payload = bytearray(sound[turn % 2])
        for at in rng.integers(132, 1100, rng.integers(1, 6)):
            changed = rng.bytes(int(rng.integers(0, 4)))
            payload[at : at + int(rng.integers(0, 4))] = changed
        try:
            assert decode_film(bytes(payload)).pixels.shape == (320, 320)
        except PictureError:
            refused += 1
    assert 20 <= refused <= 95


def test_a_film_is_read_with_its_file():
    film = decode_film(files.dicom())
    assert film.pixels.shape == (320, 320)
    assert (film.file.format, film.file.mode, film.file.bits) == ("DICOM", "MONOCHROME2", 12)
    assert (film.file.width, film.file.height) == (40, 48)
    assert film.file.compression == "Explicit VR Little Endian"
    assert film.brightness == pytest.approx(STORED.mean() / 4095, abs=1e-5)


def test_it_is_the_picture_that_the_same_film_has_as_png():
    from_dicom = decode_film(files.dicom())
    from_png = decode_film(files.picture(STORED))
    assert np.abs(from_dicom.pixels.astype(int) - from_png.pixels).max() <= 1


def test_32_monochrome1_is_inverted_once():
    turned = decode_film(files.dicom(4095 - STORED, PhotometricInterpretation="MONOCHROME1"))
    straight = decode_film(files.dicom())
    assert np.abs(turned.pixels.astype(int) - straight.pixels).max() <= 1


@pytest.mark.parametrize(
    ("kind", "syntax", "values"),
    [
        ("JPEG", JPEGBaseline8Bit, EIGHT_BITS),
        ("JPEG2000", JPEG2000Lossless, EIGHT_BITS),
        ("JPEG2000", JPEG2000Lossless, STORED),
    ],
)
def test_compressed_pixels_are_read(kind, syntax, values):
    film = decode_film(files.encapsulated(values, kind, syntax))
    straight = decode_film(files.dicom(values))
    assert film.file.compression == syntax.name
    assert np.abs(film.pixels.astype(int) - straight.pixels).mean() < 3


def test_a_frame_of_another_size_than_declared_is_refused():
    small = np.zeros((40, 40), np.uint8)
    payload = files.encapsulated(small, "JPEG", JPEGBaseline8Bit, Rows=4000, Columns=4000)
    with pytest.raises(PictureError, match="damaged"):
        decode_film(payload)


def lut(entries, first, bits):
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), first, bits])
    item.add_new("LUTData", "OW", np.asarray(entries, np.uint16).tobytes())
    return Sequence([item])


TABLE = lut(np.linspace(0, 65535, 4096) ** 0.9, 0, 16)
TREATMENTS = {
    "nothing": {},
    "rescale": {"RescaleSlope": 2, "RescaleIntercept": -1000},
    "window": WINDOW,
    "the first of two windows": {"WindowCenter": [2000, 900], "WindowWidth": [1500, 100]},
    "exact window": {**WINDOW, "VOILUTFunction": "LINEAR_EXACT"},
    "sigmoid": {**WINDOW, "VOILUTFunction": "SIGMOID"},
    "rescale, then window": {"RescaleSlope": 2, "RescaleIntercept": -1000, **WINDOW},
    "modality LUT": {"ModalityLUTSequence": TABLE},
    "VOI LUT before window": {"VOILUTSequence": TABLE, **WINDOW},
}


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("treatment", TREATMENTS)
def test_look_up_tables_agree_with_pydicom(treatment, inverted):
    photometric = "MONOCHROME1" if inverted else "MONOCHROME2"
    payload = files.dicom(**TREATMENTS[treatment], PhotometricInterpretation=photometric)
    dataset = pydicom.dcmread(io.BytesIO(payload))
    theirs = apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset)
    theirs = theirs.astype(np.float64)
    low, high = (-1000, 7190) if "rescale" in treatment else (0, 4095)
    if "LUT" in treatment:
        low, high = 0, 65535
    theirs = np.clip((theirs - low) / (high - low), 0, 1)
    grey, _, _ = read_dicom(payload)
    assert np.abs(grey - (1 - theirs if inverted else theirs)).max() < 2e-3


def test_a_table_of_8_bits_takes_12_bit_values():
    """Where pydicom's `apply_voi` wraps round at 256."""
    payload = files.dicom(VOILUTSequence=lut(np.arange(4096) // 16, 0, 8))
    grey, _, _ = read_dicom(payload)
    assert np.abs(grey - STORED // 16 / 255).max() < 1e-6


def test_signed_values():
    signed = (STORED.astype(int) - 2048).astype(np.int16)
    grey, _, _ = read_dicom(files.dicom(signed))
    assert np.abs(grey - STORED / 4095).max() < 1e-6


def test_only_the_allow_list_is_kept_and_the_patient_only_as_a_salted_digest():
    film = decode_film(files.dicom(), salt=b"one")
    patient = film.columns.pop("patient_id")
    assert film.columns == {
        "age": "61",
        "sex": "F",
        "view": "PA",
        "study_date": "2020-03-12",
        "manufacturer": "Acme",
    }
    assert len(patient) == 16
    assert patient == decode_film(files.dicom(), salt=b"one").columns["patient_id"]
    assert patient != decode_film(files.dicom(), salt=b"two").columns["patient_id"]
    assert not any(secret in repr(film) for secret in ("12345", "Jane", "General", "1959"))


@pytest.mark.parametrize("word", ["UNKNOWN", "NA", "none", " ? "])
def test_a_word_for_nobody_is_no_patient(word):
    assert "patient_id" not in decode_film(files.dicom(PatientID=word)).columns


def test_a_childs_age_is_kept():
    assert decode_film(files.dicom(PatientAge="009M")).columns["age"] == "0"
    assert decode_film(files.dicom(PatientAge="017Y")).columns["age"] == "17"
    assert "age" not in decode_film(files.dicom(PatientAge=None)).columns


def test_36_html_in_the_name_is_never_shown_or_logged(caplog, capfd, recwarn):
    caplog.set_level(logging.DEBUG)
    payload = files.dicom(PatientName=files.HTML, PatientComments=files.HTML)
    film = decode_film(payload.replace(b"061Y", b"<b>Y"))
    with pytest.raises(PictureError) as caught:
        decode_film(payload.replace(b"CHEST ", b"HAND  "))
    said = (caplog.text, *capfd.readouterr(), repr(film), caught.value.message)
    assert not any("<img" in text or "<b>" in text for text in said)
    assert not recwarn.list
