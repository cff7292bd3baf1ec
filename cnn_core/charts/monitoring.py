"""Charts of what came to triage: volumes, referral and refusal rates, latency.

Intervals stand with every rate; series are told apart by symbol and pattern as well as by colour;
titles are computed; no ground of their own (`charts.inspection.lay_out`).
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.inspection import lay_out
from cnn_core.charts.roc import class_bars, legend_below
from cnn_core.data.pictures.wording import counted
from cnn_core.results.chance import percent
from cnn_core.results.monitoring import LoggedCase, Volume

DECISIONS = ("routine", "refer", "refused")


def volume_figure(cases: Sequence[LoggedCase]) -> go.Figure:
    """Draw how many cases came by decision, a bar an hour or a day (UTC).

    Args:
        cases: the oldest first.
    """
    span = cases[-1].at - cases[0].at if cases else 0.0
    seconds, unit = (3_600, "hour") if span <= 2 * 86_400 else (86_400, "day")
    figure = go.Figure()
    for index, decision in enumerate(DECISIONS):
        counts: dict[int, int] = {}
        for case in cases:
            if case.decision == decision:
                at = int(case.at // seconds)
                counts[at] = counts.get(at, 0) + 1
        figure.add_trace(
            go.Bar(
                x=[at * seconds * 1_000 for at in counts],
                y=list(counts.values()),
                name=decision,
                marker=class_bars(index),
                hovertemplate=f"%{{x}} UTC<br>%{{y}} {decision}<extra></extra>",
            )
        )
    title = f"{counted(len(cases), 'case')}" + (f", by {unit}" if cases else " so far")
    lay_out(figure, title, height=260)
    legend_below(figure, len(DECISIONS))
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title_text=f"{unit} (UTC)", type="date", showticklabels=bool(cases))
    figure.update_yaxes(title_text=f"cases by {unit}", rangemode="tozero")
    return figure


def rates_figure(
    volumes: Sequence[Volume], window: int = 100, numbers: Sequence[int] = ()
) -> go.Figure:
    """Draw referral and refusal rate a window with their 95 % intervals.

    Args:
        volumes: one a window, in their order.
        window: cases of a window.
        numbers: of the windows, ascending; (): from 1.
    """
    figure = go.Figure()
    numbers = numbers or range(1, len(volumes) + 1)
    for index, (name, found) in enumerate(
        {
            "referred or refused": [each.referred for each in volumes],
            "refused": [each.refused for each in volumes],
        }.items()
    ):
        style = palette.series_style(index)
        there = [
            (place, rate) for place, rate in zip(numbers, found, strict=True) if rate is not None
        ]
        figure.add_trace(
            go.Scatter(
                x=[place + (index - 0.5) * 0.16 for place, _ in there],
                y=[rate for _, (rate, _) in there],
                mode="markers",
                name=name,
                marker={"color": style.color, "symbol": style.symbol, "size": 10},
                error_y={
                    "type": "data",
                    "array": [ends[1] - rate for _, (rate, ends) in there],
                    "arrayminus": [rate - ends[0] for _, (rate, ends) in there],
                    "color": style.color,
                    "thickness": 2,
                },
                text=[
                    f"window {place}: {name} {percent(rate)} "
                    f"({percent(ends[0])} to {percent(ends[1])})"
                    for place, (rate, ends) in there
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    last = volumes[-1].referred if volumes else None
    lay_out(
        figure,
        f"Of the last {counted(volumes[-1].cases, 'case')}, {percent(last[0])} were referred or "
        "refused"
        if last
        else "No cases yet",
        height=280,
    )
    legend_below(figure, 2)
    _window_axis(figure, numbers, window)
    figure.update_yaxes(title_text="share of cases", range=[-0.02, 1.02], tickformat=".0%")
    return figure


def latency_figure(
    volumes: Sequence[Volume], window: int = 100, numbers: Sequence[int] = ()
) -> go.Figure:
    """Draw the 50th, 95th and 99th percentile of the seconds that a case took, a window.

    Args:
        volumes: one a window, in their order.
        window: cases of a window.
        numbers: of the windows, ascending; (): from 1.
    """
    figure = go.Figure()
    numbers = numbers or range(1, len(volumes) + 1)
    there = [
        (place, each.seconds) for place, each in zip(numbers, volumes, strict=True) if each.seconds
    ]
    for index, name in enumerate(("50th percentile", "95th percentile", "99th percentile")):
        style = palette.series_style(index)
        figure.add_trace(
            go.Scatter(
                x=[place for place, _ in there],
                y=[seconds[index] for _, seconds in there],
                mode="lines+markers",
                name=name,
                line={"color": style.color, "dash": style.dash, "width": 2},
                marker={"symbol": style.symbol, "size": 9},
                hovertemplate=f"window %{{x}}<br>{name} %{{y:.2f}} s<extra></extra>",
            )
        )
    title = f"The last window: 95 of 100 cases within {there[-1][1][1]:.2f} s" if there else ""
    lay_out(figure, title or "No cases yet", height=260)
    legend_below(figure, 3)
    _window_axis(figure, numbers, window)
    figure.update_yaxes(title_text="seconds a case", rangemode="tozero")
    return figure


def _window_axis(figure: go.Figure, numbers: Sequence[int], window: int) -> None:
    """Number the windows, at whole numbers only."""
    first, last = (numbers[0], numbers[-1]) if numbers else (1, 1)
    step = {"dtick": 1} if last - first < 12 else {"nticks": 10}
    figure.update_xaxes(
        title_text=f"window of {window} cases",
        tickformat="d",
        range=[first - 0.6, last + 0.6],
        zeroline=False,
        showticklabels=bool(numbers),
        **step,
    )
