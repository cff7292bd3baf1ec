"""Error against cost: which network is beaten by another that is cheaper and errs less.

One chart holds errors of one kind alone, measured on the same pictures in the same way.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.inspection import TEXT_PX, lay_out

_HEIGHT = 340
_NAME_CHARACTERS = 26
_DECADES = 2.6  # on more of them, powers of ten alone have a tick


@dataclass(frozen=True, kw_only=True)
class CostPoint:
    """One network.

    Attributes:
        name: for a person; what a person typed may be in it.
        cost: above 0, in the axis's unit.
        error: in percent.
        interval: of the error, in percent; None where none is known.
    """

    name: str
    cost: float
    error: float
    interval: tuple[float, float] | None = None


def beaten(points: Sequence[CostPoint]) -> list[CostPoint]:
    """Return the points that another one beats: no dearer, no worse, and better in one of the two.

    >>> a, b = CostPoint(name="a", cost=1, error=9), CostPoint(name="b", cost=2, error=9.5)
    >>> [point.name for point in beaten([a, b])]
    ['b']
    """
    return [
        point
        for point in points
        if any(
            other.cost <= point.cost
            and other.error <= point.error
            and (other.cost, other.error) != (point.cost, point.error)
            for other in points
        )
    ]


def accuracy_cost_title(points: Sequence[CostPoint], cost: str) -> str:
    """Return who is beaten, in a sentence.

    Args:
        points: the networks.
        cost: what it is, without its unit ("multiply-accumulates").
    """
    if not points:
        return "There is no network to draw"
    if len(points) == 1:
        return f"{points[0].name} errs in {points[0].error:.3g} %"
    losers = [wording.shortened(point.name, _NAME_CHARACTERS) for point in beaten(points)]
    if not losers:
        return f"Whoever errs less costs more {cost}: no network is beaten in both"
    if len(losers) > 3:
        return f"{len(losers)} of {len(points)} networks err more at more {cost} than another one"
    listed = losers[0] if len(losers) == 1 else f"{', '.join(losers[:-1])} and {losers[-1]}"
    verb = "errs" if len(losers) == 1 else "err"
    return f"{listed} {verb} more at more {cost} than another network"


def accuracy_cost_chart(
    points: Sequence[CostPoint], *, cost: str, unit: str, error: str
) -> go.Figure:
    """Draw the networks, cost on a logarithmic axis; those that are beaten are hollow.

    Args:
        points: of one kind of error alone.
        cost: what the cost is ("multiply-accumulates").
        unit: its unit, for the axis ("GMAC a picture").
        error: what the error is, with its unit and its pictures, for the axis.
    """
    worse = beaten(points)
    figure = go.Figure(
        [
            _marks("not beaten", [p for p in points if p not in worse], "circle", palette.TRAINING),
            _marks("beaten in both", worse, "circle-open", palette.VALIDATION),
        ]
    )
    lay_out(figure, accuracy_cost_title(points, cost), height=_HEIGHT, legend=True)
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    figure.update_xaxes(
        title_text=html.escape(f"{cost} ({unit})"), **log_axis([point.cost for point in points])
    )
    highest = max((p.interval[1] if p.interval else p.error for p in points), default=1.0)
    figure.update_yaxes(
        title_text=html.escape(error), range=[0, 1.15 * max(highest, 0.1)], zeroline=False
    )
    return figure


def log_axis(values: Sequence[float]) -> dict[str, object]:
    """Return a logarithmic axis with room at both ends and ticks at 1, 2, 5 or at powers of ten.

    Args:
        values: above 0; none for an axis from 1 to 10.

    >>> log_axis([2.0, 40.0])["tickvals"]
    [2, 5, 10, 20, 50]
    """
    low, high = (math.log10(end(values)) if values else 0.0 for end in (min, max))
    room = max(0.18 * (high - low), 0.25)
    first, last = low - room, high + room
    steps = (1, 2, 5) if last - first < _DECADES else (1,)
    ticks = [
        step * 10**power if power >= 0 else step / 10**-power
        for power in range(math.floor(first), math.ceil(last) + 1)
        for step in steps
        if first <= math.log10(step) + power <= last
    ]
    return {
        "type": "log",
        "range": [first, last],
        "tickvals": ticks,
        "ticktext": [f"{tick:,}" if tick >= 1 else f"{tick:g}" for tick in ticks],
    }


def _marks(name: str, points: Sequence[CostPoint], symbol: str, color: str) -> go.Scatter:
    ends = [point.interval or (point.error, point.error) for point in points]
    values = [point.error for point in points]
    known = any(point.interval for point in points)
    return go.Scatter(
        x=[point.cost for point in points],
        y=values,
        mode="markers+text",
        name=name,
        marker={"symbol": symbol, "color": color, "size": 14, "line": {"width": 3}},
        error_y={
            "type": "data",
            "array": [
                max(0.0, high - value) for value, (_, high) in zip(values, ends, strict=True)
            ],
            "arrayminus": [
                max(0.0, value - low) for value, (low, _) in zip(values, ends, strict=True)
            ],
            "color": color,
            "thickness": 2,
            "visible": known,
        },
        text=[html.escape(wording.shortened(point.name, _NAME_CHARACTERS)) for point in points],
        textposition=[
            "top center" if place % 2 == 0 else "bottom center" for place in range(len(points))
        ],
        textfont={"size": TEXT_PX},
        cliponaxis=False,
        hovertemplate="%{text}: %{y:.3g} % at %{x:.3g}<extra></extra>",
    )


def accuracy_cost_alt(points: Sequence[CostPoint], cost: str) -> str:
    """Say the chart in sentences."""
    return (
        f"Points: the error of {wording.plural(len(points), 'network')} against {cost}. "
        f"{accuracy_cost_title(points, cost)}."
    )
