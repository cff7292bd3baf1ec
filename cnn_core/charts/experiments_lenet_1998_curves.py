"""Error by step of LeNet-5 of 1998 and its modern variants: a line each, the mean of seeds.

The axis is logarithmic: near the end, all of them are right so often that the lines of accuracy
would lie on one another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from cnn_core.charts import palette
from cnn_core.charts.inspection import TEXT_PX, lay_out
from cnn_core.data.pictures.wording import listed
from cnn_core.results.trial_words import seeds
from cnn_core.results.trials import Place, Trials, paired, spread_of

_LEAST = 0.01  # a logarithmic axis has no nought
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)  # percent


def curves_title(trials: Trials, names: Mapping[str, str], arms: Sequence[str]) -> str:
    """Return the title: which networks lead at the third look, and which of them are told apart.

    A network leads alone where its paired difference from every other one is told from none; with
    it lead those from which it is not.
    """
    curves = _curves(trials, arms)
    if not curves:
        return "Errors appear with the first trial"
    place = min(2, min(len(each.steps) for each in curves.values()) - 1)
    looks = {
        arm: {seed: row[place] for seed, row in each.rows.items()} for arm, each in curves.items()
    }
    wrong = {arm: 100 * (1 - float(np.mean(list(look.values())))) for arm, look in looks.items()}
    best = min(wrong, key=lambda arm: wrong[arm])
    apart = {
        arm: (found := spread_of(paired(looks[best], look))) is not None and found.apart
        for arm, look in looks.items()
    }
    lead = [best, *(arm for arm in curves if arm != best and not apart[arm])]
    start = f"After {curves[best].steps[place]:,.0f} steps"
    if len(curves) == 1:
        return f"{start} {names[best]} reads {wrong[best]:.1f} % wrong on average"
    if len(lead) == 1:
        return f"{start} {names[best]} is ahead: {wrong[best]:.1f} % wrong on average"
    if len(lead) == len(curves):
        return f"{start} no network can be told to be ahead"
    return (
        f"{start} {_listed([names[arm] for arm in lead])} lead and cannot be told apart: "
        f"{_listed([f'{wrong[arm]:.1f}' for arm in lead])} % wrong on average"
    )


def curves_chart(
    trials: Trials,
    names: Mapping[str, str],
    arms: Sequence[str],
    *,
    target: float,
) -> go.Figure:
    """Draw the held-out error by step, the mean of the seeds, a line a network.

    Args:
        trials: done so far.
        names: of the arms, for a person.
        arms: in the order that decides colour and dash.
        target: share of right answers in percent; its error is drawn as a dashed line.
    """
    figure = go.Figure()
    for index, arm in enumerate(arms):
        if arm not in (curves := _curves(trials, [arm])):
            continue
        steps, values = curves[arm].steps, curves[arm].means
        style = palette.series_style(index)
        figure.add_trace(
            go.Scatter(
                x=steps,
                y=[round(max(100 * (1 - value), _LEAST), 2) for value in values],
                mode="lines+markers",
                name=names[arm],
                line={"color": style.color, "dash": style.dash, "width": 2.5},
                marker={"symbol": style.symbol, "size": 6},
                hovertemplate=f"%{{y:.1f}} % wrong after %{{x:,}} steps<extra>{names[arm]}</extra>",
            )
        )
    lay_out(figure, curves_title(trials, names, arms), height=420)
    figure.update_xaxes(title_text="optimizer steps", zeroline=False)
    figure.update_yaxes(
        title_text="held-out images wrong (%, log.)",
        type="log",
        tickvals=_TICKS,
        ticktext=[f"{each:g}" for each in _TICKS],
        zeroline=False,
    )
    if target < 100:
        line = {"color": palette.REFERENCE, "width": 2, "dash": "dash"}
        figure.add_hline(y=100 - target, line=line)
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "font": {"size": TEXT_PX}},
    )
    return figure


def curves_alt(trials: Trials, names: Mapping[str, str], arms: Sequence[str]) -> str:
    """Say the chart in sentences."""
    ends = [
        f"{names[arm]} ends at {100 * (1 - each.means[-1]):.1f} % wrong ({seeds(len(each.rows))})"
        for arm, each in _curves(trials, arms).items()
    ]
    return f"Error by step, logarithmic. {curves_title(trials, names, arms)}. {'; '.join(ends)}"


@dataclass(frozen=True, kw_only=True)
class _Curve:
    """Accuracy by step of the seeds that have every look, 0 to 1."""

    steps: list[int]
    rows: Mapping[int, Sequence[float]]

    @property
    def means(self) -> list[float]:
        return [float(value) for value in np.mean(list(self.rows.values()), axis=0)]


def _curves(trials: Trials, arms: Sequence[str]) -> dict[str, _Curve]:
    """Return the curves by arm; a training that broke off is in none."""
    found = {}
    for arm in arms:
        done = {seed: each for seed, each in trials.at(Place(arm=arm)).items() if each.accuracies}
        if not done:
            continue
        longest = max(done.values(), key=lambda each: len(each.at)).at
        rows = {seed: each.accuracies for seed, each in done.items() if each.at == longest}
        found[arm] = _Curve(steps=list(longest), rows=rows)
    return found


def _listed(names: Sequence[str]) -> str:
    return listed(names, most=len(names))
