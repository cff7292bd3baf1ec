"""The way from any run to the page that reads its curves."""

import streamlit as st

from cnn_core.ui.catalog import find_page


def read_curves_button(shown: str) -> None:
    """Draw the button that opens the curves of a run, or of a group of seeds.

    Args:
        shown: the id of the run, or of the group.
    """
    if st.button(
        "Read its curves",
        icon=":material/troubleshoot:",
        key=f"read-curves-{shown}",
        help="Does it over- or underfit? What the curves say, with the figures, and what to try.",
    ):
        st.switch_page(find_page("curves").path, query_params={"run": shown})
