"""Residual connections: the final training losses of plain and residual networks, seed by seed.

A training that diverged has no loss at its end: it is not drawn, and counts as the worse of a pair.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.experiments_residual import HEIGHT, Drawn
from cnn_core.charts.inspection import lay_out
from cnn_core.results.trial_words import among
from cnn_core.results.trials import Trials
from cnn_core.results.twins import Twins, twins


def pairs_title(trials: Trials, pairs: Sequence[tuple[str, Drawn, Drawn]]) -> str:
    """Return in how many seeds the second of the first pair ends lower."""
    for name, first, second in pairs:
        held = twins(trials, first.place, second.place)
        if held is not None:
            seeds = wording.plural(held.lower.of, "seed")
            return f"{name}: lower with shortcuts in {held.lower.count} of {seeds}"
    return "No pair has been trained yet"


def pairs_figure(trials: Trials, pairs: Sequence[tuple[str, Drawn, Drawn]]) -> go.Figure:
    """Draw the final training losses of each pair: a line a seed, from the first to the second.

    Args:
        trials: those that are done.
        pairs: (what they share, without shortcuts, with them).
    """
    figure = go.Figure()
    ticks: list[tuple[float, str]] = []
    for number, (name, first, second) in enumerate(pairs):
        left = 3 * number
        ticks += [(left, "plain"), (left + 0.5, f"<br>{name}"), (left + 1, "residual")]
        one = trials.values("loss", first.place)
        two = trials.values("loss", second.place)
        for seed in sorted(one.keys() & two.keys()):
            figure.add_trace(
                go.Scatter(
                    x=[left, left + 1],
                    y=[one[seed], two[seed]],
                    mode="lines+markers",
                    line={"color": palette.with_alpha(palette.REFERENCE, 0.6), "width": 2},
                    marker={"color": [first.color, second.color], "size": 9},
                    hovertemplate=f"seed {seed}: %{{y:.3f}}<extra></extra>",
                    showlegend=False,
                )
            )
    lay_out(figure, pairs_title(trials, pairs), height=HEIGHT - 20)
    figure.update_xaxes(
        tickvals=[place for place, _ in ticks],
        ticktext=[text for _, text in ticks],
        tickangle=0,
        range=[-0.6, max(1, 3 * len(pairs) - 2) + 0.6],
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(title_text="mean training loss, last pass")
    return figure


def pairs_alt(trials: Trials, pairs: Sequence[tuple[str, Drawn, Drawn]]) -> str:
    """Say the pairs' mean difference."""
    begin = "Mean training loss of the last pass, a line a seed in which neither diverged."
    said = [f"{begin} {pairs_title(trials, pairs)}."]
    for name, first, second in pairs:
        held = twins(trials, first.place, second.place)
        if held is not None:
            said.append(f"{name}: {_told(held)}")
    return " ".join(said)


def _told(held: Twins) -> str:
    """Return a pair's difference in the mean, and which of them diverged."""
    less, burst = held.less, held.burst("plain", "residual")
    if less is None:
        return burst
    told = f"plain less residual {less.mean:.2f}{among(less, scale=1, digits=2)}."
    return f"{told} {burst}".rstrip()
