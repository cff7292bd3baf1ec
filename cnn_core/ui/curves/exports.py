"""What a person takes away of the curves: pictures, tables, and files for TensorBoard."""

from collections.abc import Sequence

import streamlit as st

from cnn_core.results.curve_tables import epochs_csv, layers_csv
from cnn_core.results.studied import Studied
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory


def exports_panel(lab: Laboratory, studies: Sequence[Studied]) -> None:
    """Draw the downloads of all of `studies`, at least one."""
    del lab
    names = "-".join(each.recording.id if each.recording else each.id for each in studies)[:80]
    st.markdown(
        f"**{plain_markdown(', '.join(each.title for each in studies))}**\n\n"
        "A chart is saved as PNG by the button in its corner; its title and labels come along."
    )
    with st.container(horizontal=True):
        st.download_button(
            "Epochs of all (CSV)",
            lambda: epochs_csv(studies),
            f"{names}-epochs.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="curves-epochs-csv",
            help="A row an epoch and run: accuracies and losses of training and validation, times.",
        )
        if any(history.layers(2).looks for each in studies for history in each.histories):
            st.download_button(
                "Layers (CSV)",
                lambda: layers_csv(studies),
                f"{names}-layers.csv",
                "text/csv",
                on_click="ignore",
                icon=":material/download:",
                key="curves-layers-csv",
                help="A row a look and layer: dead units, gradient norm, update ratio.",
            )
