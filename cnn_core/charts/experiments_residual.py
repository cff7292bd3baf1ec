"""Residual connections: how each block's gradient compares, and how well the networks fit.

Lines are means over seeds; the bands are Student's 95 % intervals of the mean, from three seeds on.
A training that diverged has no loss at its end; it is counted.
"""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.inspection import lay_out
from cnn_core.charts.roc import legend_below
from cnn_core.results.ratio_words import times
from cnn_core.results.trial_words import among, diverged
from cnn_core.results.trials import Place, Spread, Trials, spread_of

HEIGHT = 320
_BAND = 0.18


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A place of the experiment as it is drawn.

    Attributes:
        place: arm and condition.
        name: of it, for the legend.
        color: as `palette` has them.
        dash: "solid", "dash" or "dot".
    """

    place: Place
    name: str
    color: str
    dash: str = "solid"


def block_norms(trials: Trials, figure: str, place: Place) -> list[Spread]:
    """Return the base-10 logarithm of a figure of each block ("weights 1", ...) over the seeds.

    Blocks at which it is 0 in every seed end the list.
    """
    found: list[Spread] = []
    while True:
        values = trials.values(f"{figure} {len(found) + 1}", place)
        spread = spread_of({seed: math.log10(v) for seed, v in values.items() if v > 0})
        if spread is None:
            return found
        found.append(spread)


def gradient_title(trials: Trials, lines: Sequence[Drawn]) -> str:
    """Return which network's first block gets least of its last block's gradient."""
    ratios = [
        (norms[0].mean - norms[-1].mean, line)
        for line in lines
        if (norms := block_norms(trials, "weights", line.place))
    ]
    if not ratios:
        return "No gradient has been measured yet"
    least, line = min(ratios, key=lambda each: each[0])
    name = f"{line.name[0].upper()}{line.name[1:]}"
    return f"{name}: the first block gets {times(10**least)} the gradient of the last"


def gradient_figure(trials: Trials, lines: Sequence[Drawn]) -> go.Figure:
    """Draw each block's gradient, as a multiple of the last block's, on a logarithmic axis."""
    figure = go.Figure()
    blocks = 1
    for line in lines:
        norms = block_norms(trials, "weights", line.place)
        last = norms[-1].values if norms else {}
        relative = [
            spread_of({seed: v - last[seed] for seed, v in each.values.items() if seed in last})
            for each in norms
        ]
        known = [(block, each) for block, each in enumerate(relative, start=1) if each]
        blocks = max(blocks, len(known))
        _line_with_band(
            figure,
            line,
            [block for block, _ in known],
            [_raised(each) for _, each in known],
            "block %{x}: %{y:.2g} times the last block's",
        )
    lay_out(figure, gradient_title(trials, lines), height=HEIGHT - 20)
    legend_below(figure, _entries(lines))
    figure.update_xaxes(title_text="block, from the input to the output", dtick=_every(blocks))
    figure.update_yaxes(
        title_text="gradient norm / last block's",
        type="log",
        exponentformat="power",
        dtick=_decades(figure),
    )
    return figure


def gradient_alt(trials: Trials, lines: Sequence[Drawn]) -> str:
    """Say the gradients in a sentence a network."""
    said = [f"Gradient norm by block before the first step. {gradient_title(trials, lines)}."]
    for line in lines:
        norms = block_norms(trials, "weights", line.place)
        if norms:
            ratio = times(10 ** (norms[0].mean - norms[-1].mean))
            said.append(f"{line.name}: first block {ratio} the last one's.")
    return " ".join(said)


def fit_title(trials: Trials, lines: Sequence[Drawn]) -> str:
    """Return where the training losses end: of the first two networks where there are many."""
    ends = _ends(trials, lines)
    if not ends:
        return "No network has been trained yet"
    told = ends if len(ends) <= 3 else ends[:2]
    said = ", ".join(f"{end} ({name})" for name, end, _ in told)
    return f"Mean training loss of the last pass: {said}"


def fit_figure(trials: Trials, lines: Sequence[Drawn]) -> go.Figure:
    """Draw the training loss over the steps, mean of the steps since the point before."""
    figure = go.Figure()
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
        _line_with_band(
            figure,
            line,
            [step for step, _ in known],
            [(each.mean, each.interval) for _, each in known],
            "step %{x}: loss %{y:.3f}",
        )
    lay_out(figure, fit_title(trials, lines), height=HEIGHT)
    legend_below(figure, _entries(lines))
    figure.update_xaxes(title_text="optimizer step", rangemode="tozero")
    figure.update_yaxes(title_text="training loss (cross-entropy)")
    return figure


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


def _raised(each: Spread) -> tuple[float, tuple[float, float] | None]:
    """Return mean and interval of logarithms as ratios: the geometric mean and its interval."""
    ends = each.interval
    return 10**each.mean, ends and (10 ** ends[0], 10 ** ends[1])


def _line_with_band(
    figure: go.Figure,
    line: Drawn,
    x: Sequence[int],
    y: Sequence[tuple[float, tuple[float, float] | None]],
    hover: str,
) -> None:
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


def _entries(lines: Sequence[Drawn]) -> int:
    return max(1, len(lines))


def _every(blocks: int) -> int:
    return 1 if blocks <= 10 else 2


def _decades(figure: go.Figure) -> int:
    """Return every how many powers of ten a line stands."""
    values = [y for trace in figure.data for y in trace.y if y > 0]
    span = math.log10(max(values) / min(values)) if values else 1
    return max(1, round(span / 6))


def _interval(found: Spread | None) -> str:
    if found is None or found.interval is None:
        return among(found)
    return f" (95 %: {found.interval[0]:.2f} to {found.interval[1]:.2f})"
