"""The tab "Pictures": bring a folder, see what is wrong with it, mend it, see how it is split."""

import importlib

import streamlit as st

from cnn_core.results.runs import RunRecord
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.own_pictures.bring import bring, bring_others, copying, say_what_failed
from cnn_core.ui.own_pictures.decisions import undo_button
from cnn_core.ui.own_pictures.state import Chosen

LOOK = "look"
LOOKS = {
    "check": "Check-up",
    "all": "All pictures",
    "split": "Split",
    "decisions": "Decisions",
}
_VIEWS = {
    "check": ("doctor", "render_check_up"),
    "all": ("browse", "render_all"),
    "split": ("split", "render_split"),
    "decisions": ("decided", "render_decided"),
}


def render_pictures(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab."""
    del record
    say_what_failed()
    if chosen is None:
        if not copying():
            bring(lab)
        return
    linked_choice(LOOK, LOOKS, "check")
    with st.container(horizontal=True, vertical_alignment="center"):
        look = st.segmented_control(
            "Look at",
            list(LOOKS),
            required=True,
            format_func=LOOKS.__getitem__,
            label_visibility="collapsed",
            key=LOOK,
            persist_state="session",
        )
        if not copying():
            bring_others(lab)
        undo_button(chosen)
    module, function = _VIEWS[look or "check"]
    view = importlib.import_module(f"cnn_core.ui.own_pictures.{module}")
    getattr(view, function)(chosen)
