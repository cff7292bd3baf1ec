"""What a set of chest phantoms consists of, before anything is drawn.

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

Pure and seeded. Classes, hospitals, views and sexes are crossed evenly, whatever else is planted.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from cnn_core.data.films.phantom_anatomy import Opacity
from cnn_core.data.films.phantom_drawing import Corner, Look

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


@dataclass(frozen=True, kw_only=True)
class Phantom:
    """A film to be drawn.

    Attributes:
        number: of the film in its set.
        patient: number of the patient under whose name it goes.
        film: which of the patient's films.
        label: of `CLASSES`.
        source: the hospital.
        view: see `drawn_phantom`.
        age: of the patient, years.
        sex: "F" or "M".
        opacity: what the lungs show.
        marker: in which corner.
        look: of the hospital.
        split: "train" or "test" in a set that comes with a split, else "".
        drawn: patient and film of which it is a copy, None if it is none.
    """

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
        """Its path in the set, with slashes."""
        return f"{self.label}/film-{self.number:04d}.png"


def planned_phantoms(
    kind: PhantomKind, *, films: int | None = None, seed: int = 0
) -> list[Phantom]:
    """Return what a set consists of, before anything is drawn.

    Args:
        kind: which set.
        films: how many, at least 36; None for what the kind needs, so that each hospital has 30
            patients or more of each class that it carries: 540 of "marker", 240 of the others.
        seed: 0 or above.

    Raises:
        ValueError: fewer films than the traps need.

    >>> len(planned_phantoms("marker")), len(planned_phantoms("clean"))
    (540, 240)
    """
    total = (_MARKER_FILMS if kind == "marker" else _FILMS) if films is None else films
    if total < 3 * COPIES:
        raise ValueError(f"expected at least {3 * COPIES} films, but got {total}.")
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
) -> Phantom:
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
    return Phantom(
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


def _relabelled(phantom: Phantom) -> Phantom:
    label = CLASSES[(CLASSES.index(phantom.label) + 1) % 3]
    return replace(phantom, label=label, opacity=_OPACITY[label])
