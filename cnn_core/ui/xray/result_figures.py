"""The figures of the tab "Results" that need no clicks: scores, curves, calibration, decisions."""

from typing import Any

import streamlit as st

from cnn_core.charts.film_calibration import reliability_alt, reliability_figure
from cnn_core.charts.film_decisions import conformal_figure, gate_figure, path_figure
from cnn_core.charts.film_flow import split_title
from cnn_core.charts.film_results import fold_figure, measures_figure, subgroup_figure
from cnn_core.charts.film_rows import MEASURES, class_measures
from cnn_core.charts.film_splits import split_figure
from cnn_core.charts.film_titles import (
    conformal_title,
    ece_sentence,
    fold_title,
    gate_title,
    measures_title,
    path_title,
    precision_recall_title,
    subgroup_title,
)
from cnn_core.charts.film_words import labelled, measured
from cnn_core.charts.roc import precision_recall_figure, roc_alt, roc_figure
from cnn_core.results.xray_evaluation import Evaluation
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.xray.judged import Judged
from cnn_core.ui.xray.state import Chosen

_PLAIN = {"displayModeBar": False}


def draw(figure: Any, key: str, alt: str) -> None:  # noqa: ANN401 - a plotly figure
    """Draw a figure that is only looked at."""
    st.plotly_chart(figure, key=f"xr-{key}", alt=alt, config=_PLAIN)


def scores_view(chosen: Chosen | None, judged: Judged, evaluation: Evaluation) -> None:
    """Draw sensitivity, specificity, PPV, NPV and F1 by class, the folds, and who is in what."""
    del chosen
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        draw(measures_figure(evaluation), "measures", measures_title(evaluation))
    with right:
        if evaluation.folds:
            draw(fold_figure(evaluation), "folds", fold_title(evaluation))
        draw(split_figure(judged.result), "split", split_title(judged.result))
    with st.expander("All figures as a table"):
        names = list(class_measures(evaluation.classes[0]))
        table: dict[str, Any] = {
            "Class": [labelled(row.label) for row in evaluation.classes],
            "Films": [row.films for row in evaluation.classes],
            "Patients": [row.patients for row in evaluation.classes],
        }
        for name in names:
            table[name] = [measured(class_measures(row)[name]) for row in evaluation.classes]
        st.dataframe(table, hide_index=True, key="xr-measures-table")


def curves_view(chosen: Chosen | None, judged: Judged, evaluation: Evaluation) -> None:
    """Draw ROC and precision-recall curves, a line a class."""
    del chosen, judged
    left, right = st.columns(2, gap="medium")
    with left:
        draw(roc_figure(evaluation), "roc", roc_alt(evaluation))
    with right:
        draw(precision_recall_figure(evaluation), "pr", precision_recall_title(evaluation))


def calibration_view(chosen: Chosen | None, judged: Judged, evaluation: Evaluation) -> None:
    """Draw a reliability curve for each class, and the calibration error beside a perfect one's."""
    del chosen
    st.markdown(plain_markdown(ece_sentence(evaluation.calibration, evaluation.films)))
    prior = ", ".join(
        f"{labelled(label)} {share:.2f}"
        for label, share in zip(judged.result.classes, judged.result.prior, strict=True)
    )
    st.caption(
        plain_markdown(
            f"Probabilities belong to these shares of the classes: {prior}. Logits are divided by "
            f"a temperature of {judged.result.temperature:.2f}."
        )
    )
    columns = st.columns(len(evaluation.calibration.classes), gap="small")
    for place, (row, column) in enumerate(
        zip(evaluation.calibration.classes, columns, strict=True)
    ):
        with column:
            draw(
                reliability_figure(evaluation.calibration, row.label, color_index=place),
                f"reliability-{place}",
                reliability_alt(evaluation.calibration, row.label, evaluation.films),
            )
            st.caption(f"Slope {measured(row.slope)}; intercept {measured(row.intercept)}")


def decision_view(chosen: Chosen | None, judged: Judged, evaluation: Evaluation) -> None:
    """Draw the operating point, the conformal sets, the whole path, and the gate by kind."""
    del chosen, evaluation
    result = judged.result
    point = result.operating_point
    st.markdown(f"**Operating point.** {plain_markdown(point.sentence)}")
    if point.threshold is not None:
        for disease in point.diseases:
            st.caption(plain_markdown(disease.sentence))
    if result.path is not None:
        st.markdown(f"**The whole path.** {plain_markdown(result.path.sentence)}")
        draw(path_figure(result.path), "path", path_title(result.path))
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**Prediction sets.** {plain_markdown(result.conformal.sentence)}")
        draw(
            conformal_figure(result.conformal, result.classes),
            "conformal",
            conformal_title(result.conformal),
        )
    with right:
        st.markdown("**Gate.** What it refuses before any probability is given, by kind.")
        if result.gate:
            draw(gate_figure(result.gate), "gate", gate_title(result.gate))
        else:
            st.caption("There is no served model, and so no gate.")


def subgroups_view(chosen: Chosen | None, judged: Judged, evaluation: Evaluation) -> None:
    """Draw a measure of every subgroup beside that of all films."""
    del chosen, judged
    if not evaluation.subgroups:
        st.markdown("The table of these films has no source, view, age or sex to look at.")
        return
    which = st.segmented_control(
        "Measure",
        list(MEASURES),
        default="auroc",
        required=True,
        format_func=MEASURES.__getitem__,
        key="xr-subgroup-measure",
        label_visibility="collapsed",
    )
    measure = which or "auroc"
    draw(subgroup_figure(evaluation, measure), "subgroups", subgroup_title(evaluation, measure))
    st.caption("Not estimable below 20 patients.")
