"""The page put together: which films and which study it is about, and a tab for each question.

Only the tab that is open runs; its module is imported when it is opened first.
"""

import importlib
from typing import Any

import streamlit as st

from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.ui.boundary import error_boundary
from cnn_core.ui.lab import Laboratory, laboratory
from cnn_core.ui.training.asked_for import asked_for
from cnn_core.ui.xray.bring import films_line
from cnn_core.ui.xray.state import OPEN_RUN, RECIPE, TAB, TABS, Chosen, chosen_films
from cnn_core.ui.xray.work import settle_work, watch_work

_VIEWS = {
    "Films": ("films", "render_films"),
    "Audit": ("audit", "render_audit"),
    "Naive or honest": ("protocols", "render_protocols"),
    "Train": ("train", "render_train"),
    "Results": ("results", "render_results"),
    "Report": ("report", "render_report"),
    "About": ("about", "render_about"),
}


def render_xray() -> None:
    """Draw the page."""
    lab = laboratory()
    settle_work()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Chest X-ray study", anchor=False, width="content")
        subtitle = st.empty()
    st.caption(STATEMENT)
    record = asked_for(lab, OPEN_RUN, RECIPE)
    chosen = chosen_films(lab.settings, record)
    if chosen is not None:
        subtitle.caption(_line(chosen), width="content")
    watch_work()
    bind: Any = "query-params"
    tabs = st.tabs(list(TABS), key=TAB, on_change="rerun", bind=bind)
    for name, tab in zip(TABS, tabs, strict=True):
        if tab.open:
            with tab, error_boundary(f"tab {name}"):
                _view(name, lab, chosen, record)


def _view(name: str, lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw one tab: `cnn_core.ui.xray.MODULE` has `render_X(lab, chosen, record)`."""
    module, function = _VIEWS[name]
    view = importlib.import_module(f"cnn_core.ui.xray.{module}")
    getattr(view, function)(lab, chosen, record)


def _line(chosen: Chosen) -> str:
    found = chosen.film_set
    return films_line(found.title, len(found.films), len(found.classes), synthetic=found.synthetic)
