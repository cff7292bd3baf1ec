"""The page put together: which pictures and which run it is about, and a tab for each question.

Only the tab that is open runs; its module is imported when it is opened first.
"""

import importlib
from typing import Any

import streamlit as st

from cnn_core.errors import UnknownNameError
from cnn_core.results.runs import RunRecord
from cnn_core.training.recipes import OWN_PICTURES
from cnn_core.ui.boundary import error_boundary, plain_markdown, show_error
from cnn_core.ui.lab import Laboratory, laboratory
from cnn_core.ui.own_pictures.bring import settle, watch_copying
from cnn_core.ui.own_pictures.state import (
    OPEN_RUN,
    RUN,
    TAB,
    TABS,
    Chosen,
    chosen_pictures,
    close_run,
)

_VIEWS = {
    "Pictures": ("pictures", "render_pictures"),
    "Training": ("training", "render_training"),
    "Result": ("result", "render_result"),
    "Try it": ("try_it", "render_try_it"),
    "Take away": ("take_away", "render_take_away"),
}


def render_own_pictures() -> None:
    """Draw the page."""
    lab = laboratory()
    settle()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("VGG-16 · your pictures", anchor=False, width="content")
        subtitle = st.empty()
    record = _asked_for(lab)
    chosen = chosen_pictures(lab.settings, record)
    if chosen is not None:
        subtitle.caption(_pictures_line(chosen), width="content")
    watch_copying()
    bind: Any = "query-params"
    tabs = st.tabs(list(TABS), key=TAB, on_change="rerun", bind=bind)
    for name, tab in zip(TABS, tabs, strict=True):
        if tab.open:
            with tab, error_boundary(f"tab {name}"):
                _view(name, lab, chosen, record)


def _view(name: str, lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw one tab: `cnn_core.ui.own_pictures.MODULE` has `render_X(lab, chosen, record)`."""
    if name == "About":
        from cnn_core.ui.training.about import about_view

        if record is None:
            st.markdown("Train a network first: this says what went into a run.")
        else:
            about_view(lab, record)
        return
    module, function = _VIEWS[name]
    view = importlib.import_module(f"cnn_core.ui.own_pictures.{module}")
    getattr(view, function)(lab, chosen, record)


def _asked_for(lab: Laboratory) -> RunRecord | None:
    """Return the run that the address bar names, or that was open before another page was.

    None if there is none, it is unknown, of another page, or it was deleted.
    """
    from cnn_core.ui.training.about import deleted_note

    run_id = st.query_params.get(RUN) or st.session_state.get(OPEN_RUN)
    if not run_id:
        return None
    try:
        record = lab.store.get(run_id)
    except UnknownNameError as error:
        show_error(error)
        return None
    if record.deleted is not None:
        deleted_note(lab, record)
        return None
    if record.dataset.source != OWN_PICTURES:
        close_run()
        return None
    st.session_state[OPEN_RUN] = record.id
    if st.query_params.get(RUN) != record.id:
        st.query_params[RUN] = record.id
    return record


def _pictures_line(chosen: Chosen) -> str:
    """Return which pictures are open, in a line of Markdown."""
    snapshot = chosen.snapshot
    drawn = " · synthetic" if snapshot.synthetic else ""
    return (
        f"**{plain_markdown(snapshot.title)}** · {len(snapshot.pictures):,} pictures "
        f"in {len(snapshot.classes)} classes{drawn}"
    )
