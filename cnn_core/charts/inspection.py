"""Charts of the inspector: how a map's values are spread, and what a network says.

Figures have no ground of their own and no colour that only one theme can carry, text is at least
14 px, and nothing but what is drawn is sent: a histogram sends its bars, not its fifty thousand
values. Negative is blue and positive orange, as in the maps (`charts.scales`).
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from cnn_core.charts import palette, wording

TEXT_PX = 14
_TITLE_PX = 16
_TITLE_CHARACTERS = 46
_TITLE_LINE_PX = 21
_NAME_CHARACTERS = 26
_BAR_PX = 34
_BINS = 48

NEGATIVE, POSITIVE = palette.TRAINING, palette.VALIDATION
BEFORE, AFTER = palette.REFERENCE, palette.TRAINING

Top = Sequence[tuple[int, str, float]]


def histogram(
    values: NDArray[np.floating[Any]], *, title: str, x_title: str, thing: str = "units"
) -> go.Figure:
    """Draw how values are spread, with zero between two bars and never inside one.

    Where most values are exactly zero (after a ReLU) those are not drawn but counted in words, or
    nothing else could be seen beside them. What is not finite is left out and counted too.

    Args:
        values: floats of any shape.
        title: a sentence, for a person.
        x_title: what a value is ("activation").
        thing: what has a value, for the upward axis ("units", "weights").

    Raises:
        ValueError: there is no value at all.
    """
    flat = np.asarray(values, dtype=np.float64).ravel()
    if not flat.size:
        raise ValueError(f"expected at least one value, but got an array {np.shape(values)}.")
    finite = flat[np.isfinite(flat)]
    zeros = int((finite == 0).sum())
    hidden = 2 * zeros > flat.size
    drawn = finite[finite != 0] if hidden else finite
    notes = [f"{wording.percent(zeros / flat.size)} are exactly 0, not drawn"] if hidden else []
    if finite.size < flat.size:
        notes.append(f"{wording.count(flat.size - finite.size)} are not finite")
    edges = _edges_round_zero(drawn)
    counts, _ = np.histogram(drawn, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure(
        go.Bar(
            x=middles.tolist(),
            y=counts.tolist(),
            width=np.diff(edges).tolist(),
            marker={
                "color": [NEGATIVE if middle < 0 else POSITIVE for middle in middles],
                "line": {"width": 0},
            },
            text=[
                f"{wording.count(count)} {thing} from {low:.3g} to {high:.3g}"
                for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True)
            ],
            textposition="none",
            hovertemplate="%{text}<extra></extra>",
        )
    )
    lay_out(figure, title, height=280)
    figure.update_layout(bargap=0, annotations=_note("; ".join(notes)))
    figure.update_xaxes(title_text=html.escape(x_title), zeroline=True)
    figure.update_yaxes(title_text=html.escape(thing), rangemode="tozero")
    return figure


def probability_bars(
    top: Top,
    *,
    before: Sequence[float] | None = None,
    chosen: int | None = None,
    title: str = "",
) -> go.Figure:
    """Draw classes with their probabilities, the first on top; a click on a row reports its class.

    For `st.plotly_chart(figure, on_select="rerun", selection_mode="points")` and `clicked_class`.

    Args:
        top: index, name and probability (0 to 1) of each class, at least one.
        before: what each of them was before something changed; None where nothing did.
        chosen: index of the class that is marked.
        title: a sentence; without one the room goes to the bars.

    Raises:
        ValueError: no class, or `before` is not as long as `top`.
    """
    if not top or (before is not None and len(before) != len(top)):
        got = f"{len(top)} and {None if before is None else len(before)}"
        raise ValueError(f"expected classes, and `before` to be as long, but got {got}.")
    rows = list(range(len(top)))
    figure = go.Figure()
    if before is not None:
        figure.add_trace(_bars(rows, before, "before", BEFORE))
    figure.add_trace(
        _bars(rows, [p for _, _, p in top], "probability" if before is None else "now", AFTER)
    )
    figure.add_trace(_click_rows(top))
    figure.update_layout(
        barmode="group",
        bargap=0.25,
        bargroupgap=0.05,
        showlegend=before is not None,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
    )
    several = 1 if before is None else 1.7
    lay_out(figure, title, height=round(62 + several * _BAR_PX * len(top)), legend=bool(before))
    names = [f"<b>{short(name)}</b>" if index == chosen else short(name) for index, name, _ in top]
    figure.update_xaxes(title_text="probability", range=[0, 1.17], tickformat=".0%", zeroline=False)
    figure.update_xaxes(tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_yaxes(
        tickvals=rows, ticktext=names, range=[len(top) - 0.5, -0.5], showgrid=False, zeroline=False
    )
    return figure


def clicked_class(selection: Mapping[str, Any] | None) -> int | None:
    """Return the index of the class whose row was clicked, None where none was.

    >>> clicked_class({"selection": {"points": [{"customdata": [281]}]}})
    281
    >>> clicked_class({"selection": {"points": []}}) is None
    True
    """
    inner = (selection or {}).get("selection", selection) or {}
    for point in inner.get("points", ()):
        data = point.get("customdata")
        values = list(data.values()) if isinstance(data, Mapping) else data
        if isinstance(values, Sequence) and len(values) == 1:
            return int(values[0])
    return None


def _edges_round_zero(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return equally wide bins over the values; where they change sign, zero is an edge."""
    if not values.size:
        return np.array([-0.5, 0.5])
    low, high = float(values.min()), float(values.max())
    if low == high:
        reach = abs(low) / 2 or 0.5
        return np.array([low - reach, low + reach])
    if low >= 0 or high <= 0:
        return np.array(np.linspace(low, high, _BINS + 1))
    width = (high - low) / _BINS
    below, above = int(np.ceil(-low / width)), int(np.ceil(high / width))
    return np.arange(-below, above + 1, dtype=np.float64) * width


