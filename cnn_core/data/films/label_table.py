"""The table that opens a study, and what has to be said of a set's labels and patients."""

import re
from collections import Counter
from collections.abc import Sequence

from cnn_core.data.films.set_text import count_patients
from cnn_core.data.pictures.wording import counted, listed, verb
from cnn_core.results.films import (
    ESTABLISHED_COLUMNS,
    FINDING_COLUMNS,
    MISSING,
    TWO_LABELS,
    Film,
    LabelRow,
    folded_column,
)
from cnn_core.results.pictures import Rejected

LEAKAGE = "Patient leakage not excluded"
_MANNERS = (
    (re.compile(r"text[- ]?min", re.IGNORECASE), "text mining"),
    (re.compile(r"\b(rt-?)?pcr\b", re.IGNORECASE), "PCR"),
    (re.compile(r"\breport\b", re.IGNORECASE), "report"),
)
_NAMED = 4
_MANY = 20  # films, from which on half of them can hardly be of one patient


def label_rows(
    films: Sequence[Film], columns: Sequence[str], classes: Sequence[str]
) -> tuple[LabelRow, ...]:
    """Return a row for each class, in the order of `classes`."""
    rows = []
    for label in classes:
        of_class = [film for film in films if film.label == label]
        findings = _column(of_class, columns, FINDING_COLUMNS)
        established = _column(of_class, columns, ESTABLISHED_COLUMNS) or [
            _manner(finding) for finding in findings
        ]
        rows.append(
            LabelRow(
                label=label,
                finding=_counted_levels(findings),
                films=len(of_class),
                patients=count_patients(of_class),
                established=_counted_levels(established),
            )
        )
    return tuple(rows)


def _column(films: Sequence[Film], columns: Sequence[str], names: Sequence[str]) -> list[str]:
    folded = [folded_column(column) for column in columns]
    place = next((folded.index(name) for name in names if name in folded), None)
    return [] if place is None else [film.values[place] for film in films]


def _manner(finding: str) -> str:
    """How a label was found, as far as a finding says it."""
    return next((manner for pattern, manner in _MANNERS if pattern.search(finding)), MISSING)


def _counted_levels(values: Sequence[str]) -> str:
    """Levels with how many films have them, the most frequent first; "" where nothing is said."""
    counts = Counter(value for value in values if value != MISSING)
    if not counts:
        return ""
    if len(counts) == 1 and counts.total() == len(values):
        return next(iter(counts))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{level} ({count:,})" for level, count in ordered]
    if unsaid := len(values) - counts.total():
        shown.append(f"not stated ({unsaid:,})")
    return listed(shown, most=_NAMED)


def patient_notes(films: Sequence[Film]) -> tuple[str, ...]:
    """Return what has to be said where patients are not known: it stamps every report.

    An id that more than half of `_MANY` films or more share is said as well, but not shown.
    """
    return (*_placeholder_notes(films), *_leakage_notes(films))


def _placeholder_notes(films: Sequence[Film]) -> tuple[str, ...]:
    shared = Counter(film.patient for film in films if film.patient != MISSING)
    most = max(shared.values(), default=0)
    if len(films) < _MANY or 2 * most <= len(films):
        return ()
    return (
        f"One patient id stands on {most:,} of {len(films):,} films: it may be a placeholder "
        "rather than a patient. These films count as one patient, and stay on one side of every "
        "split.",
    )


def _leakage_notes(films: Sequence[Film]) -> tuple[str, ...]:
    nameless = sum(film.patient == MISSING for film in films)
    if not nameless:
        return ()
    those = "no film names" if nameless == len(films) else f"{nameless:,} of {len(films):,} films "
    those += " its patient" if nameless == len(films) else "do not name their patient"
    return (
        f"{LEAKAGE}: {those}; near-duplicates are kept together, other films of one patient "
        "are not.",
    )


def without_conflicts(films: Sequence[Film]) -> tuple[list[Film], list[Rejected], tuple[str, ...]]:
    """Leave out every film whose image, by its bytes or its picture, has another label elsewhere.

    Returns:
        The films that are left, those left out with the reason, and a note of one sentence.
    """
    labelled: dict[str, dict[str, str]] = {}
    for film in films:
        for image in (film.sha256, film.picture):
            labelled.setdefault(image, {}).setdefault(film.label, film.name)
    kept: list[Film] = []
    rejected: list[Rejected] = []
    for film in films:
        others = {**labelled[film.sha256], **labelled[film.picture]}
        others.pop(film.label, None)
        if not others:
            kept.append(film)
            continue
        label, name = min(others.items())
        reason = (
            f"{TWO_LABELS}: {film.label!r} here, and {label!r} as {name!r}. "
            "Correct one of them, and take the films in again."
        )
        rejected.append(Rejected(name=film.name, reason=reason))
    if not rejected:
        return kept, [], ()
    count = len(rejected)
    note = (
        f"{counted(count, 'film')} {verb(count)} left out because the same image came with two "
        f"labels: {listed([repr(item.name) for item in rejected])}."
    )
    return kept, rejected, (note,)
