"""Curves of a judgement: accuracy against training pictures, loss against learning rate.

Figures have no ground of their own, titles are computed from the figures, text is at least 14 px
(`charts.inspection.lay_out`).
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.results.events import RateFound
from cnn_core.results.judgement import Baseline, CurvePoint, PartScore


def learning_curve_figure(
    curve: Sequence[CurvePoint],
    *,
    baselines: Sequence[Baseline] = (),
    score: PartScore | None = None,
) -> go.Figure:
    """Draw accuracy against images a class with its band, the baselines and the run's own score."""
    raise NotImplementedError


def rate_figure(found: RateFound) -> go.Figure:
    """Draw the loss at rising learning rates, and the rate that was chosen."""
    raise NotImplementedError
