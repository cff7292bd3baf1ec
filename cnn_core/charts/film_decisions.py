"""Figures of what is decided: conformal coverage, the gate by kind, the whole path.

Every share stands with its interval; what was not tested says "not tested" in its place.
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from cnn_core.charts.film_intervals import IntervalRow, interval_figure
from cnn_core.charts.film_words import between, labelled, measured
from cnn_core.results.chance import percent
from cnn_core.results.xray_decision import ConformalSets, GateRow, PathResult
from cnn_core.results.xray_evaluation import Measured

_METHOD = "beta distribution of the realised coverage"
_WANTED = {"refuse": "should be refused", "pass": "should pass"}


def conformal_title(conformal: ConformalSets) -> str:
    """Return whether the sets are on, and of which classes not."""
    if conformal.on:
        return (
            f"Prediction sets aim to keep the true class in {percent(1 - conformal.alpha)} of films"
        )
    off = sum(quantile is None for quantile in conformal.quantiles)
    return (
        f"Prediction sets are off for {off} of {len(conformal.quantiles)} classes: fewer than 30 "
        "calibration patients"
    )


def coverage_rows(
    conformal: ConformalSets,
    classes: Sequence[str],
    covered: Mapping[str, Measured] | None = None,
) -> list[IntervalRow]:
    """Return the rows of the coverage: what such calibration sets plausibly give, what was measured.

    Args:
        conformal: the sets.
        classes: of the study, in the order of `conformal.quantiles`.
        covered: share of films whose true class was in the set, by class, where it was measured.
    """
    rows = []
    for index, label in enumerate(classes):
        quantile, plausible = conformal.quantiles[index], conformal.plausible[index]
        patients = conformal.calibration[index]
        if quantile is None:
            note = f"off: {patients} calibration patients"
        elif plausible is None:
            note = f"{patients} calibration patients"
        else:
            note = ""
        expected = Measured(
            value=None if quantile is None or plausible is None else 1 - conformal.alpha,
            interval=None if quantile is None else plausible,
            films=patients,
            patients=patients,
            method=_METHOD,
            note=note,
        )
        rows.append(IntervalRow(name=labelled(label), found=expected, series="plausible range"))
        if covered and label in covered:
            rows.append(IntervalRow(name=labelled(label), found=covered[label], series="measured"))
    return rows


def conformal_figure(
    conformal: ConformalSets,
    classes: Sequence[str],
    covered: Mapping[str, Measured] | None = None,
) -> go.Figure:
    """Draw the coverage of the prediction sets by class, beside what they aim at."""
    return interval_figure(
        coverage_rows(conformal, classes, covered),
        conformal_title(conformal),
        "share of films with their true class in the set",
        reference=1 - conformal.alpha,
        reference_name=f"aimed at: {percent(1 - conformal.alpha)}",
        lowest=0.7,
    )


def gate_title(rows: Sequence[GateRow]) -> str:
    """Return which tested kind the gate treats worst, and how many were not tested."""
    tested = [row for row in rows if row.refused.value is not None]
    untested = len(rows) - len(tested)
    rest = f"; {untested} of {len(rows)} kinds not tested" if untested else ""
    if not tested:
        return f"The gate was not tested{rest}"
    worst = max(tested, key=_error)
    what = "refused" if worst.wanted == "pass" else "caught"
    return f"Gate at its worst: {worst.kind}, {measured(worst.refused)} {what}{rest}"


def _error(row: GateRow) -> float:
    share = row.refused.value or 0.0
    return share if row.wanted == "pass" else 1 - share


def gate_figure(rows: Sequence[GateRow]) -> go.Figure:
    """Draw the share of each kind that the gate refuses; kinds are never pooled."""
    return interval_figure(
        [
            IntervalRow(name=row.kind, found=row.refused, series=_WANTED[row.wanted])
            for row in sorted(rows, key=lambda row: row.wanted, reverse=True)
        ],
        gate_title(rows),
        "share refused",
        noun="picture or patient",
    )


def path_title(path: PathResult) -> str:
    """Return the miss rate of the whole path, by class, and the referral rate."""
    missed = "; ".join(
        f"{labelled(label)} called routine {measured(found)}"
        for label, found in path.missed.items()
    )
    return f"{missed or 'No disease to miss'}; referred {measured(path.referral)}"


def path_figure(path: PathResult) -> go.Figure:
    """Draw what the whole path misses, refers and decides, with intervals."""
    rows = [
        IntervalRow(name=f"missed: {labelled(label)}", found=found)
        for label, found in path.missed.items()
    ]
    rows.append(IntervalRow(name="referred", found=path.referral))
    rows.append(IntervalRow(name="decided (routine)", found=path.decided))
    rows.append(IntervalRow(name="wrong among the decided", found=path.wrong))
    return interval_figure(rows, path_title(path), f"share, {path.on}")


def coverage_words(conformal: ConformalSets, classes: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return class, calibration patients and plausible coverage in words, a row a class."""
    rows = []
    for label, count, quantile, plausible in zip(
        classes, conformal.calibration, conformal.quantiles, conformal.plausible, strict=True
    ):
        if quantile is None:
            words = "off: fewer than 30 calibration patients"
        elif plausible is None:
            words = f"{percent(1 - conformal.alpha)} aimed at"
        else:
            words = f"{percent(1 - conformal.alpha)} aimed at; plausibly {between(plausible)}"
        rows.append((labelled(label), f"{count:,}", words))
    return rows
