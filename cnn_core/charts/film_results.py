"""Figures of an evaluation: confusion, measures by class, subgroups, folds.

Titles are computed from the figures; every share stands with its interval, and what too few
patients carry says so in its place.
"""

import numpy as np
import plotly.graph_objects as go

from cnn_core.charts.confusion import confusion_figure, confusion_title
from cnn_core.charts.film_intervals import interval_figure
from cnn_core.charts.film_rows import (
    MEASURES,
    Measure,
    class_names,
    fold_rows,
    measure_rows,
    subgroup_rows,
)
from cnn_core.charts.film_titles import fold_title, measures_title, subgroup_title
from cnn_core.results.xray_evaluation import Evaluation

_VERB = "taken for"


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


def measures_figure(evaluation: Evaluation) -> go.Figure:
    """Draw sensitivity, specificity, precision, NPV and F1 of every class with their intervals.

    Precision and NPV hold at the shares of these films, not in a clinic: the axis says so.
    """
    axis = "precision and NPV at these films' shares"
    return interval_figure(measure_rows(evaluation), measures_title(evaluation), axis)


def subgroup_figure(evaluation: Evaluation, which: Measure = "auroc") -> go.Figure:
    """Draw a measure of every subgroup with its interval; 0.5 of an area is chance."""
    return interval_figure(
        subgroup_rows(evaluation, which),
        subgroup_title(evaluation, which),
        MEASURES[which],
        reference=0.5 if which == "auroc" else None,
        reference_name="chance",
        lowest=0.4 if which == "auroc" else 0.0,
    )


def fold_figure(evaluation: Evaluation) -> go.Figure:
    """Draw the macro AUROC of each fold, and their mean with its interval; never a pooled score."""
    title = fold_title(evaluation)
    return interval_figure(fold_rows(evaluation), title, "macro AUROC", lowest=0.45)
