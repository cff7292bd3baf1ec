"""Charts of small stacked kernels against one large one: accuracy, and paired differences.

A row a network or a comparison, from the top down; a mark's bar is Student's 95 % interval of the
mean over seeds. A hollow mark cannot be told apart (`results.trial_pairs.told`). Figures have no
ground of their own and text of at least 14 px (`charts.inspection.lay_out`).
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.inspection import lay_out
from cnn_core.results.trial_pairs import leaders, told
from cnn_core.results.trial_words import difference
from cnn_core.results.trials import Place, Spread, Trials

_ROW_PX = 46
_ROOM = 0.06  # of the axis beside the outermost mark
_NARROWEST = 1.0  # points each way


@dataclass(frozen=True, kw_only=True)
class NetworkRow:
    """A network: its trials, its name, what stands below the name, and which colour it has."""

    place: Place
    name: str
    below: str
    color: int


@dataclass(frozen=True, kw_only=True)
class ComparisonRow:
    """A comparison: first less second, and what is compared."""

    first: Place
    second: Place
    name: str
    below: str


def accuracy_title(rows: Sequence[NetworkRow], trials: Trials) -> str:
    """Return which network stands highest, where it is told apart from every other, else which."""
    found = {row.place: (row, spread) for row, spread in _accuracies(rows, trials)}
    if not found:
        return "Accuracies appear with the first trial"
    lead = leaders(trials, "accuracy", list(found))
    best, highest = found[lead[0]]
    right = f"{wording.percent(highest.mean)} of new pictures, {wording.plural(highest.n, 'seed')}"
    if len(found) == 1:
        return f"{best.name}: {right}"
    if len(lead) == 1:
        return f"{best.name} stands highest: {right}"
    if len(lead) == len(found):
        return f"Which stands highest cannot be told: {best.name} {right}"
    names = "; ".join(
        f"{found[place][0].name} {wording.percent(found[place][1].mean)}" for place in lead
    )
    return f"Highest and not told apart: {names} ({wording.plural(highest.n, 'seed')})"


def accuracy_figure(rows: Sequence[NetworkRow], trials: Trials) -> go.Figure:
    """Draw every seed's accuracy and the mean with its interval, a row a network."""
    figure = go.Figure()
    ends: list[float] = []
    for place, row in enumerate(rows):
        spread = trials.spread("accuracy", row.place)
        if spread is None:
            continue
        seeds = [100 * value for value in spread.values.values()]
        low, high = _ends(spread)
        ends += [*seeds, low, high]
        color = palette.series_style(row.color).color
        figure.add_trace(_seeds(seeds, place, color, list(spread.values), row.name))
        figure.add_trace(_mean(100 * spread.mean, low, high, place, color, row.color))
    lay_out(figure, accuracy_title(rows, trials), height=56 + _ROW_PX * len(rows))
    _rows(figure, [(row.name, row.below) for row in rows])
    figure.update_xaxes(title_text="accuracy on new pictures (%)", zeroline=False)
    if ends:
        room = max(_NARROWEST, _ROOM * (max(ends) - min(ends)))
        figure.update_xaxes(range=[max(0.0, min(ends) - room), min(100.0, max(ends) + room)])
    else:
        figure.update_xaxes(range=[0, 100])
    return figure


def accuracy_alt(rows: Sequence[NetworkRow], trials: Trials) -> str:
    """Say the chart in a sentence."""
    each = "; ".join(
        f"{row.name} {wording.percent(spread.mean)}" for row, spread in _accuracies(rows, trials)
    )
    title = accuracy_title(rows, trials)
    means = f" Means: {each}." if each else ""
    return f"Accuracy of each network, a mark a seed. {title}.{means}"


def difference_title(rows: Sequence[ComparisonRow], trials: Trials) -> str:
    """Return what the first comparison found, of the stack less the large kernel."""
    found = trials.difference("accuracy", rows[0].first, rows[0].second)
    if found is None:
        return "Differences appear with the first pair"
    pairs, where = wording.plural(found.n, "pair"), f"At {rows[0].name.lower()}"
    if found.interval is None:
        return f"{where} {pairs} cannot tell the stack from the one large kernel"
    if not told(trials, "accuracy", rows[0].first, rows[0].second):
        return f"{where} the stack cannot be told from the one large kernel ({pairs})"
    way = "behind" if found.mean < 0 else "ahead of"
    points = f"{abs(100 * found.mean):.1f} points"
    return f"{where} the stack is {points} {way} the one large kernel ({pairs})"


