"""What a chest X-ray model is worth where disease is as common as somebody says.

Predictive values against prevalence, and the decision curve (Vickers & Elkin, "Decision curve
analysis", Medical Decision Making 26 (2006), 565-574). Numbers come as they were computed; titles
always name the prevalence that they assume. No ground of its own, text at least 14 px.
"""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.film_titles import benefit_range, decision_title, predictive_title
from cnn_core.charts.film_words import at_prevalence
from cnn_core.charts.inspection import lay_out
from cnn_core.charts.roc import legend_below
from cnn_core.results.xray_prevalence import ASSUMES, DecisionCurve, PredictiveValues

_MODEL, _EVERYONE = palette.SERIES[0], palette.SERIES[1]


def predictive_values_figure(
    curve: Sequence[PredictiveValues], chosen: PredictiveValues
) -> go.Figure:
    """Draw PPV and NPV of a class against its prevalence, and mark the assumed one.

    Args:
        curve: of one class, by rising prevalence.
        chosen: of the same class, at the prevalence that is assumed.
    """
    figure = go.Figure()
    ppv, npv = [each.ppv for each in curve], [each.npv for each in curve]
    lines = (("PPV", ppv, _MODEL, "solid"), ("NPV", npv, _EVERYONE, "dash"))
    for name, values, color, dash in lines:
        figure.add_trace(
            go.Scatter(
                x=[100 * each.prevalence for each in curve],
                y=values,
                mode="lines",
                name=name,
                line={"color": color, "width": 3, "dash": dash},
                hovertemplate=f"{name} %{{y:.2f}} at an assumed prevalence of %{{x:.3g}} %"
                "<extra></extra>",
            )
        )
    assumed = 100 * chosen.prevalence
    figure.add_trace(_upright(assumed, f"assumed: {assumed:.3g} %"))
    lay_out(figure, predictive_title(chosen), height=300)
    legend_below(figure, 3)
    most = max([each.prevalence for each in curve], default=1.0)
    figure.update_xaxes(title_text="assumed prevalence in %", range=[0, 100 * most], zeroline=False)
    figure.update_yaxes(title_text="predictive value", range=[0, 1.02], zeroline=False)
    return figure


def decision_figure(curve: DecisionCurve) -> go.Figure:
    """Draw net benefit against the threshold, beside calling every film and calling none."""
    x = [100 * threshold for threshold in curve.thresholds]
    figure = go.Figure()
    lines = (
        ("this model", curve.model, {"color": _MODEL, "width": 3, "dash": "solid"}),
        ("call every film", curve.everyone, {"color": _EVERYONE, "width": 3, "dash": "dash"}),
        ("call none", [0.0] * len(x), {"color": palette.REFERENCE, "width": 2, "dash": "dot"}),
    )
    for name, values, line in lines:
        figure.add_trace(
            go.Scatter(
                x=x,
                y=list(values),
                mode="lines",
                name=name,
                line=line,
                hovertemplate=f"{name}: net benefit %{{y:.3f}} at a threshold of %{{x:.3g}} %"
                "<extra></extra>",
            )
        )
    lay_out(figure, decision_title(curve), height=320)
    legend_below(figure, 3)
    low, high = benefit_range(curve)
    figure.update_xaxes(title_text="threshold probability in %", zeroline=False)
    figure.update_yaxes(title_text="net benefit per film", range=[low, high], zeroline=False)
    return figure


def _upright(x: float, name: str) -> go.Scatter:
    line: dict[str, Any] = {"color": palette.REFERENCE, "width": 2, "dash": "dot"}
    return go.Scatter(x=[x, x], y=[0, 1], mode="lines", name=name, line=line, hoverinfo="skip")


def predictive_alt(chosen: PredictiveValues) -> str:
    """Say the predictive values of a class in a sentence."""
    npv = "" if chosen.npv is None else f"; NPV {at_prevalence(chosen.npv, chosen.prevalence)}"
    return f"Predictive values against prevalence. {predictive_title(chosen)}{npv}. {ASSUMES}"


def decision_alt(curve: DecisionCurve) -> str:
    """Say the decision curve of a class in a sentence."""
    return f"Decision curve. {decision_title(curve)}. {ASSUMES}"
