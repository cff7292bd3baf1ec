"""The page put together: picture and network above, one question a tab below.

Only the chosen tab runs; its module is imported when it is chosen first.
"""

import importlib
from typing import Any

import streamlit as st

from cnn_core.ui.boundary import guarded
from cnn_core.ui.inspector.state import Inspected

TABS = {
    "Filters": "filters",
    "Maps": "maps",
    "Why": "why",
    "Switch off": "switch_off",
    "Compare": "compare",
}


def render_inspector() -> None:
    """Draw the page."""
    st.title("Inspector", anchor=False)


def _tabs(place: Inspected) -> None:
    bind: Any = "query-params"
    tabs = st.tabs(list(TABS), key="tab", default="Maps", on_change="rerun", bind=bind)
    for (name, module), tab in zip(TABS.items(), tabs, strict=True):
        if tab.open:
            with tab:
                _tab(name, module, place)


@st.fragment
@guarded
def _tab(name: str, module: str, place: Inspected) -> None:
    """Draw one tab; a fragment, so that a choice in it draws nothing else again.

    `cnn_core.ui.inspector.MODULE` has a function `render_MODULE(place)`.
    """
    del name
    view = importlib.import_module(f"cnn_core.ui.inspector.{module}")
    getattr(view, f"render_{module}")(place)
