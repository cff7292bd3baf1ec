"""What becomes of one film's file, all of it in the process that may be ended: pure, no disk."""

import hashlib
from dataclasses import dataclass

import numpy as np

from cnn_core.data.films.canonical import film_hashes, png_of
from cnn_core.data.films.decoding import decode_film
from cnn_core.data.pictures.measure import measure
from cnn_core.results.films import FilmFile


@dataclass(frozen=True, kw_only=True)
class TakenFilm:
    """A film on its way into the store.

    Attributes:
        sha256: of the file's bytes, hexadecimal.
        png: its canonical picture, as it is kept.
        file: see `FilmFile`.
        columns: what a DICOM header tells (`DecodedFilm.columns`).
        brightness: of the film, before anything was clipped or stretched, 0 to 1.
        contrast: likewise.
        phashes: 256 bits: of the picture, inverted, mirrored.
        measured: `data.pictures.measure` of the picture: two hashes of 64 bits, mean and standard
            deviation.
    """

    sha256: str
    png: bytes
    file: FilmFile
    columns: dict[str, str]
    brightness: float
    contrast: float
    phashes: tuple[str, str, str]
    measured: tuple[str, str, float, float]


def take_film(payload: bytes, salt: bytes) -> TakenFilm:
    """Decode and measure the film in `payload`.

    Raises:
        PictureError: it cannot be read; see `decode_film`.
    """
    film = decode_film(payload, salt=salt)
    return TakenFilm(
        sha256=hashlib.sha256(payload).hexdigest(),
        png=png_of(film.pixels),
        file=film.file,
        columns=film.columns,
        brightness=film.brightness,
        contrast=film.contrast,
        phashes=film_hashes(film.pixels, film.file.width, film.file.height),
        measured=measure(np.repeat(film.pixels[..., None], 3, axis=2)),
    )
