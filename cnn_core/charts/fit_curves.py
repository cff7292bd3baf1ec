"""Training and validation over the epochs or the seconds: the curves that a verdict is read from.

Training is drawn twice, because the two answer different questions: "evaluated" is scored as
validation is (evaluation mode, no augmentation; `TrainConfig.train_sample`), "running" was counted
while the network learned, on augmented pictures, with weights that moved on. Only the first may be
held against validation; the second is dashed.

One run or group is drawn in the colours of training and validation, several in a colour each. The
functions take what those of `fit_words` take; an option is for `st.echarts_chart`. What comes from
a recording is called so in title and legend, and so in the picture that a person saves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from cnn_core.charts import palette
from cnn_core.charts.accuracy import accuracy_floor, test_score
from cnn_core.charts.bands import band_and_mean, band_frame, thinned
from cnn_core.charts.curves import By
from cnn_core.charts.echarts import WIDE, Option, legend_lines, option, pointer, value_axis
from cnn_core.charts.fit_words import RECORDED, Quantity, Shown, fit_title, split_histories
from cnn_core.results.groups import Band, EpochValue, band, epoch_band, group_score
from cnn_core.results.history import History
from cnn_core.results.series import Floats, RunningMean

FitLine = Literal["valid", "train", "running"]
FIT_LINES: tuple[FitLine, ...] = get_args(FitLine)
LINE_WORDS: dict[FitLine, str] = {
    "valid": "validation",
    "train": "training, evaluated",
    "running": "training, running",
}

_VALUES: dict[Quantity, dict[FitLine, EpochValue]] = {
    "accuracy": {
        "valid": "valid_accuracy",
        "train": "train_accuracy",
        "running": "running_accuracy",
    },
    "loss": {"valid": "valid_loss", "train": "train_sample_loss", "running": "train_loss"},
}
LINE_DASHES: dict[FitLine, str] = {"valid": "solid", "train": "dotted", "running": "dashed"}
_DASHES = "path://M0,0H5V3H0ZM8,0H13V3H8ZM16,0H21V3H16Z"
_OWN = {"valid": palette.VALIDATION, "train": palette.TRAINING, "running": palette.TRAINING}


def fit_chart(
    histories: Sequence[History],
    *,
    shown: tuple[Shown, ...],
    quantity: Quantity,
    lines: tuple[FitLine, ...] = FIT_LINES,
    by: By = "epoch",
    smoothing: float = 0.0,
    log_x: bool = False,
    log_y: bool = False,
    ground: str = "#FFFFFF",
) -> Option:
    """Draw accuracy or loss of one or several runs or groups, with bands over seeds.

    Args:
        histories: all of them, in the order of `shown`.
        shown: whose they are.
        quantity: "accuracy" (percent) or "loss".
        lines: which of validation and the two kinds of training.
        by: the axis below: epochs, or seconds of training alone (of seeds the mean).
        smoothing: weight of the past from epoch to epoch, 0 to below 1.
        log_x: a logarithmic axis below.
        log_y: a logarithmic loss axis; it means nothing to accuracy.
        ground: colour behind the picture that a person saves.
    """
    parts = split_histories(histories, shown)
    scale = 100.0 if quantity == "accuracy" else 1.0
    log_loss = log_y and quantity == "loss"
    curves = [
        _Curve(
            name=_curve_name(each, which, alone=len(shown) == 1, first=not place),
            first=not place,
            color=_OWN[which] if len(shown) == 1 else palette.series_style(index).color,
            dash=_dash(which, alone=len(shown) == 1),
            x=x,
            found=found,
        )
        for index, (each, own) in enumerate(parts)
        for x in [_places(own, by)]
        for place, (which, found) in enumerate(_known(own, quantity, lines, smoothing))
    ]
    floor = 0
    if quantity == "accuracy":
        shares = [share for curve in curves for share in curve.found.mean.tolist()]
        floor = accuracy_floor([share for share in shares if np.isfinite(share)])
    highest = 100.0 if quantity == "accuracy" else np.inf
    lowest = 1e-6 if log_loss else float(floor)
    frames, series = [], []
    for place, curve in enumerate(curves):
        scaled = _scaled(curve, scale, log=log_loss)
        frames.append(band_frame(scaled, by, scaled.x, lowest=lowest, highest=highest))
        drawn = band_and_mean(
            scaled, curve.name, curve.color, frame=place, x=by, symbols=True, dash=curve.dash
        )
        series += drawn if scaled.seeds > 1 else drawn[-1:]
    tests = _tests(parts, by, floor) if quantity == "accuracy" else []
    # Several runs: a name each, that of its first line; the dashes are told beside the chart.
    legend = [curve.name for curve in curves if len(shown) == 1 or curve.first]
    names = [*legend, *dict.fromkeys(test["name"] for test in tests)]
    made = option(
        fit_title(histories, shown=shown, quantity=quantity),
        x_axis=_axis_below(parts, by, log=log_x),
        y_axis=_axis_left(quantity, floor, empty=not curves, log=log_loss),
        series=[*series, *tests],
        frames=frames,
        legend=names,
        unit_format="%.2f %%" if quantity == "accuracy" else "%.4f",
        narrow_legend_rows=legend_rows(len(shown)),
        legend_rows=legend_lines(names, WIDE) if len(shown) > 1 else 1,
    )
    dashed = {curve.name for curve in curves if curve.dash == "dashed"}
    made["baseOption"]["legend"]["data"] = [
        {"name": name, "icon": _DASHES} if name in dashed else name for name in names
    ]
    return with_saving(made, f"{quantity}-by-{by}", ground)


def smoothed_band(histories: Sequence[History], value: EpochValue, smoothing: float) -> Band:
    """Return a figure of the seeds' epochs, each seed smoothed before the mean is taken.

    Args:
        histories: of the seeds, at least one.
        value: of an epoch.
        smoothing: weight of the past, 0 (as measured) to below 1.
    """
    found = epoch_band(histories, value)
    if not smoothing:
        return found
    rows = [
        np.where(np.isfinite(row), RunningMean(smoothing).feed(row.tolist()), np.nan)
        for row in found.values
    ]
    return band(found.x, np.array(rows).reshape(found.values.shape))


@dataclass(frozen=True, kw_only=True)
class _Curve:
    name: str
    first: bool
    color: str
    dash: str
    x: Floats
    found: Band


def _known(
    own: Sequence[History], quantity: Quantity, lines: Sequence[FitLine], smoothing: float
) -> list[tuple[FitLine, Band]]:
    """Return those of `lines` that a run, or a group, has figures of."""
    found = [(which, smoothed_band(own, _VALUES[quantity][which], smoothing)) for which in lines]
    return [(which, each) for which, each in found if each.seeds]


def _dash(which: FitLine, *, alone: bool) -> str:
    """Return how a line is dashed: alone, colours tell training from validation."""
    return "dashed" if which == "running" else "solid" if alone else LINE_DASHES[which]


def _curve_name(each: Shown, which: FitLine, *, alone: bool, first: bool) -> str:
    if not alone:
        return each.label if first else f"{each.label}: {LINE_WORDS[which]}"
    return f"{LINE_WORDS[which]} ({RECORDED.lower()})" if each.recorded else LINE_WORDS[which]


def legend_rows(shown: int) -> int:
    """Return how many lines the legend of so many runs takes in a narrow place."""
    return 2 if shown == 1 else shown


def _places(own: Sequence[History], by: By) -> Floats:
    """Return where the epochs stand: by seconds after what the frozen part's own pass took.

    (Of several seeds that of the first to come: the others find its outputs in the cache.)
    """
    found = epoch_band(own, "train_seconds")
    before = max((history.prepared_seconds for history in own), default=0.0)
    return found.x if by == "epoch" else found.mean + before


def _scaled(curve: _Curve, scale: float, *, log: bool) -> Band:
    """Return a curve at its places, thinned, in the chart's unit; of a logarithm above 0 alone."""
    found = thinned(replace(curve.found, x=curve.x))
    mean, low, high = (scale * each for each in (found.mean, found.low, found.high))
    if log:
        mean = np.where(mean > 0, mean, np.nan)
    return replace(found, mean=mean, low=low, high=high, values=scale * found.values)


