"""The axes that the charts of a run have in common, so that one step stands at one place in all."""

from collections.abc import Iterable

import pandas as pd

from cnn_core.charts.echarts import TEXT_PX, Option, pointer, value_axis
from cnn_core.results.history import History

LIMIT = 600
"""No series sends more points than this."""

_UNKNOWN_STEPS = 1_000


def furthest(histories: Iterable[History]) -> History:
    """Return the history whose step axis reaches furthest, of those that have begun if any has."""
    begun = [each for each in histories if each.started is not None]
    return max(begun, key=last_step, default=History())


def last_step(history: History) -> int:
    """Return where the step axis ends: at the planned steps, after the end at the last one."""
    if history.finished is not None and history.step:
        return history.step
    planned = history.started.total_steps if history.started else _UNKNOWN_STEPS
    return max(planned, history.step, 1)


def epoch_axis(history: History) -> Option:
    """Return the axis above the plot that counts the steps in epochs."""
    per_epoch = history.started.steps_per_epoch if history.started else _UNKNOWN_STEPS // 10
    return value_axis(
        "epoch",
        gap=26,
        position="top",
        min=0,
        max=last_step(history) / max(1, per_epoch),
        minInterval=1,
        axisLabel={"fontSize": TEXT_PX, "hideOverlap": True, "showMaxLabel": False},
        axisTick={"show": True},
        splitLine={"show": False},
        axisPointer={"show": False},
    )


def step_axis(history: History) -> Option:
    """Return the axis below the plot, from nought to the planned steps."""
    return value_axis(
        "training step",
        min=0,
        max=last_step(history),
        splitLine={"show": False},
        minInterval=1,
        axisPointer=pointer("step"),
    )


def thin_epochs(history: History) -> pd.DataFrame:
    """Return the epochs to draw, thinned to `LIMIT` with the last one kept."""
    table = history.epoch_table()
    every = max(1, -(-len(table) // LIMIT))
    return table.iloc[::-every].iloc[::-1]
