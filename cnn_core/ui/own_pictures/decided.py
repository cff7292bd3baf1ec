"""What was decided so far, and the ways back."""

import streamlit as st

from cnn_core.data.pictures.decisions import decided
from cnn_core.ui.own_pictures.decisions import decided_words, keep, step_words
from cnn_core.ui.own_pictures.gallery import gallery
from cnn_core.ui.own_pictures.state import Chosen, steps_of

_LISTED = 200


def render_decided(chosen: Chosen) -> None:
    """Draw the pictures that were left out or got another class, and the steps."""
    places = sorted(decided(chosen.snapshot, chosen.decisions))
    steps = steps_of(chosen.snapshot.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{decided_words(chosen).capitalize()}.** The files stay as they came; a run keeps "
            "the decisions that it was started with.",
            width="stretch",
        )
        if places:
            st.button(
                f"Take everything back ({len(places):,})",
                icon=":material/undo:",
                key="keep-everything",
                on_click=keep,
                args=(chosen.snapshot.id, places),
            )
    if places:
        gallery(chosen, places, key="decided", alt=f"{len(places):,} pictures with a decision.")
    if steps:
        with st.expander(f"The steps, the last one first ({len(steps):,})"):
            shown = [
                step_words(chosen.snapshot, step, named=True) for step in reversed(steps[-_LISTED:])
            ]
            st.dataframe({"Step": shown}, hide_index=True, key="steps")
