"""Charts of the experiment of little data: accuracy and seconds by training pictures a class.

What learns has one colour, dash and symbol in both, by its place among `rows`. A band is Student's
95 % interval of the mean from three seeds on; of two it goes from the lower to the higher one, as
in `results.groups`. Figures have no ground of their own and text of at least 14 px
(`charts.inspection.lay_out`).
"""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.inspection import lay_out
from cnn_core.charts.roc import legend_below
from cnn_core.results.groups import FEWEST_FOR_INTERVAL
from cnn_core.results.trials import Place, Spread, Trials

_PLOT_PX, _AXIS_PX = 320, 50
_BAND_OPACITY = 0.18
_TICKS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000)  # seconds
_NOTHING = "Accuracies appear with the first trials"
_ACCURACY = "Held-out pictures right, by training pictures a class"
_SECONDS = "Seconds to look and to learn, by training pictures a class"
_NO_TIMES = "Seconds appear with the first trials"


@dataclass(frozen=True, kw_only=True)
class Learner:
    """What learns: its arm among the trials, and its name."""

    arm: str
    name: str


def accuracy_title(rows: Sequence[Learner], trials: Trials, pictures: Mapping[str, float]) -> str:
    """Return the two that are right most often with the fewest pictures, and if they are apart.

    Only what was tried in seeds enough for an interval is named; a winner only where the paired
    difference to the next one can be told from nought.
    """
    if not pictures:
        return _NOTHING
    size, each = next(iter(pictures.items()))
    means = {
        row.name: (spread.mean, row)
        for row in rows
        if (spread := _spread(trials, "accuracy", row, size)) is not None
        and spread.n >= FEWEST_FOR_INTERVAL
    }
    best = sorted(means, key=lambda name: -means[name][0])[:2]
    if len(best) < 2:
        return _ACCURACY
    first, second = (Place(arm=means[name][1].arm, condition=size) for name in best)
    gap = trials.difference("accuracy", first, second)
    if gap is None or not gap.apart:
        return f"With {each:.0f} a class, {best[0]} and {best[1]} cannot be told apart"
    told = ", ".join(f"{name} {100 * means[name][0]:.0f} %" for name in best)
    return f"With {each:.0f} a class: {told}"


def accuracy_figure(
    rows: Sequence[Learner], trials: Trials, pictures: Mapping[str, float], *, chance: float
) -> go.Figure:
    """Draw the share of held-out pictures that is right, by training pictures a class.

    Args:
        rows: what learns.
        trials: what is done.
        pictures: training pictures a class of each condition, ascending.
        chance: accuracy of guessing, 0 to 1; 0 for no line.
    """
    figure = _lines(rows, trials, pictures, "accuracy", scale=100.0, unit="%", highest=100.0)
    if chance:
        figure.add_hline(
            y=100 * chance,
            line={"color": palette.REFERENCE, "width": 2, "dash": "dot"},
            annotation={"text": "guessing", "font": {"size": 14}},
            annotation_position="bottom right",
        )
    _finish(figure, accuracy_title(rows, trials, pictures), pictures)
    legend_below(figure, len(rows))
    figure.update_yaxes(title_text="held-out pictures right (%)", range=[0, 100])
    return figure


def accuracy_alt(rows: Sequence[Learner], trials: Trials, pictures: Mapping[str, float]) -> str:
    """Say the chart in sentences."""
    said = _each(rows, trials, pictures, "accuracy", lambda mean: f"{100 * mean:.0f} %")
    title = accuracy_title(rows, trials, pictures)
    return f"Accuracy by training pictures a class. {title}. {said}."


def _each(
    rows: Sequence[Learner],
    trials: Trials,
    pictures: Mapping[str, float],
    name: str,
    said: Callable[[float], str],
) -> str:
    lines = []
    for row in rows:
        told = [
            f"{said(spread.mean)} with {each:.0f}"
            for size, each in pictures.items()
            if (spread := _spread(trials, name, row, size)) is not None
        ]
        lines.append(f"{row.name}: {', '.join(told) or 'not yet'}")
    return "; ".join(lines)


def seconds_title(trials: Trials) -> str:
    """Return what is drawn; seconds of few seeds on one machine rank nothing."""
    known = any(trials.values("seconds", place) for place in trials.places)
    return _SECONDS if known else _NO_TIMES


