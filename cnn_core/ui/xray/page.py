"""The page put together: which films and which study it is about, and a tab for each question."""

import streamlit as st

from cnn_core.results.xray_plan import STATEMENT


def render_xray() -> None:
    """Draw the page."""
    st.title("Chest X-ray study", anchor=False)
    st.caption(STATEMENT)
