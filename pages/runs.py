"""Runs: what was trained here."""

from cnn_core.ui.runs.page import render_runs
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_runs()


page(__file__, render)
