"""Many runs on one chart, by epoch or by seconds of training; of a group the mean and its band.

The names of runs are what people typed: they are escaped, because plotly reads some HTML.
"""

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.curves import By, Compared, Curve, Metric, curve_of, seeds_of
from cnn_core.charts.wording import shortened
from cnn_core.results.groups import FEWEST_FOR_INTERVAL, epoch_band
from cnn_core.results.history import SMOOTHING

_CLOCK = 0.99
_TEXT_PX = 14
_TITLE_PX = 16
_TITLE_CHARACTERS = 44
_AXES = {
    "valid_accuracy": "validation accuracy (%)",
    "train_loss": "training loss (cross-entropy)",
    "valid_loss": "validation loss (cross-entropy)",
    "images_per_second": "images/s, training alone",
}
_HIGHEST = {"valid_accuracy": 100.0}
METRICS: tuple[Metric, ...] = ("valid_accuracy", "train_loss", "valid_loss", "images_per_second")


def compare_title(runs: Mapping[str, Compared], metric: Metric, by: By = "epoch") -> str:
    """Return which run is ahead, in a sentence.

    >>> compare_title({}, "valid_accuracy")
    'Choose the runs to compare'
    """
    if not runs:
        return "Choose the runs to compare"
    if metric == "valid_accuracy":
        return _accuracy_title(runs, by)
    if metric == "images_per_second":
        known = {name: pace for name, run in runs.items() if (pace := _pace(run)) is not None}
        if not known:
            return "The pace appears with the first steps"
        first = max(known, key=lambda name: known[name])
        verb = "is fastest" if len(known) > 1 else "trains"
        return f"{shortened(first)} {verb}: {wording.count(known[first])} images a second"
    curves = {name: curve_of(run, metric, by, SMOOTHING) for name, run in runs.items()}
    lowest = {name: float(np.nanmin(each.y)) for name, each in curves.items() if len(each.y)}
    if not lowest:
        return "The loss appears with the first step"
    first = min(lowest, key=lambda name: lowest[name])
    which = "validation" if metric == "valid_loss" else "training"
    best = wording.decimal(lowest[first])
    if len(lowest) == 1:
        return f"{shortened(first)} came down to a {which} loss of {best}"
    return f"{shortened(first)} has the lowest {which} loss: {best}"


def _accuracy_title(runs: Mapping[str, Compared], by: By) -> str:
    reached = {name: _reached(run) for name, run in runs.items()}
    clocks = {name: mark for name, mark in reached.items() if mark is not None}
    if clocks and by == "epoch":
        first = min(clocks, key=lambda name: clocks[name].epoch)
        order = " first" if len(runs) > 1 else ""
        tied = [name for name in clocks if clocks[name].epoch == clocks[first].epoch]
        if len(tied) > 1:
            return f"{len(tied)} runs reached 99 % first, after epoch {clocks[first].epoch}"
        return f"{shortened(first)} reached 99 %{order}, after epoch {clocks[first].epoch}"
    if clocks:
        first = min(clocks, key=lambda name: clocks[name].train_seconds)
        order = " first" if len(runs) > 1 else ""
        after = wording.seconds(clocks[first].train_seconds)
        return f"{shortened(first)} reached 99 %{order}, after {after}"
    means = {name: epoch_band(seeds_of(run), "valid_accuracy").mean for name, run in runs.items()}
    best = {name: float(mean.max()) for name, mean in means.items() if len(mean)}
    if not best:
        return "Validation accuracy appears after the first epoch"
    first = max(best, key=lambda name: best[name])
    verb = "is ahead with" if len(best) > 1 else "reached"
    return f"{shortened(first)} {verb} {wording.percent(best[first])} on the validation set"


def _pace(run: Compared) -> float | None:
    """Return a run's images/s, of a group the mean."""
    known = [pace for each in seeds_of(run) if (pace := each.images_per_second()) is not None]
    return fmean(known) if known else None


@dataclass(frozen=True, kw_only=True)
class _Mark:
    epoch: int
    train_seconds: float


def _reached(run: Compared) -> _Mark | None:
    """Return when a run's validation accuracy, of a group the mean, first came up to 99 %."""
    seeds = seeds_of(run)
    found = epoch_band(seeds, "valid_accuracy")
    there = np.flatnonzero(found.mean >= _CLOCK)
    if not len(there):
        return None
    after = epoch_band(seeds, "train_seconds").mean[there[0]]
    return _Mark(epoch=int(found.x[there[0]]), train_seconds=float(after))


def compare_chart(
    runs: Mapping[str, Compared],
    *,
    metric: Metric = "valid_accuracy",
    by: By = "epoch",
    smoothing: float = SMOOTHING,
    log: bool = False,
) -> go.Figure:
    """Draw one line a run.

    Args:
        runs: under each name the history of a run, or those of a group's seeds, of which the mean
            is drawn and its band (`results.groups`); at most 18 lines look different.
        metric: what is compared.
        by: the axis below: epochs, or seconds of training alone.
        smoothing: weight of the past in the training loss, 0 (each step) to below 1.
        log: a logarithmic axis for a loss; it means nothing to the other metrics.

    Returns:
        A figure without a background of its own, for `st.plotly_chart(figure, theme="streamlit")`.
    """
    figure = go.Figure()
    for index, (name, run) in enumerate(runs.items()):
        curve = curve_of(run, metric, by, smoothing)
        style = palette.series_style(index)
        few = metric in ("valid_accuracy", "valid_loss") and len(curve.x) <= 40
        label = html.escape(shortened(name))
        _add_band(figure, curve, style.color, label, highest=_HIGHEST.get(metric, math.inf))
        figure.add_trace(
            go.Scatter(
                x=curve.x,
                y=curve.y,
                name=label,
                legendgroup=label,
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


def _add_band(figure: go.Figure, curve: Curve, color: str, label: str, *, highest: float) -> None:
    """Add an area between the band's ends, where there is one, in its line's legend entry."""
    there = np.isfinite(curve.low)
    if not there.any():
        return
    shared = {
        "x": curve.x[there],
        "mode": "lines",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        "legendgroup": label,
    }
    fill = {"fill": "tonexty", "fillcolor": palette.with_alpha(color, 0.2)}
    figure.add_trace(go.Scatter(y=np.clip(curve.low[there], 0.0, highest), **shared))
    figure.add_trace(go.Scatter(y=np.clip(curve.high[there], 0.0, highest), **shared, **fill))


def _hover_format(metric: Metric) -> str:
    return {"valid_accuracy": ".2f", "images_per_second": ",.0f"}.get(metric, ".4f")


def compare_alt(runs: Mapping[str, Compared], *, metric: Metric, by: By = "epoch") -> str:
    """Say the comparison in a sentence, and what the bands are."""
    drawn = wording.plural(len(runs), "run")
    alt = f"Line chart of {_AXES[metric]} of {drawn}. {compare_title(runs, metric, by)}."
    words = bands_words(runs)
    return f"{alt} {words}" if words else alt


def bands_words(runs: Mapping[str, Compared]) -> str:
    """Return what the bands of the groups among `runs` are; "" where there are none."""
    sizes = {sum(each.step > 0 for each in seeds_of(run)) for run in runs.values()}
    words = []
    if max(sizes, default=1) >= FEWEST_FOR_INTERVAL:
        words.append("Bands are Student's 95 % interval of the mean over the seeds.")
    if 2 in sizes:
        words.append("The band of two seeds reaches from the lower to the higher one.")
    return " ".join(words)
