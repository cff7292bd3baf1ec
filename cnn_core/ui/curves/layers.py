"""The layers over time: dead units, gradient norms, update ratios, where a run looked at them."""

import streamlit as st

from cnn_core.results.studied import Studied
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory


def layers_panel(lab: Laboratory, studied: Studied) -> None:
    """Draw what `TrainConfig.watch` kept of each layer; where nothing was, how to ask for it."""
    del lab
    st.markdown(f"**{plain_markdown(studied.title)}**")
