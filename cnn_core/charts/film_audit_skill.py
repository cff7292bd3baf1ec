"""What an audit's small model tells without the lungs: of each zone, the table and the file.

Rows with intervals (`charts.film_intervals`); titles are computed from the figures.
"""

import plotly.graph_objects as go

from cnn_core.charts.film_intervals import interval_figure
from cnn_core.charts.film_rows import IntervalRow
from cnn_core.charts.film_words import between, figure
from cnn_core.results.protocol_words import SEEN_WORDS, ZONE_WORDS
from cnn_core.results.xray_audit import XrayAudit
from cnn_core.results.xray_evaluation import Measured

HALF = 0.5
"""Chance of an AUROC; the limit of red of a share of skill."""


def blind_title(audit: XrayAudit) -> str:
    """Return what the best of those that see no lungs reaches, beside the whole film."""
    full = next((score for score in audit.blind if score.what == "full"), None)
    others = [score for score in audit.blind if score.what not in ("full", "centre")]
    if full is None or not others:
        return "There are too few patients to compare"
    best = max(others, key=lambda score: score.auroc)
    name = SEEN_WORDS.get(best.what, best.what)
    return (
        f"{name[:1].upper()}{name[1:]}: {figure(best.auroc)}; the whole film: {figure(full.auroc)}"
    )


def blind_figure(audit: XrayAudit) -> go.Figure:
    """Draw what table, file and each zone tell of the classes, with intervals."""
    patients = sum(audit.images_a_patient.values())
    films = len(audit.groups)
    rows = [
        IntervalRow(
            name=SEEN_WORDS.get(score.what, score.what),
            found=Measured(
                value=score.auroc,
                interval=score.interval,
                films=films,
                patients=patients,
                method="patient bootstrap, on the logit scale",
            ),
        )
        for score in sorted(audit.blind, key=lambda score: list(SEEN_WORDS).index(score.what))
    ]
    return interval_figure(
        rows,
        blind_title(audit),
        "macro-averaged AUROC, patients kept together",
        reference=HALF,
        reference_name="chance",
        lowest=0.4,
    )


def skill_title(audit: XrayAudit) -> str:
    """Return of how many classes the skill does not need the lungs."""
    judged = [row for row in audit.skill if row.share is not None]
    if not judged:
        return "The small model cannot tell the classes: nothing to judge"
    worst = max(judged, key=lambda row: row.share or 0.0)
    red = {row.label for row in judged if row.level == "red"}
    classes = len({row.label for row in judged})
    return (
        f"{len(red)} of {classes} classes red; {worst.label} keeps {figure(worst.share or 0.0)} of "
        f"its skill, {ZONE_WORDS[worst.zone]}"
    )


def skill_figure(audit: XrayAudit) -> go.Figure:
    """Draw the share of skill that is left without the lungs, by class and zone."""
    patients, films = sum(audit.images_a_patient.values()), len(audit.groups)
    rows = [
        IntervalRow(
            name=row.label,
            series=ZONE_WORDS[row.zone],
            found=Measured(
                value=row.share,
                interval=row.interval,
                films=films,
                patients=patients,
                method=f"{ZONE_WORDS[row.zone]}, {row.level}; whole film {figure(row.full)}, "
                f"masked {figure(row.masked)}",
                note=""
                if row.share is not None
                else f"{ZONE_WORDS[row.zone]}: not judged "
                f"(whole film {between(row.full_interval)})",
            ),
        )
        for row in audit.skill
    ]
    return interval_figure(
        rows,
        skill_title(audit),
        "share of skill above chance that is left",
        reference=HALF,
        reference_name=f"red where the whole interval is beyond {HALF:g}",
    )
