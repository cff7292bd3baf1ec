"""GoogLeNet on CIFAR-10: train it from scratch or from ImageNet, and read its curves."""

from cnn_core.ui.googlenet.page import render_googlenet
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_googlenet()


page(__file__, render)
