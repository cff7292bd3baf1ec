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

OTHER = "OTHER"
"""Stands for text that is no defined term: it may be anything, a name too."""
FRONTAL = "FRONTAL"
VIEW_NAMES = {
    "LL": "left lateral",
    "RL": "right lateral",
    "LLD": "left lateral decubitus",
    "RLD": "right lateral decubitus",
    "LLO": "left lateral oblique",
    "RLO": "right lateral oblique",
    "LAT": "lateral",
    "LATERAL": "lateral",
    "LAO": "left anterior oblique",
    "RAO": "right anterior oblique",
    "LPO": "left posterior oblique",
    "RPO": "right posterior oblique",
    "OBL": "oblique",
    "OBLIQUE": "oblique",
}
"""Views that are not frontal (PS3.3, C.8.1.1 and usage) in words."""
UNREADABLE = "UNREADABLE"
"""Stands for an age that is there and cannot be read."""

_FRONTAL_WORDS = {"AP", "PA", FRONTAL, "ANTEROPOSTERIOR", "POSTEROANTERIOR"}
_UPRIGHT_OR_LYING = {"ERECT", "UPRIGHT", "STANDING", "SITTING", "SEMI", "SUPINE", "PORTABLE"}
_PLAIN_WORDS = _FRONTAL_WORDS | _UPRIGHT_OR_LYING | {"CHEST", "THORAX", "VIEW"}
_CHESTS = ("CHEST", "THORA", "LUNG")
_BODY_PARTS = (
    *("ABDOMEN", "ANKLE", "ARM", "BREAST", "CLAVICLE", "CSPINE", "ELBOW", "EXTREMITY", "FEMUR"),
    *("FOOT", "FOREARM", "HAND", "HEAD", "HIP", "HUMERUS", "JAW", "KNEE", "LEG", "LSPINE", "NECK"),
    *("PELVIS", "RIB", "SCAPULA", "SHOULDER", "SKULL", "SPINE", "SSPINE", "STERNUM", "WRIST"),
)
_DIGEST_DIGITS = 16
_AGE = re.compile(r"(\d{1,3})([DWMY])", re.ASCII)
_YEARS = re.compile(r"\d{1,3}", re.ASCII)
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


def part_named(body_part: str) -> str:
    """Return a body part that is a defined term (PS3.16, annex L), "" for whatever is none.

    >>> part_named("HAND"), part_named("DOE JANE")
    ('HAND', '')
    """
    return body_part if body_part in _BODY_PARTS else ""


def subject_columns(dataset: "Dataset") -> dict[str, str]:
    """Return what was taken of what: "modality", "body_part", "view", "age".

    What the header omits is not there. Defined terms alone come out: "OT" (another modality) and
    `OTHER` stand for whatever is none, since a name may stand anywhere.

    Args:
        dataset: with `ALLOWED` elements.
    """
    modality = str(dataset.get("Modality") or "").strip().upper()
    part = str(dataset.get("BodyPartExamined") or "").strip().upper()
    view = _view_named(str(dataset.get("ViewPosition") or ""))
    age = _age_stated(str(dataset.get("PatientAge") or ""))
    found = {}
    if modality:
        found["modality"] = modality if modality in MODALITY_NAMES else "OT"
    if part:
        found["body_part"] = "CHEST" if is_chest(part) else OTHER
    if view:
        found["view"] = view
    if age:
        found["age"] = age
    return found


def _view_named(view: str) -> str:
    """Return `FRONTAL`, one of `VIEW_NAMES`, or `OTHER`; MISSING where none is named.

    >>> _view_named("PA"), _view_named("AP supine"), _view_named("postero-anterior")
    ('FRONTAL', 'FRONTAL', 'FRONTAL')
    >>> _view_named("LL"), _view_named("AP oblique"), _view_named("unknown"), _view_named("Jane")
    ('LL', 'OTHER', '', 'OTHER')
    """
    named = present(view, "view").upper()
    if named in VIEW_NAMES or named == MISSING:
        return named
    joined = re.sub(r"(?<=O)-(?=[AP])", "", named)
    words = {word for word in re.split(r"[^A-Z]+", joined) if word}
    return FRONTAL if words & _FRONTAL_WORDS and words <= _PLAIN_WORDS else OTHER


def _age_stated(age: str) -> str:
    """Return an age in whole years, `UNREADABLE` where it is none, MISSING where none is stated.

    Digits without a unit, which the standard does not know, are years.

    >>> _age_stated("017Y"), _age_stated("17"), _age_stated("17 or so"), _age_stated(" ")
    ('17', '17', 'UNREADABLE', '')
    """
    stated = present(age.strip("\0 "))
    if stated == MISSING:
        return MISSING
    return str(int(stated)) if _YEARS.fullmatch(stated) else age_in_years(stated) or UNREADABLE


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
