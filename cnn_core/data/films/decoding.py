"""A film's bytes to its canonical picture and everything its file tells: the one film decoder.

The content decides the format, never the name. Refused in one sentence each: what is neither PNG,
JPEG nor DICOM, what `raster` and `dicom` refuse, a blank film, one of fewer than `LEAST_SIDE`
pixels a side. Memory and time are bounded by `data.films.limits`, which runs this in processes
of their own.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.data.decode import validate_payload
from cnn_core.data.films.canonical import canonical
from cnn_core.data.films.dicom import is_dicom, read_dicom
from cnn_core.data.films.raster import read_raster
from cnn_core.errors import PictureError
from cnn_core.results.films import FilmFile
from cnn_core.results.triage import DISPLAY_SIDE

LEAST_SIDE = 32
_BLANK_LEVELS = 3  # what lossy compression makes of one grey
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@dataclass(frozen=True, kw_only=True, eq=False)
class DecodedFilm:
    """A film as everything downstream sees it.

    Attributes:
        pixels: its canonical picture, uint8 `(SIDE, SIDE)`.
        file: what its file tells without the picture.
        brightness: mean grey before anything was clipped or stretched, 0 to 1.
        contrast: standard deviation of the same, 0 to 0.5.
        columns: what a DICOM header tells, by column of the table ("patient_id" as a salted digest,
            "age" in years); {} of other formats.
        coloured: share of its pixels that are coloured, 0 to 1.
        display: for a viewer, uint8, at most `DISPLAY_SIDE` pixels a side, the right way up,
            windowed as its header says and nothing else; `(0, 0)` where nobody asked.
    """

    pixels: NDArray[np.uint8]
    file: FilmFile
    brightness: float
    contrast: float
    columns: dict[str, str] = field(default_factory=dict)
    coloured: float = 0.0
    display: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0), np.uint8))


def decode_film(payload: bytes, *, salt: bytes = b"") -> DecodedFilm:
    """Return the film in `payload`.

    Args:
        payload: the whole file: PNG, JPEG or DICOM, whatever its name.
        salt: see `data.films.dicom.read_dicom`.

    Raises:
        PictureError: the file cannot be read as a film; says why in one sentence.

    >>> decode_film(b"")
    Traceback (most recent call last):
    cnn_core.errors.PictureError: The file is empty (0 bytes).
    """
    return _decoded(payload, salt, triage=False)


def decode_for_triage(payload: bytes, *, salt: bytes = b"") -> DecodedFilm:
    """Return the film in `payload` with its display picture; what it shows is left to the caller.

    Pictures of any size, modality and body part are read, the latter named in `columns`
    ("modality", "body_part", "view", "age"): at triage they are refused with a reason, not as files
    that cannot be read.

    Args:
        payload: see `decode_film`.
        salt: likewise.

    Raises:
        PictureError: the file cannot be read as a single grey picture.
    """
    return _decoded(payload, salt, triage=True)


def _decoded(payload: bytes, salt: bytes, *, triage: bool) -> DecodedFilm:
    validate_payload(payload)
    columns: dict[str, str] = {}
    coloured = 0.0
    if is_dicom(payload):
        grey, file, columns = read_dicom(payload, salt=salt, any_kind=triage)
    elif payload.startswith(_PNG):
        grey, file, coloured = read_raster(payload, "PNG")
    elif payload.startswith(_JPEG):
        grey, file, coloured = read_raster(payload, "JPEG")
    else:
        raise PictureError(
            "The file is not a film that can be read: it is neither PNG nor JPEG, "
            "and the mark of a DICOM file (DICM at byte 128) is missing.",
            hint="Save the film as PNG, JPEG or DICOM.",
        )
    _validate_content(grey, file, least=1 if triage else LEAST_SIDE)
    return DecodedFilm(
        pixels=canonical(grey),
        file=file,
        brightness=round(float(grey.mean(dtype=np.float64)), 6),
        contrast=round(float(grey.std(dtype=np.float64)), 6),
        columns=columns,
        coloured=coloured,
        display=display_picture(grey if triage else grey[:0, :0]),
    )


def display_picture(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a film as a viewer shows it, uint8, its longer side at most `DISPLAY_SIDE` pixels.

    Args:
        grey: float32 `(H, W)`, 0 (black) to 1 (white).

    >>> display_picture(np.ones((4096, 1024), np.float32)).shape
    (1024, 256)
    """
    height, width = grey.shape
    levels = np.clip(grey * np.float32(255) + np.float32(0.5), 0, 255)
    pixels: NDArray[np.uint8] = levels.astype(np.uint8)
    if max(height, width) <= DISPLAY_SIDE:
        return pixels
    factor = DISPLAY_SIDE / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    resized = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.uint8)


def _validate_content(grey: NDArray[np.float32], file: FilmFile, least: int) -> None:
    if min(grey.shape) < least:
        raise PictureError(
            f"A film needs at least {LEAST_SIDE} pixels a side, "
            f"but this one has {file.width:,} x {file.height:,}.",
            hint="Bring the film at its full size.",
        )
    if float(grey.max() - grey.min()) * (2 ** max(file.bits, 8) - 1) <= _BLANK_LEVELS:
        raise PictureError(
            "The film is blank: all its pixels are about equal.", hint="Choose another file."
        )
