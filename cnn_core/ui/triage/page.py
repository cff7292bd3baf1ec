"""The page put together: films come in, the worklist on the left, the open case on the right.

The statement and the red audit of the model stand on top of every case.
"""

import streamlit as st

from cnn_core.results.worklist import Case
from cnn_core.results.worklist_rows import ordered
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.settings import Settings
from cnn_core.ui.boundary import error_boundary
from cnn_core.ui.triage.about import welcome
from cnn_core.ui.triage.bring import (
    bring,
    say_what_failed,
    synthetic_button,
    take_waiting,
)
from cnn_core.ui.triage.case import case_panel
from cnn_core.ui.triage.export import export_buttons
from cnn_core.ui.triage.model_choice import (
    choose_model,
    judge_on_top,
    open_desk,
    stands_under,
    watch_preparing,
)
from cnn_core.ui.triage.prevalences import prevalence_popover, prevalences_of
from cnn_core.ui.triage.review import (
    blind_switch,
    hidden,
    is_blind,
    review_panel,
    say_shown_before,
)
from cnn_core.ui.triage.state import Desk, chosen_case, missing_case
from cnn_core.ui.triage.worklist import worklist_panel
from cnn_core.ui.xray.verdict import more_popover

_WIDTHS = [1, 1.5]
_BOTH = "triage-list-and-case"
_NARROW = (  # where the two stand above each other, the open case comes first
    f"<style>@media (max-width: 640px) {{ .st-key-{_BOTH} > [data-testid=stLayoutWrapper] > "
    "[data-testid=stHorizontalBlock] > [data-testid=stColumn]:last-child { order: -1; } }</style>"
)


def render_triage() -> None:
    """Draw the page."""
    desk = open_desk(Settings.from_environment())
    take_waiting(desk)
    cases = ordered(desk.worklist.cases(), blind=is_blind())  # blind, no order tells of risk
    case = chosen_case(cases)
    judge = judge_on_top(desk, case)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("X-ray triage", anchor=False, width="content")
        if cases:
            with st.popover("Bring films", icon=":material/add_photo_alternate:", width="content"):
                bring(desk)
                synthetic_button(desk, key="more")
        choose_model(desk)
        if judge is not None:
            prevalence_popover(prevalences_of(judge))
            more_popover(judge.result)
    st.caption(STATEMENT)
    if judge is not None:
        stands_under(judge)
    say_what_failed()
    watch_preparing(desk)
    if missing_case():
        st.markdown(
            ":material/link_off: The film of this link is not on your worklist: films are kept for "
            "whoever brought them, and for eight hours."
        )
    if cases:
        _worklist_and_case(desk, cases, case)
    else:
        welcome(desk)


def _worklist_and_case(desk: Desk, cases: tuple[Case, ...], case: Case | None) -> None:
    with st.container(key=_BOTH):
        left, right = st.columns(_WIDTHS, gap="medium")
    st.html(_NARROW)
    with left, error_boundary("the worklist"):
        blind_switch()
        say_shown_before(cases)
        worklist_panel(desk, case)
        export_buttons(desk, case)
    with right, error_boundary("the case"):
        if case is None:
            st.markdown("The first film that is read opens here.")
        else:
            beside = [other for other in cases if other.status == "done"]
            case_panel(desk, case, beside, hidden=hidden(case))
            review_panel(desk, case)
