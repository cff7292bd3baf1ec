"""Small figures as inline SVG, for a report that is printed: no script, nothing from outside.

Dark ink on white; text at least 14 units in a drawing that is about as many pixels wide as it says.
Every word is escaped here, so the result may be put into HTML as it is. Free of plotly.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from cnn_core.charts import palette, wording
from cnn_core.charts.film_rows import IntervalRow
from cnn_core.charts.film_words import measured

INK = "#0F1419"
_GRID, _BAR = "#D5D9DF", "#B4BAC4"
_BARS = 0.25  # of the plot, the highest bar
_TEXT = 14
LINE = 20  # units a line of text takes
_CHARACTER = 8.4  # units a character takes, about
DASHES = ("", "8 5", "2 4", "8 4 2 4", "12 4", "12 4 2 4")
_NAME, _WORDS = 42, 30  # characters of a row's name and of its figure in words
_MARKS = ("circle", "square", "diamond")

Range = tuple[float, float]


class Drawing(str):
    """An SVG document whose words are escaped: a template puts it in as it is."""

    def __html__(self) -> str:
        """Return the markup, for templates that escape all else (the protocol of MarkupSafe)."""
        return str(self)


@dataclass(frozen=True, kw_only=True)
class SvgLine:
    """A line: its points, its colour, its dash pattern, and the band round it if it has one."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    color: str = palette.TRAINING
    dash: str = ""
    band: Sequence[Range] = ()


def document(width: float, height: float, alt: str, parts: Sequence[str]) -> Drawing:
    """Return a drawing of these parts, so many units wide and high; `alt` says what it shows."""
    label = html.escape(alt, quote=True)
    return Drawing(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" role="img" aria-label="{label}" font-size="{_TEXT}" '
        f'fill="{INK}"><title>{html.escape(alt)}</title>{"".join(parts)}</svg>'
    )


