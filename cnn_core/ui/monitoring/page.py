"""The page put together: the log of this machine, and a view for each question about it.

A view's module is imported when it is opened first.
"""

import importlib

import streamlit as st

from cnn_core.results.xray_plan import STATEMENT
from cnn_core.ui.boundary import error_boundary
from cnn_core.ui.lab import laboratory
from cnn_core.ui.linked import linked_view
from cnn_core.ui.monitoring.state import VIEW, VIEWS, read_log


def render_monitoring() -> None:
    """Draw the page."""
    lab = laboratory()
    st.title("Monitoring", anchor=False)
    st.caption(STATEMENT)
    view = linked_view(VIEW, VIEWS, "traffic")
    with error_boundary(f"view {view}"):
        module = importlib.import_module(f"cnn_core.ui.monitoring.{view}")
        if view == "alarm":
            module.alarm_view(lab.settings)  # has nothing to do with the log
        else:
            getattr(module, f"{view}_view")(read_log(lab.settings))
