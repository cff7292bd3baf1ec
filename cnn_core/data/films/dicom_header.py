"""What a DICOM header tells for the table of films: a list of elements, and no others."""

import hashlib
import re
from typing import TYPE_CHECKING

from cnn_core.data.films.table import present
from cnn_core.results.films import MISSING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

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

MODALITIES = ("CR", "DX")
"""What a film is taken by."""
MODALITY_NAMES = {
    "CR": "computed radiography",
    "DX": "digital radiography",
    "CT": "computed tomography",
    "MR": "magnetic resonance",
    "US": "ultrasound",
    "MG": "mammography",
    "NM": "nuclear medicine",
    "PT": "positron emission tomography",
    "XA": "X-ray angiography",
    "RF": "fluoroscopy",
    "SC": "secondary capture",
    "OT": "another modality",
}
"""Defined terms (PS3.3, C.7.3.1.1.1) in words."""

_CHESTS = ("CHEST", "THORA", "LUNG")
_DIGEST_DIGITS = 16
_AGE = re.compile(r"(\d{1,3})([DWMY])")
_IN_A_YEAR = {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}


def header_columns(dataset: "Dataset", salt: bytes) -> dict[str, str]:
    """Return what a header tells for the table, by column; what it leaves open is not there.

    Args:
        dataset: with `ALLOWED` elements.
        salt: of the digest that stands for the patient.
    """
    found = {
        "patient_id": patient_digest(str(dataset.get("PatientID") or ""), salt),
        "age": age_in_years(str(dataset.get("PatientAge") or "")),
        "sex": present(str(dataset.get("PatientSex") or ""), "sex"),
        "view": present(str(dataset.get("ViewPosition") or ""), "view"),
        "study_date": _date(str(dataset.get("StudyDate") or "")),
        "manufacturer": present(str(dataset.get("Manufacturer") or ""), "manufacturer"),
    }
    return {name: value for name, value in found.items() if value != MISSING}


def is_chest(body_part: str) -> bool:
    """Say whether a header's body part is a chest.

    >>> is_chest("CHEST"), is_chest("thorax"), is_chest("HAND")
    (True, True, False)
    """
    return any(chest in body_part.upper() for chest in _CHESTS)


def subject_columns(dataset: "Dataset") -> dict[str, str]:
    """Return what was taken of what: "modality", "body_part"; what the header omits is not there.

    Defined terms alone come out: "OT" (other) and "OTHER" stand for whatever is none, since a
    name may stand anywhere.

    Args:
        dataset: with `ALLOWED` elements.
    """
    modality = str(dataset.get("Modality") or "").strip().upper()
    part = str(dataset.get("BodyPartExamined") or "").strip().upper()
    found = {}
    if modality:
        found["modality"] = modality if modality in MODALITY_NAMES else "OT"
    if part:
        found["body_part"] = "CHEST" if is_chest(part) else "OTHER"
    return found


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


def patient_digest(identifier: str, salt: bytes) -> str:
    """Return a digest that stands for the patient in this set alone, MISSING where none is named.

    >>> patient_digest("UNKNOWN", b""), patient_digest(" P1 ", b"") == patient_digest("P1", b"")
    ('', True)
    """
    named = present(identifier)
    if named == MISSING:
        return MISSING
    return hashlib.sha256(salt + b"\0" + named.encode()).hexdigest()[:_DIGEST_DIGITS]
