"""The way of the gradient through the blocks of a network, drawn as wide as it was measured.

One lane a network: the identity path is the straight line above, each branch of two convolutions
the bow below it; the input is at the left, the loss at the right, the gradient goes to the left.
"""

import html
import math
from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.experiments_residual import Drawn
from cnn_core.charts.experiments_residual_gradients import block_norms
from cnn_core.charts.inspection import TEXT_PX, lay_out
from cnn_core.results.ratio_words import times
from cnn_core.results.trials import Spread, Trials

IDENTITY, BRANCH = palette.TRAINING, palette.VALIDATION
_LANE_PX = 150
_DECADES = 5.0  # below the widest line's power of ten a line is dotted
_WIDEST, _THINNEST = 18.0, 1.5
_LEVEL, _BOW = 1.0, 0.62  # of the straight line above a lane's ground, and down to a bow's box
_LANE = 2.0


def flow_title(trials: Trials, lanes: Sequence[Drawn]) -> str:
    """Return what the gradient becomes on its way from the last block to the first."""
    said, blocks = [], 0
    for lane in lanes:
        norms = block_norms(trials, "arriving", lane.place)
        if norms:
            blocks = len(norms) - 1
            said.append(f"{_became(10 ** (norms[0].mean - norms[-1].mean))} ({lane.name})")
    if not said:
        return "No gradient has been measured yet"
    back = wording.plural(blocks, "block")
    return f"On its way back through {back} the gradient {', '.join(said)}"


def _became(ratio: float) -> str:
    """Return what became of the gradient.

    >>> _became(35.2), _became(0.25), _became(1.0)
    ('grows to 35 times its size', 'shrinks to 0.25 times its size', 'keeps its size')
    """
    told = times(ratio)
    if told == times(1.0):
        return "keeps its size"
    return f"{'grows' if ratio > 1 else 'shrinks'} to {told} its size"


def flow_words(trials: Trials, lane: Drawn) -> str:
    """Return by which way the gradient comes to the first block's input, in a sentence."""
    identity = block_norms(trials, "identity", lane.place)
    branch = block_norms(trials, "branch", lane.place)
    if not branch:
        return ""
    if not identity:
        return f"In the {lane.name} network there is no identity path."
    ratio = times(10 ** (identity[0].mean - branch[0].mean))
    return f"At the first {lane.name} block the identity brings {ratio} what the branch brings."


