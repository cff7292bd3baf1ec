"""The page put together: picture and network above, one question a tab below.

Only the chosen tab runs; its module is imported when it is chosen first.
"""

import importlib
from typing import Any

import streamlit as st

from cnn_core.ui.boundary import error_boundary, guarded
from cnn_core.ui.inspector.engine import inspector, wait_for_torch
from cnn_core.ui.inspector.memory import memory_view
from cnn_core.ui.inspector.network import choose_network, say_weights
from cnn_core.ui.inspector.offer import offer_weights
from cnn_core.ui.inspector.picture import choose_picture, say_what_was_wrong
from cnn_core.ui.inspector.preprocessing import preprocessing_view, say_if_blank
from cnn_core.ui.inspector.state import Inspected

TABS = {
    "Filters": "filters",
    "Maps": "maps",
    "Why": "why",
    "Switch off": "switch_off",
    "Compare": "compare",
}
DEFAULT_TAB = "Maps"


def render_inspector() -> None:
    """Draw the page."""
    asked = inspector()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Inspector", anchor=False, width="content")
        photo = choose_picture()
        seen = st.empty()
        choice = choose_network(asked)
    say_what_was_wrong()
    weights = st.empty()
    with error_boundary("the inspector"):
        wait_for_torch()
        with st.spinner("Opening the network", show_time=True):
            info = asked.describe(choice)
        prepared = asked.prepare(choice, photo.pixels)
        with weights.container(horizontal=True, vertical_alignment="center"):
            say_weights(info)
            offer_weights(info)
        with seen:
            preprocessing_view(info, prepared)
        say_if_blank(prepared)
        _tabs(
            Inspected(
                inspector=asked,
                choice=choice,
                info=info,
                prepared=prepared,
                picture_name=photo.name,
            )
        )
    memory_view(asked)


def _tabs(place: Inspected) -> None:
    bind: Any = "query-params"
    tabs = st.tabs(list(TABS), key="tab", default=DEFAULT_TAB, on_change="rerun", bind=bind)
    for module, tab in zip(TABS.values(), tabs, strict=True):
        if tab.open:
            with tab:
                _tab(module, place)


@st.fragment
@guarded
def _tab(module: str, place: Inspected) -> None:
    """Draw one tab; a fragment, so that a choice in it draws nothing else again.

    `cnn_core.ui.inspector.MODULE` has a function `render_MODULE(place)`.
    """
    view = importlib.import_module(f"cnn_core.ui.inspector.{module}")
    getattr(view, f"render_{module}")(place)
