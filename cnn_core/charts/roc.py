"""ROC and precision-recall curves of a chest X-ray model, intervals in the legend.

Figures have no ground of their own, titles are computed, text is at least 14 px
(`charts.inspection.lay_out`); dashes tell the lines apart as well as colours.
"""

import html

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.film_titles import precision_recall_title, roc_title, share_of
from cnn_core.charts.film_words import figure as said
from cnn_core.charts.film_words import labelled, measured
from cnn_core.charts.inspection import lay_out
from cnn_core.results.xray_evaluation import ClassResult, CurveLine, Evaluation

CLASS_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_HEIGHT = 380
_LEGEND_ROW_PX = 24
_AXIS_PX = 62
_PATTERNS = ("", "/", "x", ".", "\\", "+")


def class_line(index: int) -> dict[str, object]:
    """Return how the line of a class is drawn everywhere: colour, dash and width."""
    return {
        "color": palette.SERIES[index % len(palette.SERIES)],
        "dash": CLASS_DASHES[index % len(CLASS_DASHES)],
        "width": 3,
    }


def roc_figure(evaluation: Evaluation) -> go.Figure:
    """Draw sensitivity against 1 - specificity of each class against the rest."""
    figure = go.Figure(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name="chance",
            line={"color": palette.REFERENCE, "width": 2, "dash": "dash"},
            hoverinfo="skip",
        )
    )
    for index, row in enumerate(evaluation.classes):
        words = f"AUROC {measured(row.auroc)}"
        hover = "1 - specificity %{x:.2f}<br>sensitivity %{y:.2f}"
        figure.add_trace(_line(index, row, row.roc, words, hover))
    lay_out(figure, roc_title(evaluation), height=_HEIGHT)
    legend_below(figure, len(evaluation.classes) + 1)
    figure.update_xaxes(title_text="1 - specificity", range=[-0.01, 1.01], zeroline=False)
    figure.update_yaxes(title_text="sensitivity", range=[0, 1.02], zeroline=False)
    return figure


def precision_recall_figure(evaluation: Evaluation) -> go.Figure:
    """Draw precision against sensitivity of each class; a grey line a class is its share of films.

    Precision holds at the shares of these films, not in a clinic: the axis says so.
    """
    figure = go.Figure()
    for index, row in enumerate(evaluation.classes):
        words = f"AP {measured(row.average_precision)}"
        hover = "sensitivity %{x:.2f}<br>precision %{y:.2f}"
        figure.add_trace(_line(index, row, row.precision_recall, words, hover))
        share = share_of(row, evaluation)
        figure.add_trace(
            go.Scatter(
                x=[0, 1],
                y=[share, share],
                mode="lines",
                showlegend=False,
                line={**class_line(index), "color": palette.REFERENCE, "width": 2},
                hovertemplate=f"{html.escape(labelled(row.label))}: {said(share)} by chance"
                "<extra></extra>",
            )
        )
    lay_out(figure, precision_recall_title(evaluation), height=_HEIGHT)
    legend_below(figure, len(evaluation.classes))
    figure.update_xaxes(title_text="sensitivity (recall)", range=[-0.01, 1.01], zeroline=False)
    figure.update_yaxes(
        title_text="precision at these films' shares", range=[0, 1.02], zeroline=False
    )
    return figure


def _line(index: int, row: ClassResult, line: CurveLine, words: str, hover: str) -> go.Scatter:
    name = html.escape(labelled(row.label))
    return go.Scatter(
        x=line.x,
        y=line.y,
        mode="lines",
        name=f"{name}: {html.escape(words)}",
        line=class_line(index),
        hovertemplate=f"{name}<br>{hover}<extra></extra>",
    )


def class_bars(index: int) -> dict[str, object]:
    """Return the fill of a class's bars: its colour, and a pattern that tells it without colour."""
    return {
        "color": class_line(index)["color"],
        "pattern": {
            "shape": _PATTERNS[index % len(_PATTERNS)],
            "fillmode": "overlay",  # else there is nothing between the strokes
            "fgcolor": "rgba(255,255,255,0.55)",
            "size": 7,
        },
        "line": {"width": 0},
    }


def legend_below(figure: go.Figure, entries: int) -> None:
    """Give a figure that is laid out a legend below the plot, with room for an entry a row."""
    rows = _LEGEND_ROW_PX * entries
    height = figure.layout.height + _AXIS_PX + rows
    figure.update_layout(
        showlegend=True,
        legend={
            "orientation": "h",
            "traceorder": "normal",
            "x": 0,
            "xref": "container",
            "y": rows / height,
            "yref": "container",
            "yanchor": "top",
        },
        margin={"b": _AXIS_PX + rows},
        height=height,
    )


def roc_alt(evaluation: Evaluation) -> str:
    """Say the ROC curves in a sentence."""
    each = "; ".join(f"{labelled(row.label)} {measured(row.auroc)}" for row in evaluation.classes)
    return f"ROC curves, {evaluation.what}. {roc_title(evaluation)}. AUROC by class: {each}."
