"""Which pixels a unit sees, through one large convolution and through a stack of 3x3: a section.

One row of pixels at the bottom, the unit on top, and in the stack the units between; a line is a
weight. No ground of its own, text of 14 px.
"""

import itertools

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.inspection import TEXT_PX, lay_out

_PX = 230


def field_title(length: int) -> str:
    """Return what is to be seen.

    >>> field_title(2)
    'Through 2 convolutions of 3x3 a unit sees 5 pixels a side, as through one 5x5'
    """
    side = 1 + 2 * length
    return (
        f"Through {length} convolutions of 3x3 a unit sees {side} pixels a side, as through one "
        f"{side}x{side}"
    )


def field_figure(length: int) -> go.Figure:
    """Draw one large convolution (left) beside `length` 3x3 (right), in section.

    Args:
        length: how many 3x3, 1 to 4.

    Raises:
        ValueError: another number.
    """
    if not 1 <= length <= 4:
        raise ValueError(f"expected 1 to 4 convolutions, but got {length}.")
    side = 1 + 2 * length
    figure = go.Figure()
    _fan(figure, [side, 1], middle=0.0, height=float(length), color=palette.SERIES[0])
    stack = [side - 2 * step for step in range(length + 1)]
    _fan(figure, stack, middle=side + 1.5, height=1.0, color=palette.SERIES[1])
    lay_out(figure, field_title(length), height=_PX)
    names = [
        (0.0, f"one {side}x{side}"),
        (side + 1.5, "one 3x3" if length == 1 else f"{length} times 3x3"),
    ]
    figure.update_layout(
        annotations=[
            {
                "text": f'<span style="color:currentColor">{name}</span>',
                "x": x,
                "y": -0.45,
                "showarrow": False,
                "font": {"size": TEXT_PX},
            }
            for x, name in names
        ]
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, range=[-0.75, length + 0.3])
    return figure


def field_alt(length: int) -> str:
    """Say the drawing in a sentence."""
    side = 1 + 2 * length
    rows = " over ".join(str(1 + 2 * step) for step in range(length + 1))
    return (
        f"Section through two networks: one unit over {side} pixels, and units stacked {rows}. "
        f"{field_title(length)}."
    )


def _fan(figure: go.Figure, units: list[int], *, middle: float, height: float, color: str) -> None:
    """Draw rows of units from the pixels up, and a line from each unit to each that it looks at."""
    rows = [[middle + place - (count - 1) / 2 for place in range(count)] for count in units]
    reach = (units[0] - units[1]) / 2
    x: list[float | None] = []
    y: list[float | None] = []
    for step, (below, above) in enumerate(itertools.pairwise(rows)):
        for unit in above:
            for seen in (each for each in below if abs(each - unit) <= reach):
                x += [unit, seen, None]
                y += [(step + 1) * height, step * height, None]
    figure.add_trace(
        go.Scatter(x=x, y=y, mode="lines", line={"color": color, "width": 2}, hoverinfo="skip")
    )
    figure.add_trace(
        go.Scatter(
            x=[unit for row in rows for unit in row],
            y=[step * height for step, row in enumerate(rows) for _ in row],
            mode="markers",
            marker={"color": color, "size": 15, "symbol": "square"},
            hoverinfo="skip",
        )
    )
