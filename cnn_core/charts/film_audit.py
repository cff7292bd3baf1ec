"""The figures of an audit, one for each of its six parts.

Titles are sentences computed from the figures; levels are words, not colours alone; no ground of
its own, text at least 14 px (`charts.inspection.lay_out`).
"""

import html
from collections.abc import Sequence

import plotly.graph_objects as go

from cnn_core.charts import palette, wording
from cnn_core.charts.film_audit_skill import blind_figure, blind_title, skill_figure, skill_title
from cnn_core.charts.film_words import figure
from cnn_core.charts.inspection import TEXT_PX, lay_out, short
from cnn_core.charts.roc import class_bars, legend_below
from cnn_core.results.xray_audit import XrayAudit

CARRIES, AMBER, RED = 30, 0.1, 0.3
"""Limits of the audit that are drawn: patients that carry a class; Cramer's V."""

_KINDS = {
    "exact": "the same film",
    "near": "nearly the same",
    "inverted": "inverted copies",
    "mirrored": "mirror images",
    "review": "for a person to look at",
    "crop": "alike to a network",
}
_ROW_PX = 40
_MOST_SOURCES = 12


def audit_figure(part: int, audit: XrayAudit, classes: Sequence[str]) -> go.Figure | None:
    """Return the figure of a part of an audit; None where there is nothing to draw.

    Args:
        part: 1 to 6.
        audit: of a film set.
        classes: the set's, in its order.

    Raises:
        ValueError: there is no such part.
    """
    if part == 1:
        return duplicates_figure(audit) if audit.pairs else None
    if part == 2:
        return films_a_patient_figure(audit)
    if part == 3:
        return associations_figure(audit) if audit.associations else None
    if part == 4:
        return blind_figure(audit) if audit.blind else None
    if part == 5:
        return skill_figure(audit) if audit.skill else None
    if part == 6:
        return sources_figure(audit, classes) if audit.sources else None
    raise ValueError(f"expected a part from 1 to 6, but got {part}.")


def duplicates_title(audit: XrayAudit) -> str:
    """Return how many pairs of films are one film, and how many a person has to look at."""
    counts = audit.counted_pairs
    looked = sum(counts.get(kind, 0) for kind in ("review", "crop"))
    copies = sum(counts.values()) - looked
    said = f"{wording.plural(copies, 'pair')} of copies"
    return f"{said}, {wording.count(looked)} more for a person to look at" if looked else said


def duplicates_figure(audit: XrayAudit) -> go.Figure:
    """Draw how many pairs of films of each kind there are."""
    counts = audit.counted_pairs
    kinds = [kind for kind in _KINDS if counts.get(kind)]
    found = [counts[kind] for kind in kinds]
    figure_ = _bars([_KINDS[kind] for kind in kinds], found, [f"{count:,}" for count in found])
    lay_out(figure_, duplicates_title(audit), height=56 + _ROW_PX * len(kinds))
    figure_.update_xaxes(title_text="pairs of films", range=[0, 1.15 * max(found)])
    return figure_


def patients_title(audit: XrayAudit) -> str:
    """Return how many patients have one film alone, and how many have two labels."""
    patients = sum(audit.images_a_patient.values())
    single = audit.images_a_patient.get("1", 0)
    crossed = len(audit.cross_label_patients)
    said = f"{wording.count(single)} of {wording.plural(patients, 'patient')} have one film"
    have = "has" if crossed == 1 else "have"
    return f"{said}; {wording.count(crossed)} {have} films with different labels"


