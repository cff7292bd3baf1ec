"""A confusion matrix as a figure in which a cell can be clicked.

The colours of the cells are let through by the page, so light and dark both suit them: mistakes
are the more opaque the more there are (on a square-root scale, or a rare one would not be seen),
the diagonal is a quiet grey. An invisible marker in each cell reports the click.
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
_MOST_OPAQUE = 0.7  # the page's text colour keeps 4.5:1 on it, light and dark
_WRITTEN_CLASSES = 20
_TITLE_CHARACTERS = 46
_LONGEST_TICK = 18
_SHORT_NAME = 3  # characters that fit beside and below the cells


def _validate_matrix(matrix: NDArray[np.int64], names: Sequence[str]) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] < 1:
        raise ValueError(f"expected a square matrix (C, C), but its shape is {matrix.shape}.")
    if len(names) != len(matrix):
        raise ValueError(f"expected {len(matrix)} class names, but got {len(names)}.")


def _mistakes(matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    return wrong


def confusion_title(
    matrix: NDArray[np.int64],
    class_names: Sequence[str] | None = None,
    *,
    verb: str = "read as",
) -> str:
    """Return what the matrix says: how many are wrong, and what is mistaken for what most often.

    >>> confusion_title(np.array([[90, 1], [4, 105]]))
    '5 of 200 wrong; most often 1 read as 0 (4 times)'
    """
    names = class_names or [str(index) for index in range(len(matrix))]
    _validate_matrix(matrix, names)
    wrong, total = _mistakes(matrix), int(matrix.sum())
    if total == 0:
        return "The confusion matrix appears with the test score"
    if not wrong.any():
        return f"All {wording.count(total)} right"
    true, predicted = divmod(int(wrong.argmax()), len(wrong))
    often = int(wrong[true, predicted])
    return (
        f"{wording.count(int(wrong.sum()))} of {wording.count(total)} wrong; most often "
        f"{names[true]} {verb} {names[predicted]} ({wording.plural(often, 'time')})"
    )


def confusion_figure(
    matrix: NDArray[np.int64],
    class_names: Sequence[str] | None = None,
    *,
    thing: str = "digit",
    verb: str = "read as",
) -> go.Figure:
    """Draw a confusion matrix; a click on a cell reports it (see `clicked_cell`).

    Args:
        matrix: counts, integers `(C, C)`; rows are true classes, columns predicted ones.
        class_names: C names; the numbers of the classes where None.
        thing: what a class is, for the axes ("predicted digit").
        verb: what happens to one that is mistaken ("4 read as 9").

    Raises:
        ValueError: the matrix is not square, or the names are not as many as its rows.

    For `st.plotly_chart(figure, on_select="rerun", selection_mode="points")`.
    """
    names = list(class_names or [str(index) for index in range(len(matrix))])
    _validate_matrix(matrix, names)
    wrong = _mistakes(matrix)
    strength = np.sqrt(wrong / max(1, wrong.max()))
    opacity = np.where(wrong > 0, 0.15 + (_MOST_OPAQUE - 0.15) * strength, 0.0)
    diagonal = np.where(np.eye(len(matrix), dtype=bool), 1.0, np.nan)
    lines = wording.broken(confusion_title(matrix, names, verb=verb), _TITLE_CHARACTERS)
    figure = go.Figure()
    figure.add_trace(_cells(opacity, palette.VALIDATION, _MOST_OPAQUE))
    figure.add_trace(_cells(diagonal, palette.REFERENCE, 0.22))
    figure.add_trace(_click_layer(matrix, names, verb))
    figure.update_layout(
        title={
            "text": "<br>".join(html.escape(line) for line in lines),
            "font_size": _TITLE_PX,
            "x": 0,
        },
        paper_bgcolor=palette.TRANSPARENT,
        plot_bgcolor=palette.TRANSPARENT,
        margin={"l": 52, "r": 4, "t": 62, "b": 52},
        height=480,
        showlegend=False,
        hovermode="closest",
        dragmode=False,
        annotations=_counts(matrix) if len(matrix) <= _WRITTEN_CLASSES else [],
    )
    ticks = {
        "tickvals": list(range(len(names))),
        "ticktext": [html.escape(_short(name)) for name in names],
        "tickfont_size": TEXT_PX,
    }
    shared = {**ticks, "title_font_size": TEXT_PX, "showgrid": False, "zeroline": False}
    edge = [-0.5, len(names) - 0.5]
    figure.update_xaxes(title_text=f"predicted {thing}", range=edge, fixedrange=True, **shared)
    figure.update_yaxes(title_text=f"true {thing}", range=edge[::-1], fixedrange=True, **shared)
    if any(len(name) > _SHORT_NAME for name in names):
        figure.update_layout(xaxis_automargin=True, yaxis_automargin=True, height=540)
        figure.update_xaxes(tickangle=-35)
    if len(names) > _WRITTEN_CLASSES:  # a cell says its names when it is pointed at
        figure.update_layout(xaxis_showticklabels=False, yaxis_showticklabels=False)
    return figure


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_TICK else f"{name[: _LONGEST_TICK - 1].rstrip()}…"


def confusion_alt(
    matrix: NDArray[np.int64],
    class_names: Sequence[str] | None = None,
    *,
    part: str = "test set",
    verb: str = "read as",
) -> str:
    """Say the confusion matrix of a part in a sentence."""
    return f"Confusion matrix of the {part}. {confusion_title(matrix, class_names, verb=verb)}."


def _cells(opacity: NDArray[np.float64], color: str, most: float) -> go.Heatmap:
    """Return cells of one colour, as opaque as `opacity` says but at most `most`; NaN for none."""
    high = float(np.nanmax(opacity)) or 1.0
    scale = [
        [0.0, palette.with_alpha(color, 0.0)],
        [1.0, palette.with_alpha(color, min(high, most))],
    ]
    return go.Heatmap(
        z=opacity,
        zmin=0,
        zmax=high,
        colorscale=scale,
        showscale=False,
        hoverinfo="skip",
        xgap=2,
        ygap=2,
    )


def _click_layer(matrix: NDArray[np.int64], names: Sequence[str], verb: str) -> go.Scatter:
    cells = [(true, predicted) for true in range(len(matrix)) for predicted in range(len(matrix))]
    # `unselected` keeps them unseen after a click, `selected` tints the cell that was clicked.
    return go.Scatter(
        x=[predicted for _, predicted in cells],
        y=[true for true, _ in cells],
        customdata=[list(cell) for cell in cells],
        text=[
            f"{wording.plural(int(matrix[true, predicted]), 'time')}<br>{html.escape(names[true])} "
            f"{verb} {html.escape(names[predicted])}"
            for true, predicted in cells
        ],
        mode="markers",
        marker={"symbol": "square", "size": 30, "opacity": 0, "color": palette.TRAINING},
        selected={"marker": {"opacity": 0.35}},
        unselected={"marker": {"opacity": 0}},
        hovertemplate="%{text}<extra></extra>",
        hoverlabel={"font_size": TEXT_PX},
    )


def _counts(matrix: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Return the counts as annotations: a selection dims the text of a trace, but not them.

    `currentColor` is the page's own text colour, which follows its theme; plotly's font would not.
    """
    size = len(matrix)
    return [
        {
            "x": predicted,
            "y": true,
            "text": f'<span style="color:currentColor">{matrix[true, predicted]}</span>',
            "showarrow": False,
            "font": {"size": TEXT_PX},
        }
        for true in range(size)
        for predicted in range(size)
        if matrix[true, predicted]
    ]


def clicked_cell(selection: Mapping[str, Any] | None) -> tuple[int, int] | None:
    """Return the clicked cell from what `st.plotly_chart` reports, None where none was clicked.

    Args:
        selection: Streamlit's event, or what stands under its "selection".

    Returns:
        (true class, predicted class).

    >>> clicked_cell({"selection": {"points": [{"customdata": [4, 9]}]}})
    (4, 9)
    >>> clicked_cell({"selection": {"points": []}}) is None
    True
    """
    if not selection:
        return None
    inner = selection.get("selection", selection)
    for point in inner.get("points", ()):
        data = point.get("customdata")
        values = list(data.values()) if isinstance(data, Mapping) else data
        if isinstance(values, Sequence) and len(values) == 2:
            return int(values[0]), int(values[1])
    return None
