"""Residual connections: how well the networks fit, and lines with bands for all their charts.

Lines are means over seeds; the bands are Student's 95 % intervals of the mean, from three seeds on.
A training that diverged has no loss at its end; it is counted.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.inspection import TEXT_PX, lay_out
from cnn_core.charts.roc import legend_below
from cnn_core.results.trial_words import among, diverged
from cnn_core.results.trials import Place, Spread, Trials, spread_of

HEIGHT = 320
_BAND = 0.18
_SHORT = 18  # characters of a name, two of which stand beside each other on a phone
_SQUEEZED = 2.0  # how many times as high as all that follows a first point makes the axis


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A place of the experiment as it is drawn.

    Attributes:
        place: arm and condition.
        name: of it, for the legend.
        color: as `palette` has them.
        dash: "solid", "dash" or "dot".
        legend: what its colour and its dash stand for, each told once in a legend of many lines;
            empty where the legend names every line.
    """

    place: Place
    name: str
    color: str
    dash: str = "solid"
    legend: tuple[str, str] | None = None


def fit_title(trials: Trials, lines: Sequence[Drawn]) -> str:
    """Return where the training losses end: of the first two networks where there are many."""
    ends = _ends(trials, lines)
    if not ends:
        return "No network has been trained yet"
    told = ends if len(ends) <= 3 else ends[:2]
    said = ", ".join(f"{end} ({name})" for name, end, _ in told)
    return f"Mean training loss of the last pass: {said}"


def fit_figure(trials: Trials, lines: Sequence[Drawn]) -> go.Figure:
    """Draw the training loss over the steps, mean of the steps since the point before.

    Where the first point is far from all others, the axis is theirs, and a note says how far.
    """
    figure = go.Figure()
    curves: list[tuple[str, list[Spread]]] = []
    for line in lines:
        done = trials.at(line.place)
        steps = sorted({at for trial in done.values() for at in trial.at})
        known = []
        for step in steps:
            values = {
                seed: trial.losses[trial.at.index(step)]
                for seed, trial in done.items()
                if step in trial.at
            }
            found = spread_of(values)
            if found is not None:
                known.append((step, found))
        curves.append((line.name, [each for _, each in known]))
        line_with_band(
            figure,
            line,
            [step for step, _ in known],
            [(each.mean, each.interval) for _, each in known],
            "step %{x}: loss %{y:.3f}",
        )
    lay_out(figure, fit_title(trials, lines), height=HEIGHT)
    legend_below(figure, rows_of_legend(figure, lines))
    figure.update_xaxes(title_text="optimizer step", rangemode="tozero")
    figure.update_yaxes(title_text="training loss (cross-entropy)")
    _leave_out_starts(figure, curves)
    return figure


def _leave_out_starts(figure: go.Figure, curves: Sequence[tuple[str, Sequence[Spread]]]) -> None:
    """Let the axis follow the points after the first where that one squeezes all others."""
    later = [end for _, each in curves for spread in each[1:] for end in _reach(spread)]
    if not later:
        return
    low, high = min(later), max(later)
    room = 0.08 * (high - low) or 0.1
    far = [(name, each[0].mean) for name, each in curves if each and each[0].mean > high + room]
    first = [end for _, each in curves if each for end in _reach(each[0])]
    if not far or max(first) - low < _SQUEEZED * (high - low + room):
        return
    starts = ", ".join(f"{html.escape(name)} {mean:.2f}" for name, mean in far)
    figure.update_yaxes(range=[low - room, high + 4 * room])
    figure.add_annotation(
        text=f'<span style="color:currentColor">Starts above: {starts}</span>',
        x=0,
        y=1,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="top",
        showarrow=False,
        font={"size": TEXT_PX},
    )


def _reach(spread: Spread) -> tuple[float, float]:
    return spread.interval or (spread.mean, spread.mean)


def fit_alt(trials: Trials, lines: Sequence[Drawn]) -> str:
    """Say where the curves end."""
    said = "; ".join(f"{name} {end}{interval}" for name, end, interval in _ends(trials, lines))
    return f"Training loss over the steps. {fit_title(trials, lines)}. All: {said or 'none'}."


def _ends(trials: Trials, lines: Sequence[Drawn]) -> list[tuple[str, str, str]]:
    """Return name, final loss with what diverged, and its interval, of those that were trained."""
    found = []
    for line in lines:
        end, burst = trials.spread("loss", line.place), diverged(trials, line.place)
        if end is None and not burst.count:
            continue
        loss = "no number" if end is None else f"{end.mean:.2f}"
        lost = f", diverged in {burst.count} of {burst.of}" if burst.count else ""
        found.append((line.name, f"{loss}{lost}", _interval(end)))
    return found


def line_with_band(
    figure: go.Figure,
    line: Drawn,
    x: Sequence[int],
    y: Sequence[tuple[float, tuple[float, float] | None]],
    hover: str,
) -> None:
    """Draw a line with its band, which is left out where there is no interval.

    Args:
        figure: that it is added to.
        line: name, colour and dash.
        x: places.
        y: mean and interval at each.
        hover: what a point says, after the name.
    """
    band = [(at, ends) for at, (_, ends) in zip(x, y, strict=True) if ends is not None]
    if band:
        figure.add_trace(
            go.Scatter(
                x=[at for at, _ in band] + [at for at, _ in reversed(band)],
                y=[ends[1] for _, ends in band] + [ends[0] for _, ends in reversed(band)],
                mode="lines",
                fill="toself",
                fillcolor=palette.with_alpha(line.color, _BAND),
                line={"width": 0},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    figure.add_trace(
        go.Scatter(
            x=list(x),
            y=[mean for mean, _ in y],
            mode="lines+markers",
            name=html.escape(line.name),
            line={"color": line.color, "width": 3, "dash": line.dash},
            marker={"size": 7},
            hovertemplate=f"{html.escape(line.name)}<br>{hover}<extra></extra>",
        )
    )


def rows_of_legend(figure: go.Figure, lines: Sequence[Drawn]) -> int:
    """Name colours and dashes once each where lines say what they stand for; return the rows.

    Two short entries find room beside each other on a phone.
    """
    told = [line for line in lines if line.legend is not None]
    names = [line.name for line in lines]
    if told:
        figure.update_traces(showlegend=False)
        colors = {line.legend[0]: line.color for line in told if line.legend}
        dashes = {line.legend[1]: line.dash for line in told if line.legend}
        for name, color in colors.items():
            figure.add_trace(_entry(name, color, "solid"))
        for name, dash in dashes.items():
            figure.add_trace(_entry(name, palette.REFERENCE, dash))
        names = [*colors, *dashes]
    short = all(len(name) <= _SHORT for name in names)
    return max(1, math.ceil(len(names) / 2) if short else len(names))


def _entry(name: str, color: str, dash: str) -> go.Scatter:
    line = {"color": color, "width": 3, "dash": dash}
    return go.Scatter(x=[None], y=[None], mode="lines", name=html.escape(name), line=line)


def _interval(found: Spread | None) -> str:
    if found is None or found.interval is None:
        return among(found)
    return f" (95 %: {found.interval[0]:.2f} to {found.interval[1]:.2f})"
