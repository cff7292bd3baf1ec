"""Figures of what is decided: conformal coverage, the gate by kind, the whole path.

Every share stands with its interval; what was not tested says "not tested" in its place.
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from cnn_core.charts.film_intervals import interval_figure
from cnn_core.charts.film_rows import coverage_rows, gate_rows, path_rows
from cnn_core.charts.film_titles import conformal_title, gate_title, path_title
from cnn_core.results.chance import percent
from cnn_core.results.xray_decision import ConformalSets, GateRow, PathResult
from cnn_core.results.xray_evaluation import Measured


def conformal_figure(
    conformal: ConformalSets,
    classes: Sequence[str],
    covered: Mapping[str, Measured] | None = None,
) -> go.Figure:
    """Draw the coverage of the prediction sets by class, beside what they aim at.

    Args:
        conformal: the sets.
        classes: of the study, in the order of `conformal.quantiles`.
        covered: share of films whose true class was in the set, by class, where it was measured.
    """
    return interval_figure(
        coverage_rows(conformal, classes, covered),
        conformal_title(conformal),
        "share of films with their true class in the set",
        reference=1 - conformal.alpha,
        reference_name=f"aimed at: {percent(1 - conformal.alpha)}",
        lowest=0.7,
    )


def gate_figure(rows: Sequence[GateRow]) -> go.Figure:
    """Draw the share of each kind that the gate refuses; kinds are never pooled."""
    return interval_figure(
        gate_rows(rows),
        gate_title(rows),
        "share refused",
        units=("picture", "pictures"),
        clusters=("patient or single picture", "patients or single pictures"),
    )


def path_figure(path: PathResult) -> go.Figure:
    """Draw what the whole path misses, refers and decides, with intervals."""
    return interval_figure(path_rows(path), path_title(path), f"share, {path.on}")
