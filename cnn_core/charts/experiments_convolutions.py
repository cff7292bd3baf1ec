"""Charts of the experiment of convolutions: shuffled pixels, fewer pictures, altered pictures.

A network has one colour, dash and symbol in all of them, by its place among `rows`. A mark's bar is
Student's 95 % interval of the mean over seeds. Figures have no ground of their own and text of at
least 14 px (`charts.inspection.lay_out`).
"""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.inspection import lay_out
from cnn_core.charts.roc import legend_below
from cnn_core.results.trial_words import signed
from cnn_core.results.trials import Place, Spread, Trials

_ROW_PX, _PLOT_PX = 44, 300
_HOLLOW = ("circle-open", "square-open", "diamond-open", "triangle-up-open", "cross-open")
_AXIS = "test digits read (%)"
_NOTHING = "Accuracies appear with the first trials"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A network: its arm among the trials and its name."""

    arm: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Altered:
    """One way in which pictures are altered.

    Attributes:
        figure: name of the trials' figure, which its amount follows.
        amounts: ascending, from none.
        axis: what the amounts are, with the unit.
        told: the asked amount within a sentence, "3 pixels".
        asked: the amount that the title is about.
    """

    figure: str
    amounts: tuple[int, ...]
    axis: str
    told: str
    asked: int


def order_title(rows: Sequence[Row], trials: Trials, plain: str, permuted: str) -> str:
    """Return what becomes of the first two networks when the pixels are permuted."""
    told, so_far = [], []
    for row in rows:
        before, after = (_spread(trials, "accuracy", row, each) for each in (plain, permuted))
        if before is not None and after is not None:
            told.append(f"{row.name} from {_percent(before.mean)} to {_percent(after.mean)} %")
        elif before is not None:
            so_far.append(f"{row.name} {_percent(before.mean)} % on digits as they are")
        elif after is not None:
            so_far.append(f"{row.name} {_percent(after.mean)} % on shuffled ones")
    if told:
        return f"Pixels shuffled: {'; '.join(told[:2])}"
    return f"So far: {'; '.join(so_far[:2])}" if so_far else _NOTHING


def order_figure(rows: Sequence[Row], trials: Trials, plain: str, permuted: str) -> go.Figure:
    """Draw each network's accuracy on digits as they are (full) and permuted (hollow)."""
    figure = go.Figure()
    ends: list[float] = []
    for place, row in enumerate(rows):
        style = palette.series_style(place)
        found = [_spread(trials, "accuracy", row, each) for each in (plain, permuted)]
        if all(found):
            means = [100 * each.mean for each in found if each is not None]
            figure.add_trace(_link(means, place, style.color))
        for spread, symbol, what in zip(
            found, (style.symbol, _HOLLOW[place]), ("as they are", "shuffled"), strict=True
        ):
            if spread is not None:
                low, high = _ends(spread)
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
    figure.update_xaxes(title_text=_AXIS, range=_range(ends), zeroline=False)
    return figure


def order_alt(rows: Sequence[Row], trials: Trials, plain: str, permuted: str) -> str:
    """Say the chart in a sentence."""
    each = []
    for row in rows:
        found = [_spread(trials, "accuracy", row, where) for where in (plain, permuted)]
        said = [f"{_percent(spread.mean)} %" if spread else "not yet" for spread in found]
        each.append(f"{row.name}: as they are {said[0]}, shuffled {said[1]}")
    title = order_title(rows, trials, plain, permuted)
    return f"Accuracy of each network on digits as they are and shuffled. {title}. " + (
        "; ".join(each) + "."
    )


def images_title(rows: Sequence[Row], trials: Trials, conditions: Mapping[int, str]) -> str:
    """Return how far apart the first two networks are with the fewest and the most pictures."""
    told = []
    for images in dict.fromkeys((min(conditions), max(conditions))):
        gap = trials.difference(
            "accuracy",
            *(Place(arm=row.arm, condition=conditions[images]) for row in rows[:2]),
        )
        if gap is not None:
            told.append(f"{signed(100 * gap.mean)} points with {images:,} images")
    if told:
        return f"{rows[0].name} beside {rows[1].name}: {', '.join(told)}"
    so_far = [
        f"{row.name} {_percent(spread.mean)} % with {images:,} images"
        for images, condition in sorted(conditions.items())
        for row in rows
        if (spread := _spread(trials, "accuracy", row, condition)) is not None
    ]
    return f"So far: {so_far[0]}" if so_far else _NOTHING