def difference_figure(rows: Sequence[ComparisonRow], trials: Trials) -> go.Figure:
    """Draw paired differences of accuracy with their intervals around the line of none."""
    figure = go.Figure(
        go.Scatter(
            x=[0, 0],
            y=[-0.5, len(rows) - 0.5],
            mode="lines",
            line={"color": palette.REFERENCE, "width": 2, "dash": "dash"},
            hoverinfo="skip",
        )
    )
    span = _NARROWEST
    for place, row in enumerate(rows):
        found = trials.difference("accuracy", row.first, row.second)
        if found is None:
            continue
        low, high = _ends(found)
        span = max(span, abs(low), abs(high))
        apart = told(trials, "accuracy", row.first, row.second) != 0
        color = palette.TRAINING if apart else palette.REFERENCE
        mark = _mean(100 * found.mean, low, high, place, color, 0, hollow=not apart)
        text = f"{html.escape(row.name)}: {difference(found)}, {wording.plural(found.n, 'pair')}"
        mark.update(text=[text], hovertemplate="%{text}<extra></extra>")
        figure.add_trace(mark)
    lay_out(figure, difference_title(rows, trials), height=56 + _ROW_PX * len(rows))
    _rows(figure, [(row.name, row.below) for row in rows])
    span *= 1 + 2 * _ROOM
    figure.update_xaxes(
        title_text="points (hollow: not told from none)", range=[-span, span], zeroline=False
    )
    return figure


def difference_alt(rows: Sequence[ComparisonRow], trials: Trials) -> str:
    """Say the chart in a sentence."""
    said = []
    for row in rows:
        found = trials.difference("accuracy", row.first, row.second)
        if found is not None:
            said.append(f"{row.name} {difference(found)}")
    each = f" {'; '.join(said)}." if said else ""
    return f"Paired differences with intervals. {difference_title(rows, trials)}.{each}"


def _accuracies(rows: Sequence[NetworkRow], trials: Trials) -> list[tuple[NetworkRow, Spread]]:
    found = [(row, trials.spread("accuracy", row.place)) for row in rows]
    return [(row, spread) for row, spread in found if spread is not None]


def _ends(spread: Spread) -> tuple[float, float]:
    """Return the interval in percent; of one seed its value twice."""
    low, high = spread.interval or (spread.mean, spread.mean)
    return 100 * low, 100 * high


def _seeds(values: list[float], place: int, color: str, seeds: list[int], name: str) -> go.Scatter:
    return go.Scatter(
        x=values,
        y=[place + 0.24] * len(values),
        mode="markers",
        marker={"color": palette.with_alpha(color, 0.5), "size": 8},
        text=[
            f"{html.escape(name)}, seed {seed}: {value:.1f} %"
            for seed, value in zip(seeds, values, strict=True)
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def _mean(
    mean: float,
    low: float,
    high: float,
    place: int,
    color: str,
    number: int,
    *,
    hollow: bool = False,
) -> go.Scatter:
    symbol = palette.series_style(number).symbol
    return go.Scatter(
        x=[mean],
        y=[place],
        mode="markers",
        marker={
            "color": color,
            "size": 13,
            "symbol": f"{symbol}-open" if hollow else symbol,
            "line": {"width": 2, "color": color},
        },
        error_x={
            "type": "data",
            "array": [high - mean],
            "arrayminus": [mean - low],
            "color": color,
            "thickness": 3,
            "width": 6,
        },
        text=[f"mean {mean:.1f} %, 95 %: {low:.1f} to {high:.1f}"],
        hovertemplate="%{text}<extra></extra>",
    )


def _rows(figure: go.Figure, names: Sequence[tuple[str, str]]) -> None:
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[f"{html.escape(name)}<br>{html.escape(below)}" for name, below in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
