"""What a person takes away of the curves: pictures, tables, and files for TensorBoard."""

import importlib.util
import io
import zipfile
from collections.abc import Sequence

import streamlit as st

from cnn_core.results.curve_tables import epochs_csv, layers_csv
from cnn_core.results.studied import Studied
from cnn_core.runtime.tensorboard_export import event_file, event_file_name
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.training.about import about_view

_LONGEST_NAME = 80


def exports_panel(lab: Laboratory, studies: Sequence[Studied]) -> None:
    """Draw the downloads of all of `studies`, at least one, and how to train one of them again."""
    names = "-".join(each.recording.id if each.recording else each.id for each in studies)
    file = names[:_LONGEST_NAME]
    st.markdown(f"**{plain_markdown(', '.join(each.title for each in studies))}**")
    with st.container(horizontal=True):
        st.download_button(
            "Epochs of all (CSV)",
            lambda: epochs_csv(studies),
            f"{file}-epochs.csv",
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
                f"{file}-layers.csv",
                "text/csv",
                on_click="ignore",
                icon=":material/download:",
                key="curves-layers-csv",
                help="A row a look and layer: dead units, gradient norm, update ratio.",
            )
        if importlib.util.find_spec("tensorboard") is not None:
            st.download_button(
                "TensorBoard files (ZIP)",
                lambda: tensorboard_zip(studies),
                f"{file}-tensorboard.zip",
                "application/zip",
                on_click="ignore",
                icon=":material/download:",
                key="curves-tensorboard",
                help="Unpack it anywhere, then: tensorboard --logdir THAT_FOLDER",
            )
    st.caption(
        "A chart is saved as PNG by the button in its corner; its title and labels come along."
    )
    if importlib.util.find_spec("tensorboard") is None:
        st.caption(
            "For TensorBoard's event files the package tensorboard is needed: "
            "`python -m pip install tensorboard`."
        )
    if len(studies) == 1 and studies[0].recording is None:
        records = studies[0].records
        seeds = [run.config.seed for run in records] if len(records) > 1 else []
        about_view(lab, records[0], seeds)


def tensorboard_zip(studies: Sequence[Studied]) -> bytes:
    """Return an archive with a folder a run that has begun, in it its event file.

    Raises:
        ConfigError: tensorboard is not installed.
    """
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for studied in studies:
            for run, history in zip(studied.records, studied.histories, strict=True):
                if history.step:
                    origin = "" if studied.recording is None else "recorded-"
                    name = f"{origin}{run.id}/{event_file_name(run)}"
                    archive.writestr(name, event_file(history, run))
    return body.getvalue()
