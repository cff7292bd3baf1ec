"""The reviewer's label and note; blind where that is asked for."""

from collections.abc import Sequence

import streamlit as st

from cnn_core.charts.film_words import short_class
from cnn_core.charts.wording import plural
from cnn_core.errors import CnnLabError
from cnn_core.results import worklist_rows
from cnn_core.results.worklist import Case
from cnn_core.results.worklist_rows import UNCLEAR, ordered
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.triage.state import Desk, open_case

_NOT_LOGGED = (
    "the prediction log has no row of this film, so the label does not count in the monitoring."
)
_NO_ROW = (
    "the prediction log did not keep it: the film's row is gone, or the log could not be written. "
    "It does not count in the monitoring."
)
_BLIND, _LABEL, _NOTE, _FAILED = "triage-blind", "triage-label-", "triage-note-", "triage-unkept"


def is_blind() -> bool:
    """Say whether reading is blind in this session."""
    return bool(st.session_state.get(_BLIND, False))


def blind_switch() -> None:
    """Draw the switch of blind reading."""
    st.toggle(
        "Blind reading",
        key=_BLIND,
        persist_state="session",
        help="Films in review (all that are referred, and a random tenth of the routine ones) "
        "stand in an order that tells nothing, without decision, reason, score and heat map, until "
        "they have a label. Only such labels count in the monitoring.",
    )


def say_shown_before(cases: Sequence[Case]) -> None:
    """Draw, at the switch, how many of the films to be read cannot be read blind any more."""
    count = worklist_rows.shown_before(cases, blind=is_blind())
    if count:
        to_read = sum(hidden(case) for case in cases)
        st.caption(
            f"{count:,} of the {plural(to_read, 'film')} to read "
            f"{'was' if count == 1 else 'were'} shown before and will not count in the monitoring."
        )


def hidden(case: Case) -> bool:
    """Say whether what the model said of a film is not to be shown yet."""
    return worklist_rows.hidden(case, blind=is_blind())


def review_panel(desk: Desk, case: Case) -> None:
    """Draw label and note of a film that is done.

    Args:
        desk: what the page shares.
        case: the open case.
    """
    if case.tried is None:
        return
    covered = hidden(case)
    if not covered:
        desk.worklist.see(case.id)
    if (failed := st.session_state.pop(_FAILED, None)) is not None:
        show_error(failed)
    options = [*case.tried.prediction.classes, UNCLEAR]
    with st.form(f"triage-review-{case.id}", border=True):
        st.markdown("**A reader's label**")
        if before := _said_before(case, covered=covered):
            st.caption(before)
        st.radio(
            "What do you read?",
            options,
            index=options.index(case.label) if case.label in options else None,
            format_func=lambda label: "cannot tell" if label == UNCLEAR else short_class(label),
            key=_LABEL + case.id,
            horizontal=True,
        )
        st.text_area(
            "Note",
            value=case.note,
            key=_NOTE + case.id,
            max_chars=2_000,
            height=80,
            help="Stays in the server's memory and in what you download; never in the log.",
        )
        st.form_submit_button(
            "Save, next film to read" if covered else "Save",
            icon=":material/save:",
            on_click=_save,
            args=(desk, case.id),
        )
    if said := _said(case, covered=covered):
        st.caption(said)


def _said_before(case: Case, *, covered: bool) -> str:
    """Return what a label would be worth, "" where there is one."""
    if case.label:
        return ""
    if case.drawn:
        return "The app drew this film: it is in no log, and neither is a label of it."
    if covered and case.seen:
        return (
            "This film, or one of the same bytes, was shown before with decision or score in "
            "sight: a label will not count in the monitoring."
        )
    if not covered:
        return "The decision was shown: a label from now on does not count in the monitoring."
    return ""


def _said(case: Case, *, covered: bool) -> str:
    if case.label:
        read = f"Labelled {plain_markdown('cannot tell' if case.label == UNCLEAR else case.label)}"
        if case.drawn:
            return f"{read}. The app drew this film: neither it nor the label is in a log."
        if not case.logged:
            again = " Save it again, so that it is tried again."
            lost = bool(case.tried and case.tried.unlogged)
            return f"{read}; {_NOT_LOGGED if lost else _NO_ROW + again}"
        if not case.blind:
            return f"{read}, with the decision in sight: it does not count in the monitoring."
        if case.label == UNCLEAR:
            return f"{read}, blind: it is in the log, and counts for nothing."
        return f"{read}, blind: it counts in the monitoring."
    return "Decision, score and heat map are shown when the label is saved." if covered else ""


@guarded
def _save(desk: Desk, case_id: str) -> None:
    label, note = st.session_state.get(_LABEL + case_id), st.session_state.get(_NOTE + case_id, "")
    desk.worklist.annotate(case_id, note)
    case = desk.worklist.case(case_id)
    if case is None or not label or (label == case.label and (case.logged or case.drawn)):
        return
    covered = hidden(case)
    try:
        desk.worklist.label(case_id, label)
    except CnnLabError as exc:
        st.session_state[_FAILED] = exc
    if covered:
        left = [each for each in ordered(desk.worklist.cases(), blind=True) if hidden(each)]
        if left:
            open_case(left[0].id)
