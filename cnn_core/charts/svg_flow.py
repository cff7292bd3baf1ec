"""The patient flow as inline SVG: a box a station, what left beside it, branches in a row."""

from collections.abc import Sequence

from cnn_core.charts import wording
from cnn_core.charts.film_flow import FlowStep
from cnn_core.charts.svg import INK, LINE, Drawing, document, segment, text


def flow_svg(steps: Sequence[FlowStep], *, alt: str) -> Drawing:
    """Draw the patient flow: a box a station, what left beside it, the branches in a row below.

    Args:
        steps: from the top down, branches last.
        alt: what the flow says.
    """
    width, box, top = 680.0, 290.0, 4.0
    parts: list[str] = []
    for place, step in enumerate(step for step in steps if not step.branch):
        aside = [part for line in step.aside for part in wording.broken(line, 46)]
        lines = [step.what, _sizes(step)]
        height = 14 + LINE * max(len(lines), len(aside))
        if place:
            parts.append(segment(box / 2, top - 14, box / 2, top, INK, ' stroke-width="2"'))
        parts.append(_box(1, top, box, height, lines))
        if aside:
            y = top + 18
            parts.append(segment(box + 1, y, box + 22, y, INK, ' stroke-width="1.5"'))
        for number, line in enumerate(aside):
            parts.append(text(box + 28, top + 20 + LINE * number, line))
        top += height + 14
    branches = [step for step in steps if step.branch]
    if not branches:
        return document(width, top - 10, alt, parts)
    wide = (width - 2) / len(branches)
    worded = [
        [*wording.broken(step.what, 18), f"{step.films:,} {step.unit}", *_people(step)]
        for step in branches
    ]
    height = 14 + LINE * max(map(len, worded))
    last = 1 + wide * (len(branches) - 1) + wide / 2 - 5
    thick = ' stroke-width="2"'
    parts.append(segment(box / 2, top - 14, box / 2, top, INK, thick))
    parts.append(segment(min(wide / 2, box / 2), top, max(last, box / 2), top, INK, thick))
    for number, lines in enumerate(worded):
        x = 1 + wide * number
        middle = x + (wide - 10) / 2
        parts.append(segment(middle, top, middle, top + 12, INK, thick))
        parts.append(_box(x, top + 12, wide - 10, height, lines, len(lines) - 2))
    return document(width, top + height + 16, alt, parts)


def _sizes(step: FlowStep) -> str:
    return ", ".join([f"{step.films:,} {step.unit}", *_people(step)])


def _people(step: FlowStep) -> list[str]:
    return [] if step.patients is None else [wording.plural(step.patients, "patient")]


def _box(
    x: float, y: float, width: float, height: float, lines: Sequence[str], bold: int = 1
) -> str:
    words = [
        text(
            x + 10,
            y + 20 + LINE * number,
            line,
            more=' font-weight="600"' if number < bold else "",
        )
        for number, line in enumerate(lines)
    ]
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none" '
        f'stroke="{INK}" stroke-width="1.5" rx="4"/>{"".join(words)}'
    )
