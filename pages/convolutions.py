"""Why convolutions?: a CNN against fully connected networks of its size and of its work."""

from cnn_core.ui.experiments.convolutions import PAGE
from cnn_core.ui.experiments.page import render_experiment
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_experiment(PAGE)


page(__file__, render)
