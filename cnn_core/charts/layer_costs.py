"""Where a network's parameters and its work are: layer by layer, in shares of the whole."""

import html
from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.inspection import TEXT_PX, lay_out
from cnn_core.results.inspection import LayerInfo

_PARAMETERS, _MACS = palette.VALIDATION, palette.TRAINING
_HEIGHT = 260
_NAME_CHARACTERS = 16
_LABELLED, _FEWEST = 16, 4


def weighted_layers(layers: Sequence[LayerInfo]) -> list[LayerInfo]:
    """Return the layers that multiply, convolutions and linear ones: those that are drawn."""
    return [layer for layer in layers if layer.macs]


def shares_title(network: str, layers: Sequence[LayerInfo]) -> str:
    """Return where most parameters and most of the work are, in a sentence.

    >>> fc = LayerInfo(name="fc", kind="Linear", shape=(10,), parameters=90, macs=10)
    >>> conv = LayerInfo(name="conv", kind="Conv2d", shape=(1, 9, 9), parameters=10, macs=90)
    >>> shares_title("A net", [conv, fc])
    'Fully connected layers hold 90 % of the parameters of A net and do 10 % of its work'
    """
    parameters = sum(layer.parameters for layer in layers)
    macs = sum(layer.macs for layer in layers)
    if not parameters or not macs:
        return f"{network} has nothing that is counted"
    linear = [layer for layer in layers if layer.kind == "Linear"]
    held = 100 * sum(layer.parameters for layer in linear) / parameters
    done = 100 * sum(layer.macs for layer in linear) / macs
    if not linear:
        return f"{network} has no fully connected layer"
    return (
        f"Fully connected layers hold {_percent(held)} of the parameters of {network} and do "
        f"{_percent(done)} of its work"
    )


def _percent(value: float) -> str:
    return f"{value:.0f} %" if value >= 9.5 else f"{value:.2g} %"


def shares_chart(network: str, layers: Sequence[LayerInfo]) -> go.Figure:
    """Draw each layer's share of the parameters and of the multiply-accumulates, in percent.

    Args:
        network: for a person.
        layers: in the order in which they run; those that do not multiply are left out, their few
            parameters are part of the whole.
    """
    drawn = weighted_layers(layers)
    parameters = max(sum(layer.parameters for layer in layers), 1)
    macs = max(sum(layer.macs for layer in drawn), 1)
    figure = go.Figure(
        [
            _bars(
                "parameters",
                _PARAMETERS,
                [100 * layer.parameters / parameters for layer in drawn],
                [f"{layer.parameters:,}" for layer in drawn],
                drawn,
            ),
            _bars(
                "multiply-accumulates",
                _MACS,
                [100 * layer.macs / macs for layer in drawn],
                [f"{layer.macs:,}" for layer in drawn],
                drawn,
                pattern="/",
            ),
        ]
    )
    lay_out(figure, shares_title(network, layers), height=_HEIGHT, legend=True)
    named = _named_places(drawn)
    figure.update_layout(
        barmode="group",
        bargap=0.25,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
    )
    figure.update_xaxes(
        tickvals=list(named),
        ticktext=[
            html.escape(wording.shortened(name, _NAME_CHARACTERS)) for name in named.values()
        ],
        tickangle=-90 if len(drawn) > 8 else 0,
    )
    figure.update_yaxes(title_text="share of the network (%)", rangemode="tozero", zeroline=False)
    return figure


def _named_places(drawn: Sequence[LayerInfo]) -> dict[int, str]:
    """Return which bars are named and how: of many layers the first one of each block."""
    if len(drawn) <= _LABELLED:
        return {place: layer.name for place, layer in enumerate(drawn)}
    named: dict[str, int] = {}
    for depth in (1, 2):
        blocks = [".".join(layer.name.split(".")[:depth]) for layer in drawn]
        named = {block: blocks.index(block) for block in blocks}
        if len(named) >= _FEWEST:
            break
    places: dict[int, str] = {}
    for block, place in named.items():
        if not places or place - max(places) >= len(drawn) // _LABELLED:
            places[place] = block
    return places


def _bars(
    name: str,
    color: str,
    values: list[float],
    counts: list[str],
    layers: list[LayerInfo],
    pattern: str = "",
) -> go.Bar:
    return go.Bar(
        x=list(range(len(values))),
        y=values,
        name=name,
        marker={
            "color": color,
            "pattern": {"shape": pattern, "size": 6, "fillmode": "overlay", "fgopacity": 0.4},
        },
        customdata=[
            [html.escape(layer.name), count] for layer, count in zip(layers, counts, strict=True)
        ],
        hovertemplate=f"%{{customdata[0]}}<br>%{{customdata[1]}} {name}, %{{y:.2f}} %"
        "<extra></extra>",
        textfont={"size": TEXT_PX},
    )


def shares_alt(network: str, layers: Sequence[LayerInfo]) -> str:
    """Say the chart in sentences."""
    return (
        f"Bars: for each of {wording.plural(len(weighted_layers(layers)), 'layer')} its share of "
        f"parameters and of multiply-accumulates. {shares_title(network, layers)}."
    )
