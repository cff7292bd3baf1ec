"""A film that came as DICOM (CR, DX; one frame): checked by its header, then its stored values.

Never `force=True`: without the mark DICM at byte 128 it is no DICOM file. Only the elements listed
here are parsed at all, so that names, addresses and free text never enter this process's objects,
messages or logs. Refused in one sentence each: a program in the preamble, a deflated data set (it
inflates without a bound), several frames, colour, other modalities and body parts, transfer
syntaxes that cannot be read here (named), sizes that do not fit the data, no pixels. pydicom is
imported when a DICOM file comes.
"""

import hashlib
import io
import logging
import re
import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.decode import MAX_PIXELS, PILLOW_FAULTS
from cnn_core.data.films.dicom_grey import grey_of
from cnn_core.data.pictures.names import clean_name
from cnn_core.errors import PictureError
from cnn_core.results.films import MISSING, FilmFile

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

MODALITIES = ("CR", "DX")
ALLOWED = (
    "PatientID",  # kept as a salted digest alone
    "PatientAge",
    "PatientSex",
    "StudyDate",
    "ViewPosition",
    "Modality",
    "BodyPartExamined",
    "Manufacturer",
)
"""The elements that may be read beside those that say how pixels are stored."""

_PIXEL_ELEMENTS = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "ModalityLUTSequence",
    "RescaleIntercept",
    "RescaleSlope",
    "VOILUTSequence",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "PixelData",
)
_CHESTS = ("CHEST", "THORA", "LUNG")
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
)
_PREAMBLE, _MARK = 128, b"DICM"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_DIGEST_DIGITS = 16
_AGE = re.compile(r"(\d{1,3})([DWMY])")
_IN_A_YEAR = {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}
_HINT = "Export the film from the archive as an uncompressed DICOM file (CR or DX, one frame)."


def is_dicom(payload: bytes) -> bool:
    """Say whether the mark DICM stands behind the preamble (PS3.10, 7.1)."""
    return payload[_PREAMBLE : _PREAMBLE + len(_MARK)] == _MARK


def read_dicom(
    payload: bytes, *, salt: bytes = b""
) -> tuple[NDArray[np.float32], FilmFile, dict[str, str]]:
    """Return a film's grey values, its file, and what its header tells for the table.

    Args:
        payload: the whole file, with the mark.
        salt: of the digest that stands for the patient, so that nobody can find the patient by
            trying numbers.

    Returns:
        float32 `(H, W)`, 0 (black) to 1 (white): modality LUT, VOI LUT or window, and MONOCHROME1
        inverted. Columns: patient_id (16 hexadecimal digits), age (years), sex, view, study_date
        (ISO), manufacturer; those that are known.

    Raises:
        PictureError: the file is refused; see above.
    """
    _validate_preamble(payload)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they quote what stands in the header
        dataset = _parsed(payload)
        try:
            _validate_kind(dataset)
            _validate_pixels(dataset)
            stored = _stored_values(dataset)
            grey = grey_of(stored, dataset)
            file = _file(dataset, len(payload))
            columns = _columns(dataset, salt)
        except (MemoryError, PictureError):
            raise
        except PILLOW_FAULTS as exc:
            raise _damaged() from exc
    return grey, file, columns


def _damaged() -> PictureError:
    return PictureError(
        "The DICOM file is damaged: its header or its pixels cannot be read.", hint=_HINT
    )


def _validate_preamble(payload: bytes) -> None:
    if payload.startswith(_PROGRAMS):
        raise PictureError(
            "The DICOM file hides a program in its first 128 bytes.",
            hint="Do not open it; ask whoever sent it for the film as it left the archive.",
        )


def _parsed(payload: bytes) -> "FileDataset":
    """Read the file's meta elements, then only what is listed here."""
    import pydicom
    from pydicom import config
    from pydicom.filereader import read_dataset
    from pydicom.tag import Tag

    logging.getLogger("pydicom").setLevel(logging.CRITICAL)  # it quotes values, too
    config.settings.reading_validation_mode = config.IGNORE
    file = io.BytesIO(payload)
    try:
        file.seek(_PREAMBLE + len(_MARK))
        meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2)
        if str(meta.get("TransferSyntaxUID", "")).strip("\0 ") == _DEFLATED:
            raise PictureError(
                "The DICOM file is deflated as a whole, which is not read: "
                "nothing bounds what it would inflate to.",
                hint=_HINT,
            )
        file.seek(0)
        tags: list[int] = [int(Tag(name)) for name in (*ALLOWED, *_PIXEL_ELEMENTS)]
        return pydicom.dcmread(file, force=False, specific_tags=tags)
    except (MemoryError, PictureError):
        raise
    except (*PILLOW_FAULTS, pydicom.errors.InvalidDicomError) as exc:
        raise _damaged() from exc


def _shown(value: object) -> str:
    return clean_name(str(value), longest=16)


