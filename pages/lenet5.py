"""LeNet-5 on MNIST: train it and watch it learn."""

from cnn_core.ui.lenet5.page import render_lenet5
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_lenet5()


page(__file__, render)
