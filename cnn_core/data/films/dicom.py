"""A film that came as DICOM (CR, DX; one frame): checked by its header, then its stored values.

Never `force=True`: without the mark DICM at byte 128 it is no DICOM file. Only the elements that
`dicom_header.ALLOWED` lists, and those of the pixels, are parsed at all, so that names, addresses
and free text never enter this process's objects, messages or logs. Refused in one sentence each: a
program in the preamble, a deflated data set (it inflates without a bound), several frames, colour,
other modalities and body parts, transfer syntaxes that cannot be read here (named), sizes that do
not fit the data, no pixels. pydicom is imported when a DICOM file comes.
"""

import io
import logging
import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.decode import MAX_PIXELS, PILLOW_FAULTS
from cnn_core.data.films.dicom_grey import grey_of
from cnn_core.data.films.dicom_header import (
    ALLOWED,
    MODALITIES,
    MODALITY_NAMES,
    header_columns,
    is_chest,
    part_named,
    subject_columns,
)
from cnn_core.data.pictures.names import clean_name
from cnn_core.errors import PictureError
from cnn_core.results.films import FilmFile

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

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
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
)
_PHOTOMETRIC = (  # PS3.3, C.7.6.3.1.2
    *("MONOCHROME1", "MONOCHROME2", "RGB", "HSV", "ARGB", "CMYK", "XYB"),
    *("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"),
)
_PREAMBLE, _MARK = 128, b"DICM"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_HINT = "Export the film from the archive as an uncompressed DICOM file (CR or DX, one frame)."


def is_dicom(payload: bytes) -> bool:
    """Say whether the mark DICM stands behind the preamble (PS3.10, 7.1)."""
    return payload[_PREAMBLE : _PREAMBLE + len(_MARK)] == _MARK


def read_dicom(
    payload: bytes, *, salt: bytes = b"", any_kind: bool = False
) -> tuple[NDArray[np.float32], FilmFile, dict[str, str]]:
    """Return a film's grey values, its file, and what its header tells for the table.

    Args:
        payload: the whole file, with the mark.
        salt: of the digest that stands for the patient, so that nobody can find the patient by
            trying numbers.
        any_kind: whether other modalities and body parts are read too: the columns then have
            what `dicom_header.subject_columns` says.

    Returns:
        float32 `(H, W)`, 0 (black) to 1 (white): modality LUT, VOI LUT or window, and MONOCHROME1
        inverted. Columns: patient_id (16 hexadecimal digits), age (years), sex, view, study_date
        (ISO), manufacturer; those that are known.

    Raises:
        PictureError: the file is refused; see above.
    """
    from pydicom import errors

    _validate_preamble(payload)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they quote what stands in the header
        try:
            dataset = _parsed(payload)
            _validate_kind(dataset)
            if not any_kind:
                _validate_subject(dataset)
            _validate_pixels(dataset)
            grey = grey_of(_stored_values(dataset), dataset)
            columns = header_columns(dataset, salt)
            if any_kind:
                columns |= subject_columns(dataset)
            return grey, _file(dataset, len(payload)), columns
        except (MemoryError, PictureError):
            raise
        # RuntimeError: what pydicom makes of every fault of a codec
        except (
            *PILLOW_FAULTS,
            RuntimeError,
            errors.BytesLengthException,
            errors.InvalidDicomError,
        ) as exc:
            raise _damaged() from exc


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


def _validate_kind(dataset: "FileDataset") -> None:
    """Refuse what is no single grey picture."""
    if "PixelData" not in dataset or not dataset.PixelData:
        raise PictureError("The DICOM file holds no pixels.", hint=_HINT)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise PictureError(
            f"A film must have one frame, but this DICOM file has {frames:,}.", hint=_HINT
        )
    samples = int(dataset.get("SamplesPerPixel") or 1)
    photometric = str(dataset.get("PhotometricInterpretation") or "").strip()
    if samples != 1 or photometric not in ("MONOCHROME1", "MONOCHROME2"):
        # defined terms alone are named here and below: a name may stand in any element
        kind = repr(photometric) if photometric in _PHOTOMETRIC else "of another kind"
        raise PictureError(
            "A film must be grey (MONOCHROME1 or MONOCHROME2), but this DICOM file is "
            f"{kind} with {samples} samples a pixel.",
            hint=_HINT,
        )


def _validate_subject(dataset: "FileDataset") -> None:
    """Refuse what is no radiograph of a chest."""
    modality = str(dataset.get("Modality") or "").strip()
    if modality not in MODALITIES:
        known = modality in MODALITY_NAMES
        named = f"modality {modality!r}" if known else "another modality"
        came = f"is of {named}" if modality else "names no modality"
        raise PictureError(
            f"A film must be of modality CR or DX, but this DICOM file {came}.", hint=_HINT
        )
    part = str(dataset.get("BodyPartExamined") or "").strip().upper()
    if part and not is_chest(part):
        named = f"the body part {part_named(part)!r}" if part_named(part) else "another body part"
        raise PictureError(
            f"A film must show a chest, but this DICOM file names {named}.",
            hint="Bring chest films alone.",
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
