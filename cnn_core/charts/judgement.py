"""Charts of a judgement: classes, calibration, what a network says of one picture.

Figures have no ground of their own, titles are computed from the figures, text is at least 14 px
(`charts.inspection.lay_out`). Every share comes with its 95 % interval. Names of classes are from
outside and never read as HTML.
"""

import html
from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.inspection import lay_out, probability_bars, short
from cnn_core.results.chance import span
from cnn_core.results.judgement import ClassScore, Interval, PartScore, TriedPicture
from cnn_core.results.pictures import Part

MOST_CLASSES = 30
MOST_ANSWERS = 10
PART_COLORS: dict[Part, str] = {
    "train": palette.TRAINING,
    "valid": palette.VALIDATION,
    "test": palette.TEST,
}
_STYLES = {"recall": (palette.SERIES[5], "circle"), "precision": (palette.SERIES[4], "square")}
_APART = 0.17  # of a row
_ROW_PX = 44


def class_figure(score: PartScore) -> go.Figure:
    """Draw each class's recall and precision with their 95 % intervals, the lowest recall first.

    Of more than `MOST_CLASSES` classes those with the lowest recall are drawn; the title says so.
    """
    judged = [each for each in score.classes if each.recall is not None]
    rows = sorted(judged, key=lambda each: each.recall or 0.0)[:MOST_CLASSES]
    figure = go.Figure()
    figure.add_trace(_shares("recall: found of its pictures", rows, "recall", -_APART))
    figure.add_trace(_shares("precision: right of those taken for it", rows, "precision", _APART))
    figure.update_layout(
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"}
    )
    title = class_title(rows, len(score.classes))
    lay_out(figure, title, height=62 + _ROW_PX * max(1, len(rows)), legend=True)
    figure.update_xaxes(title_text="share of pictures", range=[0, 1.02], tickformat=".0%")
    figure.update_yaxes(
        title_text="class",
        tickvals=list(range(len(rows))),
        ticktext=[short(each.label) for each in rows],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return figure


def class_title(rows: Sequence[ClassScore], total: int) -> str:
    """Return which class is found least often; `rows` by rising recall, of `total` classes."""
    if not rows:
        return "There are no pictures to judge a class by"
    lowest, highest = rows[0], rows[-1]
    some = f"The lowest {len(rows)} of {total} classes. " if len(rows) < total else ""
    if lowest.recall == highest.recall or lowest.recall is None or lowest.recall_interval is None:
        return f"{some}All are found equally often: {wording.percent(lowest.recall or 0.0)}"
    found = round(lowest.recall * lowest.support)
    return (
        f"{some}Found least often: {lowest.label}, {found:,} of {lowest.support:,} "
        f"({span(lowest.recall_interval)})"
    )


def _shares(name: str, rows: Sequence[ClassScore], which: str, offset: float) -> go.Scatter:
    """Return recall or precision with their intervals; nothing where nothing can be said."""
    color, symbol = _STYLES[which]
    said = [
        (row + offset, each, share, interval)
        for row, each in enumerate(rows)
        for share, interval in [(getattr(each, which), getattr(each, f"{which}_interval"))]
        if share is not None
    ]
    return go.Scatter(
        y=[place for place, _, _, _ in said],
        x=[share for _, _, share, _ in said],
        name=name,
        mode="markers",
        marker={"color": color, "size": 11, "symbol": symbol},
        error_x={
            "type": "data",
            "array": [max(0.0, high - share) for _, _, share, (_, high) in said],
            "arrayminus": [max(0.0, share - low) for _, _, share, (low, _) in said],
            "color": color,
            "thickness": 3,
            "width": 5,
        },
        text=[_words(each, share, interval, which) for _, each, share, interval in said],
        hovertemplate="%{text}<extra></extra>",
    )


def _words(row: ClassScore, share: float, interval: Interval, which: str) -> str:
    label = html.escape(row.label)
    count = row.support if which == "recall" else row.predicted
    return (
        f"{label}: {which} {round(share * count):,} of {count:,}, {wording.percent(share)} "
        f"({span(interval)})"
    )


def calibration_title(score: PartScore) -> str:
    """Return how sure the network is on average, and how often it is right."""
    sure = sum(each.count * each.confidence for each in score.calibration) / score.size
    low, high = score.interval
    verdict = "too sure" if sure > high else "not sure enough" if sure < low else ""
    said = f"{wording.percent(sure)} sure on average, right in {wording.percent(score.accuracy)}"
    return f"{said}: {verdict}" if verdict else f"{said}: within the 95 % interval"


def calibration_figure(score: PartScore) -> go.Figure:
    """Draw how often a network is right against how sure it is, with 95 % intervals."""
    bins, color = score.calibration, PART_COLORS[score.part]
    figure = go.Figure(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name="as sure as right",
            line={"color": palette.REFERENCE, "width": 2, "dash": "dash"},
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[each.confidence for each in bins],
            y=[each.accuracy for each in bins],
            mode="lines+markers",
            name="this network",
            line={"color": color, "width": 2},
            marker={"color": color, "size": 10, "symbol": "circle"},
            error_y={
                "type": "data",
                "array": [max(0.0, each.interval[1] - each.accuracy) for each in bins],
                "arrayminus": [max(0.0, each.accuracy - each.interval[0]) for each in bins],
                "color": color,
                "thickness": 2,
                "width": 5,
            },
            text=[
                f"{wording.plural(each.count, 'picture')}: {wording.percent(each.confidence)} sure"
                f"<br>{wording.percent(each.accuracy)} right ({span(each.interval)})"
                for each in bins
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    figure.update_layout(
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"}
    )
    lay_out(figure, calibration_title(score), height=340, legend=True)
    shares = {"range": [0, 1.02], "tickformat": ".0%"}
    figure.update_xaxes(title_text="how sure it is (confidence)", **shares)
    figure.update_yaxes(title_text="how often it is right (accuracy)", **shares)
    return figure


def tried_figure(tried: TriedPicture) -> go.Figure:
    """Draw what a network says of one picture: at most `MOST_ANSWERS` classes, likeliest first."""
    answers = [
        (index, name, share) for index, (name, share) in enumerate(tried.probabilities.items())
    ]
    top = sorted(answers, key=lambda answer: -answer[2])[:MOST_ANSWERS]
    return probability_bars(top, title=tried.sentence)
