"""X-ray triage: films sorted with reasons and refusals, one decision a film."""

from cnn_core.ui.shell import page
from cnn_core.ui.triage.page import render_triage


def render() -> None:
    """Draw the page."""
    render_triage()


page(__file__, render)
