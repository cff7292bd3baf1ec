"""What belongs to a run beside its curves: configuration, files, link, and what became of it."""

import json
import time
from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from cnn_core.results.runs import RunRecord
from cnn_core.runtime.export import describe_run, reproduce_command, weights_path
from cnn_core.runtime.store import UNDO_SECONDS
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.wording import score_in_words, when


def copy_link(restores: str = "these settings and this run") -> None:
    """Draw a button behind which stands the page's address, and what it restores, to copy."""
    with st.popover("Copy link", icon=":material/link:"):
        query = urlencode(st.query_params.to_dict())
        st.code(f"{st.context.url}?{query}" if query else f"{st.context.url}", language=None)
        st.caption(f"Restores {restores} on this server.")


def deleted_note(lab: Laboratory, record: RunRecord) -> None:
    """Say what a deleted run was; its owner can bring it back for ten minutes."""
    deleted = record.deleted or 0.0
    score = score_in_words(record)
    status = f"{record.status}, {score}" if score else record.status
    with st.container(border=True):
        st.markdown(
            f":material/delete: The run {plain_markdown(record.name)} ({status}) was "
            f"deleted at {when(deleted)}."
        )
        can_undo = record.owner == owner_id() and time.time() - deleted < UNDO_SECONDS
        if can_undo and st.button("Bring it back", icon=":material/undo:", key="undelete"):
            lab.store.undelete(record.id)
            st.rerun()


def about_view(lab: Laboratory, record: RunRecord, seeds: Sequence[int] = ()) -> None:
    """Draw configuration, provenance, the command that repeats the run, and the downloads.

    Args:
        lab: for the run's files.
        record: the run.
        seeds: those of its whole group, if the command shall train them all.
    """
    st.markdown(f"**The same {'seeds' if seeds else 'run'} in a terminal**")
    command = reproduce_command(record, seeds)
    if command:
        st.code(command, language=None, wrap_lines=True)
    else:
        st.caption("What this run saw is no longer here: it cannot be trained again.")
    downloads(lab, record)
    left, right = st.columns(2)
    body = describe_run(record)
    with left:
        st.markdown("**Settings and data**")
        st.table({**_flat(body["config"]), **_flat(body["dataset"])})
    with right:
        st.markdown("**Where it was trained**")
        st.table({"device": record.device, **record.provenance})


def _flat(value: object) -> dict[str, str]:
    pairs = dict(value).items()  # type: ignore[call-overload]
    return {
        str(key): f"{item:g}" if isinstance(item, float) else plain_markdown(str(item))
        for key, item in pairs
    }


def downloads(lab: Laboratory, record: RunRecord) -> None:
    """Draw the download buttons: both curves as CSV, the configuration, the weights."""
    with st.container(horizontal=True):
        st.download_button(
            "Epochs (CSV)",
            lambda: lab.history(record.id, now=True).to_csv("epochs"),
            f"{record.id}-epochs.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            key=f"epochs-csv-{record.id}",
        )
        st.download_button(
            "Steps (CSV)",
            lambda: lab.history(record.id, now=True).to_csv("steps"),
            f"{record.id}-steps.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            key=f"steps-csv-{record.id}",
        )
        st.download_button(
            "Configuration (JSON)",
            json.dumps(describe_run(record), indent=2),
            f"{record.id}.json",
            "application/json",
            on_click="ignore",
            icon=":material/download:",
            key=f"config-json-{record.id}",
        )
        path = weights_path(lab.store, record.id)
        if path is not None:
            st.download_button(
                "Weights (safetensors)",
                path.read_bytes,
                f"{record.id}.safetensors",
                "application/octet-stream",
                on_click="ignore",
                icon=":material/download:",
                key=f"weights-{record.id}",
            )
