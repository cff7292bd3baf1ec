"""The page put together: which runs, what their curves say, and what to try."""

import streamlit as st

from cnn_core.ui.curves.reading import reading_panel
from cnn_core.ui.curves.studied import studied_of
from cnn_core.ui.lab import laboratory


def render_curves() -> None:
    """Draw the page."""
    st.title("Curves", anchor=False)
    lab = laboratory()
    for run_id in st.query_params.get_all("run"):
        reading_panel(lab, studied_of(lab, lab.store.get(run_id)))
