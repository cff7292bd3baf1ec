"""LeNet-5 as still pictures: the seven layers as planes, and table I as a grid of dots.

Both are HTML with SVG in it, coloured by the text around them, so that they need not know the
theme; the layers' cards go to the next line where a screen is narrow. Figures are those of
`models.lenet_layers`.
"""

from html import escape

from cnn_core.charts.palette import SERIES
from cnn_core.models.lenet1998_constants import C3_TABLE
from cnn_core.models.lenet_layers import Form, LenetLayer, c3_kinds, lenet_layers

_PIXEL = 1.8  # of a map's side, in pixels of the screen
_SHIFT = 2.5  # from one map to the next one behind it
_WIDTH, _HEIGHT = 118, 96
_CELL, _LEFT, _TOP = 20, 26, 24


def layers_svg(form: Form, chosen: int = -1) -> str:
    """Return the seven layers as cards side by side, to scale, as HTML.

    Args:
        form: which LeNet-5.
        chosen: the layer that is framed, counted from 0; -1 for none.

    >>> layers_svg("1998").count("<svg")
    7
    """
    cards = "".join(
        _card(layer, framed=index == chosen) for index, layer in enumerate(lenet_layers(form))
    )
    total = sum(layer.parameters for layer in lenet_layers(form))
    label = f"LeNet-5's seven layers, {total:,} trainable parameters"
    return (
        f'<div role="list" aria-label="{label}" '
        f'style="display:flex;flex-wrap:wrap;gap:8px;font-size:14px;line-height:20px">{cards}</div>'
    )


def _card(layer: LenetLayer, *, framed: bool) -> str:
    words = (
        layer.kind,
        layer.size,
        f"{layer.parameters:,} parameters",
        f"{layer.macs:,} MACs",
        f"sees {layer.field}×{layer.field}",
    )
    lines = "".join(f"<div>{escape(line)}</div>" for line in words)
    edge = SERIES[0] if framed else "transparent"
    return (
        f'<div role="listitem" style="width:{_WIDTH + 12}px;padding:5px;'
        f'border:2px solid {edge};border-radius:8px">'
        f"{_planes(layer)}<b>{layer.name}</b>{lines}</div>"
    )


def _planes(layer: LenetLayer) -> str:
    """Return a layer's maps one behind the other, or its units as a bar; hidden from readers."""
    if len(layer.shape) == 3:
        maps, _, side = layer.shape
        edge = side * _PIXEL
        shapes = [
            (_SHIFT * (maps - 1 - place), _HEIGHT - edge - 1 - _SHIFT * place, edge, edge)
            for place in reversed(range(maps))
        ]
    else:
        height = 6 + layer.shape[0] * 0.7
        shapes = [(1.0, _HEIGHT - height - 1, 14.0, height)]
    squares = "".join(
        f'<rect x="{x + 1:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{SERIES[0]}" fill-opacity=".35" stroke="currentColor"/>'
        for x, y, width, height in shapes
    )
    return (
        f'<svg aria-hidden="true" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}">{squares}</svg>'
    )


def connections_svg() -> str:
    """Return table I as HTML: a column for each map of C3, a dot for each map of S2 that it sees.

    >>> connections_svg().count("<circle")
    60
    """
    width, height = _LEFT + _CELL * len(C3_TABLE), _TOP + _CELL * 6
    kind_of = {map_: index for index, kind in enumerate(c3_kinds()) for map_ in kind.maps}
    parts = []
    for map_, row in enumerate(C3_TABLE):
        x = _LEFT + _CELL * (map_ + 0.5)
        parts.append(f'<text x="{x}" y="16" text-anchor="middle">{map_}</text>')
        parts += [
            f'<circle cx="{x}" cy="{_TOP + _CELL * (seen + 0.5)}" r="7" '
            f'fill="{SERIES[kind_of[map_]]}"/>'
            for seen in row
        ]
    for seen in range(6):
        y = _TOP + _CELL * (seen + 0.5)
        parts.append(f'<text x="12" y="{y + 5}" text-anchor="middle">{seen}</text>')
        parts.append(
            f'<line x1="{_LEFT}" x2="{width}" y1="{y}" y2="{y}" '
            'stroke="currentColor" stroke-opacity=".2"/>'
        )
    sees = "; ".join(f"{map_} sees {', '.join(map(str, row))}" for map_, row in enumerate(C3_TABLE))
    return (
        '<div style="font-size:14px">Columns: the 16 maps of C3. Rows: the 6 maps of S2.</div>'
        f'<svg role="img" aria-label="Table I. Map of C3: maps of S2. {sees}." '
        f'viewBox="0 0 {width} {height}" style="width:100%;max-width:{width * 3 // 2}px" '
        f'font-size="14" fill="currentColor">{"".join(parts)}</svg>'
    )
