"""One modern part at a time in LeNet-5 of 1998: paired differences, and accuracy by step.

A row a network: a thin dot for each seed's difference, a diamond for their mean with its 95 %
interval (Student's), and a dashed line at nought, which is 1998 itself. What is told apart from
nought differs from what is not by a filled or an open diamond, not by colour alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.inspection import TEXT_PX, lay_out
from cnn_core.results.trials import Place, Spread, Trials

FEWER, MORE, SAME = palette.TEST, palette.VALIDATION, palette.REFERENCE
_ROW_PX = 40
_NAME_BREAKS = 22


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A figure of the trials and how its difference is told.

    Attributes:
        figure: its name in the trials.
        what: of which there are fewer or more, for the title ("errors").
        axis: title of the axis, with its unit.
        digits: behind the point.
    """

    figure: str
    what: str
    axis: str
    digits: int


ERRORS = Measure(
    figure="error",
    what="errors",
    axis="error less that of 1998, % points",
    digits=1,
)
STEPS = Measure(
    figure="steps",
    what="steps",
    axis="steps less those of 1998",
    digits=0,
)


def differences_title(
    trials: Trials, measure: Measure, names: Mapping[str, str], base: str, arms: Sequence[str]
) -> str:
    """Return the chart's title: what can be told apart from 1998."""
    found = _differences(trials, measure, base, arms)
    if not found:
        return f"No pair of trials has its {measure.what} yet"
    if all(each.interval is None for each in found.values()):
        return f"One seed: no interval, so nothing can be told of {measure.what} yet"
    fewer = [names[arm] for arm, each in found.items() if each.apart and each.mean < 0]
    more = [names[arm] for arm, each in found.items() if each.apart and each.mean > 0]
    parts = [
        f"{word} {measure.what} with {_listed(which)}"
        for word, which in (("fewer", fewer), ("more", more))
        if which
    ]
    if not parts:
        return f"No change makes fewer or more {measure.what} than these seeds can tell"
    sentence = "; ".join(parts)
    return sentence[0].upper() + sentence[1:]


def differences_chart(
    trials: Trials, measure: Measure, names: Mapping[str, str], base: str, arms: Sequence[str]
) -> go.Figure:
    """Draw each network's paired difference from `base`, a row each, in the order of `arms`.

    Args:
        trials: done so far.
        measure: which figure.
        names: of the arms, for a person.
        base: the arm that all others are compared with.
        arms: the others.
    """
    found = _differences(trials, measure, base, arms)
    rows = list(found)
    figure = go.Figure()
    dots = [(value, row) for row, arm in enumerate(rows) for value in found[arm].values.values()]
    figure.add_trace(
        go.Scatter(
            x=[value for value, _ in dots],
            y=[row + 0.26 for _, row in dots],
            mode="markers",
            name="one seed",
            marker={"color": palette.REFERENCE, "size": 6, "opacity": 0.7},
            hovertemplate=f"%{{x:+.{measure.digits}f}} in one seed<extra></extra>",
        )
    )
    for row, arm in enumerate(rows):
        figure.add_trace(_mean(found[arm], row, names[arm], measure))
    title = differences_title(trials, measure, names, base, arms)
    lay_out(figure, title, height=130 + _ROW_PX * max(len(rows), 1))
    figure.update_xaxes(title_text=measure.axis, zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[_broken(names[arm]) for arm in rows],
        range=[len(rows) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
    )
    figure.add_vline(x=0, line={"color": palette.REFERENCE, "width": 2, "dash": "dash"})
    figure.update_layout(showlegend=False)
    return figure


def differences_alt(
    trials: Trials, measure: Measure, names: Mapping[str, str], base: str, arms: Sequence[str]
) -> str:
    """Say the chart in sentences."""
    rows = [
        f"{names[arm]}: {_told(each, measure)}"
        for arm, each in _differences(trials, measure, base, arms).items()
    ]
    title = differences_title(trials, measure, names, base, arms)
    return f"Paired differences from {names[base]}. {title}. {'; '.join(rows)}"


def curves_title(trials: Trials, names: Mapping[str, str], arms: Sequence[str]) -> str:
    """Return the title: which network is ahead at the first look that all of them have."""
    curves = _curves(trials, arms)
    if not curves:
        return "Accuracy appears with the first trial"
    shared = min(len(values) for _, values in curves.values())
    place = min(2, shared - 1)
    ahead = max(curves, key=lambda arm: curves[arm][1][place])
    steps = next(iter(curves.values()))[0][place]
    share = 100 * curves[ahead][1][place]
    return f"After {steps:,.0f} steps {names[ahead]} is ahead: {share:.1f} % right on average"


def curves_chart(
    trials: Trials,
    names: Mapping[str, str],
    arms: Sequence[str],
    *,
    target: float,
) -> go.Figure:
    """Draw the held-out accuracy by step, the mean of the seeds, a line a network.

    Args:
        trials: done so far.
        names: of the arms, for a person.
        arms: in the order that decides colour and dash.
        target: in percent, drawn as a dashed line.
    """
    figure = go.Figure()
    for index, arm in enumerate(arms):
        if arm not in (curves := _curves(trials, [arm])):
            continue
        steps, values = curves[arm]
        style = palette.series_style(index)
        figure.add_trace(
            go.Scatter(
                x=steps,
                y=[round(100 * value, 2) for value in values],
                mode="lines+markers",
                name=names[arm],
                line={"color": style.color, "dash": style.dash, "width": 2.5},
                marker={"symbol": style.symbol, "size": 6},
                hovertemplate="%{y:.1f} % after %{x:,} steps<extra>" + names[arm] + "</extra>",
            )
        )
    lay_out(figure, curves_title(trials, names, arms), height=420)
    figure.update_xaxes(title_text="optimizer steps", zeroline=False)
    figure.update_yaxes(title_text="held-out images read right (%)", zeroline=False)
    figure.add_hline(y=target, line={"color": palette.REFERENCE, "width": 2, "dash": "dash"})
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "font": {"size": TEXT_PX}},
    )
    return figure


