"""Curves: what the curves of any run say of its fit, and what to try."""

from cnn_core.ui.curves.page import render_curves
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_curves()


page(__file__, render)
