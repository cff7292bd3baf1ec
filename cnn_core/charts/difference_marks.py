"""What a change did, figure by figure: after less before in percentage points, with its interval.

A mark whose interval crosses the line at 0 is hollow: it cannot be told apart from no change.
"""

from collections.abc import Sequence

from cnn_core.charts import palette, wording
from cnn_core.charts.echarts import LINE_PX, TEXT_PX, Option, option, value_axis
from cnn_core.charts.fit_curves import with_saving
from cnn_core.results.verdict import Difference

_NAMES = {
    "test-accuracy": "test accuracy",
    "valid-accuracy": "validation accuracy",
    "gap": "gap",
    "train-accuracy": "training accuracy",
}
_LEAST_SPAN = 1.0  # percentage points each way


def differences_title(found: Sequence[Difference], *, change: str) -> str:
    """Return what the change did to the first figure, in a sentence."""
    if not found:
        return f"What {change} changes is known once a pair has finished"
    first = found[0]
    name, moved = _NAMES.get(first.id, first.what), 100 * first.mean
    if first.low is None:
        return f"{change.capitalize()}: {name} {moved:+.1f} points, of one pair"
    if not first.told_apart:
        return f"{change.capitalize()}: {name} cannot be told apart at n = {first.seeds}"
    return f"{change.capitalize()}: {name} {moved:+.1f} points at n = {first.seeds}"


def differences_chart(
    found: Sequence[Difference], *, change: str, ground: str = "#FFFFFF"
) -> Option:
    """Draw each figure's difference as a mark with its 95 % interval, and the line of no change.

    Args:
        found: shares, not seconds.
        change: what was changed, for the title.
        ground: colour behind the picture that a person saves.
    """
    names = [_NAMES.get(each.id, each.what) for each in found]
    known = [end for each in found for end in (each.mean, each.low, each.high) if end is not None]
    ends = [abs(100 * end) for end in known]
    span = 1.15 * max([_LEAST_SPAN, *ends])
    return with_saving(
        option(
            differences_title(found, change=change),
            x_axis=value_axis(
                "difference (percentage points)",
                min=-round(span, 1),
                max=round(span, 1),
                axisLabel={"fontSize": TEXT_PX, "showMinLabel": False, "showMaxLabel": False},
            ),
            y_axis={
                "type": "category",
                "name": "",
                "data": names,
                "inverse": True,
                "axisTick": {"show": False},
                "axisLabel": {"fontSize": TEXT_PX},
            },
            series=[_mark(each, place) for place, each in enumerate(found)] + [_zero()],
            frames=[],
            legend=[],
            unit_format="%+.2f",
        ),
        "what-changed",
        ground,
    )


def _mark(each: Difference, place: int) -> Option:
    color = palette.TRAINING if each.told_apart else palette.REFERENCE
    mark: Option = {
        "type": "scatter",
        "name": each.what,
        "color": color,
        "symbol": "circle" if each.told_apart else "emptyCircle",
        "symbolSize": 14,
        "data": [[round(100 * each.mean, 3), place]],
        "z": 5,
    }
    if each.low is not None and each.high is not None:
        low, high = round(100 * each.low, 3), round(100 * each.high, 3)
        mark["markLine"] = {
            "silent": True,
            "animation": False,
            "symbol": ["rect", "rect"],
            "symbolSize": [2, 12],
            "lineStyle": {"color": color, "width": LINE_PX + 1, "type": "solid"},
            "label": {"show": False},
            "data": [[{"coord": [low, place]}, {"coord": [high, place]}]],
        }
    return mark


def _zero() -> Option:
    return {
        "type": "scatter",
        "name": "no change",
        "data": [],
        "markLine": {
            "silent": True,
            "animation": False,
            "symbol": "none",
            "lineStyle": {"color": palette.REFERENCE, "width": LINE_PX, "type": "dashed"},
            "label": {"show": False},
            "data": [{"xAxis": 0}],
        },
    }


def differences_alt(found: Sequence[Difference], *, change: str) -> str:
    """Say the chart in a sentence."""
    of = wording.plural(len(found), "figure")
    return f"Differences of {of} with their intervals. {differences_title(found, change=change)}."
