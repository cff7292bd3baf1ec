"""What the curves say: the verdict in a sentence, the curves, and the figures it rests on."""

import streamlit as st

from cnn_core.results.studied import Studied
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory


def reading_panel(lab: Laboratory, studied: Studied) -> None:
    """Draw the verdict first, then the curves, then the figures and what they were held against.

    While a run of `studied` is under way the panel draws itself again.
    """
    del lab
    st.markdown(f"**{plain_markdown(studied.title)}**")
