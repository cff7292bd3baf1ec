"""AlexNet or VGG?: small stacked kernels against large ones, layers and costs."""

from cnn_core.ui.experiments.alexnet_vgg import PAGE
from cnn_core.ui.experiments.page import render_experiment
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_experiment(PAGE)


page(__file__, render)
