"""Inspector: what a network is made of, and what it finds in a picture."""

from cnn_core.ui.inspector.page import render_inspector
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_inspector()


page(__file__, render)
