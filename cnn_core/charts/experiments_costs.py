"""What networks cost as it was measured: time of a pass, memory at its peak, pictures a second.

The functions take trials of the experiment "network-costs" and names by arm; trials that are not
there yet draw nothing.
"""

import html
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.accuracy_cost import log_axis
from cnn_core.charts.inspection import TEXT_PX, lay_out
from cnn_core.results.trials import Place, Spread, Trials

WEIGHTS, PASS = palette.VALIDATION, palette.TRAINING
_ROW_PX, _AROUND_PX = 46, 70


def measured_at(trials: Trials, condition: str) -> tuple[str, ...]:
    """Return the arms that were measured so, those that took longest first."""
    found = {
        place.arm: spread.mean
        for place in trials.places
        if place.condition == condition
        and (spread := trials.spread("median_ms", place)) is not None
    }
    return tuple(sorted(found, key=lambda arm: -found[arm]))


def _ends(trials: Trials, place: Place) -> list[float]:
    return [*quartiles(trials, place), *trials.values("median_ms", place).values()]


def quartiles(trials: Trials, place: Place) -> tuple[float, float]:
    """Return the first and third quartile of a pass, milliseconds, each averaged over rounds."""
    low, high = (trials.spread(name, place) for name in ("low_ms", "high_ms"))
    assert low is not None
    assert high is not None
    return low.mean, high.mean


def times_title(trials: Trials, names: Mapping[str, str], condition: str) -> str:
    """Return which network is fastest and which slowest, in a sentence.

    >>> times_title(Trials(), {}, "batch=1")
    'Nothing has been timed yet'
    """
    arms = measured_at(trials, condition)
    if not arms:
        return "Nothing has been timed yet"
    first, last = (
        trials.spread("median_ms", _place(arm, condition)) for arm in (arms[-1], arms[0])
    )
    assert first is not None
    assert last is not None
    fastest = _name(names, arms[-1])
    if len(arms) == 1:
        return f"{fastest} takes {wording.decimal(first.mean)} ms"
    times = wording.decimal(last.mean / first.mean)
    return (
        f"{fastest} is fastest with {wording.decimal(first.mean)} ms, "
        f"{_name(names, arms[0])} takes {times} times as long"
    )


def times_chart(trials: Trials, names: Mapping[str, str], condition: str) -> go.Figure:
    """Draw the time of a pass: median, quartiles and each round's median, on a logarithmic axis.

    Args:
        trials: of the experiment.
        names: of arms, for a person.
        condition: which measurements.
    """
    arms = measured_at(trials, condition)
    figure = go.Figure()
    for row, arm in enumerate(arms):
        place = _place(arm, condition)
        spread = trials.spread("median_ms", place)
        assert spread is not None
        low, high = quartiles(trials, place)
        figure.add_trace(_range(spread, low, high, row))
        figure.add_trace(_rounds(spread, row))
    lay_out(
        figure,
        times_title(trials, names, condition),
        height=_AROUND_PX + _ROW_PX * max(len(arms), 1),
    )
    figure.update_xaxes(
        title_text="milliseconds a pass: median, quartiles, each round",
        zeroline=False,
        **log_axis([end for arm in arms for end in _ends(trials, _place(arm, condition))]),
    )
    _rows(figure, [_name(names, arm) for arm in arms])
    return figure


def _range(spread: Spread, low: float, high: float, row: int) -> go.Scatter:
    return go.Scatter(
        x=[spread.mean],
        y=[row],
        mode="markers+text",
        marker={"color": palette.TRAINING, "size": 13, "symbol": "diamond"},
        error_x={
            "type": "data",
            "array": [max(0.0, high - spread.mean)],
            "arrayminus": [max(0.0, spread.mean - low)],
            "color": palette.TRAINING,
            "thickness": 3,
            "width": 6,
        },
        text=[f"{wording.decimal(spread.mean)} ms"],
        textposition="top center",
        textfont={"size": TEXT_PX},
        cliponaxis=False,
        hovertemplate=f"median {wording.decimal(spread.mean)} ms, quartiles "
        f"{wording.decimal(low)} and {wording.decimal(high)} ms<extra></extra>",
    )


