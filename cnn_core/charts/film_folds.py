"""The runs of a study while they train: a line each, by epoch, in the order of the folds.

The functions take a run's name and its history, at least one pair; an empty history draws nothing.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import Literal

import numpy as np
import pandas as pd

from cnn_core.charts import palette, wording
from cnn_core.charts.axes import furthest
from cnn_core.charts.echarts import LINE_PX, Option, legend_lines, line, option, pointer, value_axis
from cnn_core.charts.film_words import figure
from cnn_core.results.history import History

Runs = Sequence[tuple[str, History]]
Value = Literal["valid_auroc", "valid_loss"]

_DASHES = {"solid": "solid", "dash": "dashed", "dot": "dotted"}
_NARROW_PIXELS, _WIDE_PIXELS = 380, 420


def best_auroc(history: History) -> float | None:
    """Return the validation macro AUROC of the epoch whose weights are kept, None before one."""
    return next((done.valid_auroc for done in reversed(history.epochs) if done.best), None)


def folds_title(runs: Runs, value: Value) -> str:
    """Return what the lines say so far."""
    if value == "valid_auroc":
        best = [found for _, each in runs if (found := best_auroc(each)) is not None]
        if not best:
            return "Validation AUROC appears after the first epoch"
        words = f"Best validation AUROC {figure(fmean(best))}"
        return words if len(best) == 1 else f"{words}, mean of {len(best)} runs"
    last = [each.epochs[-1].valid_loss for _, each in runs if each.epochs]
    if not last:
        return "Validation loss appears after the first epoch"
    words = f"Validation loss {wording.decimal(fmean(last))}"
    return words if len(last) == 1 else f"{words}, mean of {len(last)} runs"


def folds_chart(runs: Runs, value: Value) -> Option:
    """Draw macro AUROC, or the loss, of each run's validation films by epoch.

    Args:
        runs: name and history of each.
        value: which.
    """
    started = furthest([history for _, history in runs]).started
    epochs = max([started.total_epochs if started else 10, *(len(h.epochs) for _, h in runs)])
    columns: dict[str, object] = {"epoch": np.arange(1, epochs + 1)}
    series = []
    for place, (name, history) in enumerate(runs):
        found = {done.epoch: getattr(done, value) for done in history.epochs}
        columns[name] = [
            np.nan if found.get(epoch) is None else found[epoch] for epoch in range(1, epochs + 1)
        ]
        style = palette.series_style(place)
        series.append(
            line(
                name,
                style.color,
                frame=0,
                x="epoch",
                y=name,
                lineStyle={
                    "width": LINE_PX,
                    "color": style.color,
                    "type": _DASHES[style.dash],
                },
                showSymbol=len(history.epochs) == 1,
            )
        )
    shown = [number for name, _ in runs for number in columns[name] if np.isfinite(number)]  # type: ignore[attr-defined]
    low = min(0.5, *shown) if shown else 0.5
    limits = {"min": round(low - 0.05, 1), "max": 1} if value == "valid_auroc" else {"min": 0}
    names = [name for name, _ in runs]
    return option(
        folds_title(runs, value),
        x_axis=value_axis(
            "epoch",
            min=0,
            max=epochs,
            minInterval=1,
            splitLine={"show": False},
            axisPointer=pointer("epoch"),
        ),
        y_axis=value_axis(
            "macro AUROC, validation" if value == "valid_auroc" else "loss, validation",
            gap=38,
            **limits,
        ),
        series=series,
        frames=[pd.DataFrame(columns)],
        legend=names,
        unit_format="%.3f",
        narrow_legend_rows=legend_lines(names, _NARROW_PIXELS),
        legend_rows=legend_lines(names, _WIDE_PIXELS),
    )


def folds_alt(runs: Runs, value: Value) -> str:
    """Say the chart in a sentence."""
    what = "macro AUROC" if value == "valid_auroc" else "loss"
    return f"Lines of the validation {what} by epoch, one a run. {folds_title(runs, value)}."
