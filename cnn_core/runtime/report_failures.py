"""The films that a model got wrong, the surest first, as a report shows them: small, unnamed.

A film is named by the beginning of its picture's SHA-256, never by its file or its patient.
"""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.results.films import Film, FilmSet
from cnn_core.results.xray_plan import Scored
from cnn_core.xray.unseen import source_of_films

MOST = 12
SIDE = 176
"""Pixels a side of a picture in a report."""

_DIGITS = 12
_QUALITY = 80

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class FailedFilm:
    """One film that was taken for another class.

    Attributes:
        digest: the first digits of its picture's SHA-256.
        truth: its label.
        said: the most probable class.
        probability: that the model gave `said`, at the prior of its scores.
        source: as the table says, "" where it does not.
        uri: its picture as a JPEG in a data URI; no other reference leaves the report.
    """

    digest: str
    truth: str
    said: str
    probability: float
    source: str
    uri: str


def failed_films(
    scored: Scored,
    film_set: FilmSet,
    pixels: Callable[[Film], Pixels],
    *,
    classes: Sequence[str] | None = None,
    most: int = MOST,
) -> tuple[FailedFilm, ...]:
    """Return the films that were taken for another class, the surest mistakes first.

    Args:
        scored: what models said of films they were not trained on.
        film_set: those films.
        pixels: gives a film's picture, uint8 `(H, W)`, 0 to 255.
        classes: of the study, in the order of the probabilities; the set's where None.
        most: at most so many, one a patient.
    """
    names = tuple(classes or film_set.classes)
    said, wrong = scored.probabilities.argmax(axis=1), mistaken(scored)
    sure = scored.probabilities.max(axis=1)
    sources = source_of_films(film_set)
    failures: list[FailedFilm] = []
    seen: set[int] = set()
    for row in np.lexsort((scored.films, -sure)):
        patient = int(scored.patients[row])
        if not wrong[row] or patient in seen:
            continue
        if len(failures) >= most:
            break
        seen.add(patient)
        place = int(scored.films[row])
        film = film_set.films[place]
        failures.append(
            FailedFilm(
                digest=film.picture[:_DIGITS],
                truth=names[int(scored.labels[row])],
                said=names[int(said[row])],
                probability=float(sure[row]),
                source=sources[place],
                uri=jpeg_uri(pixels(film)),
            )
        )
    return tuple(failures)


def mistaken(scored: Scored) -> NDArray[np.bool_]:
    """Return which of the scored films were taken for another class `(N,)`."""
    taken: NDArray[np.bool_] = scored.probabilities.argmax(axis=1) != scored.labels
    return taken


def jpeg_uri(pixels: Pixels) -> str:
    """Return a grey picture, uint8 `(H, W)`, as a JPEG of `SIDE` pixels in a data URI.

    >>> jpeg_uri(np.zeros((9, 9), np.uint8))[:23]
    'data:image/jpeg;base64,'
    """
    picture = Image.fromarray(pixels).convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
