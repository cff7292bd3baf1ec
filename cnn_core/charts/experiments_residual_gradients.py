"""Residual connections: how the gradient of each block compares with the last one's.

Lines are geometric means over seeds; the bands are Student's 95 % intervals of the mean of the
logarithms, from three seeds on.
"""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.charts.experiments_residual import HEIGHT, Drawn, line_with_band, rows_of_legend
from cnn_core.charts.inspection import lay_out
from cnn_core.charts.roc import legend_below
from cnn_core.results.ratio_words import RAISED, times
from cnn_core.results.trials import Place, Spread, Trials, spread_of


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
        line_with_band(
            figure,
            line,
            [block for block, _ in known],
            [_raised(each) for _, each in known],
            "block %{x}: %{y:.2g} times the last block's",
        )
    lay_out(figure, gradient_title(trials, lines), height=HEIGHT - 20)
    legend_below(figure, rows_of_legend(figure, lines))
    figure.update_xaxes(title_text="block, from the input to the output", dtick=_every(blocks))
    powers = _powers(figure)
    figure.update_yaxes(
        title_text="gradient norm / last block's",
        type="log",
        tickvals=[10.0**power for power in powers],
        ticktext=[power_of_ten(power) for power in powers],
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


def _raised(each: Spread) -> tuple[float, tuple[float, float] | None]:
    """Return mean and interval of logarithms as ratios: the geometric mean and its interval."""
    ends = each.interval
    return 10**each.mean, ends and (10 ** ends[0], 10 ** ends[1])


def _every(blocks: int) -> int:
    return 1 if blocks <= 10 else 2


def _powers(figure: go.Figure) -> list[int]:
    """Return the powers of ten at which a line stands: about six."""
    values = [math.log10(y) for trace in figure.data for y in trace.y if y is not None and y > 0]
    if not values:
        return [0]
    step = max(1, round((max(values) - min(values)) / 6))
    first = math.floor(min(values) / step) * step
    return list(range(first, math.ceil(max(values)) + 1, step))


def power_of_ten(power: int) -> str:
    """Return a power of ten for a tick, in the size of the other ticks.

    >>> power_of_ten(-6), power_of_ten(0), power_of_ten(2)
    ('10⁻⁶', '1', '100')
    """
    return f"{10**power:g}" if 0 <= power <= 3 else f"10{str(power).translate(RAISED)}"
