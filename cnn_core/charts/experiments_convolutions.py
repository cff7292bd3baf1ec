"""The chart of shuffled pixels of the experiment of convolutions.

A network has one colour, dash and symbol in all of its charts, by its place among `rows`. A mark's
bar is Student's 95 % interval of the mean over seeds. Figures have no ground of their own and text
of at least 14 px (`charts.inspection.lay_out`).
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.inspection import lay_out
from cnn_core.charts.roc import legend_below
from cnn_core.results.trial_words import ends as ends_of
from cnn_core.results.trial_words import percent, seeds, share
from cnn_core.results.trials import Place, Spread, Trials

_ROW_PX = 44
_HOLLOW = ("circle-open", "square-open", "diamond-open", "triangle-up-open", "cross-open")
AXIS = "test digits read (%)"
NOTHING = "Accuracies appear with the first trials"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A network: its arm among the trials and its name."""

    arm: str
    name: str


def order_title(rows: Sequence[Row], trials: Trials, plain: str, permuted: str) -> str:
    """Return what becomes of the first two networks when the pixels are permuted."""
    said, so_far = [], []
    for row in rows:
        before, after = (figure_at(trials, "accuracy", row, each) for each in (plain, permuted))
        if before is not None and after is not None:
            said.append(went(row, before, after))
        elif before is not None:
            so_far.append(f"{row.name} {percent(before.mean)} on digits as they are")
        elif after is not None:
            so_far.append(f"{row.name} {percent(after.mean)} on shuffled ones")
    if said:
        return f"Pixels shuffled: {'; '.join(said[:2])}"
    return f"So far: {'; '.join(so_far[:2])}" if so_far else NOTHING


def order_figure(rows: Sequence[Row], trials: Trials, plain: str, permuted: str) -> go.Figure:
    """Draw each network's accuracy on digits as they are (full) and permuted (hollow)."""
    figure = go.Figure()
    ends: list[float] = []
    for place, row in enumerate(rows):
        style = palette.series_style(place)
        found = [figure_at(trials, "accuracy", row, each) for each in (plain, permuted)]
        if all(found):
            means = [100 * each.mean for each in found if each is not None]
            figure.add_trace(_link(means, place, style.color))
        for spread, symbol, what in zip(
            found, (style.symbol, _HOLLOW[place]), ("as they are", "shuffled"), strict=True
        ):
            if spread is not None:
                low, high = ends_of(spread)
                ends += [low, high]
                figure.add_trace(_mark(spread, place, style.color, symbol, f"{row.name}, {what}"))
    for symbol, what in (("circle", "as they are"), ("circle-open", "shuffled")):
        figure.add_trace(_legend_entry(symbol, what))
    lay_out(figure, order_title(rows, trials, plain, permuted), height=64 + _ROW_PX * len(rows))
    legend_below(figure, 2)
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[html.escape(row.name) for row in rows],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(title_text=AXIS, range=_range(ends), zeroline=False)
    return figure


def order_alt(rows: Sequence[Row], trials: Trials, plain: str, permuted: str) -> str:
    """Say the chart in a sentence."""
    each = []
    for row in rows:
        found = [figure_at(trials, "accuracy", row, where) for where in (plain, permuted)]
        said = [f"{percent(spread.mean)}" if spread else "not yet" for spread in found]
        each.append(f"{row.name}: as they are {said[0]}, shuffled {said[1]}")
    title = order_title(rows, trials, plain, permuted)
    return f"Accuracy of each network on digits as they are and shuffled. {title}. " + (
        "; ".join(each) + "."
    )


def figure_at(trials: Trials, figure: str, row: Row, condition: str) -> Spread | None:
    """Return a figure of a network under a condition, None where it was not measured."""
    return trials.spread(figure, Place(arm=row.arm, condition=condition))


def went(row: Row, before: Spread, after: Spread) -> str:
    """Return from where to where a network's share went.

    >>> ends = (Spread(mean=share, interval=None, values={0: share}) for share in (0.95, 0.825))
    >>> went(Row(arm="cnn", name="CNN"), *ends)
    'CNN from 95.0 to 82.5 %'
    """
    return f"{row.name} from {percent(before.mean).removesuffix(' %')} to {percent(after.mean)}"


def told(spread: Spread) -> str:
    """Return a share with its interval and its seeds, for a hover text."""
    return f"{share(spread)}{f', {seeds(spread.n)}' if spread.interval else ''}"


def _link(means: Sequence[float], place: int, color: str) -> go.Scatter:
    return go.Scatter(
        x=list(means),
        y=[place] * len(means),
        mode="lines",
        showlegend=False,
        line={"color": palette.with_alpha(color, 0.5), "width": 3},
        hoverinfo="skip",
    )


def _legend_entry(symbol: str, name: str) -> go.Scatter:
    line = {"width": 2, "color": palette.REFERENCE}
    marker = {"color": palette.REFERENCE, "size": 13, "symbol": symbol, "line": line}
    return go.Scatter(x=[None], y=[None], mode="markers", name=name, marker=marker)


def _mark(spread: Spread, place: int, color: str, symbol: str, name: str) -> go.Scatter:
    low, high = ends_of(spread)
    mean = 100 * spread.mean
    return go.Scatter(
        x=[mean],
        y=[place],
        mode="markers",
        showlegend=False,
        marker={"color": color, "size": 13, "symbol": symbol, "line": {"width": 2, "color": color}},
        error_x={
            "type": "data",
            "array": [high - mean],
            "arrayminus": [mean - low],
            "color": color,
            "thickness": 2,
            "width": 6,
        },
        text=[f"{html.escape(name)}<br>{told(spread)}"],
        hovertemplate="%{text}<extra></extra>",
    )


def _range(ends: Sequence[float]) -> list[float]:
    if not ends:
        return [0, 100]
    room = max(1.0, 0.08 * (max(ends) - min(ends)))
    return [max(0.0, min(ends) - room), min(100.0, max(ends) + room)]
