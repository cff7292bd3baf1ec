"""What a chest X-ray model is worth where disease is as common as somebody says.

Predictive values against prevalence, and the decision curve (Vickers & Elkin, "Decision curve
analysis", Medical Decision Making 26 (2006), 565-574). Numbers come as they were computed; titles
always name the prevalence that they assume. No ground of its own, text at least 14 px.
"""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.film_titles import ASSUMES, decision_title, predictive_title
from cnn_core.charts.film_words import figure as said
from cnn_core.charts.inspection import lay_out
from cnn_core.charts.roc import legend_below

_MODEL, _EVERYONE = palette.SERIES[0], palette.SERIES[1]


def predictive_values_figure(
    label: str,
    prevalences: Sequence[float],
    ppv: Sequence[float],
    npv: Sequence[float],
    *,
    chosen: float,
    chosen_ppv: float,
) -> go.Figure:
    """Draw PPV and NPV of a class against its prevalence, and mark the chosen one.

    Args:
        label: the class.
        prevalences: shares, 0 to 1, ascending `(N,)`.
        ppv: positive predictive value at each `(N,)`.
        npv: negative predictive value at each `(N,)`.
        chosen: the prevalence that is assumed.
        chosen_ppv: PPV there.
    """
    figure = go.Figure()
    lines = (("PPV", ppv, _MODEL, "solid"), ("NPV", npv, _EVERYONE, "dash"))
    for name, values, color, dash in lines:
        figure.add_trace(
            go.Scatter(
                x=[100 * share for share in prevalences],
                y=list(values),
                mode="lines",
                name=name,
                line={"color": color, "width": 3, "dash": dash},
                hovertemplate=f"{name} %{{y:.2f}} at an assumed prevalence of %{{x:.3g}} %"
                "<extra></extra>",
            )
        )
    figure.add_trace(_upright(100 * chosen, f"assumed: {100 * chosen:.3g} %", (0.0, 1.0)))
    lay_out(figure, predictive_title(label, chosen_ppv, chosen), height=300)
    legend_below(figure, 3)
    figure.update_xaxes(
        title_text="assumed prevalence in %",
        range=[0, 100 * max(prevalences, default=1.0)],
        zeroline=False,
    )
    figure.update_yaxes(title_text="predictive value", range=[0, 1.02], zeroline=False)
    return figure


def decision_figure(
    label: str,
    thresholds: Sequence[float],
    model: Sequence[float],
    everyone: Sequence[float],
    *,
    prevalence: float,
) -> go.Figure:
    """Draw net benefit against the threshold probability, beside calling all and calling nobody.

    Args:
        label: the class.
        thresholds: threshold probabilities, 0 to 1, ascending `(N,)`.
        model: net benefit of the model at each, at the chosen prevalence `(N,)`.
        everyone: of calling every film positive `(N,)`.
        prevalence: that is assumed.
    """
    x = [100 * threshold for threshold in thresholds]
    figure = go.Figure()
    lines = (
        ("this model", model, {"color": _MODEL, "width": 3, "dash": "solid"}),
        ("call every film", everyone, {"color": _EVERYONE, "width": 3, "dash": "dash"}),
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
    lay_out(figure, decision_title(label, thresholds, model, everyone, prevalence), height=320)
    legend_below(figure, 3)
    top = max([*model, *everyone, 0.01])
    figure.update_xaxes(title_text="threshold probability in %", zeroline=False)
    figure.update_yaxes(
        title_text="net benefit per film", range=[-0.35 * top, 1.1 * top], zeroline=False
    )
    return figure


def _upright(x: float, name: str, ends: tuple[float, float]) -> go.Scatter:
    line: dict[str, Any] = {"color": palette.REFERENCE, "width": 2, "dash": "dot"}
    return go.Scatter(x=[x, x], y=list(ends), mode="lines", name=name, line=line, hoverinfo="skip")


def predictive_alt(label: str, ppv: float, npv: float, prevalence: float) -> str:
    """Say the predictive values of a class in a sentence."""
    return (
        f"Predictive values against prevalence. {predictive_title(label, ppv, prevalence)}; "
        f"NPV {said(npv)}; {ASSUMES}."
    )
