"""Little data: what pretrained features are worth where pictures are few."""

from cnn_core.ui.experiments.little_data import PAGE
from cnn_core.ui.experiments.page import render_experiment
from cnn_core.ui.shell import page


def render() -> None:
    """Draw the page."""
    render_experiment(PAGE)


page(__file__, render)
