"""The naive score beside the honest one, and every way of asking in between.

A row a protocol, under a heading that says whether patients were kept together and whether the
source was seen; a point with its 95 % interval, or that it cannot be measured. Naive and honest
differ from the others by symbol and by a word beside them, not by colour alone.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.inspection import TEXT_PX, lay_out
from cnn_core.results.protocol_words import (
    ZONE_WORDS,
    auroc_words,
    protocols_title,
)
from cnn_core.results.xray_audit import Protocols, ProtocolScore

NAIVE, HONEST = palette.VALIDATION, palette.TEST
_OTHER = palette.TRAINING
_ROW_PX = 30
_CHANCE = 0.5
_TURN = 0.8  # right of it, a word stands on the left of its point
_RIGHT = 1.13  # where the axis ends: the figures stand there
_LOWEST = 0.38  # where the axis begins if no interval reaches further down


def protocols_chart(found: Protocols, *, rows: Sequence[int] | None = None) -> go.Figure:
    """Draw the protocols, a row each; the ground is clear, so that either theme can have it.

    Args:
        found: what they answered.
        rows: places in `found.scores` to draw; None for all. Naive and honest are always there.
    """
    chosen = set(range(len(found.scores)) if rows is None else rows) | {found.naive, found.honest}
    places = sorted(chosen, key=lambda place: _order(found.scores[place]))
    heights, headings = _heights(found, places)
    figure = go.Figure()
    lines = [place for place in places if place not in (found.naive, found.honest)]
    for name, color, symbol, own in (
        ("other protocols", _OTHER, "circle", lines),
        ("naive", NAIVE, "square", [found.naive]),
        ("honest", HONEST, "diamond", [found.honest]),
    ):
        figure.add_trace(_points(found, own, heights, name, color, symbol))
    last = max(heights.values()) + 0.6
    ends = [end for place in places for end in found.scores[place].interval or ()]
    low = min([_LOWEST, *(end - 0.02 for end in ends)])
    lay_out(
        figure,
        protocols_title(found.scores[found.naive], found.scores[found.honest]),
        height=round(64 + _ROW_PX * (last + 0.6)),
    )
    figure.update_xaxes(
        title_text="macro AUROC (dashed: chance)",
        range=[low, _RIGHT],
        tickvals=[tick / 10 for tick in range(11) if low <= tick / 10],
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=[heights[place] for place in places],
        ticktext=[ZONE_WORDS[found.scores[place].zone] for place in places],
        range=[last, -0.6],
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(
        shapes=[_chance(heights[place]) for place in places],
        annotations=[
            *(_words(f"<b>{text}</b>", low, height, "left") for height, text in headings),
            *(words for place in places for words in _values(found, place, heights[place], low)),
        ],
    )
    return figure


def protocols_alt(found: Protocols) -> str:
    """Say the chart in sentences."""
    return (
        f"Points with intervals: the macro AUROC of {len(found.scores)} protocols. {found.sentence}"
    )


def _order(score: ProtocolScore) -> tuple[bool, bool, int]:
    return score.unseen, score.grouped, list(ZONE_WORDS).index(score.zone)


def _heading(score: ProtocolScore) -> str:
    kept = "Patients kept together" if score.grouped else "Films split at random"
    return f"{kept}, {'unseen' if score.unseen else 'seen'} source"


def _heights(
    found: Protocols, places: Sequence[int]
) -> tuple[dict[int, float], list[tuple[float, str]]]:
    """Return where each row stands, from the top down, and each heading above its rows."""
    heights: dict[int, float] = {}
    headings: list[tuple[float, str]] = []
    at, last = 0.0, ""
    for place in places:
        heading = _heading(found.scores[place])
        if heading != last:
            headings.append((at, heading))
            at, last = at + 1.0, heading
        heights[place] = at
        at += 1.0
    return heights, headings


def _points(
    found: Protocols,
    places: Sequence[int],
    heights: dict[int, float],
    name: str,
    color: str,
    symbol: str,
) -> go.Scatter:
    there = [
        (place, score.auroc, score.interval or (score.auroc, score.auroc), score)
        for place in places
        for score in [found.scores[place]]
        if score.auroc is not None
    ]
    return go.Scatter(
        x=[value for _, value, _, _ in there],
        y=[heights[place] for place, _, _, _ in there],
        mode="markers",
        name=name,
        marker={"color": color, "symbol": symbol, "size": 11 if name == "other protocols" else 15},
        error_x={
            "type": "data",
            "array": [max(0.0, ends[1] - value) for _, value, ends, _ in there],
            "arrayminus": [max(0.0, value - ends[0]) for _, value, ends, _ in there],
            "color": color,
            "thickness": 3,
            "width": 5,
        },
        text=[f"{auroc_words(score)}<br>{score.films:,} films" for _, _, _, score in there],
        hovertemplate="%{text}<extra></extra>",
    )


def _chance(height: float) -> dict[str, object]:
    """Return the part of the line of chance that belongs to a row."""
    return {
        "type": "line",
        "x0": _CHANCE,
        "x1": _CHANCE,
        "y0": height - 0.5,
        "y1": height + 0.5,
        "layer": "below",
        "line": {"color": palette.REFERENCE, "width": 2, "dash": "dash"},
    }


def _values(found: Protocols, place: int, height: float, low: float) -> list[dict[str, object]]:
    """Return what stands in a row: its figure, and beside its point which of the two it is."""
    score = found.scores[place]
    if score.auroc is None:
        return [_words("cannot be measured", low + 0.01, height, "left")]
    if place not in (found.naive, found.honest):
        return [_words(f"{score.auroc:.2f}", _RIGHT, height, "right")]
    begin, end = score.interval or (score.auroc, score.auroc)
    inside = score.auroc > _TURN
    which = f"<b>{'naive' if place == found.naive else 'honest'}</b>"
    return [
        _words(f"<b>{score.auroc:.2f}</b>", _RIGHT, height, "right"),
        _words(
            which, begin - 0.02 if inside else end + 0.02, height, "right" if inside else "left"
        ),
    ]


def _words(text: str, x: float, y: float, anchor: str) -> dict[str, object]:
    """Return text in the page's own colour, at a place of the plot."""
    return {
        "text": f'<span style="color:currentColor">{text}</span>',
        "x": x,
        "y": y,
        "xanchor": anchor,
        "showarrow": False,
        "font": {"size": TEXT_PX},
    }
