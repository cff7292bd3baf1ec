"""The pictures at a glance: how many of each class, how large, what shape, and the verdict."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.results.pictures import Audit, Snapshot
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.own_pictures.decisions import decided_words
from cnn_core.ui.own_pictures.examined import columns_of, labels_of
from cnn_core.ui.own_pictures.state import Chosen, show_tab

_NOTES = 6


def overview(chosen: Chosen, audit: Audit) -> None:
    """Draw counts, sizes and shapes, and the way on to training."""
    snapshot = chosen.snapshot
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain_markdown(verdict(audit))}**", width="stretch")
        st.button(
            "Go on to training",
            type="primary",
            icon=":material/arrow_forward:",
            on_click=show_tab,
            args=("Training",),
            disabled=not audit.trainable,
        )
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        _class_table(chosen, audit)
    with right:
        st.markdown(plain_markdown(sizes_words(snapshot)))
        if chosen.decisions:
            st.markdown(f"Decided so far: {decided_words(chosen)}.")
        if snapshot.rejected:
            noun = "file was" if len(snapshot.rejected) == 1 else "files were"
            st.markdown(f"{len(snapshot.rejected):,} {noun} left out when the folder was copied.")
        for note in snapshot.notes[:_NOTES]:
            st.caption(plain_markdown(note))
        if snapshot.licence:
            st.caption(plain_markdown(f"Licence: {snapshot.licence}. {snapshot.citation}".strip()))


def verdict(audit: Audit) -> str:
    """Return in a sentence whether and how the pictures can be trained on."""
    problems = [finding for finding in audit.findings if finding.severity == "problem"]
    warnings = [finding for finding in audit.findings if finding.severity == "warning"]
    total = sum(audit.counts.values())
    if problems:
        return problems[0].sentence
    if warnings:
        noun = "thing" if len(warnings) == 1 else "things"
        return f"{total:,} pictures can be trained on; {len(warnings)} {noun} to look at first."
    return f"{total:,} pictures can be trained on; nothing stands out."


def _class_table(chosen: Chosen, audit: Audit) -> None:
    """Draw a row a class: its pictures as a bar, and the middle of their sizes."""
    columns, labels = columns_of(chosen.snapshot), labels_of(chosen)
    longest = np.maximum(columns.width, columns.height)
    middles = [
        f"{np.median(longest[labels == index]):.0f} px" if count else "none"
        for index, count in enumerate(audit.counts.values())
    ]
    most = max(1, *audit.counts.values())
    st.dataframe(
        {
            "Class": list(audit.counts),
            "Pictures": list(audit.counts.values()),
            "Longer side (median)": middles,
        },
        column_config={
            "Pictures": st.column_config.ProgressColumn(
                format="%d", min_value=0, max_value=most, help="As decided now."
            )
        },
        hide_index=True,
        height="content" if len(audit.counts) <= 10 else 420,
        key="classes",
    )


def sizes_words(snapshot: Snapshot) -> str:
    """Return how large and of what shape the pictures are, in two sentences."""
    columns = columns_of(snapshot)
    ratios = columns.width / columns.height
    middle = float(np.median(ratios))
    shape = "square" if 0.97 <= middle <= 1.03 else "lying" if middle > 1 else "upright"
    return (
        f"The pictures are {_span(columns.width)} pixels wide and {_span(columns.height)} high, "
        f"{columns.size.sum() / 1e6:,.1f} MB together. Most are {shape}: width to height is "
        f"{middle:.2f} in the middle, {ratios.min():.2f} to {ratios.max():.2f} altogether."
    )


def _span(values: NDArray[np.int64]) -> str:
    low, high = int(values.min()), int(values.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
