"""The page put together: the choice of runs above, what their curves say below."""

import streamlit as st


def render_curves() -> None:
    """Draw the page."""
    st.title("Curves", anchor=False)
