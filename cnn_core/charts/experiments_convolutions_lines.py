"""The experiment of convolutions by an amount: fewer training pictures, altered test pictures.

Colours, dashes, symbols and bars are those of `charts.experiments_convolutions`.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.experiments_convolutions import AXIS, NOTHING, Row, figure_at, told, went
from cnn_core.charts.inspection import lay_out
from cnn_core.charts.roc import legend_below
from cnn_core.results.trial_words import ends as ends_of
from cnn_core.results.trial_words import percent, signed
from cnn_core.results.trials import Place, Spread, Trials

_PLOT_PX = 300


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


def images_title(rows: Sequence[Row], trials: Trials, conditions: Mapping[int, str]) -> str:
    """Return how far apart the first two networks are with the fewest and the most pictures."""
    said = []
    for images in dict.fromkeys((min(conditions), max(conditions))):
        gap = trials.difference(
            "accuracy",
            *(Place(arm=row.arm, condition=conditions[images]) for row in rows[:2]),
        )
        if gap is not None:
            said.append(f"{signed(100 * gap.mean)} points with {images:,} images")
    if said:
        return f"{rows[0].name} beside {rows[1].name}: {', '.join(said)}"
    so_far = [
        f"{row.name} {percent(spread.mean)} with {images:,} images"
        for images, condition in sorted(conditions.items())
        for row in rows
        if (spread := figure_at(trials, "accuracy", row, condition)) is not None
    ]
    return f"So far: {so_far[0]}" if so_far else NOTHING


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
        lambda row, images: figure_at(trials, "accuracy", row, conditions[images]),
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
    said = []
    for row in rows:
        before, after = (
            figure_at(trials, f"{way.figure} {amount}", row, plain)
            for amount in (way.amounts[0], way.asked)
        )
        if before is not None and after is not None:
            said.append(went(row, before, after))
    return f"At {way.told}: {'; '.join(said[:2])}" if said else NOTHING


def altered_figure(rows: Sequence[Row], trials: Trials, plain: str, way: Altered) -> go.Figure:
    """Draw accuracy by how much the test pictures are altered, a line a network."""
    figure = _lines(
        rows,
        way.amounts,
        lambda row, amount: figure_at(trials, f"{way.figure} {amount}", row, plain),
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
        ends = [ends_of(spread) for _, spread in known]
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
                    f"{html.escape(row.name)}, {hover.format(f'{amount:,}')}<br>{told(spread)}"
                    for amount, spread in known
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    return figure


def _finish(figure: go.Figure, title: str, entries: int) -> None:
    lay_out(figure, title, height=_PLOT_PX)
    legend_below(figure, entries)
    figure.update_yaxes(title_text=AXIS, zeroline=False)
