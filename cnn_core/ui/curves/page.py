"""The page put together: which runs, what their curves say, and what to try.

Verdict and curves are of all runs that are chosen; a change, the layers and the files are of one.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from cnn_core.results.studied import Studied
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.catalog import find_page
from cnn_core.ui.curves.choice import chosen_studies
from cnn_core.ui.curves.counter import counter_panel
from cnn_core.ui.curves.exports import exports_panel
from cnn_core.ui.curves.layers import layers_panel
from cnn_core.ui.curves.modes import modes_panel
from cnn_core.ui.curves.reading import readings_panel
from cnn_core.ui.curves.studied import link_id, titles_of
from cnn_core.ui.first_draw import let_browser_draw
from cnn_core.ui.lab import Laboratory, laboratory
from cnn_core.ui.training.about import copy_link

VIEWS = ("Curves", "Try one change", "Compare modes", "Layers", "Take away")
_COMPARED_RECIPE = "googlenet-cifar10"


def render_curves() -> None:
    """Draw the page."""
    lab = laboratory()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Curves", anchor=False, width="stretch")
        link = st.container(width="content")
    studies = chosen_studies(lab)
    with link:
        copy_link("these runs and how they are drawn")
    let_browser_draw()
    bind: Any = "query-params"
    tabs = st.tabs(VIEWS, key="curves-view", on_change="rerun", bind=bind)
    view = next((name for name, tab in zip(VIEWS, tabs, strict=True) if tab.open), VIEWS[0])
    with tabs[VIEWS.index(view)]:
        _view(lab, studies, view)


def _view(lab: Laboratory, studies: Sequence[Studied], view: str) -> None:
    if view == "Compare modes":
        modes_panel(lab, _COMPARED_RECIPE)
    elif not studies:
        _empty()
    elif view == "Curves":
        readings_panel(lab, studies)
    elif view == "Try one change":
        counter_panel(lab, _one(studies))
    elif view == "Layers":
        layers_panel(lab, _one(studies))
    else:
        exports_panel(lab, studies)


def _one(studies: Sequence[Studied]) -> Studied:
    """Return the one that is looked at, chosen where there are several."""
    if len(studies) == 1:
        return studies[0]
    named = {link_id(each): each for each in studies}
    titles = dict(zip(named, titles_of(studies), strict=True))
    chosen = st.selectbox(
        "Of which",
        list(titles),
        format_func=titles.__getitem__,
        key="curves-one",
        persist_state="session",
    )
    return named[chosen]


def _empty() -> None:
    st.markdown(plain_markdown("No run is chosen. Choose one above, or train a network first."))
    if st.button("Train LeNet-5", type="primary", icon=":material/play_arrow:"):
        st.switch_page(find_page("lenet5").path)
