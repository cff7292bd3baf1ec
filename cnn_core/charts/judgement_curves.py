"""Curves of a judgement: accuracy against training pictures, loss against learning rate.

Figures have no ground of their own, titles are computed from the figures, text is at least 14 px
(`charts.inspection.lay_out`). Both have a logarithmic axis: twice as many is always as far.
"""

import html
import math
from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.inspection import TEXT_PX, lay_out
from cnn_core.results.chance import span
from cnn_core.results.events import RateFound
from cnn_core.results.judgement import Baseline, CurvePoint, PartScore

OWN = palette.SERIES[3]
_BASELINES = {  # dash, and where the words stand: which end of the line, which side of it
    "most-frequent": ("dot", 0, "top right"),
    "nearest-neighbours": ("dash", 0, "top right"),
    "from-scratch": ("dashdot", 1, "bottom left"),
}
_LEGEND = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"}
_HIGHEST_LOSS = 1.6  # of the first one: beyond, the curve leaves the picture


def curve_title(curve: Sequence[CurvePoint]) -> str:
    """Return what the last step of the curve brought."""
    if not curve:
        return "There are too few pictures for a learning curve"
    last = curve[-1]
    if len(curve) < 2:
        return f"{wording.percent(last.mean)} with {_a_class(last)}"
    before = curve[-2]
    return (
        f"From {before.images_a_class:,} to {_a_class(last)}: "
        f"{wording.percent(before.mean)} to {wording.percent(last.mean)}"
    )


def _a_class(point: CurvePoint) -> str:
    return f"{wording.plural(point.images_a_class, 'picture')} a class"


def learning_curve_figure(
    curve: Sequence[CurvePoint],
    *,
    baselines: Sequence[Baseline] = (),
    score: PartScore | None = None,
) -> go.Figure:
    """Draw accuracy against images a class with its band, the baselines and the run's own score.

    Args:
        curve: by rising `images_a_class`.
        baselines: drawn as level lines.
        score: of the network on the same pictures, drawn at the last point with its interval.
    """
    figure = go.Figure()
    if curve:
        x = [point.images_a_class for point in curve]
        figure.add_trace(_band(curve))
        figure.add_trace(
            go.Scatter(
                x=x,
                y=[point.mean for point in curve],
                mode="lines+markers",
                name="simple classifier, 95 % band",
                line={"color": palette.VALIDATION, "width": 3},
                marker={"color": palette.VALIDATION, "size": 9, "symbol": "circle"},
                text=[
                    f"{_a_class(point)}, {point.images:,} in all<br>"
                    f"{wording.percent(point.mean)} ({span((point.low, point.high))}), "
                    f"{wording.plural(point.repeats, 'draw')}"
                    for point in curve
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
        for baseline in baselines:
            figure.add_trace(_level(baseline, x))
        if score is not None:
            figure.add_trace(_own(score, x[-1]))
    figure.update_layout(legend=_LEGEND)
    lay_out(figure, curve_title(curve), height=380, legend=True)
    lows = [point.low for point in curve] + [baseline.accuracy for baseline in baselines]
    floor = math.floor(10 * max(0.0, min(lows, default=0.0) - 0.03)) / 10
    ticks = [point.images_a_class for point in curve]
    figure.update_xaxes(
        title_text="training pictures a class", type="log", tickvals=ticks, zeroline=False
    )
    figure.update_yaxes(
        title_text="validation accuracy", range=[floor, 1.01], tickformat=".0%", zeroline=False
    )
    return figure


def _band(curve: Sequence[CurvePoint]) -> go.Scatter:
    there = [point.images_a_class for point in curve]
    return go.Scatter(
        x=[*there, *there[::-1]],
        y=[*(point.high for point in curve), *(point.low for point in curve[::-1])],
        fill="toself",
        mode="lines",
        showlegend=False,
        line={"width": 0, "color": palette.VALIDATION},
        fillcolor=palette.with_alpha(palette.VALIDATION, 0.2),
        hoverinfo="skip",
    )


def _level(baseline: Baseline, x: Sequence[int]) -> go.Scatter:
    dash, end, side = _BASELINES[baseline.id]
    words = f"{baseline.title}, {wording.percent(baseline.accuracy)}"
    return go.Scatter(
        x=[x[0], x[-1]],
        y=[baseline.accuracy] * 2,
        mode="lines+text",
        text=["" if place != end else html.escape(words) for place in (0, 1)],
        textposition=side,
        textfont={"size": TEXT_PX},
        cliponaxis=False,
        showlegend=False,
        line={"color": palette.REFERENCE, "width": 2, "dash": dash},
        hovertemplate=f"{wording.percent(baseline.accuracy)} ({span(baseline.interval)})"
        "<extra></extra>",
    )


def _own(score: PartScore, x: int) -> go.Scatter:
    low, high = score.interval
    return go.Scatter(
        x=[x],
        y=[score.accuracy],
        mode="markers",
        name="this network",
        marker={"color": OWN, "size": 13, "symbol": "diamond"},
        error_y={
            "type": "data",
            "array": [max(0.0, high - score.accuracy)],
            "arrayminus": [max(0.0, score.accuracy - low)],
            "color": OWN,
            "thickness": 2,
            "width": 6,
        },
        hovertemplate=f"{score.correct:,} of {score.size:,} right, "
        f"{wording.percent(score.accuracy)} ({span(score.interval)})<extra></extra>",
    )


def rate_title(found: RateFound) -> str:
    """Return which learning rate was chosen, of which range."""
    if not found.rates:
        return f"Learning rate {found.suggestion:.2g} was chosen"
    return (
        f"Learning rate {found.suggestion:.2g} was chosen, of {found.rates[0]:.1g} to "
        f"{found.rates[-1]:.1g}, in {wording.seconds(found.seconds)}"
    )


def rate_figure(found: RateFound) -> go.Figure:
    """Draw the loss at rising learning rates, and the rate that was chosen (Smith 2017)."""
    figure = go.Figure(
        go.Scatter(
            x=found.rates,
            y=found.losses,
            mode="lines",
            name="training loss",
            line={"color": palette.TRAINING, "width": 3},
            hovertemplate="learning rate %{x:.2g}: loss %{y:.3g}<extra></extra>",
        )
    )
    low, high = _loss_range(found.losses)
    figure.add_trace(
        go.Scatter(
            x=[found.suggestion] * 2,
            y=[low, high],
            mode="lines",
            name="chosen",
            line={"color": OWN, "width": 2, "dash": "dash"},
            hovertemplate=f"chosen: {found.suggestion:.2g}<extra></extra>",
        )
    )
    figure.update_layout(legend=_LEGEND)
    lay_out(figure, rate_title(found), height=300, legend=True)
    figure.update_xaxes(
        title_text="learning rate (logarithmic)",
        type="log",
        exponentformat="power",
        zeroline=False,
    )
    figure.update_yaxes(title_text="training loss", range=[low, high], zeroline=False)
    return figure


def _loss_range(losses: Sequence[float]) -> tuple[float, float]:
    """Return the range in which the losses can be told apart, whatever the last ones rise to."""
    finite = [loss for loss in losses if math.isfinite(loss)]
    if not finite:
        return 0.0, 1.0
    top = min(max(finite), _HIGHEST_LOSS * finite[0])
    low = min(finite)
    room = 0.05 * max(top - low, 1e-6)
    return max(0.0, low - room), top + room
