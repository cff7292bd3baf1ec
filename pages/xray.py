"""Chest X-ray study: from films to a score that can be believed, or the reason why it cannot."""

from cnn_core.ui.shell import page
from cnn_core.ui.xray.page import render_xray


def render() -> None:
    """Draw the page."""
    render_xray()


page(__file__, render)