def _validate_kind(dataset: "FileDataset") -> None:
    """Refuse what is no single grey radiograph of a chest."""
    if "PixelData" not in dataset or not dataset.PixelData:
        raise PictureError("The DICOM file holds no pixels.", hint=_HINT)
    modality = str(dataset.get("Modality") or "").strip()
    if modality not in MODALITIES:
        came = f"is of modality {_shown(modality)!r}" if modality else "names no modality"
        raise PictureError(
            f"A film must be of modality CR or DX, but this DICOM file {came}.", hint=_HINT
        )
    part = str(dataset.get("BodyPartExamined") or "").strip().upper()
    if part and not any(chest in part for chest in _CHESTS):
        raise PictureError(
            f"A film must show a chest, but this DICOM file names the body part {_shown(part)!r}.",
            hint="Bring chest films alone.",
        )
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise PictureError(
            f"A film must have one frame, but this DICOM file has {frames:,}.", hint=_HINT
        )
    samples = int(dataset.get("SamplesPerPixel") or 1)
    photometric = str(dataset.get("PhotometricInterpretation") or "").strip()
    if samples != 1 or photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise PictureError(
            "A film must be grey (MONOCHROME1 or MONOCHROME2), but this DICOM file is "
            f"{_shown(photometric or 'unnamed')!r} with {samples} samples a pixel.",
            hint=_HINT,
        )


def _validate_pixels(dataset: "FileDataset") -> None:
    """Hold what the header declares against the limits and the data, before decoding."""
    from pydicom.pixels.decoders.base import get_decoder

    rows, columns = int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)
    allocated, stored = int(dataset.get("BitsAllocated") or 0), int(dataset.get("BitsStored") or 0)
    if allocated not in (8, 16) or not 1 <= stored <= allocated:
        raise PictureError(
            "A stored value must take 8 or 16 bits and use no more of them, but this DICOM file "
            f"declares {stored} bits in {allocated}.",
            hint=_HINT,
        )
    if rows * columns > MAX_PIXELS or not rows * columns:
        raise PictureError(
            f"The DICOM file declares {columns:,} x {rows:,} pixels, but 1 to "
            f"{MAX_PIXELS / 1e6:g} million can be read.",
            hint=_HINT,
        )
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is None:
        raise PictureError("The DICOM file names no transfer syntax.", hint=_HINT)
    if syntax.is_compressed:
        try:
            readable = get_decoder(syntax).is_available
        except NotImplementedError:
            readable = False
        if not readable:
            raise PictureError(
                f"The DICOM transfer syntax {clean_name(syntax.name, longest=80)!r} "
                "cannot be read here.",
                hint=_HINT,
            )
    needed = rows * columns * allocated // 8
    if not syntax.is_compressed and len(dataset.PixelData) < needed:
        raise PictureError(
            f"The DICOM file declares {columns:,} x {rows:,} pixels, which take {needed:,} bytes, "
            f"but it holds {len(dataset.PixelData):,}.",
            hint=_HINT,
        )


def _stored_values(dataset: "FileDataset") -> NDArray[np.generic]:
    from pydicom.pixels.utils import pixel_array

    values = np.asarray(pixel_array(dataset, index=0))
    if values.shape != (int(dataset.Rows), int(dataset.Columns)):
        raise _damaged()
    return values


def _file(dataset: "FileDataset", size: int) -> FilmFile:
    return FilmFile(
        bytes=size,
        format="DICOM",
        mode=str(dataset.PhotometricInterpretation),
        bits=int(dataset.BitsStored),
        compression=clean_name(dataset.file_meta.TransferSyntaxUID.name, longest=80),
        width=int(dataset.Columns),
        height=int(dataset.Rows),
    )


def _columns(dataset: "FileDataset", salt: bytes) -> dict[str, str]:
    found = {
        "patient_id": _patient(str(dataset.get("PatientID") or ""), salt),
        "age": age_in_years(str(dataset.get("PatientAge") or "")),
        "sex": clean_or_missing(dataset.get("PatientSex")),
        "view": clean_or_missing(dataset.get("ViewPosition")),
        "study_date": _date(str(dataset.get("StudyDate") or "")),
        "manufacturer": clean_or_missing(dataset.get("Manufacturer")),
    }
    return {name: value for name, value in found.items() if value != MISSING}


def clean_or_missing(value: object) -> str:
    """Return a header's text, cleaned for display, MISSING where there is none."""
    text = str(value or "").strip()
    return clean_name(text, longest=64) if text else MISSING


def age_in_years(age: str) -> str:
    """Return a DICOM age string (VR AS) in whole years, MISSING where it is none.

    >>> age_in_years("045Y"), age_in_years("018M"), age_in_years("003W"), age_in_years("old")
    ('45', '1', '0', '')
    """
    match = _AGE.fullmatch(age.strip().upper())
    return str(int(int(match[1]) / _IN_A_YEAR[match[2]])) if match else MISSING


def _date(date: str) -> str:
    digits = date.strip()
    if not re.fullmatch(r"\d{8}", digits):
        return MISSING
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"


def _patient(identifier: str, salt: bytes) -> str:
    """A digest that stands for the patient in this set alone."""
    if not identifier.strip():
        return MISSING
    digest = hashlib.sha256(salt + b"\0" + identifier.strip().encode()).hexdigest()
    return digest[:_DIGEST_DIGITS]
