"""Runs."""

import streamlit as st

from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    st.title("Runs")


page(__file__, render)
