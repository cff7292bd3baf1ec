"""Figures of an evaluation: confusion, measures by class, subgroups, folds.

Titles are computed from the figures; every share stands with its interval, and what too few
patients carry says so in its place.
"""

from typing import Literal

import numpy as np
import plotly.graph_objects as go

from cnn_core.charts.confusion import confusion_figure, confusion_title
from cnn_core.charts.film_intervals import IntervalRow, interval_figure
from cnn_core.charts.film_words import figure as said
from cnn_core.charts.film_words import folds_of, labelled, measured
from cnn_core.results.films import MISSING
from cnn_core.results.xray_evaluation import ClassResult, Evaluation, Measured, SubgroupRow

Measure = Literal["auroc", "sensitivity", "specificity"]
MEASURES: dict[Measure, str] = {
    "auroc": "macro AUROC",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
}
"""What a subgroup is judged by."""

_BY_CLASS = (
    ("sensitivity", "sensitivity"),
    ("specificity", "specificity"),
    ("precision", "precision (PPV)"),
    ("npv", "NPV"),
    ("f1", "F1"),
)
_VERB = "taken for"


def class_names(evaluation: Evaluation) -> list[str]:
    """Return the classes as a matrix has room for them."""
    return [labelled(row.label).removesuffix("-labelled films") for row in evaluation.classes]


def film_confusion_figure(evaluation: Evaluation) -> go.Figure:
    """Draw the confusion matrix; a click is read by `charts.confusion.clicked_cell`."""
    return confusion_figure(
        np.asarray(evaluation.confusion, dtype=np.int64),
        class_names(evaluation),
        thing="label",
        verb=_VERB,
    )


def film_confusion_alt(evaluation: Evaluation) -> str:
    """Say the confusion matrix in a sentence."""
    matrix = np.asarray(evaluation.confusion, dtype=np.int64)
    title = confusion_title(matrix, class_names(evaluation), verb=_VERB)
    return f"Confusion matrix of the {evaluation.what}. {title}."


def measures_title(evaluation: Evaluation) -> str:
    """Return macro F1 and accuracy, with their intervals."""
    return (
        f"Macro F1 {measured(evaluation.macro_f1)}, accuracy {measured(evaluation.accuracy)}, "
        f"{evaluation.what}"
    )


def measures_figure(evaluation: Evaluation) -> go.Figure:
    """Draw sensitivity, specificity, precision, NPV and F1 of every class with their intervals.

    Precision and NPV hold at the shares of these films, not in a clinic: the names say so.
    """
    rows = [
        IntervalRow(name=name, found=getattr(row, which), series=labelled(row.label))
        for which, name in _BY_CLASS
        for row in evaluation.classes
    ]
    title = measures_title(evaluation)
    return interval_figure(rows, title, "precision and NPV at these films' shares")


def class_measures(row: ClassResult) -> dict[str, Measured]:
    """Return the measures of a class by the names that a table gives them."""
    found = {name: getattr(row, which) for which, name in _BY_CLASS}
    return {"AUROC": row.auroc, "average precision": row.average_precision, **found}


def level_name(row: SubgroupRow) -> str:
    """Return the name of a subgroup; a missing value is a level of its own."""
    return f"{row.column}: {'missing' if row.level == MISSING else row.level}"


def subgroup_title(evaluation: Evaluation, which: Measure = "auroc") -> str:
    """Return the lowest and highest subgroup, and how many have too few patients."""
    known = [
        (getattr(row, which).value, row)
        for row in evaluation.subgroups
        if getattr(row, which).value is not None
    ]
    unknown = len(evaluation.subgroups) - len(known)
    few = f"; {unknown} of {len(evaluation.subgroups)} not estimable" if unknown else ""
    if not known:
        return f"No subgroup has enough patients for its {MEASURES[which]}{few}"
    (low, least), (high, most) = min(known, key=_value), max(known, key=_value)
    if least is most:
        return f"{level_name(least)}: {MEASURES[which]} {said(low)}{few}"
    return (
        f"{MEASURES[which]} from {said(low)} ({level_name(least)}) to {said(high)} "
        f"({level_name(most)}){few}"
    )


def _value(pair: tuple[float, SubgroupRow]) -> float:
    return pair[0]


def subgroup_figure(evaluation: Evaluation, which: Measure = "auroc") -> go.Figure:
    """Draw a measure of every subgroup with its interval, beside that of all films together."""
    rows = [
        IntervalRow(name=level_name(row), found=getattr(row, which)) for row in evaluation.subgroups
    ]
    whole = evaluation.macro_auroc.value if which == "auroc" else None
    return interval_figure(
        rows,
        subgroup_title(evaluation, which),
        MEASURES[which],
        reference=whole,
        reference_name="" if whole is None else f"all films together, {said(whole)}",
        lowest=0.4 if which == "auroc" else 0.0,
    )


def fold_title(evaluation: Evaluation) -> str:
    """Return the mean of the folds and how far they lie apart."""
    mean = f"Macro AUROC {measured(evaluation.macro_auroc)}"
    if not evaluation.folds:
        return f"{mean}, without folds"
    return f"{mean}: the mean of {len(evaluation.folds)} {folds_of(evaluation.folds)}"


def fold_figure(evaluation: Evaluation) -> go.Figure:
    """Draw the macro AUROC of each fold, and their mean with its interval; never a pooled score."""
    mean = evaluation.macro_auroc
    rows = [
        IntervalRow(
            name=f"fold {number}",
            found=Measured(
                value=value,
                interval=None,
                films=mean.films,
                patients=mean.patients,
                method=f"one model of {len(evaluation.folds)}, which share these films",
                note="one fold has no interval",
            ),
            series="one fold",
        )
        for number, value in enumerate(evaluation.folds, start=1)
    ]
    rows.append(IntervalRow(name="mean", found=mean, series="mean, with its 95 % interval"))
    return interval_figure(rows, fold_title(evaluation), "macro AUROC", lowest=0.45)
