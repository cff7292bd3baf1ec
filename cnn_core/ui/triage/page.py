"""The page put together: films come in, the worklist on the left, the open case on the right.

The statement stands on top, the red audit and what stands under every result on the screen with
every case. Parts are imported when they are drawn first.
"""

import importlib
from typing import Any

import streamlit as st

from cnn_core.results.xray_plan import STATEMENT
from cnn_core.ui.boundary import error_boundary
from cnn_core.ui.lab import laboratory
from cnn_core.ui.triage.state import Desk, chosen_case, my_worklist

_WIDTHS = [1, 1.45]


def render_triage() -> None:
    """Draw the page."""
    lab = laboratory()
    st.title("X-ray triage", anchor=False)
    st.caption(STATEMENT)
    part("model_choice", "choose_model", lab.settings)
    desk = part("model_choice", "desk_of", lab.settings, my_worklist(lab.settings))
    part("bring", "bring", desk)
    cases = desk.worklist.cases()
    if not cases:
        part("about", "welcome", desk)
        return
    chosen = chosen_case(cases)
    left, right = st.columns(_WIDTHS, gap="medium")
    with left, error_boundary("the worklist"):
        # worklist_panel(desk, chosen): progress, filters, table, retry, cancel, clear; a row that
        # is clicked calls `ui.triage.state.open_case(id)`.
        part("worklist", "worklist_panel", desk, chosen)
        # export_buttons(desk, chosen): CSV of the list, report of the open case.
        part("export", "export_buttons", desk, chosen)
    with right, error_boundary("the case"):
        if chosen is not None:
            _case(desk, chosen)


def _case(desk: Desk, chosen: Any) -> None:  # noqa: ANN401
    # hidden(case): whether decision, score, reason and heat are not to be shown yet.
    hidden = part("review", "hidden", chosen)
    part("case", "case_panel", desk, chosen, hidden)
    # review_panel(desk, case): the reviewer's label and note.
    part("review", "review_panel", desk, chosen)


def part(module: str, function: str, *given: object) -> Any:  # noqa: ANN401
    """Draw a part of the page: `cnn_core.ui.triage.MODULE` has `FUNCTION`."""
    return getattr(importlib.import_module(f"cnn_core.ui.triage.{module}"), function)(*given)
