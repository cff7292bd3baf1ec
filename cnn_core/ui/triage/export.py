"""What a person takes away: the worklist as CSV, a case as a printable report."""

from collections.abc import Mapping

import streamlit as st

from cnn_core.results.worklist import Case, Judge
from cnn_core.results.worklist_rows import ordered, worklist_csv
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.ui.triage.prevalences import prevalences_of
from cnn_core.ui.triage.review import hidden, is_blind
from cnn_core.ui.triage.state import Desk

_NAMES = "triage-export-names"


def export_buttons(desk: Desk, chosen: Case | None) -> None:
    """Draw the buttons; files are made when they are asked for.

    Args:
        desk: what the page shares.
        chosen: the open case.
    """
    if not any(case.tried is not None for case in desk.worklist.cases()):
        return
    names = st.checkbox(
        "With file names and notes",
        key=_NAMES,
        help="They may name a person. Without them a film is a number and the id of its "
        "prediction, which stands in the log.",
    )
    blind = is_blind()
    with st.container(horizontal=True):
        st.download_button(
            "Worklist (CSV)",
            lambda: _csv(desk, blind=blind, names=names),
            file_name="worklist.csv",
            mime="text/csv",
            icon=":material/table_view:",
            on_click="ignore",
        )
        if chosen is None or chosen.tried is None or chosen.judge is None or hidden(chosen):
            return
        judge = chosen.judge
        prevalences = prevalences_of(judge)
        st.download_button(
            "Report of this case",
            lambda: _report(chosen, judge, prevalences, names=names),
            file_name=f"triage-{chosen.tried.prediction.id[:8]}.html",
            mime="text/html",
            icon=":material/description:",
            on_click="ignore",
        )


def _csv(desk: Desk, *, blind: bool, names: bool) -> str:
    """Return the list as it is when the file is asked for: films are read after it was drawn."""
    cases = ordered(desk.worklist.cases(), blind=blind)
    return worklist_csv(cases, blind=blind, names=names, statement=STATEMENT)


def _report(case: Case, judge: Judge, prevalences: Mapping[str, float], *, names: bool) -> str:
    from cnn_core.runtime.triage_report import case_report

    return case_report(case, judge, prevalences, names=names)