def flow_figure(trials: Trials, lanes: Sequence[Drawn]) -> go.Figure:
    """Draw the lanes one above the other, all lines on one scale."""
    figure = go.Figure()
    norms = [
        {name: block_norms(trials, name, lane.place) for name in ("identity", "branch", "arriving")}
        for lane in lanes
    ]
    powers = [each.mean for found in norms for kind in found.values() for each in kind]
    top = max(powers, default=0.0)
    blocks = max((len(found["arriving"]) for found in norms), default=1)
    shapes: list[dict[str, object]] = []
    notes: list[dict[str, object]] = []
    for number, (lane, found) in enumerate(zip(lanes, norms, strict=True)):
        level = _LEVEL + _LANE * (len(lanes) - 1 - number)
        notes.append(_words(0, level + 0.5, lane.name, "left"))
        arriving = [each.mean for each in found["arriving"]]
        for place in range(len(arriving)):
            if found["identity"]:
                shapes.append(_identity(place, level, _at(found["identity"], place), top))
            shapes += _branch(place, level, _at(found["branch"], place), top)
        if arriving:
            figure.add_trace(_nodes(level, arriving))
            figure.add_trace(_bows(level, [each.mean for each in found["branch"]]))
            figure.add_trace(_straight(level, [each.mean for each in found["identity"]]))
            notes.append(_words(0, level + 0.22, _power(arriving[0]), "left"))
            notes.append(_words(blocks - 1, level + 0.22, _power(arriving[-1]), "center"))
    lay_out(figure, flow_title(trials, lanes), height=_LANE_PX * max(1, len(lanes)) + 40)
    figure.update_layout(shapes=shapes, annotations=notes)
    places = range(blocks)
    figure.update_xaxes(
        range=[-0.35, blocks + 0.15],
        tickvals=[place + 0.5 for place in places],
        ticktext=[
            str(place + 1) if blocks < 10 or not place % 2 else "" for place in range(blocks)
        ],
        title_text="block (input at the left, loss at the right; the gradient goes left)",
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(
        visible=False, range=[-0.1, _LANE * max(1, len(lanes)) - 0.1], showgrid=False
    )
    return figure


def flow_alt(trials: Trials, lanes: Sequence[Drawn]) -> str:
    """Say the drawing in sentences."""
    said = [f"Drawing of the gradient's way through the blocks. {flow_title(trials, lanes)}."]
    return " ".join([*said, *(words for lane in lanes if (words := flow_words(trials, lane)))])


def width_of(power: float, top: float) -> float | None:
    """Return the width in pixels of a line of a power of ten; None: too little to be drawn so.

    >>> width_of(0.0, 0.0), width_of(-2.5, 0.0), width_of(-7.0, 0.0)
    (18.0, 9.75, None)
    """
    share = 1 + (power - top) / _DECADES
    return _THINNEST + (_WIDEST - _THINNEST) * min(share, 1.0) if share > 0 else None


def _stroke(power: float | None, top: float, color: str) -> dict[str, object]:
    width = None if power is None else width_of(power, top)
    if width is None:
        faint = palette.with_alpha(palette.REFERENCE, 0.6)
        return {"color": faint, "width": _THINNEST, "dash": "dot"}
    return {"color": color, "width": round(width, 1)}


def _at(powers: Sequence[Spread], place: int) -> float | None:
    return powers[place].mean if place < len(powers) else None


def _identity(place: int, level: float, power: float | None, top: float) -> dict[str, object]:
    line = _stroke(power, top, IDENTITY)
    ends = {"x0": place, "x1": place + 1, "y0": level, "y1": level}
    return {"type": "line", **ends, "line": line, "layer": "below"}


def _branch(place: int, level: float, power: float | None, top: float) -> list[dict[str, object]]:
    low = level - _BOW
    bow = (
        f"M {place},{level} C {place},{low} {place + 0.1},{low} {place + 0.25},{low} "
        f"L {place + 0.75},{low} C {place + 0.9},{low} {place + 1},{low} {place + 1},{level}"
    )
    boxes: list[dict[str, object]] = [
        {
            "type": "rect",
            "x0": place + left,
            "x1": place + left + 0.18,
            "y0": low - 0.16,
            "y1": low + 0.16,
            "line": {"color": palette.REFERENCE, "width": 2},
            "fillcolor": palette.with_alpha(palette.REFERENCE, 0.35),
        }
        for left in (0.28, 0.54)
    ]
    line = _stroke(power, top, BRANCH)
    return [{"type": "path", "path": bow, "line": line, "layer": "below"}, *boxes]


def _nodes(level: float, powers: Sequence[float]) -> go.Scatter:
    return go.Scatter(
        x=list(range(len(powers))),
        y=[level] * len(powers),
        mode="markers",
        marker={"symbol": "triangle-left", "size": 13, "color": palette.REFERENCE},
        text=[_power(power) for power in powers],
        customdata=[place + 1 for place in range(len(powers))],
        hovertemplate="arrives at the input of block %{customdata}: %{text}<extra></extra>",
    )


def _bows(level: float, powers: Sequence[float]) -> go.Scatter:
    return _hidden(level - _BOW, powers, "through the branch of block")


def _straight(level: float, powers: Sequence[float]) -> go.Scatter:
    return _hidden(level, powers, "by the identity of block")


def _hidden(y: float, powers: Sequence[float], words: str) -> go.Scatter:
    """Return marks that are not seen and say a figure where the pointer is."""
    return go.Scatter(
        x=[place + 0.5 for place in range(len(powers))],
        y=[y] * len(powers),
        mode="markers",
        marker={"size": 22, "color": palette.TRANSPARENT},
        text=[_power(power) for power in powers],
        customdata=[place + 1 for place in range(len(powers))],
        hovertemplate=f"{words} %{{customdata}}: %{{text}}<extra></extra>",
    )


def _power(power: float) -> str:
    """Return a norm from its power of ten.

    >>> _power(-1.0), _power(-6.5)
    ('0.1', '3.2e-07')
    """
    value = 10**power
    return f"{value:.2g}" if math.isfinite(value) else "not finite"


def _words(x: float, y: float, text: str, anchor: str) -> dict[str, object]:
    """Return words in the page's own text colour."""
    return {
        "text": f'<span style="color:currentColor">{html.escape(text)}</span>',
        "x": x,
        "y": y,
        "xanchor": anchor,
        "showarrow": False,
        "font": {"size": TEXT_PX},
    }
