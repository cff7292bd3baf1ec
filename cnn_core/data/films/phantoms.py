"""Sets of chest phantoms: the default study, a clean set, and one with each trap of an audit.

A set is a folder of PNGs in class folders with a manifest.csv, taken in as any other. What is in
which set is `data.films.phantom_plan`. Everything is seeded: the same kind, number and seed give
the same bytes. Nothing here is a picture of a person; "synthetic" is written on every film.
"""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.data.films.phantom_drawing import drawn_phantom
from cnn_core.data.films.phantom_plan import KINDS, Phantom, PhantomKind, planned_phantoms

__all__ = ["KINDS", "PhantomKind", "PhantomWords", "draw_phantoms", "phantom_png", "phantom_words"]

_COLUMNS = ("file", "label", "patient_id", "source", "view", "age", "sex")
_KIND_WORDS: dict[PhantomKind, str] = {
    "marker": "a corner marker that encodes the label",
    "clean": "no shortcut",
    "brighter": "one class brighter",
    "source-per-class": "a hospital for each class",
    "mirrored": "mirrored copies",
    "inverted": "inverted copies",
    "resized": "resized copies",
    "patient-two-classes": "patients with two labels",
    "two-folds": "patients on both sides of a split",
}


class PhantomWords(TypedDict):
    """What `take_in_films` asks about a set of phantoms."""

    title: str
    licence: str
    citation: str


def phantom_words(kind: PhantomKind) -> PhantomWords:
    """Return title, licence and citation of a kind of set.

    >>> phantom_words("marker")["title"]
    'Chest phantoms: a corner marker that encodes the label'
    """
    return {
        "title": f"Chest phantoms: {_KIND_WORDS[kind]}",
        "licence": "CC0 1.0 (drawn by a program)",
        "citation": "Drawn by CNN Lab; no person was imaged.",
    }


def draw_phantoms(
    folder: Path,
    kind: PhantomKind = "marker",
    *,
    films: int | None = None,
    seed: int = 0,
    drawn: Callable[[int, int], None] = lambda done, total: None,
) -> PhantomWords:
    """Draw a set into `folder` (made): PNGs in class folders, and manifest.csv.

    Args:
        folder: where; what is in it stays.
        kind: which set.
        films: how many, at least 36; None for what the kind needs, so that each hospital has 30
            patients or more of each class that it carries: 540 of "marker", 240 of the others.
        seed: 0 or above; another one draws other patients.
        drawn: told after each film, (how many, of how many). May raise to stop.

    Returns:
        Title, licence and citation of the set.

    Raises:
        ValueError: fewer films.
    """
    phantoms = planned_phantoms(kind, films=films, seed=seed)
    total = len(phantoms)
    for done, each in enumerate(phantoms, start=1):
        path = folder / each.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(phantom_png(kind, each, seed=seed))
        drawn(done, total)
    columns = (*_COLUMNS, "split") if kind == "two-folds" else _COLUMNS
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for each in phantoms:
            row = [each.file, each.label, f"P{each.patient:04d}", each.source, each.view]
            writer.writerow([*row, each.age, each.sex, each.split][: len(columns)])
    return phantom_words(kind)


def phantom_pixels(phantom: Phantom, *, seed: int = 0) -> NDArray[np.uint8]:
    """Return one film of a set, grey, uint8 `(SIDE, SIDE)`, before anything of it is altered.

    Args:
        phantom: one of `planned_phantoms`.
        seed: of the set.
    """
    patient, film = phantom.drawn or (phantom.patient, phantom.film)
    return drawn_phantom(
        (seed, patient),
        film,
        opacity=phantom.opacity,
        view=phantom.view,
        look=phantom.look,
        marker=phantom.marker,
    )


def phantom_png(kind: PhantomKind, phantom: Phantom, *, seed: int = 0) -> bytes:
    """Return one film of a set as a PNG file, grey, 8 bits.

    Args:
        kind: of the set: how its copies are altered.
        phantom: one of `planned_phantoms`.
        seed: of the set.
    """
    pixels = phantom_pixels(phantom, seed=seed)
    if phantom.drawn is not None and kind == "inverted":
        pixels = 255 - pixels
    if phantom.drawn is not None and kind == "mirrored":
        pixels = pixels[:, ::-1]
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    if phantom.drawn is not None and kind == "resized":
        picture = picture.resize((220, 220), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
