"""The sections "Classes" and "Calibration" of a result: a chart, and the figures as a table."""

import pandas as pd
import streamlit as st

from cnn_core.charts.judgement import calibration_figure, class_figure
from cnn_core.charts.wording import percent
from cnn_core.results.judgement import ClassScore, PartScore
from cnn_core.results.runs import RunRecord

_BARE = {"displayModeBar": False}
_PERCENT = st.column_config.NumberColumn(format="%.1f %%")


def classes_view(record: RunRecord, score: PartScore) -> None:
    """Draw precision, recall and F1 of each class."""
    figure = class_figure(score)
    st.plotly_chart(
        figure,
        key=f"classes-{record.id}-{score.part}",
        alt=f"Recall and precision of {len(score.classes)} classes with 95 % intervals.",
        config=_BARE,
    )
    st.dataframe(
        class_table(score),
        hide_index=True,
        column_config=dict.fromkeys(("precision", "recall", "F1"), _PERCENT),
        alt=f"Precision, recall and F1 of {len(score.classes)} classes.",
    )


def class_table(score: PartScore) -> pd.DataFrame:
    """Return one row a class, the lowest recall first; shares in percent, None for 0 of 0."""
    rows = sorted(score.classes, key=lambda each: (each.recall is None, each.recall))
    return pd.DataFrame([_row(each) for each in rows])


def _row(each: ClassScore) -> dict[str, object]:
    low, high = each.recall_interval or (None, None)
    return {
        "class": each.label,
        "pictures": each.support,
        "predicted": each.predicted,
        "precision": None if each.precision is None else 100 * each.precision,
        "recall": None if each.recall is None else 100 * each.recall,
        "recall, 95 %": ""
        if low is None or high is None
        else f"{100 * low:.0f} to {100 * high:.0f}",
        "F1": None if each.f1 is None else 100 * each.f1,
    }


def calibration_view(record: RunRecord, score: PartScore) -> None:
    """Draw how often the network is right against how sure it is."""
    left, right = st.columns([1.6, 1], gap="medium")
    with left:
        st.plotly_chart(
            calibration_figure(score),
            key=f"calibration-{record.id}-{score.part}",
            alt="How often the network is right against how sure it is, in "
            f"{len(score.calibration)} bins.",
            config=_BARE,
        )
    with right:
        st.metric(
            "Expected calibration error",
            percent(score.calibration_error),
            help="How far confidence and accuracy lie apart, mean over the pictures (Guo et al. "
            "2017).",
        )
        st.table(
            {
                f"{percent(each.confidence)} sure": f"{percent(each.accuracy)} right of "
                f"{each.count:,}"
                for each in score.calibration
            }
        )
