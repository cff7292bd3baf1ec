"""The rows of the figures and tables of a chest X-ray study: a name and a figure with interval.

Pure and free of plotly: a page draws them (`charts.film_intervals`), a report prints them
(`charts.svg`). What has no figure says why. Names from outside are not escaped here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cnn_core.charts.film_words import between, labelled, short_class
from cnn_core.results.chance import percent
from cnn_core.results.films import MISSING
from cnn_core.results.xray_decision import ConformalSets, GateRow, PathResult
from cnn_core.results.xray_evaluation import ClassResult, Evaluation, Measured, SubgroupRow

Measure = Literal["auroc", "sensitivity", "specificity"]
MEASURES: dict[Measure, str] = {
    "auroc": "AUROC, disease against normal",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
}
"""What a subgroup is judged by (`xray.subgroups`): 1 - P(normal), the most probable class."""

_BY_CLASS = (
    ("sensitivity", "sensitivity"),
    ("specificity", "specificity"),
    ("precision", "precision (PPV)"),
    ("npv", "NPV"),
    ("f1", "F1"),
)
_WANTED = {"refuse": "should be refused", "pass": "should pass"}
_BETA = "beta distribution of the realised coverage"


@dataclass(frozen=True, kw_only=True)
class IntervalRow:
    """One row: `name` stands beside it, `series` gives colour and symbol ("" for a single one)."""

    name: str
    found: Measured
    series: str = ""


def class_names(evaluation: Evaluation) -> list[str]:
    """Return the classes as a matrix has room for them."""
    return [short_class(row.label) for row in evaluation.classes]


def class_measures(row: ClassResult) -> dict[str, Measured]:
    """Return the measures of a class by the names that a table gives them."""
    found = {name: getattr(row, which) for which, name in _BY_CLASS}
    return {"AUROC": row.auroc, "average precision": row.average_precision, **found}


def coverage_rows(
    conformal: ConformalSets,
    classes: Sequence[str],
    covered: Mapping[str, Measured] | None = None,
) -> list[IntervalRow]:
    """Return the coverage of each class: what is plausible, and what was measured.

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
            method=_BETA,
            note=note,
        )
        rows.append(IntervalRow(name=labelled(label), found=expected, series="plausible range"))
        if covered and label in covered:
            rows.append(IntervalRow(name=labelled(label), found=covered[label], series="measured"))
    return rows


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


def level_name(row: SubgroupRow) -> str:
    """Return the name of a subgroup; a missing value is a level of its own."""
    return f"{row.column}: {'missing' if row.level == MISSING else row.level}"


def measure_rows(evaluation: Evaluation) -> list[IntervalRow]:
    """Return sensitivity, specificity, precision, NPV and F1 of every class."""
    return [
        IntervalRow(name=name, found=getattr(row, which), series=labelled(row.label))
        for which, name in _BY_CLASS
        for row in evaluation.classes
    ]


def subgroup_rows(evaluation: Evaluation, which: Measure = "auroc") -> list[IntervalRow]:
    """Return a measure of every subgroup."""
    return [
        IntervalRow(name=level_name(row), found=getattr(row, which)) for row in evaluation.subgroups
    ]


def fold_rows(evaluation: Evaluation) -> list[IntervalRow]:
    """Return the macro AUROC of each fold, and their mean; never a pooled score."""
    mean = evaluation.macro_auroc
    numbers = evaluation.fold_numbers or range(1, len(evaluation.folds) + 1)
    rows = [
        IntervalRow(
            name=f"fold {number}",
            found=Measured(
                value=value,
                interval=None,
                films=mean.films,
                patients=mean.patients,
                method=f"one model of {len(evaluation.folds)}, which share these films",
            ),
            series="one fold",
        )
        for number, value in zip(numbers, evaluation.folds, strict=True)
    ]
    return [*rows, IntervalRow(name="mean", found=mean, series="mean, with its 95 % interval")]


def gate_rows(rows: Sequence[GateRow]) -> list[IntervalRow]:
    """Return the share of each kind that is refused: first what should be, then what should not."""
    ordered = sorted(rows, key=lambda row: row.wanted, reverse=True)
    return [
        IntervalRow(name=row.kind, found=row.refused, series=_WANTED[row.wanted]) for row in ordered
    ]


def path_rows(path: PathResult) -> list[IntervalRow]:
    """Return what the whole path misses, refers and decides."""
    missed = [
        IntervalRow(name=f"missed: {short_class(label)}", found=found)
        for label, found in path.missed.items()
    ]
    return [
        *missed,
        IntervalRow(name="referred", found=path.referral),
        IntervalRow(name="decided (routine)", found=path.decided),
        IntervalRow(name="wrong among the decided", found=path.wrong),
    ]
