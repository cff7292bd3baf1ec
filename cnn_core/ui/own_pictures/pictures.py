"""The tab "Pictures": bring a folder, then see what is wrong with it and mend it."""

import streamlit as st

from cnn_core.results.runs import RunRecord
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.state import Chosen


def render_pictures(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab."""
    del lab, record
    if chosen is None:
        st.markdown("No pictures are open.")
