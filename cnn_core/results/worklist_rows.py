"""A worklist as rows: what its table and its CSV show, and what review keeps hidden until a label.

Pure. While reading is blind, films in review stand together in an order that tells nothing (that of
their random ids), without decision, reason or score, until they have a label.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from cnn_core.results.spreadsheet import csv_text
from cnn_core.results.worklist import Case, Judge

Filter = Literal["all", "refused", "refer", "routine", "failed", "waiting", "to-read", "labelled"]

FILTERS: dict[Filter, str] = {
    "all": "All",
    "refused": "Refused",
    "refer": "Refer",
    "routine": "Routine",
    "failed": "Failed",
    "waiting": "Waiting",
    "to-read": "To read",
    "labelled": "Labelled",
}

UNCLEAR = "unclear"
"""The label of a film that a reviewer could not decide; it counts for nothing."""

HIDDEN = "hidden until labelled"
SYNTHETIC = (
    "synthetic: this model was trained on films that a program drew: what it says holds for such "
    "films alone"
)
"""Stands with everything that such a model says."""
_STATES = {"waiting": "waiting", "reading": "being read", "failed": "failed"}
_DIGITS = 4


def reviewed(case: Case, *, blind: bool) -> bool:
    """Say whether it is told that a film is in review.

    Of a routine one that was drawn it is told while reading is blind alone: else it would be marked
    by what it lacks.
    """
    return case.in_review and (blind or not case.sampled)


def hidden(case: Case, *, blind: bool) -> bool:
    """Say whether a film's decision, reason, score and heat map are not to be shown yet."""
    return blind and case.in_review and not case.label


def ordered(cases: Sequence[Case], *, blind: bool) -> tuple[Case, ...]:
    """Return the films as they are listed: those to be read blind first, the rest as they come.

    Args:
        cases: as `Worklist.cases` sorts them.
        blind: whether reading is blind.
    """
    covered = sorted((case for case in cases if hidden(case, blind=blind)), key=lambda c: c.id)
    return (*covered, *(case for case in cases if not hidden(case, blind=blind)))


def kept_in_place(cases: Sequence[Case], before: Sequence[str]) -> tuple[Case, ...]:
    """Return the films in the order in which they were listed before, what is new behind them.

    Args:
        cases: in the order that they would have now.
        before: ids, as they were listed; those that are gone are passed over.
    """
    place = {case_id: number for number, case_id in enumerate(before)}
    return tuple(sorted(cases, key=lambda case: place.get(case.id, len(place))))


def shown_before(cases: Iterable[Case], *, blind: bool) -> int:
    """Return how many films are covered whose decision or score this person has seen already."""
    return sum(case.seen and hidden(case, blind=blind) for case in cases)


def kind_of(case: Case, *, blind: bool) -> Filter:
    """Return under which filter a film stands, beside "all" and "labelled"."""
    if case.status in ("waiting", "reading"):
        return "waiting"
    if case.tried is None:
        return "failed"
    return "to-read" if hidden(case, blind=blind) else case.tried.prediction.decision


def filtered(
    cases: Iterable[Case], wanted: Filter, text: str = "", *, blind: bool
) -> tuple[Case, ...]:
    """Return the films under a filter whose name, note or label has `text`, in their order."""
    sought = text.casefold().strip()
    return tuple(
        case
        for case in cases
        if (
            wanted == "all"
            or (wanted == "labelled" and case.label)
            or (wanted == "to-read" and reviewed(case, blind=blind) and not case.label)
            or kind_of(case, blind=blind) == wanted
        )
        and (not sought or sought in f"{case.name}\n{case.note}\n{case.label}".casefold())
    )


def decision_words(case: Case, *, blind: bool) -> str:
    """Return a film's decision, or where its work stands."""
    if case.tried is None:
        return _STATES.get(case.status, case.status)
    return "to read" if hidden(case, blind=blind) else case.tried.prediction.decision


def reason_words(case: Case, *, blind: bool) -> str:
    """Return the weightiest reason, or what went wrong."""
    if case.tried is None:
        return case.sentence
    return HIDDEN if hidden(case, blind=blind) else case.tried.prediction.reasons[0].sentence


def score_words(case: Case, *, blind: bool) -> str:
    """Return the triage score, of a film in review once it is labelled; "" of a refused film.

    The score is at the prior of the model, which the table's heading says.
    """
    prediction = case.tried.prediction if case.tried else None
    if prediction is None or prediction.score is None:
        return ""
    if reviewed(case, blind=blind) and not case.label:
        return ""
    return f"{prediction.score:.{_DIGITS}f}"


def other_models(cases: Iterable[Case], chosen: str | None) -> dict[str, Judge]:
    """Return the models, by SHA-256, that judged films of a list and are not the chosen one.

    Args:
        cases: films.
        chosen: SHA-256 of the chosen model, None while that is not ready.
    """
    judges = [case.judge for case in cases if case.judge is not None]
    return {judge.sha256: judge for judge in judges if judge.sha256 != chosen}


def model_words(case: Case, chosen: str | None) -> str:
    """Return by which other model a film was judged, "" where it was the chosen one."""
    judge = case.judge
    if judge is None or judge.sha256 == chosen:
        return ""
    return f"another: {judge.title} ({judge.sha256[:8]})"


def worklist_csv(cases: Sequence[Case], *, blind: bool, names: bool, statement: str) -> str:
    """Return a worklist as comma-separated text, a film a row, in the order given.

    Beside every score stand the shares of the classes that it assumes, and what stands under every
    result of the model that gave it, the red audit among it.

    Args:
        cases: films.
        blind: whether reading is blind: what is hidden on the page is hidden here.
        names: whether with the files' names and the reviewer's notes, which may name a person.
        statement: stands in every row.
    """
    told = ("file", "note") if names else ()
    heads = ("decision", "reason", "score_at_model_prior", "model_prior")
    review = ("in_review", "label", "label_blind", "label_in_log")
    rows = [
        _cells(number, case, blind=blind, names=names, statement=statement)
        for number, case in enumerate(cases, 1)
    ]
    last = ("prediction", "model", "model_title", "stands_under_every_result", "statement")
    return csv_text(("number", *told, *heads, *review, *last), rows)


def _cells(
    number: int, case: Case, *, blind: bool, names: bool, statement: str
) -> tuple[object, ...]:
    prediction = case.tried.prediction if case.tried else None
    return (
        number,
        *((case.name, case.note) if names else ()),
        decision_words(case, blind=blind),
        reason_words(case, blind=blind),
        score_words(case, blind=blind),
        _prior_words(case.judge),
        "yes" if reviewed(case, blind=blind) else "",
        case.label,
        _yes(case.blind) if case.label else "",
        _yes(case.logged) if case.label else "",
        prediction.id if prediction else None,
        prediction.model if prediction else None,
        case.judge.title if case.judge else None,
        _under_words(case.judge),
        statement,
    )


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _prior_words(judge: Judge | None) -> str:
    if judge is None:
        return ""
    shares = zip(judge.classes, judge.prior, strict=True)
    return ", ".join(f"{label} {100 * share:.3g} %" for label, share in shares)


def _under_words(judge: Judge | None) -> str:
    if judge is None:
        return ""
    return " | ".join((*((SYNTHETIC,) if judge.synthetic else ()), *judge.under))
