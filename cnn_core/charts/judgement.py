"""Charts of a judgement: classes, calibration, what a network says of one picture.

Figures have no ground of their own, titles are computed from the figures, text is at least 14 px
(`charts.inspection.lay_out`). Shares are drawn in percent.
"""

import plotly.graph_objects as go

from cnn_core.results.judgement import PartScore


def class_figure(score: PartScore) -> go.Figure:
    """Draw each class's recall and precision with their 95 % intervals, the lowest recall first."""
    raise NotImplementedError


def calibration_figure(score: PartScore) -> go.Figure:
    """Draw how often a network is right against how sure it is, with 95 % intervals."""
    raise NotImplementedError
