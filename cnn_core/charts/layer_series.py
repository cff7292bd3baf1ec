"""The layers over the steps: dead units, gradient norms, update ratios; all of them, and a few.

The map shows every layer with a colour a look; the lines show a few layers with their numbers. Both
take a `LayerSeries` and leave it as it was. What was not measured is left blank.
"""

import html
from typing import Literal, get_args

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.echarts import (
    HALF,
    LINE_PX,
    Option,
    legend_lines,
    line,
    option,
    pointer,
    value_axis,
)
from cnn_core.charts.fit_curves import with_saving
from cnn_core.charts.fit_words import RECORDED
from cnn_core.charts.inspection import TEXT_PX, lay_out
from cnn_core.results.layer_series import LayerSeries
from cnn_core.results.series import Floats, bin_starts

LayerQuantity = Literal["dead", "gradient_norms", "update_ratios"]
QUANTITIES: tuple[LayerQuantity, ...] = get_args(LayerQuantity)
WORDS: dict[LayerQuantity, str] = {
    "dead": "dead units (%)",
    "gradient_norms": "gradient norm",
    "update_ratios": "update / weights",
}
MOST_LINES = 6
_MAP_COLUMNS = 120
_ROW_PX = 13
_NAME_CHARACTERS = 30
_LABELLED = 24  # more layers are named where the pointer is


def _values(series: LayerSeries, quantity: LayerQuantity) -> Floats:
    """Return the figures `(looks, layers)`, dead units in percent; not positive norms are NaN."""
    found: Floats = getattr(series, quantity)
    if quantity == "dead":
        return 100 * found
    return np.where(found > 0, found, np.nan)


def layer_title(series: LayerSeries, quantity: LayerQuantity) -> str:
    """Return what the last look at the layers found, in a sentence."""
    values = _values(series, quantity)
    if not values.size or not np.isfinite(values[-1]).any():
        return "Nothing was measured at the last look at the layers"
    last, step = values[-1], f"step {int(series.steps[-1]):,}"
    most, least = int(np.nanargmax(last)), int(np.nanargmin(last))
    name = wording.shortened(series.layers[most], _NAME_CHARACTERS)
    if quantity == "dead":
        if last[most] == 0:
            return f"No unit was dead at {step}"
        return f"Most dead units in {name}: {last[most]:.0f} % at {step}"
    if quantity == "gradient_norms":
        times = wording.decimal(float(last[most] / last[least]))
        other = wording.shortened(series.layers[least], _NAME_CHARACTERS)
        return f"The gradient of {name} is {times} times that of {other} at {step}"
    low, high = wording.decimal(float(last[least])), wording.decimal(float(last[most]))
    return f"A step changed layers by {low} to {high} of their weights at {step}"


def striking_layers(series: LayerSeries, quantity: LayerQuantity, most: int = 4) -> list[str]:
    """Return the layers to draw first: the first and the last, and those farthest apart."""
    values = _values(series, quantity)
    there = [place for place in range(len(series.layers)) if np.isfinite(values[:, place]).any()]
    if not there:
        return []
    order = sorted(there, key=lambda place: float(np.nanmean(values[:, place])))
    chosen = dict.fromkeys([there[0], there[-1], order[-1], order[0]])
    return [series.layers[place] for place in sorted(list(chosen)[:most])]


