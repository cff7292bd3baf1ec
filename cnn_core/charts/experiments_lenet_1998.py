"""One modern part at a time in LeNet-5 of 1998: paired differences.

A row a network: a thin dot for each seed's difference, a diamond for their mean with its 95 %
interval (Student's), and a dashed line at nought, which is 1998 itself. What is told apart from
nought differs from what is not by a filled or an open diamond, not by colour alone. Of a difference
that some pairs do not have (a target that one of the two did not come to) nothing is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.inspection import lay_out
from cnn_core.data.pictures.wording import listed
from cnn_core.results.trial_pairs import told, trained_pairs
from cnn_core.results.trial_words import seeds, signed
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
    axis="difference in error from 1998 (percentage points)",
    digits=1,
)
STEPS = Measure(
    figure="steps",
    what="steps",
    axis="difference in steps from 1998",
    digits=0,
)


def differences_title(
    trials: Trials, measure: Measure, names: Mapping[str, str], base: str, arms: Sequence[str]
) -> str:
    """Return the chart's title: what can be told apart from 1998."""
    found = _differences(trials, measure, base, arms)
    if not found:
        return f"No pair of trials has its {measure.what} yet"
    if all(each.spread.interval is None for each in found.values()):
        most = seeds(max(each.spread.n for each in found.values()))
        return f"{most.capitalize()}, no interval: nothing can be told of {measure.what} yet"
    fewer = [names[arm] for arm, each in found.items() if each.told < 0]
    more = [names[arm] for arm, each in found.items() if each.told > 0]
    parts = [
        f"{word} {measure.what} with {listed(which, most=len(names))}"
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
    dots = [
        (value, row) for row, arm in enumerate(rows) for value in found[arm].spread.values.values()
    ]
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


@dataclass(frozen=True, kw_only=True)
class _Difference:
    """A paired difference, how many pairs there are, and what it tells: see `trial_pairs.told`."""

    spread: Spread
    pairs: int
    told: int


def _differences(
    trials: Trials, measure: Measure, base: str, arms: Sequence[str]
) -> dict[str, _Difference]:
    found = {}
    for arm in arms:
        first, second = Place(arm=arm), Place(arm=base)
        spread = trials.difference(measure.figure, first, second)
        if spread is not None:
            found[arm] = _Difference(
                spread=spread,
                pairs=len(trained_pairs(trials, first, second)),
                told=told(trials, measure.figure, first, second),
            )
    return found


def _mean(found: _Difference, row: int, name: str, measure: Measure) -> go.Scatter:
    spread = found.spread
    low, high = spread.interval or (spread.mean, spread.mean)
    color = {-1: FEWER, 0: SAME, 1: MORE}[found.told]
    return go.Scatter(
        x=[spread.mean],
        y=[row],
        mode="markers",
        name=name,
        marker={
            "color": color,
            "symbol": "diamond" if found.told else "diamond-open",
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
        text=[f"{name}<br>{_told(found, measure)}"],
        hovertemplate="%{text}<extra></extra>",
    )


def _told(found: _Difference, measure: Measure) -> str:
    spread, digits = found.spread, measure.digits
    text = signed(spread.mean, digits)
    if spread.interval is None:
        return f"{text} in {seeds(spread.n)}, no interval"
    low, high = (signed(end, digits) for end in spread.interval)
    if spread.n < found.pairs:
        return f"{text} in the {spread.n} of {found.pairs} seeds that both have: nothing is told"
    apart = "" if found.told else ", cannot be told apart"
    return f"{text} (95 %: {low} to {high}), {seeds(spread.n)}{apart}"


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
