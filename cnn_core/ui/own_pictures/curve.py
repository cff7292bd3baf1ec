"""The section "Learning curve": what more pictures would bring, and what simpler ways reach."""

import streamlit as st

from cnn_core.charts.judgement_curves import learning_curve_figure
from cnn_core.charts.wording import percent
from cnn_core.results.judgement import Interval, Judgement
from cnn_core.results.runs import RunRecord
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.own_pictures.again import offer_scratch, scratch_run
from cnn_core.ui.own_pictures.kept import kept_judgement
from cnn_core.ui.own_pictures.state import Chosen


def curve_view(
    lab: Laboratory, chosen: Chosen | None, record: RunRecord, judgement: Judgement
) -> None:
    """Draw the learning curve, the baselines, and the way to the baseline "from scratch"."""
    score = next((score for score in judgement.scores if score.part == "valid"), None)
    left, right = st.columns([1.7, 1], gap="medium")
    with left:
        if judgement.curve:
            st.plotly_chart(
                learning_curve_figure(judgement.curve, baselines=judgement.baselines, score=score),
                key=f"curve-{record.id}",
                alt="Validation accuracy against training pictures a class: "
                + ", ".join(
                    f"{100 * point.mean:.1f} % with {point.images_a_class}"
                    for point in judgement.curve
                )
                + ".",
                config={"displayModeBar": False},
            )
        st.caption(plain_markdown(judgement.curve_sentence))
    with right:
        baselines_table(lab, record, judgement)
        if chosen is not None and record.config.mode != "scratch":
            if scratch_run(lab, record) is None:
                offer_scratch(lab, record)
            else:
                st.caption("From scratch: the same network and pictures, from random weights.")


def baselines_table(lab: Laboratory, record: RunRecord, judgement: Judgement) -> None:
    """Draw the run beside what is simpler, by validation accuracy, the best first."""
    rows: dict[str, tuple[float, Interval]] = {
        each.title: (each.accuracy, each.interval) for each in judgement.baselines
    }
    known = {each.id for each in judgement.baselines}
    scratch = scratch_run(lab, record)
    if scratch is not None and "from-scratch" not in known:
        rows |= _validation("The same network from scratch", kept_judgement(lab, scratch))
    rows |= _validation("This network", judgement)
    st.table(
        {
            plain_markdown(title): f"{percent(share)} ({100 * low:.0f} to {100 * high:.0f})"
            for title, (share, (low, high)) in sorted(rows.items(), key=lambda row: -row[1][0])
        }
    )
    st.caption("Accuracy on the validation pictures, with its 95 % interval.")


def _validation(title: str, judgement: Judgement | None) -> dict[str, tuple[float, Interval]]:
    """Return the judgement's validation score as a row of the table, {} where there is none."""
    for score in judgement.scores if judgement is not None else ():
        if score.part == "valid":
            return {title: (score.accuracy, score.interval)}
    return {}