def layer_map(series: LayerSeries, quantity: LayerQuantity, *, recorded: bool = False) -> go.Figure:
    """Draw every layer over the steps as colours; norms and ratios by their logarithm."""
    chosen = bin_starts(len(series.steps), _MAP_COLUMNS)
    values = _values(series, quantity)[chosen].T
    colours = values if quantity == "dead" else np.log10(values)
    names = [wording.shortened(name, _NAME_CHARACTERS) for name in series.layers]
    unit = " %" if quantity == "dead" else ""
    figure = go.Figure(
        go.Heatmap(
            x=[f"{step:,}" for step in series.steps[chosen].tolist()],
            y=list(range(len(names))),
            z=np.where(np.isfinite(colours), colours, np.nan),
            customdata=_hover(values, names),
            hovertemplate=f"%{{customdata}}{unit}<br>step %{{x}}<extra></extra>",
            colorscale="Viridis",
            colorbar={
                "title": {"text": _bar_title(quantity), "side": "right", "font_size": TEXT_PX},
                "tickfont": {"size": TEXT_PX},
                "thickness": 14,
            },
            **({"zmin": 0, "zmax": 100} if quantity == "dead" else {}),
        )
    )
    height = max(300, min(900, _ROW_PX * len(names)) + 60)
    many, looks = wording.plural(len(names), "layer"), wording.plural(series.looks, "look")
    lay_out(figure, _called(f"All {many} over {looks}", recorded), height=height)
    every = max(1, -(-len(names) // _LABELLED))
    figure.update_yaxes(
        tickvals=list(range(0, len(names), every)),
        ticktext=[html.escape(name) for name in names[::every]],
        autorange="reversed",
        showgrid=False,
        zeroline=False,
    )
    figure.update_xaxes(title_text="training step", type="category", nticks=6, showgrid=False)
    return figure


def _bar_title(quantity: LayerQuantity) -> str:
    return WORDS[quantity] if quantity == "dead" else f"{WORDS[quantity]}, power of ten"


def _hover(values: Floats, names: list[str]) -> list[list[str]]:
    return [
        [
            f"{html.escape(name)}: {value:.3g}" if np.isfinite(value) else html.escape(name)
            for value in row
        ]
        for name, row in zip(names, values.tolist(), strict=True)
    ]


def layer_lines(
    series: LayerSeries,
    quantity: LayerQuantity,
    layers: list[str],
    *,
    ground: str = "#FFFFFF",
    recorded: bool = False,
) -> Option:
    """Draw a few layers over the steps, norms and ratios on a logarithmic axis.

    Args:
        series: of the run.
        quantity: what is drawn.
        layers: which, at most `MOST_LINES`.
        ground: colour behind the picture that a person saves.
        recorded: whether the run was recorded elsewhere: the title says so.
    """
    values = _values(series, quantity)
    columns = {name: values[:, series.layers.index(name)] for name in layers[:MOST_LINES]}
    frame = pd.DataFrame({"step": series.steps, **columns})
    axis = value_axis(WORDS[quantity], gap=46)
    if quantity == "dead":
        axis |= {"min": 0, "max": 100}
    else:
        axis |= {"type": "log"} | ({} if layers else {"min": 0.001, "max": 1})
    lines = []
    for index, name in enumerate(columns):
        color = palette.series_style(index).color
        style = {"width": 2 * LINE_PX, "color": color}
        lines.append(line(name, color, frame=0, x="step", y=name, lineStyle=style))
    made = option(
        _called(layer_title(series, quantity), recorded),
        x_axis=value_axis(
            "training step",
            min=0,
            max=int(series.steps[-1]) if len(series.steps) else 1,
            splitLine={"show": False},
            axisPointer=pointer("step"),
        ),
        y_axis=axis,
        series=lines,
        frames=[frame],
        legend=list(columns),
        unit_format="%.1f %%" if quantity == "dead" else "%.3g",
        narrow_legend_rows=legend_lines(list(columns), HALF),
    )
    return with_saving(made, f"layers-{quantity}", ground)


def layer_alt(series: LayerSeries, quantity: LayerQuantity, *, recorded: bool = False) -> str:
    """Say the charts in a sentence."""
    return (
        f"{WORDS[quantity].capitalize()} of {wording.plural(len(series.layers), 'layer')} over the "
        f"steps. {_called(layer_title(series, quantity), recorded)}."
    )


def _called(title: str, recorded: bool) -> str:
    return f"{RECORDED}: {title[0].lower()}{title[1:]}" if recorded else title
