"""How far a chest X-ray model's probabilities can be believed: smoothed reliability, with counts.

A figure a class: the smoothed curve with its band above, how many films stand behind each tenth
below. Titles are computed; no ground of its own, text at least 14 px (`charts.inspection.lay_out`).
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.film_titles import ece_sentence, reliability_title
from cnn_core.charts.film_words import between
from cnn_core.charts.inspection import lay_out
from cnn_core.charts.roc import class_line, legend_below
from cnn_core.results.xray_evaluation import Calibration, ReliabilityPoint

_HEIGHT = 400
_COUNTS = (0.0, 0.2)  # of the height, for the bars
_CURVE = (0.27, 1.0)


def reliability_figure(calibration: Calibration, label: str, *, color_index: int = 0) -> go.Figure:
    """Draw the observed share against the predicted probability of one class.

    Args:
        calibration: of all classes.
        label: of the class to draw.
        color_index: place of the class in the study, which gives its colour.

    Raises:
        ValueError: `calibration` has no such class.
    """
    row = next((each for each in calibration.classes if each.label == label), None)
    if row is None:
        known = ", ".join(each.label for each in calibration.classes)
        raise ValueError(f"expected one of {known}, but got {label!r}.")
    line = class_line(color_index)
    color = str(line["color"])
    figure = go.Figure()
    figure.add_trace(_band(row.curve, color))
    figure.add_trace(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name="as often as said",
            line={"color": palette.REFERENCE, "width": 2, "dash": "dash"},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[point.predicted for point in row.curve],
            y=[point.observed for point in row.curve],
            mode="lines",
            name="smoothed, with its 95 % band",
            line={**line, "dash": "solid"},
            text=[between((point.low, point.high)) for point in row.curve],
            hovertemplate="said %{x:.2f}<br>observed %{y:.2f} (%{text})<extra></extra>",
        )
    )
    figure.add_trace(_counts(row.counts))
    lay_out(figure, reliability_title(row), height=_HEIGHT)
    legend_below(figure, 2)
    figure.update_xaxes(title_text="predicted probability", range=[-0.01, 1.01], zeroline=False)
    figure.update_yaxes(title_font_size=14, tickfont_size=14, zeroline=False, fixedrange=True)
    figure.update_layout(
        xaxis={"anchor": "y2"},
        yaxis={"title": {"text": "observed share"}, "range": [0, 1.02], "domain": _CURVE},
        yaxis2={
            "title": {"text": "films", "font": {"size": 14}},
            "domain": _COUNTS,
            "rangemode": "tozero",
            "nticks": 3,
            "tickfont": {"size": 14},
            "fixedrange": True,
            "automargin": True,
        },
        bargap=0.08,
    )
    return figure


def _band(curve: Sequence[ReliabilityPoint], color: str) -> go.Scatter:
    there = [point.predicted for point in curve]
    return go.Scatter(
        x=[*there, *there[::-1]],
        y=[*(point.high for point in curve), *(point.low for point in curve[::-1])],
        fill="toself",
        mode="lines",
        showlegend=False,
        line={"width": 0, "color": color},
        fillcolor=palette.with_alpha(color, 0.2),
        hoverinfo="skip",
    )


def _counts(counts: Sequence[int]) -> go.Bar:
    width = 1 / max(1, len(counts))
    return go.Bar(
        x=[(place + 0.5) * width for place in range(len(counts))],
        y=list(counts),
        width=0.92 * width,
        yaxis="y2",
        showlegend=False,
        marker={"color": palette.REFERENCE, "line": {"width": 0}},
        text=[wording.plural(count, "film") for count in counts],
        textposition="none",
        hovertemplate="%{text} at %{x:.2f}<extra></extra>",
    )


def reliability_alt(calibration: Calibration, label: str, films: int) -> str:
    """Say the reliability of one class in a sentence."""
    row = next(each for each in calibration.classes if each.label == label)
    return f"Reliability curve. {reliability_title(row)}. {ece_sentence(calibration, films)}"