def films_a_patient_figure(audit: XrayAudit) -> go.Figure:
    """Draw how many patients have how many films."""
    films = [int(name) for name in audit.images_a_patient]
    patients = list(audit.images_a_patient.values())
    figure_ = go.Figure(
        go.Bar(
            x=films,
            y=patients,
            marker={"color": palette.TRAINING, "line": {"width": 0}},
            text=[f"{count:,}" for count in patients],
            textposition="outside",
            textfont={"size": TEXT_PX},
            cliponaxis=False,
            hovertext=[
                f"{wording.plural(count, 'patient')} with {wording.plural(number, 'film')}"
                for number, count in zip(films, patients, strict=True)
            ],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    )
    lay_out(figure_, patients_title(audit), height=280)
    figure_.update_xaxes(title_text="films of a patient", dtick=1 if max(films) < 13 else None)
    figure_.update_yaxes(title_text="patients", range=[0, 1.15 * max(patients)], zeroline=False)
    return figure_


def associations_title(audit: XrayAudit) -> str:
    """Return which column tells the label best."""
    best = audit.associations[0]
    return (
        f"{best.column} goes with the label most (Cramér's V {figure(best.cramers_v)}, "
        f"{best.level})"
    )


def associations_figure(audit: XrayAudit) -> go.Figure:
    """Draw how far each column goes with the label, with the limits of amber and red."""
    found = audit.associations
    figure_ = _bars(
        [each.column for each in found],
        [each.cramers_v for each in found],
        [f"{figure(each.cramers_v)} {each.level}" for each in found],
    )
    for limit, word, dash in ((AMBER, "amber", "dot"), (RED, "red", "dash")):
        figure_.add_trace(_limit(limit, f"{word} from {limit:g} on", len(found), dash))
    lay_out(figure_, associations_title(audit), height=56 + _ROW_PX * len(found))
    legend_below(figure_, 2)
    figure_.update_xaxes(
        title_text="Cramér's V, bias-corrected", range=[0, 1.25], tickvals=[0, 0.25, 0.5, 0.75, 1]
    )
    return figure_


def sources_title(audit: XrayAudit, classes: Sequence[str]) -> str:
    """Return which classes only one source carries, and how many sources are not drawn."""
    count = len(audit.sources)
    cut = f" (drawn: the {_MOST_SOURCES} of {count} with most films)"
    cut = cut if count > _MOST_SOURCES else ""
    single = [label for label in classes if sum(label in row.carries for row in audit.sources) < 2]
    if single:
        return f"Fewer than two sources carry {', '.join(single)}{cut}"
    return f"Every class is carried by two sources (from {CARRIES} patients on){cut}"


def sources_figure(audit: XrayAudit, classes: Sequence[str]) -> go.Figure:
    """Draw patients by source and class, with the number from which on a source carries one."""
    rows = audit.sources[:_MOST_SOURCES]
    figure_ = go.Figure()
    for index, label in enumerate(classes):
        counts = [row.patients[index] for row in rows]
        figure_.add_trace(
            go.Bar(
                y=list(range(len(rows))),
                x=counts,
                orientation="h",
                name=html.escape(label),
                marker=class_bars(index),
                text=[f"{count:,}" for count in counts],
                textposition="outside",
                textfont={"size": TEXT_PX},
                cliponaxis=False,
                hoverinfo="skip",
            )
        )
    figure_.add_trace(_limit(CARRIES, f"a source carries a class from {CARRIES} on", len(rows)))
    most = max((count for row in rows for count in row.patients), default=1)
    height = 56 + len(rows) * (26 * len(classes) + 16)
    lay_out(figure_, sources_title(audit, classes), height=height)
    legend_below(figure_, len(classes) + 1)
    figure_.update_layout(barmode="group", bargap=0.25)
    figure_.update_xaxes(title_text="patients", range=[0, 1.15 * max(most, CARRIES)])
    figure_.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=[short(row.source) for row in rows],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return figure_


def audit_alt(part: int, audit: XrayAudit, classes: Sequence[str]) -> str:
    """Say the figure of a part in a sentence."""
    said = {
        1: lambda: f"Pairs of films by kind. {duplicates_title(audit)}.",
        2: lambda: f"Patients by number of films. {patients_title(audit)}.",
        3: lambda: f"Cramér's V of each column. {associations_title(audit)}.",
        4: lambda: f"AUROC of what each model sees. {blind_title(audit)}.",
        5: lambda: f"Share of skill left by class and zone. {skill_title(audit)}.",
        6: lambda: f"Patients by source and class. {sources_title(audit, classes)}.",
    }
    return said[part]()


def _bars(names: Sequence[str], values: Sequence[float], words: Sequence[str]) -> go.Figure:
    """Return level bars with their names, the first on top."""
    figure_ = go.Figure(
        go.Bar(
            y=list(range(len(names))),
            x=list(values),
            orientation="h",
            marker={"color": palette.TRAINING, "line": {"width": 0}},
            text=list(words),
            textposition="outside",
            textfont={"size": TEXT_PX},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    )
    figure_.update_layout(bargap=0.35)
    figure_.update_xaxes(zeroline=False)
    figure_.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[short(name) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return figure_


def _limit(value: float, name: str, rows: int, dash: str = "dash") -> go.Scatter:
    return go.Scatter(
        x=[value, value],
        y=[-0.5, rows - 0.5],
        mode="lines",
        name=html.escape(name),
        line={"color": palette.REFERENCE, "width": 2, "dash": dash},
        hoverinfo="skip",
    )
