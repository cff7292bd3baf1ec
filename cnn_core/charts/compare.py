"""Many runs on one chart, by epoch or by seconds of training.

The names of runs are what people typed: they are escaped, because plotly reads some HTML.
"""

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.axes import LIMIT
from cnn_core.results.history import SMOOTHING, History
from cnn_core.results.series import Floats, RunningMean

Metric = Literal["valid_accuracy", "train_loss", "valid_loss", "images_per_second"]
By = Literal["epoch", "seconds"]

_CLOCK = 0.99
_TEXT_PX = 14
_TITLE_PX = 16
_NAME_CHARACTERS = 28
_TITLE_CHARACTERS = 44
_AXES = {
    "valid_accuracy": "validation accuracy (%)",
    "train_loss": "training loss (cross-entropy)",
    "valid_loss": "validation loss (cross-entropy)",
    "images_per_second": "images/s, training alone",
}
METRICS: tuple[Metric, ...] = ("valid_accuracy", "train_loss", "valid_loss", "images_per_second")


@dataclass(frozen=True, kw_only=True)
class _Curve:
    x: Floats
    y: Floats


def _thin(values: Floats) -> Floats:
    every = max(1, math.ceil(len(values) / LIMIT))
    return values[::-1][::every][::-1]


def _curve(history: History, metric: Metric, by: By, smoothing: float) -> _Curve:
    """Return at most `LIMIT` points of one run."""
    if metric in ("valid_accuracy", "valid_loss"):
        table = history.epoch_table()
        values = table[metric].to_numpy(dtype=np.float64)
        x = table["epoch"] if by == "epoch" else table["train_seconds_so_far"]
        scale = 100.0 if metric == "valid_accuracy" else 1.0
        return _Curve(x=_thin(x.to_numpy(dtype=np.float64)), y=_thin(scale * values))
    per_epoch = max(1, history.started.steps_per_epoch) if history.started else 1
    if metric == "images_per_second":
        pace = history.throughput_table(LIMIT // 4)
        x = pace["step"] / per_epoch if by == "epoch" else pace["train_seconds"]
        return _Curve(
            x=x.to_numpy(dtype=np.float64),
            y=pace["images_per_second"].to_numpy(dtype=np.float64),
        )
    points = history.loss_points(LIMIT)
    if smoothing == SMOOTHING:
        losses = points.smoothed
    elif smoothing == 0:
        losses = points.raw
    else:
        losses = np.array(RunningMean(smoothing).feed(history.losses().tolist()))[points.steps - 1]
    steps = points.steps / per_epoch if by == "epoch" else history.seconds_at(points.steps)
    return _Curve(x=np.asarray(steps, dtype=np.float64), y=losses)


def compare_title(runs: Mapping[str, History], metric: Metric, by: By = "epoch") -> str:
    """Return which run is ahead, in a sentence.

    >>> compare_title({}, "valid_accuracy")
    'Choose the runs to compare'
    """
    if not runs:
        return "Choose the runs to compare"
    if metric == "valid_accuracy":
        return _accuracy_title(runs, by)
    if metric == "images_per_second":
        paces = {name: history.images_per_second() for name, history in runs.items()}
        known = {name: pace for name, pace in paces.items() if pace is not None}
        if not known:
            return "The pace appears with the first steps"
        first = max(known, key=lambda name: known[name])
        verb = "is fastest" if len(known) > 1 else "trains"
        return f"{_short(first)} {verb}: {wording.count(known[first])} images a second"
    curves = {name: _curve(history, metric, by, SMOOTHING) for name, history in runs.items()}
    lowest = {name: float(curve.y.min()) for name, curve in curves.items() if len(curve.y)}
    if not lowest:
        return "The loss appears with the first step"
    first = min(lowest, key=lambda name: lowest[name])
    which = "validation" if metric == "valid_loss" else "training"
    best = wording.decimal(lowest[first])
    if len(lowest) == 1:
        return f"{_short(first)} came down to a {which} loss of {best}"
    return f"{_short(first)} has the lowest {which} loss: {best}"


def _accuracy_title(runs: Mapping[str, History], by: By) -> str:
    reached = {name: history.seconds_to(_CLOCK) for name, history in runs.items()}
    clocks = {name: mark for name, mark in reached.items() if mark is not None}
    if clocks and by == "epoch":
        first = min(clocks, key=lambda name: clocks[name].epoch)
        order = " first" if len(runs) > 1 else ""
        tied = [name for name in clocks if clocks[name].epoch == clocks[first].epoch]
        if len(tied) > 1:
            return f"{len(tied)} runs reached 99 % first, after epoch {clocks[first].epoch}"
        return f"{_short(first)} reached 99 %{order}, after epoch {clocks[first].epoch}"
    if clocks:
        first = min(clocks, key=lambda name: clocks[name].train_seconds)
        order = " first" if len(runs) > 1 else ""
        after = wording.seconds(clocks[first].train_seconds)
        return f"{_short(first)} reached 99 %{order}, after {after}"
    best = {
        name: max(done.valid_accuracy for done in history.epochs)
        for name, history in runs.items()
        if history.epochs
    }
    if not best:
        return "Validation accuracy appears after the first epoch"
    first = max(best, key=lambda name: best[name])
    verb = "is ahead with" if len(best) > 1 else "reached"
    return f"{_short(first)} {verb} {wording.percent(best[first])} on the validation set"


def _short(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= _NAME_CHARACTERS else name[: _NAME_CHARACTERS - 1].rstrip() + "…"


def compare_chart(
    runs: Mapping[str, History],
    *,
    metric: Metric = "valid_accuracy",
    by: By = "epoch",
    smoothing: float = SMOOTHING,
    log: bool = False,
) -> go.Figure:
    """Draw one line a run.

    Args:
        runs: the histories under the names of their runs; at most 18 lines look different.
        metric: what is compared.
        by: the axis below: epochs, or seconds of training alone.
        smoothing: weight of the past in the training loss, 0 (each step) to below 1.
        log: a logarithmic axis for a loss; it means nothing to the other metrics.

    Returns:
        A figure without a background of its own, for `st.plotly_chart(figure, theme="streamlit")`.
    """
    figure = go.Figure()
    for index, (name, history) in enumerate(runs.items()):
        curve = _curve(history, metric, by, smoothing)
        style = palette.series_style(index)
        few = metric in ("valid_accuracy", "valid_loss") and len(curve.x) <= 40
        label = html.escape(_short(name))
        figure.add_trace(
            go.Scatter(
                x=curve.x,
                y=curve.y,
                name=label,
                mode="lines+markers" if few else "lines",
                line={"color": style.color, "dash": style.dash, "width": 3},
                marker={"symbol": style.symbol, "size": 9},
                hovertemplate=f"%{{y:{_hover_format(metric)}}}<extra>{label}</extra>",
            )
        )
    title = wording.broken(compare_title(runs, metric, by), _TITLE_CHARACTERS)
    figure.update_layout(
        title={
            "text": "<br>".join(html.escape(part) for part in title),
            "font_size": _TITLE_PX,
            "x": 0,
        },
        paper_bgcolor=palette.TRANSPARENT,
        plot_bgcolor=palette.TRANSPARENT,
        font_size=_TEXT_PX,
        margin={"l": 64, "r": 12, "t": 64, "b": 56},
        height=440,
        hovermode="x unified",
        hoverlabel={"font_size": _TEXT_PX},
        showlegend=len(runs) > 1,
        legend={
            "orientation": "h",
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "x": 0,
            "font_size": _TEXT_PX,
        },
    )
    below = "epoch" if by == "epoch" else "training time (s), evaluation left out"
    fonts = {"title_font_size": _TEXT_PX, "tickfont_size": _TEXT_PX}
    figure.update_xaxes(title_text=below, rangemode="tozero", **fonts)
    from_nought = "tozero" if metric != "valid_accuracy" else "normal"
    figure.update_yaxes(title_text=_AXES[metric], rangemode=from_nought, **fonts)
    if log and metric in ("train_loss", "valid_loss"):
        figure.update_yaxes(type="log", dtick=1)
    return figure


def _hover_format(metric: Metric) -> str:
    return {"valid_accuracy": ".2f", "images_per_second": ",.0f"}.get(metric, ".4f")


def compare_alt(runs: Mapping[str, History], *, metric: Metric, by: By = "epoch") -> str:
    """Say the comparison in a sentence."""
    return f"Line chart of {_AXES[metric]} of {wording.plural(len(runs), 'run')}. " + (
        f"{compare_title(runs, metric, by)}."
    )
