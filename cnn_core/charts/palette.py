"""One set of colours for every page: the same colour always means the same thing.

The hues are those of Okabe & Ito, "Color Universal Design" (2008). Three of theirs are used as
they are; the others were moved in lightness until each colour stands out against all four
backgrounds of the app, light and dark, by at least 3:1 (WCAG 2.2, criterion 1.4.11), so a chart
need not know the theme. That leaves colours of similar lightness: wherever two lines could be
mixed up, dashes, markers or a fixed order tell them apart as well.
"""

from typing import NamedTuple

TRAINING = "#0072B2"
VALIDATION = "#D55E00"
TEST = "#009E73"
REFERENCE = "#7A828E"
"""Grey, dashed: a published number, not a measurement of this machine."""

PHASES = {
    "data": "#9A900C",
    "forward": "#3F8CE6",
    "backward": "#BC5096",
    "optimizer": "#1F7A51",
}

SERIES = (TRAINING, VALIDATION, TEST, "#BC5096", "#9A900C", "#3F8CE6")
DASHES = ("solid", "dash", "dot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")

LIGHT_BACKGROUNDS = ("#FFFFFF", "#F6F7F9")
DARK_BACKGROUNDS = ("#0F1419", "#1A212B")

TRANSPARENT = "rgba(0,0,0,0)"


class SeriesStyle(NamedTuple):
    """How one of many lines is drawn: `dash` and `symbol` in plotly's names."""

    color: str
    dash: str
    symbol: str


def series_style(index: int) -> SeriesStyle:
    """Return the style of the `index`-th line; 18 lines differ in colour or dash.

    >>> series_style(0), series_style(7).dash
    (SeriesStyle(color='#0072B2', dash='solid', symbol='circle'), 'dash')
    """
    row, column = divmod(index, len(SERIES))
    return SeriesStyle(SERIES[column], DASHES[row % len(DASHES)], SYMBOLS[column])


def _channels(color: str) -> tuple[int, int, int]:
    if len(color) != 7 or color[0] != "#":
        raise ValueError(f"expected a colour such as #0072B2, but got {color!r}.")
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def with_alpha(color: str, alpha: float) -> str:
    """Return `color` let through by `alpha`, 0 (clear) to 1, as both chart libraries read it.

    >>> with_alpha("#D55E00", 0.5)
    'rgba(213,94,0,0.5)'
    """
    red, green, blue = _channels(color)
    return f"rgba({red},{green},{blue},{alpha:.3g})"


def luminance(color: str) -> float:
    """Return the relative luminance of `#RRGGBB`, 0 to 1 (WCAG 2.2, "relative luminance").

    >>> luminance("#FFFFFF"), luminance("#000000")
    (1.0, 0.0)
    """
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio").

    >>> contrast("#000000", "#FFFFFF")
    21.0
    """
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)
