"""A worklist as rows: what its table and its CSV show, and what review keeps hidden until a label.

Pure. While reading is blind, films in review stand together in an order that tells nothing (that of
their random ids), without decision, reason or score, until they have a label.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from cnn_core.results.spreadsheet import csv_text
from cnn_core.results.worklist import Case

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
_STATES = {"waiting": "waiting", "reading": "being read", "failed": "failed"}
_DIGITS = 4


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
            or (wanted == "to-read" and case.in_review and not case.label)
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


def score_words(case: Case) -> str:
    """Return the triage score, once the film is labelled; "" before, and of a refused film.

    The score is at the prior of the model, which the table's heading says.
    """
    prediction = case.tried.prediction if case.tried else None
    if prediction is None or prediction.score is None or (case.in_review and not case.label):
        return ""
    return f"{prediction.score:.{_DIGITS}f}"


def worklist_csv(cases: Sequence[Case], *, blind: bool, names: bool, statement: str) -> str:
    """Return a worklist as comma-separated text, a film a row, in the order given.

    Args:
        cases: films.
        blind: whether reading is blind: what is hidden on the page is hidden here.
        names: whether with the files' names and the reviewer's notes, which may name a person.
        statement: stands in every row.
    """
    told = ("file", "note") if names else ()
    heads = ("decision", "reason", "score_at_model_prior", "in_review", "label", "label_blind")
    rows = [
        _cells(number, case, blind=blind, names=names, statement=statement)
        for number, case in enumerate(cases, 1)
    ]
    return csv_text(("number", *told, *heads, "prediction", "model", "statement"), rows)


def _cells(
    number: int, case: Case, *, blind: bool, names: bool, statement: str
) -> tuple[object, ...]:
    prediction = case.tried.prediction if case.tried else None
    return (
        number,
        *((case.name, case.note) if names else ()),
        decision_words(case, blind=blind),
        reason_words(case, blind=blind),
        score_words(case),
        "yes" if case.in_review else "no",
        case.label,
        ("yes" if case.blind else "no") if case.label else "",
        prediction.id if prediction else None,
        prediction.model if prediction else None,
        statement,
    )
