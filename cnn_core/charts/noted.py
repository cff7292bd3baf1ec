"""A note under a figure's title, which goes along wherever its picture goes."""

import html

import plotly.graph_objects as go

_NOTE_PX = 14
_LINE_PX = 20


def with_note(figure: go.Figure, note: str) -> go.Figure:
    """Return `figure` with a line more under its title; the same figure, unchanged without a note.

    Args:
        figure: with a title and a margin above the plot; it is changed.
        note: plain text: what whoever sees the picture alone has to know of it.

    >>> from cnn_core.charts.confusion import confusion_figure
    >>> import numpy as np
    >>> noted = with_note(confusion_figure(np.array([[3, 1], [0, 4]])), "A part of <it>")
    >>> noted.layout.title.text.endswith('A part of &lt;it&gt;</span>')
    True
    """
    if note:
        style = f"font-size:{_NOTE_PX}px;font-weight:400"
        line = f'<br><span style="{style}">{html.escape(note)}</span>'
        figure.layout.title.text = f"{figure.layout.title.text}{line}"
        figure.layout.title.update(y=1, yref="container", yanchor="top", pad={"t": _LINE_PX})
        figure.layout.margin.t = (figure.layout.margin.t or 0) + _LINE_PX
        if figure.layout.height:
            figure.layout.height += _LINE_PX
    return figure
