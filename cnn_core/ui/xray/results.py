"""The tab "Results": how good the model is, with the interval of every figure and what is red."""

import importlib

import streamlit as st

from cnn_core.charts.film_words import measured
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_evaluation import Evaluation
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.linked import linked_choice, linked_view
from cnn_core.ui.owner import owner_id
from cnn_core.ui.wording import when
from cnn_core.ui.xray.demonstrated import render_demonstration
from cnn_core.ui.xray.folds import study_runs
from cnn_core.ui.xray.judged import Judged, judged_study
from cnn_core.ui.xray.state import Chosen, show_tab
from cnn_core.ui.xray.verdict import MOST_REASONS, beside_every_score
from cnn_core.ui.xray.work import say_what_failed, start_work, work_failed, work_under_way

VIEW, ON = "xr-result", "xr-on"
VIEWS = {
    "scores": "Scores",
    "curves": "ROC and PR",
    "confusion": "Confusion",
    "calibration": "Calibration",
    "prevalence": "Prevalence",
    "decision": "Decision",
    "subgroups": "Subgroups",
    "failures": "Mistakes",
}
_MODULES = {
    "scores": ("result_figures", "scores_view"),
    "curves": ("result_figures", "curves_view"),
    "confusion": ("result_films", "confusion_view"),
    "calibration": ("result_figures", "calibration_view"),
    "prevalence": ("prevalence", "prevalence_view"),
    "decision": ("result_figures", "decision_view"),
    "subgroups": ("result_figures", "subgroups_view"),
    "failures": ("result_films", "failures_view"),
}
_TRIED = "xray-judged-by-itself"
_HEADLINE_PIXELS = 200  # two stand side by side at 1280


def render_results(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab."""
    say_what_failed()
    if record is None or chosen is None:
        st.markdown("Train a study of your own: this shows how good it is.")
        st.button(
            "Go to Train", icon=":material/model_training:", on_click=show_tab, args=("Train",)
        )
        render_demonstration()
        return
    judged = judged_study(lab, record.group)
    if judged is None:
        _not_judged(lab, record)
        return
    _headline(lab, record, judged)
    with st.container(horizontal=True):
        view = linked_view(VIEW, VIEWS, "scores")
        evaluation = _chosen_evaluation(judged)
    if evaluation is None:
        st.markdown("Neither folds nor an opened locked test: there is no score yet.")
        return
    module, function = _MODULES[view]
    draw = getattr(importlib.import_module(f"cnn_core.ui.xray.{module}"), function)
    draw(chosen, judged, evaluation)
    st.caption(plain_markdown(evaluation.covers))


def _not_judged(lab: Laboratory, record: RunRecord) -> None:
    """Say what is missing; where all runs are done, judge the study at once."""
    runs = study_runs(lab, record)
    finished = [run for run in runs if run.status == "finished"]
    active = any(run.active for run in runs)
    if active or not finished:
        st.markdown(
            f"{len(finished)} of {len(runs)} runs have finished; the results follow then."
            if active
            else f"None of the study's {len(runs)} runs has finished: resume them under Train."
        )
        st.button(
            "See how far they are" if active else "Go to Train",
            icon=":material/model_training:",
            on_click=show_tab,
            args=("Train",),
        )
        return
    if record.owner == owner_id() and not work_failed() and work_under_way() is None:
        tried = st.session_state.setdefault(_TRIED, set())
        these = frozenset(run.id for run in finished)
        if these not in tried:  # whoever stops it is asked before it begins again
            tried.add(these)
            _evaluate(lab, record, open_locked=False)
            st.rerun()
    if work_under_way() is None:
        st.button(
            "Evaluate the study",
            type="primary",
            icon=":material/query_stats:",
            on_click=_evaluate,
            args=(lab, record),
            kwargs={"open_locked": False},
            key="evaluate-study",
        )
    else:
        st.markdown("The study is being judged.")


def _evaluate(lab: Laboratory, record: RunRecord, *, open_locked: bool) -> None:
    title = "Opening the locked test" if open_locked else "Judging the study"
    work = {"kind": "evaluate", "group": record.group, "open_locked": open_locked}
    start_work(lab, title, work)


def _headline(lab: Laboratory, record: RunRecord, judged: Judged) -> None:
    """Draw the score of every evaluation with what makes it unreal beside it."""
    left, right = st.columns([1, 1], gap="medium")
    with left, st.container(horizontal=True, gap="small"):
        for what, evaluation in judged.evaluations.items():
            st.metric(
                f"AUROC, {what}",
                measured(evaluation.macro_auroc).split(" (")[0],
                delta=_interval(evaluation),
                delta_color="off",
                delta_arrow="off",
                width=_HEADLINE_PIXELS,
                help=plain_markdown(
                    f"{evaluation.films:,} films of {evaluation.patients:,} patients. "
                    f"{evaluation.macro_auroc.method}. {evaluation.covers}"
                ),
            )
        _locked_test(lab, record, judged)
    with right:
        beside_every_score(judged.result)


def _interval(evaluation: Evaluation) -> str | None:
    interval = evaluation.macro_auroc.interval
    return None if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f} (95 %)"


def _locked_test(lab: Laboratory, record: RunRecord, judged: Judged) -> None:
    """Draw the way to the locked test, and how often it was opened."""
    openings = judged.result.openings
    times = "once" if len(openings) == 1 else f"{len(openings)} times"
    label = f"Locked test: opened {times}" if openings else "Locked test: never opened"
    with st.popover(label, icon=":material/lock_open:" if openings else ":material/lock:"):
        st.markdown(
            "A fifth of the patients was locked away before anything was trained. They are scored "
            "with everything frozen. Each opening is counted, and stands in the report: a test "
            "that was looked at before a choice was made is no test any more."
        )
        for opening in openings[-MOST_REASONS:]:
            st.caption(f"{when(opening.at)}, weights {opening.weights[:12]}")
        if not judged.result.run:
            st.caption("It is for the served model, which this study does not have.")
        elif record.owner != owner_id():
            st.caption("Whoever trained the study can open it.")
        else:
            again = " again" if openings else ""
            st.button(
                f"Open the locked test{again}",
                type="primary",
                icon=":material/lock_open:",
                key="open-locked",
                on_click=_evaluate,
                args=(lab, record),
                kwargs={"open_locked": True},
                disabled=work_under_way() is not None,
            )


def _chosen_evaluation(judged: Judged) -> Evaluation | None:
    found = judged.evaluations
    if len(found) < 2:
        return next(iter(found.values()), None)
    linked_choice(ON, found, "cross-validation")
    on = st.segmented_control(
        "On",
        list(found),
        required=True,
        key=ON,
        format_func=str.capitalize,
        persist_state="session",
        label_visibility="collapsed",
    )
    return found[on or "cross-validation"]