def _bars(rows: list[int], values: Sequence[float], name: str, color: str) -> go.Bar:
    return go.Bar(
        y=rows,
        x=[float(value) for value in values],
        name=name,
        orientation="h",
        marker={"color": color, "line": {"width": 0}},
        text=[wording.percent(float(value)) for value in values],
        textposition="outside",
        textfont={"size": TEXT_PX},
        cliponaxis=False,
        hoverinfo="skip",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )


def _click_rows(top: Top) -> go.Scatter:
    """Return markers that are not seen, all along each row: a bar of 0.1 % could not be hit."""
    places = [(row, step / 24) for row in range(len(top)) for step in range(29)]
    return go.Scatter(
        x=[x for _, x in places],
        y=[row for row, _ in places],
        customdata=[[top[row][0]] for row, _ in places],
        text=[f"{html.escape(top[row][1])}: {wording.percent(top[row][2])}" for row, _ in places],
        mode="markers",
        marker={"symbol": "square", "size": 26, "opacity": 0, "color": AFTER},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def short(name: str) -> str:
    """Return a class's name as a chart has room for it, not read as HTML."""
    shown = name if len(name) <= _NAME_CHARACTERS else f"{name[: _NAME_CHARACTERS - 1]}…"
    return html.escape(shown)


def _note(text: str) -> list[dict[str, Any]]:
    """Return words in the upper right corner of the plot, in the page's own text colour."""
    if not text:
        return []
    return [
        {
            "text": f'<span style="color:currentColor">{html.escape(text)}</span>',
            "x": 1,
            "y": 1,
            "xref": "paper",
            "yref": "paper",
            "xanchor": "right",
            "yanchor": "top",
            "showarrow": False,
            "font": {"size": TEXT_PX},
        }
    ]


def lay_out(figure: go.Figure, title: str, *, height: int, legend: bool = False) -> None:
    """Give a figure its title (a sentence, broken into lines), fonts, margins and height."""
    lines = wording.broken(wording.minus(title), _TITLE_CHARACTERS) if title else []
    above = _TITLE_LINE_PX * len(lines) + (18 if lines else 0) + (48 if legend else 0)
    figure.update_layout(
        title={
            "text": "<br>".join(html.escape(line) for line in lines),
            "font_size": _TITLE_PX,
            "x": 0,
            "y": 1,
            "yanchor": "top",
            "yref": "container",
            "pad": {"t": 4 if len(lines) < 2 else 14},
        },
        paper_bgcolor=palette.TRANSPARENT,
        plot_bgcolor=palette.TRANSPARENT,
        margin={"l": 8, "r": 12, "t": max(above, 12), "b": 8},
        height=height + above,
        legend_font_size=TEXT_PX,
        hoverlabel_font_size=TEXT_PX,
        dragmode=False,
        uirevision="stays",
    )
    if not legend:
        figure.update_layout(showlegend=False)
    figure.update_xaxes(
        title_font_size=TEXT_PX, tickfont_size=TEXT_PX, fixedrange=True, automargin=True
    )
    figure.update_yaxes(
        title_font_size=TEXT_PX, tickfont_size=TEXT_PX, fixedrange=True, automargin=True
    )