def images_figure(rows: Sequence[Row], trials: Trials, conditions: Mapping[int, str]) -> go.Figure:
    """Draw accuracy by the number of training images, a line a network.

    Args:
        rows: the networks that learned from every number.
        trials: what is done.
        conditions: of each number of images.
    """
    amounts = sorted(conditions)
    figure = _lines(
        rows,
        amounts,
        lambda row, images: _spread(trials, "accuracy", row, conditions[images]),
        "{} images",
    )
    _finish(figure, images_title(rows, trials, conditions), len(rows))
    figure.update_xaxes(
        title_text="training images (logarithmic)",
        type="log",
        tickvals=amounts,
        ticktext=[f"{each:,}" for each in amounts],
        zeroline=False,
    )
    return figure


def images_alt(rows: Sequence[Row], trials: Trials, conditions: Mapping[int, str]) -> str:
    """Say the chart in a sentence."""
    title = images_title(rows, trials, conditions)
    return f"Accuracy by number of training images, a line a network. {title}."


def altered_title(rows: Sequence[Row], trials: Trials, plain: str, way: Altered) -> str:
    """Return what each of the first two networks still reads of the altered pictures."""
    told = []
    for row in rows:
        before, after = (
            _spread(trials, f"{way.figure} {amount}", row, plain)
            for amount in (way.amounts[0], way.asked)
        )
        if before is not None and after is not None:
            told.append(f"{row.name} from {_percent(before.mean)} to {_percent(after.mean)} %")
    return f"At {way.told}: {'; '.join(told[:2])}" if told else _NOTHING


def altered_figure(rows: Sequence[Row], trials: Trials, plain: str, way: Altered) -> go.Figure:
    """Draw accuracy by how much the test pictures are altered, a line a network."""
    figure = _lines(
        rows,
        way.amounts,
        lambda row, amount: _spread(trials, f"{way.figure} {amount}", row, plain),
        "{} (" + way.axis + ")",
    )
    _finish(figure, altered_title(rows, trials, plain, way), len(rows))
    figure.update_yaxes(range=[0, 100])
    figure.update_xaxes(title_text=way.axis, tickvals=list(way.amounts), zeroline=False)
    return figure


def altered_alt(rows: Sequence[Row], trials: Trials, plain: str, way: Altered) -> str:
    """Say the chart in a sentence."""
    return f"Accuracy by {way.axis}, a line a network. {altered_title(rows, trials, plain, way)}."


def _lines(
    rows: Sequence[Row],
    amounts: Sequence[int],
    spread_at: Callable[[Row, int], Spread | None],
    hover: str,
) -> go.Figure:
    figure = go.Figure()
    for place, row in enumerate(rows):
        style = palette.series_style(place)
        found = [(amount, spread_at(row, amount)) for amount in amounts]
        known = [(amount, spread) for amount, spread in found if spread is not None]
        ends = [_ends(spread) for _, spread in known]
        means = [100 * spread.mean for _, spread in known]
        figure.add_trace(
            go.Scatter(
                x=[amount for amount, _ in known],
                y=means,
                mode="lines+markers",
                name=html.escape(row.name),
                line={"color": style.color, "width": 2, "dash": style.dash},
                marker={"color": style.color, "size": 9, "symbol": style.symbol},
                error_y={
                    "type": "data",
                    "array": [high - mean for (_, high), mean in zip(ends, means, strict=True)],
                    "arrayminus": [mean - low for (low, _), mean in zip(ends, means, strict=True)],
                    "color": style.color,
                    "thickness": 2,
                    "width": 4,
                },
                text=[
                    f"{html.escape(row.name)}, {hover.format(f'{amount:,}')}<br>{_told(spread)}"
                    for amount, spread in known
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    return figure


def _finish(figure: go.Figure, title: str, entries: int) -> None:
    lay_out(figure, title, height=_PLOT_PX)
    legend_below(figure, entries)
    figure.update_yaxes(title_text=_AXIS, zeroline=False)


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
    low, high = _ends(spread)
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
        text=[f"{html.escape(name)}<br>{_told(spread)}"],
        hovertemplate="%{text}<extra></extra>",
    )


def _spread(trials: Trials, figure: str, row: Row, condition: str) -> Spread | None:
    return trials.spread(figure, Place(arm=row.arm, condition=condition))


def _ends(spread: Spread) -> tuple[float, float]:
    """Return the ends of the bar in percent; of one seed the mark itself."""
    low, high = spread.interval or (spread.mean, spread.mean)
    return 100 * max(0.0, low), 100 * min(1.0, high)


def _told(spread: Spread) -> str:
    low, high = _ends(spread)
    seeds = wording.plural(spread.n, "seed")
    interval = f" (95 %: {low:.1f} to {high:.1f})" if spread.interval else ""
    return f"{_percent(spread.mean)} %{interval}, {seeds}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _range(ends: Sequence[float]) -> list[float]:
    if not ends:
        return [0, 100]
    room = max(1.0, 0.08 * (max(ends) - min(ends)))
    return [max(0.0, min(ends) - room), min(100.0, max(ends) + room)]
