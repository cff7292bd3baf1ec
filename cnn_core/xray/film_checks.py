"""Looks at one film before any probability: its header, its file, and what the gate says of it.

A check that fails refuses the film. What a file does not tell is not checked, and is not among the
checks. Pure.
"""

from cnn_core.data.films.decoding import LEAST_SIDE, DecodedFilm
from cnn_core.data.films.dicom_header import (
    FRONTAL,
    MODALITIES,
    MODALITY_NAMES,
    UNREADABLE,
    VIEW_NAMES,
)
from cnn_core.results.triage import Check

ADULT = 18
"""Years from which on a patient is an adult: the models know no children."""
MOST_COLOURED = 0.03
"""Share of a film's pixels that may be coloured: markers and annotations are, films are not."""
ASPECTS = (0.6, 1.8)
"""Width by height, generously: of 1,478 films of two collections all but one, which was cut to the
lungs, lie between 0.78 and 1.58."""


def file_checks(film: DecodedFilm) -> tuple[Check, ...]:
    """Return what header and file say, before the network sees anything.

    Args:
        film: as `decode_for_triage` gives it.
    """
    return (
        *_modality(film.columns),
        *_view(film.columns.get("view", "")),
        *_age(film.columns.get("age", "")),
        _aspect(film.file.width, film.file.height),
        _colour(film.coloured),
    )


def gate_checks(*, altered: bool, far: bool, distance: float, limit: float) -> tuple[Check, ...]:
    """Return what the gate's two looks at the network's embedding say.

    Args:
        altered: whether it resembles our own inverted, turned and flipped copies of films.
        far: whether it lies farther from the known films than `limit`.
        distance: mean cosine distance to the nearest known films.
        limit: greatest one that passes.
    """
    at = f"the nearest lie at a mean cosine distance of {distance:.3f}; up to {limit:.3f} passes"
    return (
        Check(
            code="known",
            title="Like the films this model knows",
            passed=not far,
            sentence=f"It does not look like the films this model knows: {at}."
            if far
            else f"It looks like the films this model knows: {at}.",
        ),
        Check(
            code="altered",
            title="The right way up, not inverted",
            passed=not altered,
            sentence="It looks like an inverted, turned or flipped film, or like no film at all."
            if altered
            else "It does not look like an inverted, turned or flipped film.",
        ),
    )


def _modality(columns: dict[str, str]) -> tuple[Check, ...]:
    modality, part = columns.get("modality", ""), columns.get("body_part", "")
    if not modality and not part:
        return ()
    name = MODALITY_NAMES.get(modality, "")
    taken = modality in ("", *MODALITIES)
    if not taken:
        sentence = f"Its header says {name} ({modality}), which is no radiograph (CR or DX)."
    elif part not in ("", "CHEST"):
        sentence = "Its header names another body part than the chest."
    else:
        sentence = f"Its header says {f'{name} ({modality})' if name else 'a chest film'}."
    passed = taken and part in ("", "CHEST")
    return (Check(code="modality", title="A chest radiograph", passed=passed, sentence=sentence),)


def _view(view: str) -> tuple[Check, ...]:
    if not view:
        return ()
    frontal = view == FRONTAL
    if frontal:
        sentence = "Its header says that it is a frontal film."
    else:
        named = f"{VIEW_NAMES[view]} ({view})" if view in VIEW_NAMES else "neither AP nor PA"
        sentence = f"Its header names a view that is {named}; this model knows frontal films alone."
    return (Check(code="view", title="A frontal view", passed=frontal, sentence=sentence),)


def _age(age: str) -> tuple[Check, ...]:
    if not age:
        return ()
    if age == UNREADABLE:
        sentence = "Its header states an age that cannot be read; this model knows adults alone."
        return (Check(code="age", title="An adult", passed=False, sentence=sentence),)
    adult = int(age) >= ADULT
    sentence = (
        f"Its header says that the patient is {ADULT} or older."
        if adult
        else f"Its header says that the patient is younger than {ADULT}; this model knows adults "
        "alone."
    )
    return (Check(code="age", title="An adult", passed=adult, sentence=sentence),)


def _aspect(width: int, height: int) -> Check:
    low, high = ASPECTS
    aspect = width / height
    sentence = f"It has {width:,} x {height:,} pixels"
    small, shaped = min(width, height) < LEAST_SIDE, low <= aspect <= high
    if small:
        sentence += f"; a film has at least {LEAST_SIDE} a side."
    elif shaped:
        sentence += f", {aspect:.2f} as wide as high."
    else:
        sentence += f", {aspect:.2f} as wide as high; films are {low:g} to {high:g}."
    return Check(
        code="aspect", title="Shaped like a film", passed=shaped and not small, sentence=sentence
    )


def _colour(coloured: float) -> Check:
    passed = coloured <= MOST_COLOURED
    if not coloured:
        sentence = "It is grey."
    else:
        sentence = (
            f"{100 * coloured:.2g} % of its pixels are coloured; in a film at most "
            f"{100 * MOST_COLOURED:g} % may be."
        )
    return Check(code="colour", title="Grey, not coloured", passed=passed, sentence=sentence)