def _rounds(spread: Spread, row: int) -> go.Scatter:
    return go.Scatter(
        x=list(spread.values.values()),
        y=[row] * spread.n,
        mode="markers",
        marker={"color": palette.REFERENCE, "size": 9, "symbol": "line-ns-open"},
        customdata=list(spread.values),
        hovertemplate="round %{customdata}: %{x:.3g} ms<extra></extra>",
    )


def memory_title(trials: Trials, names: Mapping[str, str], condition: str) -> str:
    """Return which network needs most memory and what for, in a sentence.

    >>> memory_title(Trials(), {}, "batch=1")
    'Nothing has been measured yet'
    """
    found = _memory(trials, condition)
    if not found:
        return "Nothing has been measured yet"
    most = max(found, key=lambda arm: found[arm][0])
    peak, weights = found[most]
    share = 100 * weights / peak
    return (
        f"{_name(names, most)} needs {wording.decimal(peak)} MiB at its peak, {share:.0f} % of it "
        "weights"
    )


def memory_chart(trials: Trials, names: Mapping[str, str], condition: str) -> go.Figure:
    """Draw the memory at its peak: weights, and what the pass takes beside them, MiB."""
    found = _memory(trials, condition)
    arms = sorted(found, key=lambda arm: -found[arm][0])
    figure = go.Figure(
        [
            _bar("weights", WEIGHTS, [found[arm][1] for arm in arms]),
            _bar("pictures and maps", PASS, [found[arm][0] - found[arm][1] for arm in arms], "/"),
        ]
    )
    lay_out(
        figure,
        memory_title(trials, names, condition),
        height=_AROUND_PX + _ROW_PX * max(len(arms), 1),
        legend=True,
    )
    figure.update_layout(
        barmode="stack",
        bargap=0.4,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
    )
    figure.update_xaxes(title_text="MiB of tensors at the peak", zeroline=False)
    _rows(figure, [_name(names, arm) for arm in arms])
    return figure


def _bar(name: str, color: str, values: Sequence[float], pattern: str = "") -> go.Bar:
    return go.Bar(
        x=list(values),
        y=list(range(len(values))),
        orientation="h",
        name=name,
        marker={
            "color": color,
            "pattern": {"shape": pattern, "size": 6, "fillmode": "overlay", "fgopacity": 0.4},
        },
        hovertemplate=f"{name}: %{{x:,.1f}} MiB<extra></extra>",
    )


def _memory(trials: Trials, condition: str) -> dict[str, tuple[float, float]]:
    found = {}
    for place in trials.places:
        peak, weights = (trials.spread(name, place) for name in ("peak_mib", "weights_mib"))
        if place.condition == condition and peak is not None and weights is not None:
            found[place.arm] = (peak.mean, weights.mean)
    return found


def _rows(figure: go.Figure, names: Sequence[str]) -> None:
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[html.escape(name) for name in names],
        range=[len(names) - 0.5, -0.7],
        showgrid=False,
        zeroline=False,
    )


def times_alt(trials: Trials, names: Mapping[str, str], condition: str) -> str:
    """Say the chart in sentences."""
    count = wording.plural(len(measured_at(trials, condition)), "network")
    return f"Times of a pass of {count}. {times_title(trials, names, condition)}."


def memory_alt(trials: Trials, names: Mapping[str, str], condition: str) -> str:
    """Say the chart in sentences."""
    count = wording.plural(len(_memory(trials, condition)), "network")
    return f"Memory at the peak of {count}. {memory_title(trials, names, condition)}."


def _place(arm: str, condition: str) -> Place:
    return Place(arm=arm, condition=condition)


def _name(names: Mapping[str, str], arm: str) -> str:
    return names.get(arm, arm)