def _tests(parts: Sequence[tuple[Shown, list[History]]], by: By, floor: int) -> list[Option]:
    """Return the test score of each that has one, at its last epoch."""
    series = []
    for index, (each, own) in enumerate(parts):
        ends = [history.finished for history in own]
        shares = [end.test_accuracy for end in ends if end and end.test_accuracy is not None]
        score, places = group_score(shares), _places(own, by)
        if score is None or not len(places):
            continue
        interval = score.interval
        if interval is None:
            own_ends = [end.test_interval for end in ends if end and end.test_interval]
            interval = (own_ends[0][0], own_ends[0][1]) if own_ends else None
        if interval is not None:
            interval = (max(interval[0], floor / 100), interval[1])
        dot = test_score(1, score.mean, interval)
        _move(dot, float(places[-1]))
        if each.recorded:
            dot["name"] = f"test ({RECORDED.lower()})"
        if len(parts) > 1:
            color = palette.series_style(index).color
            dot["color"] = color
            if "markLine" in dot:
                dot["markLine"]["lineStyle"]["color"] = color
        series.append(dot)
    return series


def _move(dot: Option, x: float) -> None:
    """Put a test score, made for an epoch, to where that epoch stands on the axis below."""
    dot["data"][0][0] = x
    if "markLine" in dot:
        for end in dot["markLine"]["data"][0]:
            end["coord"][0] = x


def _axis_below(parts: Sequence[tuple[Shown, list[History]]], by: By, *, log: bool) -> Option:
    every = [history for _, own in parts for history in own]
    if by == "epoch":
        planned = [each.started.total_epochs for each in every if each.started]
        last: float = max([10 if not planned else 1, *planned, *(each.epoch for each in every)])
        axis = value_axis("epoch", min=0, max=last, minInterval=1, axisPointer=pointer("epoch"))
    else:
        frozen = any(history.prepared_seconds for history in every)
        name = "frozen part's pass and training" if frozen else "training time"
        axis = value_axis(f"{name} (s), evaluation left out", min=0, axisPointer=pointer("second"))
    axis["splitLine"] = {"show": False}
    if log:
        del axis["min"]
        axis |= {"type": "log", "min": 1 if by == "epoch" else "dataMin"}
    return axis


def _axis_left(quantity: Quantity, floor: int, *, empty: bool, log: bool) -> Option:
    if quantity == "accuracy":
        name = "accuracy (%)" if floor == 0 else f"accuracy (%), from {floor} %"
        return value_axis(name, gap=38, min=floor, max=100)
    axis = value_axis("loss (cross-entropy)", gap=38)
    if log:
        return axis | {"type": "log"} | ({"min": 0.01, "max": 10} if empty else {})
    return axis | {"min": 0} | ({"max": 2.5} if empty else {})


def with_saving(made: Option, name: str, ground: str) -> Option:
    """Add the button that saves the chart as PNG, at twice the size, on `ground`; return it."""
    made["baseOption"]["toolbox"] = {
        "right": 0,
        "top": 0,
        "padding": 0,
        "itemSize": 16,
        "feature": {
            "saveAsImage": {
                "name": name,
                "title": "Save as PNG",
                "pixelRatio": 2,
                "backgroundColor": ground,
            }
        },
    }
    return made
