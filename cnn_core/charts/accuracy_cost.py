"""Error against cost: which network is beaten by another that is cheaper and errs less.

One chart holds errors of one kind alone, measured on the same pictures in the same way.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.inspection import TEXT_PX, lay_out

_HEIGHT = 340
_NAME_CHARACTERS = 26
_PLOT = (760, 250)  # pixels that a plot has on a wide page
_DECADES = 2.6  # on more of them, powers of ten alone have a tick

_Box = tuple[float, float, float, float]  # left, right, bottom, top


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

    Of errors with intervals, one is better where the intervals do not overlap.

    >>> a, b = CostPoint(name="a", cost=1, error=9), CostPoint(name="b", cost=2, error=9.5)
    >>> [point.name for point in beaten([a, b])]
    ['b']
    """
    return [
        point
        for point in points
        if any(
            other is not point
            and other.cost <= point.cost
            and _ends(other)[1] <= _ends(point)[0]
            and (other.cost, other.error) != (point.cost, point.error)
            for other in points
        )
    ]


def _ends(point: CostPoint) -> tuple[float, float]:
    return point.interval or (point.error, point.error)


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
        return f"No network errs more and costs more {cost} than another one"
    if len(losers) > 3:
        some = f"{len(losers)} of {len(points)} networks"
        return f"{some} err more and cost more {cost} than another one"
    listed = losers[0] if len(losers) == 1 else f"{', '.join(losers[:-1])} and {losers[-1]}"
    verbs = "errs more and costs" if len(losers) == 1 else "err more and cost"
    return f"{listed} {verbs} more {cost} than another network"


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
    worse, sides = beaten(points), label_sides(points)
    figure = go.Figure(
        [
            _marks(
                "not beaten",
                [p for p in points if p not in worse],
                "circle",
                palette.TRAINING,
                sides,
            ),
            _marks("beaten in both", worse, "circle-open", palette.VALIDATION, sides),
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


def log_axis(values: Sequence[float]) -> dict[str, Any]:
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


def label_sides(points: Sequence[CostPoint]) -> dict[str, str]:
    """Return on which side of its mark each name stands, in plotly's words, so that few overlap.

    Where a name meets no mark and no name that has its place already; else where it meets fewest.
    It is looked at as on a plot of `_PLOT` pixels.

    >>> near = [CostPoint(name=f"net {k}", cost=10 + k / 10, error=5) for k in (1, 2)]
    >>> label_sides(near)
    {'net 1': 'top center', 'net 2': 'bottom center'}
    """
    if not points:
        return {}
    axis = log_axis([point.cost for point in points])
    first, last = axis["range"]
    highest = max(point.error for point in points) or 1.0
    at = {
        point.name: (
            _PLOT[0] * (math.log10(point.cost) - first) / (last - first),
            _PLOT[1] * point.error / highest,
        )
        for point in points
    }
    taken = [_box(x, y, 18, 18) for x, y in at.values()]
    sides: dict[str, str] = {}
    for name, (x, y) in at.items():
        half = 4.2 * min(len(name), _NAME_CHARACTERS)
        boxes = {
            "top center": _box(x, y + 20, 2 * half, 18),
            "bottom center": _box(x, y - 20, 2 * half, 18),
            "middle right": _box(x + half + 12, y, 2 * half, 18),
            "middle left": _box(x - half - 12, y, 2 * half, 18),
        }
        sides[name] = min(boxes, key=lambda side: sum(_meet(boxes[side], box) for box in taken))
        taken.append(boxes[sides[name]])
    return sides


def _box(x: float, y: float, width: float, height: float) -> _Box:
    return x - width / 2, x + width / 2, y - height / 2, y + height / 2


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] < other[1] and other[0] < one[1] and one[2] < other[3] and other[2] < one[3]


def _marks(
    name: str, points: Sequence[CostPoint], symbol: str, color: str, sides: dict[str, str]
) -> go.Scatter:
    ends = [_ends(point) for point in points]
    values = [point.error for point in points]
    known = any(point.interval for point in points)
    return go.Scatter(
        x=[point.cost for point in points],
        y=values,
        mode="markers+text",
        name=name,
        marker={"symbol": symbol, "color": color, "size": 14, "line": {"width": 3, "color": color}},
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
        textposition=[sides[point.name] for point in points],
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
