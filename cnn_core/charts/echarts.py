"""What every moving chart shares: an Apache ECharts option, laid out for wide and narrow places.

An option is a plain dict for `st.echarts_chart`: JSON only, apart from `dataset.source`, which
holds pandas frames that Streamlit sends as Arrow. Text is at least 14 px, lines at least 2 px,
nothing is animated, and the room for title, legend and axes is the same whether there is data or
not, so nothing jumps while a run is watched. In a place below `NARROW` pixels titles are broken
into lines and the plot starts lower.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from cnn_core.charts import wording

Option = dict[str, Any]

TEXT_PX = 14
TITLE_PX = 16
LINE_PX = 2
NARROW = 500
_VERY_NARROW = 410
_TITLE_LINE_PX = 22
_LEGEND_PX = 30
_ICON_PX, _CHARACTER_PX = 37, 7.0  # of an entry of the legend: icon with gaps; a character
WIDE, HALF = 860, 420
"""Pixels that a chart has at least on a wide screen: alone in its row, and beside another one."""


def option(
    title: str,
    *,
    x_axis: Option | list[Option],
    y_axis: Option,
    series: list[Option],
    frames: list[pd.DataFrame],
    legend: list[str],
    unit_format: str,
    narrow_legend_rows: int = 1,
    legend_rows: int = 1,
) -> Option:
    """Return a whole option.

    Args:
        title: a sentence; it is broken in narrow places.
        x_axis: one axis, or the lower and the upper one.
        y_axis: the axis on the left.
        series: ECharts series; each names its frame by `datasetIndex`.
        frames: the data; not finite becomes nothing.
        legend: names of the series to explain; empty for none.
        unit_format: how the tooltip writes a value, printf-style ("%.2f ms").
        narrow_legend_rows: lines that the legend takes in a narrow place.
        legend_rows: likewise in a wide one (`legend_lines`).
    """
    return {
        "baseOption": {
            "animation": False,
            "textStyle": {"fontSize": TEXT_PX},
            "title": {
                "text": title,
                "left": 0,
                "top": 0,
                "padding": 0,
                "textStyle": {
                    "fontSize": TITLE_PX,
                    "fontWeight": 600,
                    "lineHeight": _TITLE_LINE_PX,
                },
            },
            "legend": {
                "show": bool(legend),
                "data": legend,
                "left": 0,
                "padding": 0,
                "icon": "roundRect",
                "itemGap": 14,
                "itemWidth": 18,
                "itemHeight": 8,
                "textStyle": {"fontSize": TEXT_PX},
            },
            "grid": {
                "left": 4,
                "right": 18,
                "bottom": 4,
                "outerBoundsMode": "same",
                "outerBoundsContain": "all",
            },
            "tooltip": {
                "trigger": "axis",
                "confine": True,
                "textStyle": {"fontSize": TEXT_PX},
                "valueFormatter": unit_format,
            },
            "dataset": [{"source": frame} for frame in frames],
            "xAxis": x_axis,
            "yAxis": y_axis,
            "series": series,
        },
        "media": [
            {
                "query": {"maxWidth": _VERY_NARROW},
                "option": _layout(title, 40, legend, narrow_legend_rows),
            },
            {
                "query": {"minWidth": _VERY_NARROW + 1, "maxWidth": NARROW},
                "option": _layout(title, 54, legend, narrow_legend_rows),
            },
            {"option": _layout(title, None, legend, legend_rows)},
        ],
    }


def _layout(title: str, characters: int | None, legend: list[str], legend_rows: int = 1) -> Option:
    """Return where things stand: title lines of `characters`, at least two, in a narrow place."""
    lines = wording.broken(title, characters) if characters else [title]
    below_title = max(2 if characters else 1, len(lines)) * _TITLE_LINE_PX + 6
    return {
        "title": {"text": "\n".join(lines)},
        "legend": {"top": below_title},
        "grid": {"top": below_title + (_LEGEND_PX * legend_rows if legend else 4)},
    }


def legend_lines(names: Sequence[str], pixels: int) -> int:
    """Return how many lines the legend of these names takes in a place so wide, about.

    >>> legend_lines(["validation", "training"], 400), legend_lines(["a long name"] * 8, 400)
    (1, 3)
    """
    rows, used = 1, 0.0
    for name in names:
        wide = _ICON_PX + _CHARACTER_PX * len(name)
        if used and used + wide > pixels:
            rows, used = rows + 1, 0.0
        used += wide
    return rows


def value_axis(name: str, *, gap: int = 30, **more: object) -> Option:
    """Return a number axis with its name (and unit) at its middle; `more` overrides."""
    axis: Option = {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameGap": gap,
        "nameTextStyle": {"fontSize": TEXT_PX},
        "axisLabel": {"fontSize": TEXT_PX, "hideOverlap": True},
    }
    return axis | more


def pointer(what: str) -> Option:
    """Return how the tooltip heads its values: "step 1,290"."""
    return {"label": {"formatter": f"{what} {{value}}", "precision": 0}}


def line(name: str, color: str, *, frame: int, x: str, y: str, **more: object) -> Option:
    """Return a line series over two columns of a frame; `more` overrides."""
    series: Option = {
        "type": "line",
        "name": name,
        "datasetIndex": frame,
        "encode": {"x": x, "y": y, "tooltip": [y]},
        "color": color,
        "showSymbol": False,
        "connectNulls": False,
        "lineStyle": {"width": LINE_PX, "color": color},
        "emphasis": {"disabled": True},
    }
    return series | more
