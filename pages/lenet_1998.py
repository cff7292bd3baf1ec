"""LeNet-5, 1998: one modern change at a time, and the network of 1998 beside today's."""

from cnn_core.ui.experiments.lenet_1998 import PAGE
from cnn_core.ui.experiments.page import render_experiment
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_experiment(PAGE)


page(__file__, render)
