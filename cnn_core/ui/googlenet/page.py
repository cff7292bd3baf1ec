"""The page put together: controls above, the run in question below."""

import streamlit as st


def render_googlenet() -> None:
    """Draw the page."""
    st.title("GoogLeNet · CIFAR-10", anchor=False)
