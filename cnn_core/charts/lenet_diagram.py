"""LeNet-5 as still pictures: the seven layers as planes, and table I as a grid of dots.

Both are plain HTML (what a page lets through of HTML has no SVG), coloured by the text around them,
so that they need not know the theme; on a narrow screen the layers' cards go to the next line.
Figures are those of `models.lenet_layers`.
"""

from html import escape

from cnn_core.charts.palette import REFERENCE, SERIES, with_alpha
from cnn_core.models.lenet1998_constants import C3_TABLE
from cnn_core.models.lenet_layers import Form, LenetLayer, c3_kinds, lenet_layers

_PIXEL = 1.8  # of a map's side, in pixels of the screen
_SHIFT = 2.5  # from one map to the next one behind it
_WIDTH, _HEIGHT = 104, 96
_LINE = with_alpha(REFERENCE, 0.5)


def layers_html(form: Form, chosen: int = -1) -> str:
    """Return the seven layers as cards side by side, to scale, as HTML.

    Args:
        form: which LeNet-5.
        chosen: the layer that is framed, counted from 0; -1 for none.

    >>> layers_html("1998").count('role="listitem"')
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
        f'<div role="listitem" style="flex:1 1 {_WIDTH}px;padding:4px;'
        f'border:2px solid {edge};border-radius:8px">'
        f"{_planes(layer)}<b>{layer.name}</b>{lines}</div>"
    )


def _planes(layer: LenetLayer) -> str:
    """Return a layer's maps one behind the other, or its units as a bar; hidden from readers."""
    if len(layer.shape) == 3:
        maps, _, side = layer.shape
        edge = side * _PIXEL
        shapes = [
            (_SHIFT * (maps - 1 - place), _SHIFT * place, edge, edge)
            for place in reversed(range(maps))
        ]
    else:
        shapes = [(0.0, 0.0, 14.0, 6 + layer.shape[0] * 0.7)]
    squares = "".join(
        f'<div style="position:absolute;left:{x:.1f}px;bottom:{y:.1f}px;width:{width:.1f}px;'
        f"height:{height:.1f}px;box-sizing:border-box;border:1px solid;"
        f'background:{with_alpha(SERIES[0], 0.35)}"></div>'
        for x, y, width, height in shapes
    )
    return f'<div aria-hidden="true" style="position:relative;height:{_HEIGHT}px">{squares}</div>'


def connections_html() -> str:
    """Return table I: a column for each map of C3, a dot for each map of S2 that it sees.

    >>> connections_html().count('aria-label="sees"')
    60
    """
    kind_of = {map_: index for index, kind in enumerate(c3_kinds()) for map_ in kind.maps}
    rows = "".join(
        f'<tr style="border-top:1px solid {_LINE}"><th scope="row">{seen}</th>'
        + "".join(
            f'<td style="padding:2px 0;text-align:center">{_dot(SERIES[kind_of[map_]])}</td>'
            if seen in row
            else "<td></td>"
            for map_, row in enumerate(C3_TABLE)
        )
        + "</tr>"
        for seen in range(1 + max(map(max, C3_TABLE)))
    )
    heads = "".join(f'<th scope="col">{map_}</th>' for map_ in range(len(C3_TABLE)))
    return (
        '<table style="width:100%;max-width:560px;table-layout:fixed;border-collapse:collapse;'
        'font-size:14px;line-height:20px">'
        '<caption style="text-align:left">Columns: the 16 maps of C3. Rows: the 6 maps of S2. '
        "A dot: that map of C3 sees that map of S2. Colours: the kinds below.</caption>"
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _dot(colour: str) -> str:
    return (
        '<span role="img" aria-label="sees" style="display:inline-block;width:14px;height:14px;'
        f'border-radius:7px;vertical-align:middle;background:{colour}"></span>'
    )