def curves_alt(trials: Trials, names: Mapping[str, str], arms: Sequence[str]) -> str:
    """Say the chart in sentences."""
    ends = [
        f"{names[arm]} ends at {100 * values[-1]:.1f} %"
        for arm, (_, values) in _curves(trials, arms).items()
    ]
    return f"Accuracy by step. {curves_title(trials, names, arms)}. {'; '.join(ends)}"


def _curves(trials: Trials, arms: Sequence[str]) -> dict[str, tuple[list[int], list[float]]]:
    """Return steps and the mean accuracy of the seeds whose curves have them all, by arm."""
    found = {}
    for arm in arms:
        done = [each for each in trials.at(Place(arm=arm)).values() if each.accuracies]
        if not done:
            continue
        longest = max(done, key=lambda each: len(each.at)).at
        rows = [each.accuracies for each in done if each.at == longest]
        found[arm] = (list(longest), [float(value) for value in np.mean(rows, axis=0)])
    return found


def _differences(
    trials: Trials, measure: Measure, base: str, arms: Sequence[str]
) -> dict[str, Spread]:
    spreads = {
        arm: trials.difference(measure.figure, Place(arm=arm), Place(arm=base)) for arm in arms
    }
    return {arm: each for arm, each in spreads.items() if each is not None}


def _mean(spread: Spread, row: int, name: str, measure: Measure) -> go.Scatter:
    low, high = spread.interval or (spread.mean, spread.mean)
    color = SAME if not spread.apart else FEWER if spread.mean < 0 else MORE
    return go.Scatter(
        x=[spread.mean],
        y=[row],
        mode="markers",
        name=name,
        marker={
            "color": color,
            "symbol": "diamond" if spread.apart else "diamond-open",
            "size": 14,
            "line": {"color": color, "width": 2},
        },
        error_x={
            "type": "data",
            "array": [high - spread.mean],
            "arrayminus": [spread.mean - low],
            "color": color,
            "thickness": 3,
            "width": 6,
        },
        text=[f"{name}<br>{_told(spread, measure)}"],
        hovertemplate="%{text}<extra></extra>",
    )


def _told(spread: Spread, measure: Measure) -> str:
    digits = measure.digits
    text = f"{spread.mean:+.{digits}f}"
    if spread.interval is None:
        return f"{text} in one seed"
    low, high = spread.interval
    apart = "" if spread.apart else ", cannot be told apart"
    return f"{text} ({low:+.{digits}f} to {high:+.{digits}f}), {spread.n} seeds{apart}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _broken(name: str) -> str:
    """Return a name in two lines where it is long, broken between words."""
    if len(name) <= _NAME_BREAKS:
        return name
    middle = min(
        (place for place, sign in enumerate(name) if sign == " "),
        key=lambda place: abs(place - len(name) / 2),
        default=0,
    )
    return f"{name[:middle]}<br>{name[middle + 1 :]}" if middle else name
