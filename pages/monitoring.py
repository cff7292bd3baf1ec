"""Monitoring: what triage decided on this machine, and how one notices that it stops working."""

from cnn_core.ui.monitoring.page import render_monitoring
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_monitoring()


page(__file__, render)
