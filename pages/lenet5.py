"""LeNet-5 · MNIST."""

import streamlit as st

from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    st.title("LeNet-5 · MNIST")


page(__file__, render)
