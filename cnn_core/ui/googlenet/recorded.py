"""The empty state: real trainings that were recorded and come with the project."""

import streamlit as st

from cnn_core.results.studied import Studied
from cnn_core.runtime.recorded import recordings
from cnn_core.ui.boundary import show_error
from cnn_core.ui.curves.charts import Look, fit_charts
from cnn_core.ui.curves.reading import recorded_words
from cnn_core.ui.googlenet.start import RECIPE
from cnn_core.ui.linked import linked_choice

_KEY = "gn-recorded"
_LOOK = Look(by="epoch", lines=("valid", "train", "running"), smoothing=0, log_x=False, log_y=False)


def choose_recorded() -> Studied | None:
    """Draw the choice of a recorded run of this page's recipe; None where there is none."""
    kept = recordings()
    for fault in kept.faults:
        show_error(fault)
    found = {
        each.recording.id: each
        for each in kept.studied
        if each.recording is not None and each.records[0].recipe == RECIPE
    }
    if not found:
        return None
    first = next(iter(found))
    linked_choice(_KEY, list(found), first)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(":material/history: **A recorded run**", width="content")
        chosen = st.selectbox(
            "Recorded run",
            list(found),
            format_func=lambda name: found[name].title,
            key=_KEY,
            label_visibility="collapsed",
            persist_state="session",
        )
    return found[chosen or first]


def recorded_learning(studied: Studied) -> None:
    """Draw the curves of a recorded run, labelled as what they are."""
    fit_charts([studied], _LOOK)
    if studied.recording is not None:
        st.caption(recorded_words(studied.recording, studied))
