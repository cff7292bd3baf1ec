"""The counter-experiment: one change, run beside what is there with the same seeds."""

import streamlit as st

from cnn_core.results.studied import Studied
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory


def counter_panel(lab: Laboratory, studied: Studied) -> None:
    """Draw the change to try, its cost, the button that queues the pair, and what came of it."""
    del lab
    st.markdown(f"**{plain_markdown(studied.title)}**")
