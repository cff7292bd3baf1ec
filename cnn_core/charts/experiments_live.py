"""The curve of an experiment's trial that is under way, among those of the trials that are done.

What is drawn is the share of held-out pictures that is right where trials measure it as they go,
else the training loss. An arm's trials are one series (600 points at most) in the arm's colour.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cnn_core.charts import palette, wording
from cnn_core.charts.echarts import (
    HALF,
    LINE_PX,
    WIDE,
    Option,
    legend_lines,
    line,
    option,
    value_axis,
)
from cnn_core.results.trial_events import TrialDone, TrialPoint
from cnn_core.results.trials import Standing

MOST_POINTS = 600
_DONE_OPACITY = 0.65  # on a dark ground, too, a finished curve is to be seen

Points = list[tuple[float, float]]


def trial_title(standing: Standing, names: Mapping[str, str]) -> str:
    """Return the chart's title: how far which trial has come."""
    if not standing.running:
        done = len(standing.trials.done)
        return f"{done:,} of {standing.total:,} trials are done; the next one begins"
    last = standing.running[-1]
    parts = [names.get(last.arm, last.arm)]
    if last.condition:
        parts.append(names.get(last.condition, last.condition))
    name = f"{', '.join(parts)}, seed {last.seed}"
    name = name[0].upper() + name[1:]
    after = f"after {last.at:,} of {last.of:,} steps"
    if _measured(standing) and last.accuracy is not None:
        return f"{name}: {wording.percent(last.accuracy)} right {after}"
    return f"{name}: training loss {wording.decimal(last.loss)} {after}"


def trial_chart(standing: Standing, names: Mapping[str, str], arms: Sequence[str]) -> Option:
    """Draw the trial under way over those that are done under the same circumstances.

    Args:
        standing: of the run.
        names: of arms and conditions for a person, by id.
        arms: all of them, in the order of the plan: it decides their colours.
    """
    measured = _measured(standing)
    shown = _condition(standing)
    title = trial_title(standing, names)
    series, frames, legend = [], [], []
    for place, arm in enumerate(arms):
        done = [
            trial
            for trial in standing.trials.done
            if trial.arm == arm and trial.condition == shown and trial.at
        ]
        name = names.get(arm, arm)
        frames.append(_frame([_of_done(trial, measured=measured) for trial in done]))
        color = palette.series_style(place).color
        kind = palette.series_style(place).dash.replace("dash", "dashed").replace("dot", "dotted")
        style = {"width": LINE_PX, "type": kind, "opacity": _DONE_OPACITY}
        series.append(line(name, color, frame=place, x="step", y="value", lineStyle=style))
        if done:
            legend.append(name)
    now = [_of_running(standing.running, measured=measured)]
    frames.append(_frame(now))
    arm = standing.running[-1].arm if standing.running else arms[0]
    color = palette.series_style(arms.index(arm) if arm in arms else 0).color
    series.append(
        line(
            "under way",
            color,
            frame=len(arms),
            x="step",
            y="value",
            lineStyle={"width": 2 * LINE_PX, "color": color},
            showSymbol=len(now[0]) <= 40,
            symbol="circle",
            symbolSize=7,
        )
    )
    most = max((int(frame["step"].max()) for frame in frames if len(frame)), default=1)
    if standing.running:
        most = max(most, standing.running[-1].of)
    label = "right, % of held-out pictures" if measured else "training loss"
    chart = option(
        title,
        x_axis=value_axis("optimizer step", min=0, max=max(most, 1)),
        y_axis=value_axis(label, gap=38, min=0) | ({"max": 100} if measured else {}),
        series=series,
        frames=frames,
        legend=[*legend, "under way"],
        unit_format="%.1f %%" if measured else "%.4f",
        narrow_legend_rows=legend_lines([*legend, "under way"], HALF - 60),
        legend_rows=legend_lines([*legend, "under way"], WIDE),
    )
    # Its curve has its arm's colour; in the legend that would stand for two things.
    neutral = {"color": palette.REFERENCE}
    entry = {"name": "under way", "itemStyle": neutral, "lineStyle": neutral}
    chart["baseOption"]["legend"]["data"] = [*legend, entry]
    return chart


def trial_alt(standing: Standing, names: Mapping[str, str]) -> str:
    """Say the chart in a sentence."""
    what = "share of right answers" if _measured(standing) else "training loss"
    return f"Line chart of the {what} by optimizer step. {trial_title(standing, names)}."


def _measured(standing: Standing) -> bool:
    """Whether trials measure the share of right answers as they go."""
    if any(point.accuracy is not None for point in standing.running):
        return True
    return any(trial.accuracies for trial in standing.trials.done)


def _condition(standing: Standing) -> str:
    if standing.running:
        return standing.running[-1].condition
    return standing.trials.done[-1].condition if standing.trials.done else ""


def _of_done(trial: TrialDone, *, measured: bool) -> Points:
    if not measured:
        return list(zip(trial.at, trial.losses, strict=False))
    shares = [100 * share for share in trial.accuracies]
    return list(zip(trial.at[-len(shares) :] if shares else [], shares, strict=False))


def _of_running(points: Sequence[TrialPoint], *, measured: bool) -> Points:
    if not measured:
        return [(point.at, point.loss) for point in points]
    return [(point.at, 100 * point.accuracy) for point in points if point.accuracy is not None]


def _frame(curves: Sequence[Points]) -> pd.DataFrame:
    """Return curves one after the other, a gap between two, thinned to `MOST_POINTS` in all."""
    drawn = [curve for curve in curves if curve][-MOST_POINTS // 3 :]
    each = max(MOST_POINTS // max(len(drawn), 1) - 1, 2)
    rows: list[tuple[float, float]] = []
    for curve in drawn:
        if len(curve) > each:
            places = np.linspace(0, len(curve) - 1, each).round().astype(int)
            curve = [curve[place] for place in places]
        rows += [*curve, (curve[-1][0], float("nan"))]
    return pd.DataFrame(rows, columns=["step", "value"], dtype=float)
