"""Home: draw a digit and watch a LeNet-5 read it."""

from cnn_core.ui.home import render_home
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_home()


page(__file__, render)
