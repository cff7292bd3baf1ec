"""Residual connections: does the gradient arrive, and does a deeper network fit worse?"""

from cnn_core.ui.experiments.page import render_experiment
from cnn_core.ui.experiments.residual import PAGE
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_experiment(PAGE)


page(__file__, render)
