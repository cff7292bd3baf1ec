"""Sets of chest phantoms: the default study, a clean set, and one with each trap of an audit.

A set is a folder of PNGs in class folders with a manifest.csv, taken in as any other. Everything is
seeded: the same kind, number and seed give the same bytes. Nothing here is a picture of a person;
"synthetic" is written on every film.

    marker               the default: at two hospitals the corner of the lead marker is the label,
                         at the third it never changes; the lungs carry nothing; two films a
                         patient, so that folds that part them leak
    clean                the lungs alone carry the label; every class from two hospitals
    brighter             clean, but COVID-19 films are brighter
    source-per-class     clean, but each class has a hospital of its own, which looks its own way
    mirrored, inverted,  clean, with copies of `COPIES` films under other patients
    resized
    patient-two-classes  clean, with `COPIES` patients whose second film has another label
    two-folds            clean, with a column `split` that parts the films of `COPIES` patients
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypedDict, get_args

import numpy as np
from PIL import Image

from cnn_core.data.films.phantom_drawing import Corner, Look, Opacity, drawn_phantom

PhantomKind = Literal[
    "marker",
    "clean",
    "brighter",
    "source-per-class",
    "mirrored",
    "inverted",
    "resized",
    "patient-two-classes",
    "two-folds",
]
KINDS: tuple[PhantomKind, ...] = get_args(PhantomKind)
CLASSES = ("normal", "pneumonia", "covid19")
COPIES = 12
"""How many films, or patients, are a trap in the kinds that copy or part them."""

_MARKER_FILMS, _FILMS = 540, 240  # 30 patients a class and hospital, and 40
_SOURCES = ("Hospital A", "Hospital B", "Hospital C")
_OPACITY: dict[str, Opacity] = {"normal": "none", "pneumonia": "focal", "covid19": "peripheral"}
_CORNER: dict[str, Corner] = {
    "normal": "upper left",
    "pneumonia": "upper right",
    "covid19": "lower left",
}
_MEANS_NOTHING: Corner = "lower right"
_PLAIN = Look()
_OWN_LOOK = (
    Look(gamma=0.85, noise=3.0),
    Look(gamma=1.15, noise=6.0, collimated=0.04),
    Look(gamma=1.0, noise=4.0, collimated=0.09),
)
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


@dataclass(frozen=True, kw_only=True)
class _Phantom:
    """A film to be drawn; `drawn` is the patient whose anatomy it has."""

    number: int
    patient: int
    film: int
    label: str
    source: str
    view: Literal["PA", "AP"]
    age: int
    sex: str
    opacity: Opacity
    marker: Corner | None = "upper left"
    look: Look = _PLAIN
    split: str = ""
    drawn: tuple[int, int] | None = None

    @property
    def file(self) -> str:
        return f"{self.label}/film-{self.number:04d}.png"


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
        films: how many, at least 24 (for most kinds; 36 for those with copies); None for what the
            kind needs, so that each hospital has 30 patients of each class that it carries: 540 of
            "marker", 240 of the others.
        seed: 0 or above; another one draws other patients.
        drawn: told after each film, (how many, of how many). May raise to stop.

    Returns:
        Title, licence and citation of the set.

    Raises:
        ValueError: fewer films.
    """
    total = films or (_MARKER_FILMS if kind == "marker" else _FILMS)
    if total < 3 * COPIES:
        raise ValueError(f"expected at least {3 * COPIES} films, but got {total}.")
    phantoms = _phantoms(kind, total, seed)
    for done, each in enumerate(phantoms, start=1):
        path = folder / each.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_png(kind, each, seed))
        drawn(done, total)
    columns = (*_COLUMNS, "split") if kind == "two-folds" else _COLUMNS
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for each in phantoms:
            row = [each.file, each.label, f"P{each.patient:04d}", each.source, each.view]
            writer.writerow([*row, each.age, each.sex, each.split][: len(columns)])
    return phantom_words(kind)


def _phantoms(kind: PhantomKind, total: int, seed: int) -> list[_Phantom]:
    """Return what is to be drawn, `total` films."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    each = 2 if kind == "marker" else 1
    sources = _SOURCES[: 3 if kind in ("marker", "source-per-class") else 2]
    phantoms = [
        _phantom(kind, number, number // each, number % each, sources) for number in range(total)
    ]
    ages = rng.integers(32, 86, size=total)
    phantoms = [replace(p, age=int(ages[p.patient])) for p in phantoms]
    kept = total - COPIES
    pairs = list(zip(phantoms[:COPIES], phantoms[kept:], strict=True))
    if kind in ("mirrored", "inverted", "resized"):
        return phantoms[:kept] + [
            replace(
                first, number=last.number, patient=last.patient, drawn=(first.patient, first.film)
            )
            for first, last in pairs
        ]
    if kind == "patient-two-classes":
        return phantoms[:kept] + [
            _relabelled(replace(first, number=last.number, film=1)) for first, last in pairs
        ]
    if kind == "two-folds":
        parted = [replace(p, split="test" if p.patient % 4 == 0 else "train") for p in phantoms]
        return parted[:kept] + [
            replace(
                first,
                number=last.number,
                film=1,
                split="train" if parted[first.number].split == "test" else "test",
            )
            for first, last in pairs
        ]
    return phantoms


def _phantom(
    kind: PhantomKind, number: int, patient: int, film: int, sources: tuple[str, ...]
) -> _Phantom:
    """One film as all kinds begin: classes, hospitals, views and sexes are crossed evenly."""
    label = CLASSES[patient % 3]
    own = patient % 3 if kind == "source-per-class" else patient // 3 % len(sources)
    turn = patient // (3 * len(sources))
    shown = turn // 3 % 3 if kind == "marker" else CLASSES.index(label)  # in the lungs
    look, marker = _PLAIN, _CORNER["normal"]
    if kind == "source-per-class":
        look = _OWN_LOOK[own]
    if kind == "brighter" and label == "covid19":
        look = Look(gamma=0.62)
    if kind == "marker":
        marker = _CORNER[label] if own < 2 else _MEANS_NOTHING
    return _Phantom(
        number=number,
        patient=patient,
        film=film,
        label=label,
        source=sources[own],
        view="AP" if turn % 3 == 2 else "PA",
        age=0,
        sex="FM"[turn % 2],
        opacity=tuple(_OPACITY.values())[shown],
        marker=marker,
        look=look,
    )


def _relabelled(phantom: _Phantom) -> _Phantom:
    label = CLASSES[(CLASSES.index(phantom.label) + 1) % 3]
    return replace(phantom, label=label, opacity=_OPACITY[label])


def _png(kind: PhantomKind, phantom: _Phantom, seed: int) -> bytes:
    patient, film = phantom.drawn or (phantom.patient, phantom.film)
    pixels = drawn_phantom(
        (seed, patient),
        film,
        opacity=phantom.opacity,
        view=phantom.view,
        look=phantom.look,
        marker=phantom.marker,
    )
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
