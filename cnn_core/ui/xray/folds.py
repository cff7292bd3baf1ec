"""A study's runs in front of the person: which folds are done, their curves, how long yet, live.

All of them together, or (`?show=` with a fold) one as if it had been trained alone.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import Literal

import streamlit as st

from cnn_core.charts.echarts import Option
from cnn_core.charts.film_folds import best_auroc, folds_alt, folds_chart
from cnn_core.charts.film_words import figure
from cnn_core.charts.live import CHART_HEIGHT
from cnn_core.charts.wording import seconds
from cnn_core.models.registry import model_row
from cnn_core.results.groups import group_status
from cnn_core.results.history import History
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.groups import runs_of, stop_group
from cnn_core.training.recipes import find_recipe, network_of
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.live import (
    METRIC_PIXELS,
    TICK_SECONDS,
    live_panel,
    run_buttons,
    where_it_stands,
)
from cnn_core.ui.training.standing import where_they_stand
from cnn_core.ui.training.start import open_run
from cnn_core.ui.wording import badge, status_badge
from cnn_core.ui.xray.state import show_tab

_ALL, _SHOW = "all", "show"


def study_runs(lab: Laboratory, record: RunRecord) -> list[RunRecord]:
    """Return the runs of a study: folds in their order, the served model last."""
    runs = runs_of(lab.store, record.group) or [record]
    return sorted(runs, key=lambda run: (run.config.fold or 99, run.created))


def fold_name(run: RunRecord) -> str:
    """Return what a run is in its study: "fold 2" or "served"."""
    return f"fold {run.config.fold}" if run.config.fold else "served"


def study_panel(lab: Laboratory, record: RunRecord) -> None:
    """Draw the study of a run: name, status, buttons, progress, figures and curves."""
    runs = study_runs(lab, record)
    if len(runs) == 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain_markdown(record.name)}** {badge(record)}", width="stretch")
            run_buttons(lab, record)
        live_panel(lab, record, "Learning")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        name = st.container(width="stretch")
        alone = _chosen(runs)
        if alone is None:
            status = group_status([run.status for run in runs])
            network = model_row(network_of(find_recipe(runs[0].recipe), runs[0].config)).title
            name.markdown(
                f"**{plain_markdown(network)}, {len(runs) - 1} folds and the served model** "
                f"{status_badge(status)}"
            )
            _buttons(lab, runs)
        else:
            name.markdown(f"**{plain_markdown(alone.name)}** {badge(alone)}")
            run_buttons(lab, alone)
    if alone is None:
        _together(lab, runs)
    else:
        live_panel(lab, alone, "Learning")


def _chosen(runs: Sequence[RunRecord]) -> RunRecord | None:
    by_fold = {str(run.config.fold): run for run in runs}
    key = f"xray-show-{runs[0].group}"
    if st.session_state.get(key) not in (_ALL, *by_fold):
        given = st.query_params.get(_SHOW)
        st.session_state[key] = given if given in by_fold else _ALL
    chosen = st.selectbox(
        "Run",
        [_ALL, *by_fold],
        format_func=lambda fold: "All runs" if fold == _ALL else fold_name(by_fold[fold]),
        label_visibility="collapsed",
        key=key,
        persist_state="session",
        width=150,
        help="All runs of the study together, or one as if it had been trained alone.",
    )
    if chosen in by_fold:
        st.query_params[_SHOW] = chosen
        return by_fold[chosen]
    st.query_params.pop(_SHOW, None)
    return None


def _buttons(lab: Laboratory, runs: Sequence[RunRecord]) -> None:
    """Draw Stop for all runs, Resume for those that ended early, or the way to the results."""
    active = [run for run in runs if run.active]
    resumable = [run for run in runs if run.resumable]
    own = runs[0].owner == owner_id()
    if active and own:
        stopping = all(run.stop_requested for run in active)
        if st.button(
            "Stopping …" if stopping else "Stop the study",
            icon=":material/stop:",
            disabled=stopping,
            key="stop-study",
            help="Stops the run that trains, with a checkpoint, and takes the waiting ones out of "
            "the queue.",
        ):
            stop_group(lab.store, runs[0].group)
            st.rerun()
    elif (
        resumable
        and own
        and st.button(
            f"Resume {len(resumable)} runs" if len(resumable) > 1 else "Resume one run",
            icon=":material/resume:",
            key="resume-study",
        )
    ):
        for run in resumable:
            lab.store.requeue(run.id)
        open_run(lab, runs[0].id)
    if all(run.status == "finished" for run in runs):
        st.button(
            "See the results",
            type="primary",
            icon=":material/query_stats:",
            on_click=show_tab,
            args=("Results",),
        )


def _together(lab: Laboratory, runs: Sequence[RunRecord]) -> None:
    """Draw all runs, by itself every `TICK_SECONDS` while one is under way."""
    group, before = runs[0].group, [run.status for run in runs]
    active = any(run.active for run in runs)

    @st.fragment(run_every=TICK_SECONDS if active else None)
    @guarded
    def panel() -> None:
        now = study_runs(lab, lab.store.get(runs[0].id))
        histories = [lab.history(run.id, now=not active) for run in now]
        if [run.status for run in now] != before:
            st.rerun()
        where_they_stand(lab, now, histories, name=fold_name, said=_score)
        for run, history in zip(now, histories, strict=True):
            if run.status == "running" and history.preparing is not None:
                where_it_stands(lab, run, history)
        _figures(now, histories)
        _curves(group, now, histories)

    panel()


def _score(run: RunRecord, history: History) -> str:
    """Return what there is to say of a run that is done, "" of others."""
    best = best_auroc(history)
    return f"done, {figure(best)}" if run.status == "finished" and best is not None else ""


def _figures(runs: Sequence[RunRecord], histories: Sequence[History]) -> None:
    best = [found for each in histories if (found := best_auroc(each)) is not None]
    with st.container(horizontal=True, gap="small"):
        st.metric(
            "Best validation AUROC, mean",
            figure(fmean(best)) if best else "not yet",
            width=250,
            help="Macro-averaged AUROC of validation patients, by which the best epoch is chosen: "
            "it flatters. What counts is under Results, on patients that no choice has seen.",
        )
        trained = [history.train_seconds for history in histories if history.step]
        st.metric("Training time, all", seconds(sum(trained)), width=METRIC_PIXELS)
        st.metric(
            "Films to train on",
            f"{fmean(run.dataset.train_size for run in runs):,.0f}",
            width=METRIC_PIXELS,
            help="Mean over the runs.",
        )


def _curves(group: str, runs: Sequence[RunRecord], histories: Sequence[History]) -> None:
    """Draw AUROC and loss of the validation films by epoch, a line a run."""
    pairs = [(fold_name(run), history) for run, history in zip(runs, histories, strict=True)]
    values: tuple[Literal["valid_auroc", "valid_loss"], ...] = ("valid_auroc", "valid_loss")
    for column, value in zip(st.columns(2), values, strict=True):
        drawn: Option = folds_chart(pairs, value)
        with column:
            st.echarts_chart(
                drawn, key=f"{value}-{group}", height=CHART_HEIGHT, alt=folds_alt(pairs, value)
            )