def text(x: float, y: float, words: str, anchor: str = "start", more: str = "") -> str:
    """Return words at a place, escaped; `more` are attributes made here."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{more}>{html.escape(words)}</text>'


def segment(x1: float, y1: float, x2: float, y2: float, stroke: str, more: str = "") -> str:
    """Return a straight line; `more` are attributes made here."""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"{more}/>'
    )


def _ticks(ends: Range, count: int = 5) -> list[float]:
    low, high = ends
    return [low + (high - low) * step / (count - 1) for step in range(count)]


def line_svg(
    lines: Sequence[SvgLine],
    *,
    alt: str,
    x_title: str,
    y_title: str,
    x: Range = (0.0, 1.0),
    y: Range = (0.0, 1.0),
    diagonal: bool = False,
    counts: Sequence[int] = (),
) -> Drawing:
    """Draw lines over two axes, with a legend below.

    Args:
        lines: what is drawn; what leaves the ranges is cut off at their edge.
        alt: what the figure says, for a reader who does not see it.
        x_title: below the axis.
        y_title: above the axis.
        x: first and last value of the axis.
        y: likewise.
        diagonal: whether a dashed line from corner to corner is drawn.
        counts: films in equal parts of the x axis, drawn as grey bars from below.
    """
    width, left, top, plot = 420.0, 52.0, 30.0, 260.0
    wide, below = width - left - 14, top + plot
    parts = [text(left, top - 12, y_title), text(left + wide, below + 40, x_title, "end")]

    def at_x(value: float) -> float:
        return left + wide * (min(max(value, x[0]), x[1]) - x[0]) / (x[1] - x[0])

    def at_y(value: float) -> float:
        return below - plot * (min(max(value, y[0]), y[1]) - y[0]) / (y[1] - y[0])

    for tick in _ticks(x):
        parts.append(segment(at_x(tick), top, at_x(tick), below, _GRID))
        parts.append(text(at_x(tick), below + 18, _short(tick), "middle"))
    for tick in _ticks(y):
        parts.append(segment(left, at_y(tick), left + wide, at_y(tick), _GRID))
        parts.append(text(left - 6, at_y(tick) + 5, _short(tick), "end"))
    parts += _bars(counts, left, below, wide, plot)
    if diagonal:
        ends = (at_x(x[0]), at_y(y[0]), at_x(x[1]), at_y(y[1]))
        parts.append(segment(*ends, palette.REFERENCE, ' stroke-width="2" stroke-dasharray="6 4"'))
    for line in lines:
        if line.band:
            there = zip(line.x, line.band, strict=True)
            back = zip(reversed(line.x), reversed(line.band), strict=True)
            outline = [(at_x(place), at_y(ends[1])) for place, ends in there]
            outline += [(at_x(place), at_y(ends[0])) for place, ends in back]
            parts.append(
                f'<polygon points="{_points(outline)}" fill="{line.color}" fill-opacity="0.18"/>'
            )
        drawn = [(at_x(a), at_y(b)) for a, b in zip(line.x, line.y, strict=True)]
        parts.append(
            f'<polyline points="{_points(drawn)}" fill="none" stroke="{line.color}" '
            f'stroke-width="2.5"{_dashed(line)}/>'
        )
    bottom = below + 62.0
    for line in lines:
        parts += _entry(line, bottom)
        bottom += LINE
    if counts:
        parts.append(f'<rect x="4" y="{bottom - 11:.1f}" width="36" height="11" fill="{_BAR}"/>')
        parts.append(text(48, bottom, f"films; the highest bar is {max(counts):,}"))
        bottom += LINE
    return document(width, bottom, alt, parts)


def _dashed(line: SvgLine) -> str:
    return f' stroke-dasharray="{line.dash}"' if line.dash else ""


def _entry(line: SvgLine, y: float) -> list[str]:
    more = f' stroke-width="3"{_dashed(line)}'
    return [segment(4, y - 5, 40, y - 5, line.color, more), text(48, y, line.name)]


def _bars(counts: Sequence[int], left: float, below: float, wide: float, plot: float) -> list[str]:
    most = max(counts, default=0) or 1
    return [
        f'<rect x="{left + wide * (place + 0.05) / len(counts):.1f}" '
        f'y="{below - _BARS * plot * count / most:.1f}" '
        f'width="{0.9 * wide / len(counts):.1f}" '
        f'height="{_BARS * plot * count / most:.1f}" fill="{_BAR}"/>'
        for place, count in enumerate(counts)
    ]


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def interval_svg(
    rows: Sequence[IntervalRow],
    *,
    alt: str,
    x_title: str,
    x: Range = (0.0, 1.0),
    reference: float | None = None,
) -> Drawing:
    """Draw a point and its interval a row, with the figure in words at its right.

    Args:
        rows: from the top down; a row without a figure says why.
        alt: what the figure says.
        x_title: what the figures are.
        x: first and last value of the axis; wider where an interval reaches further.
        reference: where an upright dashed line stands.
    """
    width, step, top = 680.0, 24.0, 14.0
    ends = [each for row in rows if row.found.interval for each in row.found.interval]
    low, high = min([x[0], *ends]), max([x[1], *ends])
    named = [f"{row.series}: {row.name}" if row.series else row.name for row in rows]
    left = 12 + _CHARACTER * max((len(wording.shortened(name, _NAME)) for name in named), default=0)
    words = [wording.shortened(measured(row.found), _WORDS) for row in rows]
    wide = width - left - 24 - _CHARACTER * max(map(len, words), default=0)
    below = top + step * max(1, len(rows))

    def at(value: float) -> float:
        return left + wide * (min(max(value, low), high) - low) / (high - low)

    parts = [text(left, below + 38, x_title)]
    for tick in _ticks((low, high)):
        parts.append(segment(at(tick), top - 8, at(tick), below, _GRID))
        parts.append(text(at(tick), below + 18, _short(tick), "middle"))
    if reference is not None:
        dashed = ' stroke-width="2" stroke-dasharray="6 4"'
        parts.append(
            segment(at(reference), top - 8, at(reference), below, palette.REFERENCE, dashed)
        )
    series = list(dict.fromkeys(row.series for row in rows))
    for place, (row, name) in enumerate(zip(rows, named, strict=True)):
        middle, number = top + step * place + 6, series.index(row.series)
        color = palette.SERIES[number % len(palette.SERIES)]
        parts.append(text(left - 10, middle + 5, wording.shortened(name, _NAME), "end"))
        parts.append(text(left + wide + 12, middle + 5, words[place]))
        if row.found.interval is not None:
            first, last = row.found.interval
            thick = ' stroke-width="3"'
            parts.append(segment(at(first), middle, at(last), middle, color, thick))
        if row.found.value is not None:
            parts.append(_mark(at(row.found.value), middle, color, _MARKS[number % len(_MARKS)]))
    return document(width, below + 46, alt, parts)


def _mark(x: float, y: float, color: str, kind: str) -> str:
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" fill="{color}"/>'
    turn = f' transform="rotate(45 {x:.1f} {y:.1f})"' if kind == "diamond" else ""
    return f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" fill="{color}"{turn}/>'
