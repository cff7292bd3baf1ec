"""The tab "Result": what came of the run, read, scored, and what it got wrong."""

import streamlit as st

from cnn_core.results.runs import RunRecord
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.state import Chosen


def render_result(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab.

    Args:
        lab: this server's.
        chosen: the pictures that are open, None if none are.
        record: the run that is open, None if none is.
    """
    del lab, chosen
    if record is None:
        st.markdown("Train a network first: this says what came of a run.")
    elif record.status != "finished":
        st.markdown("The result is read when the run has finished.")
