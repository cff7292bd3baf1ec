"""LeNet-5 explorer: its seven layers on the digit just drawn, today's form and 1998's."""

from cnn_core.ui.lenet_explorer.page import render_lenet_explorer
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_lenet_explorer()


page(__file__, render)