def seconds_figure(
    rows: Sequence[Learner], trials: Trials, pictures: Mapping[str, float]
) -> go.Figure:
    """Draw the seconds to look at the training pictures and to learn; arguments as above.

    It stands beside or below the accuracies, whose legend is its own too.
    """
    figure = _lines(rows, trials, pictures, "seconds", scale=1.0, unit="s", highest=float("inf"))
    _finish(figure, seconds_title(trials), pictures)
    figure.update_layout(height=figure.layout.height + _AXIS_PX)
    figure.update_yaxes(
        title_text="seconds to look and learn (logarithmic)",
        type="log",
        tickvals=_TICKS,
        ticktext=[f"{each:g}" for each in _TICKS],
    )
    return figure


def seconds_alt(rows: Sequence[Learner], trials: Trials, pictures: Mapping[str, float]) -> str:
    """Say the chart in sentences."""
    said = _each(rows, trials, pictures, "seconds", lambda mean: f"{_seconds(mean)}")
    return f"{seconds_title(trials)}. {said}."


def band_of(spread: Spread) -> tuple[float, float]:
    """Return the ends of a figure's band.

    >>> band_of(Spread(mean=2.0, interval=None, values={0: 1.0, 1: 3.0}))
    (1.0, 3.0)
    """
    if spread.interval is None:
        return min(spread.values.values()), max(spread.values.values())
    return spread.interval


def _lines(
    rows: Sequence[Learner],
    trials: Trials,
    pictures: Mapping[str, float],
    name: str,
    *,
    scale: float,
    unit: str,
    highest: float,
) -> go.Figure:
    figure = go.Figure()
    for place, row in enumerate(rows):
        style = palette.series_style(place)
        found = [(each, _spread(trials, name, row, size)) for size, each in pictures.items()]
        known = [(each, spread) for each, spread in found if spread is not None]
        xs = [each for each, _ in known]
        ends = [band_of(spread) for _, spread in known]
        lower = [max(0.0, scale * low) for low, _ in ends]
        upper = [min(highest, scale * high) for _, high in ends]
        if name == "seconds":  # a logarithmic axis has no nought
            lower = [max(low, 1e-3) for low in lower]
        figure.add_trace(_band(xs, lower, upper, style.color, row.arm))
        figure.add_trace(
            go.Scatter(
                x=xs,
                y=[scale * spread.mean for _, spread in known],
                mode="lines+markers",
                name=html.escape(row.name),
                legendgroup=row.arm,
                line={"color": style.color, "width": 2, "dash": style.dash},
                marker={"color": style.color, "size": 9, "symbol": style.symbol},
                text=[
                    f"{html.escape(row.name)}, {each:.0f} a class<br>{_told(spread, scale, unit)}"
                    for each, spread in known
                ],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    return figure


def _band(
    xs: Sequence[float], lower: Sequence[float], upper: Sequence[float], color: str, arm: str
) -> go.Scatter:
    return go.Scatter(
        x=[*xs, *reversed(xs)],
        y=[*upper, *reversed(lower)],
        fill="toself",
        fillcolor=palette.with_alpha(color, _BAND_OPACITY),
        mode="lines",
        line={"width": 0},
        legendgroup=arm,
        showlegend=False,
        hoverinfo="skip",
    )


def _finish(figure: go.Figure, title: str, pictures: Mapping[str, float]) -> None:
    lay_out(figure, title, height=_PLOT_PX)
    figure.update_yaxes(zeroline=False)
    figure.update_xaxes(
        title_text="training pictures a class (logarithmic)",
        type="log",
        tickvals=list(pictures.values()),
        ticktext=[f"{each:.0f}" for each in pictures.values()],
        zeroline=False,
    )


def _spread(trials: Trials, name: str, row: Learner, size: str) -> Spread | None:
    return trials.spread(name, Place(arm=row.arm, condition=size))


def _told(spread: Spread, scale: float, unit: str) -> str:
    low, high = (scale * end for end in band_of(spread))
    count = wording.plural(spread.n, "seed")
    if spread.n == 1:
        return f"{scale * spread.mean:.1f} {unit}, {count}"
    what = "from" if spread.interval is None else "95 %:"
    return f"{scale * spread.mean:.1f} {unit} ({what} {low:.1f} to {high:.1f}), {count}"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
