"""Rows of figures with their intervals (a forest plot): what subgroups, folds and kinds share.

A row that has no figure says why in its place. Symbols tell series apart as well as colours; no
ground of its own, text at least 14 px (`charts.inspection.lay_out`).
"""

import html
from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.film_rows import IntervalRow
from cnn_core.charts.film_words import figure as said
from cnn_core.charts.film_words import measured
from cnn_core.charts.inspection import TEXT_PX, lay_out, short
from cnn_core.charts.roc import legend_below
from cnn_core.data.pictures.wording import counted

_ROW_PX = 32
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")


def interval_figure(
    rows: Sequence[IntervalRow],
    title: str,
    x_title: str,
    *,
    reference: float | None = None,
    reference_name: str = "",
    lowest: float = 0.0,
    units: tuple[str, str] = ("film", "films"),
    clusters: tuple[str, str] = ("patient", "patients"),
) -> go.Figure:
    """Draw a point and its interval a row, from the top down.

    Args:
        rows: in their order; at least one, or the figure says that there is nothing.
        title: a sentence, computed.
        x_title: what the figures are, with the unit if there is one.
        reference: where an upright dashed line stands.
        reference_name: what the line is, for the legend.
        lowest: where the axis begins if no interval reaches further down.
        units: what `Measured.films` counts, one and several of them.
        clusters: what `Measured.patients` counts, likewise.
    """
    figure = go.Figure()
    if reference is not None:
        figure.add_trace(_reference(reference, reference_name, len(rows)))
    series = list(dict.fromkeys(row.series for row in rows))
    for number, name in enumerate(series):
        figure.add_trace(_points(rows, name, number, units, clusters))
    entries = sum(bool(name) for name in series) + (reference is not None)
    lay_out(figure, title, height=56 + _ROW_PX * max(1, len(rows)))
    if entries:
        legend_below(figure, entries)
    ends = [each for row in rows if row.found.interval for each in row.found.interval]
    low, high = min([lowest, *ends]), max([1.0, *ends])
    room = 0.02 * (high - low)
    absent = [(place, row) for place, row in enumerate(rows) if row.found.value is None]
    figure.update_layout(annotations=[_absent(place, row, low) for place, row in absent])
    figure.update_xaxes(title_text=x_title, range=[low - room, high + room], zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=_names(rows),
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return figure


def _names(rows: Sequence[IntervalRow]) -> list[str]:
    """Return what stands beside each row: a name once, where rows of several series share it."""
    shown: list[str] = []
    for place, row in enumerate(rows):
        again = place > 0 and rows[place - 1].name == row.name
        shown.append("" if again else short(row.name))
    return shown


def _points(
    rows: Sequence[IntervalRow],
    series: str,
    number: int,
    units: tuple[str, str],
    clusters: tuple[str, str],
) -> go.Scatter:
    color = palette.SERIES[number % len(palette.SERIES)]
    there = [
        (place, row, row.found.value, row.found.interval or (row.found.value,) * 2)
        for place, row in enumerate(rows)
        if row.series == series and row.found.value is not None
    ]
    return go.Scatter(
        x=[value for _, _, value, _ in there],
        y=[place for place, _, _, _ in there],
        mode="markers",
        name=html.escape(series),
        showlegend=bool(series),
        marker={"color": color, "size": 11, "symbol": _SYMBOLS[number % len(_SYMBOLS)]},
        error_x={
            "type": "data",
            "array": [max(0.0, ends[1] - value) for _, _, value, ends in there],
            "arrayminus": [max(0.0, value - ends[0]) for _, _, value, ends in there],
            "color": color,
            "thickness": 3,
            "width": 5,
        },
        text=[
            f"{html.escape(row.name)}: {html.escape(measured(row.found))}<br>"
            f"{counted(row.found.films, *units)}, {counted(row.found.patients, *clusters)}<br>"
            f"{html.escape(row.found.method)}"
            for _, row, _, _ in there
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def _reference(value: float, name: str, rows: int) -> go.Scatter:
    return go.Scatter(
        x=[value, value],
        y=[-0.5, max(1, rows) - 0.5],
        mode="lines",
        name=html.escape(name or said(value)),
        line={"color": palette.REFERENCE, "width": 2, "dash": "dash"},
        hoverinfo="skip",
    )


def _absent(place: int, row: IntervalRow, low: float) -> dict[str, object]:
    """Return why a row has no figure, in the page's own text colour."""
    return {
        "text": f'<span style="color:currentColor">{html.escape(measured(row.found))}</span>',
        "x": low,
        "y": place,
        "xanchor": "left",
        "xshift": 6,
        "showarrow": False,
        "font": {"size": TEXT_PX},
    }
