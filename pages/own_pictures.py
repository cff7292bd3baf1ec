"""VGG-16 on your own pictures: from a folder to a network to take away."""

from cnn_core.ui.own_pictures.page import render_own_pictures
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_own_pictures()


page(__file__, render)
