"""How much of a network learns, and what that brings: accuracy against trainable parameters.

Against epochs and seconds the same runs are drawn by `fit_curves.fit_chart`. A point is a run, or
the mean of a group's seeds with its interval. What was recorded elsewhere is called so.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from cnn_core.charts import palette, wording
from cnn_core.charts.accuracy import accuracy_floor
from cnn_core.charts.echarts import (
    LINE_PX,
    TEXT_PX,
    WIDE,
    Option,
    legend_lines,
    option,
    value_axis,
)
from cnn_core.charts.fit_curves import with_saving
from cnn_core.charts.fit_words import Shown, split_histories
from cnn_core.results.groups import epoch_band, group_score
from cnn_core.results.history import History


@dataclass(frozen=True, kw_only=True)
class ModePoint:
    """What a mode took and brought.

    Attributes:
        label: whose, with "recorded" where that is so.
        short: the same for a title.
        parameters: that are trained.
        accuracy: of the test pictures, 0 to 1, mean over the seeds; before any seed was tested the
            best mean validation accuracy.
        interval: its 95 % interval, None where there is none.
        tested: whether the accuracy is of the test pictures.
        seeds: how many have it.
        epochs: how many were trained.
        seconds: of training, mean over the seeds.
        prepared: seconds of the frozen part's own pass, of the seed that found least in the cache.
        size: training pictures.
    """

    label: str
    short: str
    parameters: int
    accuracy: float
    interval: tuple[float, float] | None
    tested: bool
    seeds: int
    epochs: int
    seconds: float
    prepared: float
    size: int


def mode_points(histories: Sequence[History], shown: Sequence[Shown]) -> list[ModePoint]:
    """Return a point for each of `shown` that has done an epoch, in their order."""
    points = []
    for each, own in split_histories(histories, shown):
        started = [history.started for history in own if history.started]
        valid = epoch_band(own, "valid_accuracy")
        if not started or not valid.seeds:
            continue
        ends = [history.finished for history in own if history.finished]
        tested = [end for end in ends if end.test_accuracy is not None]
        score = group_score([end.test_accuracy for end in tested if end.test_accuracy is not None])
        interval = score.interval if score else None
        if score is not None and interval is None and len(tested[0].test_interval) == 2:
            interval = (tested[0].test_interval[0], tested[0].test_interval[1])
        points.append(
            ModePoint(
                label=each.label,
                short=each.short,
                parameters=started[0].parameters,
                accuracy=score.mean if score else float(valid.mean.max()),
                interval=interval,
                tested=score is not None,
                seeds=score.n if score else valid.seeds,
                epochs=round(float(valid.x[-1])),
                seconds=float(epoch_band(own, "train_seconds").mean[-1]),
                prepared=max(history.prepared_seconds for history in own),
                size=started[0].train_size,
            )
        )
    return points


def modes_title(points: Sequence[ModePoint]) -> str:
    """Return which mode is best, and with how many trained parameters."""
    if not points:
        return "No mode has done an epoch yet"
    best = max(points, key=lambda point: point.accuracy)
    of = "test" if best.tested else "validation"
    return (
        f"{best.short}: {wording.percent(best.accuracy)} in {of}, "
        f"{wording.plural(best.parameters, 'parameter')} trained"
    )


def modes_chart(
    histories: Sequence[History], *, shown: tuple[Shown, ...], ground: str = "#FFFFFF"
) -> Option:
    """Draw accuracy against trainable parameters, a point a mode, on a logarithmic axis below."""
    points = mode_points(histories, shown)
    floor = accuracy_floor(
        [point.interval[0] if point.interval else point.accuracy for point in points]
    )
    series = [_dot(point, index, floor) for index, point in enumerate(points)]
    fewest = min((point.parameters for point in points), default=1_000)
    most = max((point.parameters for point in points), default=10_000_000)
    below = value_axis("parameters that are trained", splitLine={"show": False})
    below |= {"type": "log", "min": max(1, fewest // 3), "max": 6 * most}
    below["axisLabel"] |= {"showMinLabel": False, "showMaxLabel": False}
    name = "accuracy (%)" if floor == 0 else f"accuracy (%), from {floor} %"
    made = option(
        modes_title(points),
        x_axis=below,
        y_axis=value_axis(name, gap=38, min=floor, max=100),
        series=series,
        frames=[],
        legend=[point.label for point in points],
        unit_format="%.2f %%",
        narrow_legend_rows=max(1, len(points)),
        legend_rows=legend_lines([point.label for point in points], WIDE),
    )
    made["baseOption"]["tooltip"] = {
        "trigger": "item",
        "confine": True,
        "textStyle": {"fontSize": TEXT_PX},
    }
    return with_saving(made, "accuracy-by-parameters", ground)


def _dot(point: ModePoint, index: int, floor: int) -> Option:
    color, share = palette.series_style(index).color, round(100 * point.accuracy, 3)
    dot: Option = {
        "type": "scatter",
        "name": point.label,
        "color": color,
        "symbol": palette.series_style(index).symbol.replace("square", "rect").split("-")[0],
        "symbolSize": 15,
        "data": [[point.parameters, share]],
        "tooltip": {
            "formatter": f"{html.escape(point.label)}: {wording.percent(point.accuracy)} with "
            f"{wording.plural(point.parameters, 'trained parameter')}"
        },
        "z": 5,
    }
    if point.interval is not None:
        low, high = (max(float(floor), round(100 * end, 3)) for end in point.interval)
        dot["markLine"] = {
            "silent": True,
            "animation": False,
            "symbol": ["rect", "rect"],
            "symbolSize": [14, 2],
            "lineStyle": {"color": color, "width": LINE_PX + 1, "type": "solid"},
            "label": {"show": False},
            "data": [[{"coord": [point.parameters, low]}, {"coord": [point.parameters, high]}]],
        }
    return dot


def modes_alt(histories: Sequence[History], *, shown: tuple[Shown, ...]) -> str:
    """Say the chart in a sentence."""
    points = mode_points(histories, shown)
    of = wording.plural(len(points), "mode")
    return f"Accuracy against trained parameters of {of}. {modes_title(points)}."
