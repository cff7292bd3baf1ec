"""The empty state: a run of the default preset that was recorded when the project was made."""

import functools
import gzip
from pathlib import Path

import streamlit as st

from cnn_core.models.bundled import recorded_run_path
from cnn_core.results.events import event_from_json
from cnn_core.results.history import History
from cnn_core.training.recipes import MEASURED_ON
from cnn_core.ui.training.live import learning_charts, timing_charts

RECORDED = "recorded"


@functools.cache
def _recorded(path: Path) -> History:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    return History(event_from_json(line) for line in lines)


def recorded_panel(view: str) -> None:
    """Draw the recorded run's curves, labelled as what they are."""
    history = _recorded(recorded_run_path())
    st.markdown(
        ":material/history: **A recorded run** of the fast preset, seed 0, on real MNIST "
        f"({MEASURED_ON}). Press *Train LeNet-5* to watch your own."
    )
    if view == "Learning":
        learning_charts(RECORDED, history, on_mnist=True)
    else:
        timing_charts(RECORDED, history)
