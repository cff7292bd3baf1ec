"""The page put together: mine first, everyone's behind; one run is shown, several compared."""

import time
from collections.abc import Sequence
from typing import get_args

import streamlit as st

from cnn_core.charts.compare import bands_words, compare_alt, compare_chart
from cnn_core.charts.curves import By, Compared, Metric
from cnn_core.charts.wording import percent
from cnn_core.results.groups import group_score, group_status
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.groups import stop_group
from cnn_core.runtime.store import UNDO_SECONDS
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.catalog import find_page, page_of_recipe
from cnn_core.ui.experiments.past import this_run
from cnn_core.ui.lab import Laboratory, laboratory
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.owner import owner_id
from cnn_core.ui.runs.listing import (
    EVERYONE,
    MINE,
    Row,
    filtered,
    filters,
    of_study,
    row_id,
    rows_of,
    study_words,
    table,
    title_of,
)
from cnn_core.ui.training.about import about_view
from cnn_core.ui.training.group import open_seeds
from cnn_core.ui.training.to_curves import read_curves_button
from cnn_core.ui.wording import badge, status_badge

METRIC_WORDS: dict[Metric, str] = {
    "valid_accuracy": "validation accuracy",
    "train_loss": "training loss",
    "valid_loss": "validation loss",
    "images_per_second": "images/s",
}
_COMPARED = 12
_REFRESH_SECONDS = 2.0


def render_runs() -> None:
    """Draw the page."""
    st.title("Runs", anchor=False)
    lab = laboratory()
    runs = lab.store.list()
    if not runs:
        _empty()
        return
    me = owner_id()
    mine = [run for run in runs if run.owner == me]
    linked_choice("whose", (MINE, EVERYONE), MINE if mine else EVERYONE)
    whose = st.segmented_control(
        "Whose",
        [MINE, EVERYONE],
        required=True,
        key="whose",
        format_func=lambda name: f"{name} ({len(mine if name == MINE else runs)})",
        persist_state="session",
    )
    text, statuses = filters()
    theirs = mine if whose == MINE else runs
    shown = filtered(theirs, text=text, statuses=statuses, recipe=None)
    _undo(lab)
    if not shown:
        st.markdown("No run fits: clear the filters, or look at everyone's.")
        return
    chosen = table(rows_of(shown, theirs), f"runs-{whose}")
    _refresh_while_active(lab, runs)
    if not chosen:
        st.caption("Choose one row to see a run or a group of seeds, several to compare them.")
    else:
        _chosen(lab, chosen)


def _chosen(lab: Laboratory, chosen: Sequence[Row]) -> None:
    """Draw one run, one group opened to its seeds, or the comparison of several."""
    if len(chosen) > 1:
        _compare(lab, chosen)
    elif len(chosen[0]) == 1:
        _one(lab, chosen[0][0])
    else:
        _group(lab, chosen[0])


def _group(lab: Laboratory, runs: Row) -> None:
    first = runs[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        status = status_badge(group_status([run.status for run in runs]))
        st.markdown(f"**{plain_markdown(title_of(runs))}** {status}", width="stretch")
        if st.button("Open", type="primary", icon=":material/open_in_new:", key="open-group"):
            open_seeds(first, alone=False)
        if any(run.steps_done for run in runs):
            read_curves_button(first.group)
        if first.owner == owner_id():
            _group_actions(lab, runs)
    if of_study(runs):
        _study_note(runs)
    else:
        st.markdown(_score_words(runs))
    seeds = table([(run,) for run in runs], f"seeds-{first.group}")
    if seeds:
        _chosen(lab, seeds)
    else:
        _compare(lab, [runs])


def _study_note(runs: Row) -> None:
    """Say what these runs are, and where their scores stand with all that belongs beside them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Of a study: {study_words(runs)}. {STATEMENT}", width="stretch")
        if st.button("See its results", icon=":material/query_stats:", key="study-results"):
            query = {"run": runs[0].id, "xr-step": "Results"}
            st.switch_page(page_of_recipe(runs[0].recipe).path, query_params=query)


def _score_words(runs: Row) -> str:
    """Return the group's test score in a sentence."""
    score = group_score([run.test_accuracy for run in runs if run.test_accuracy is not None])
    if score is None:
        return "No seed has been tested yet."
    if score.interval is None or score.deviation is None:
        return f"{percent(score.mean)} of the test set, of the one seed that has been tested."
    low, high = score.interval
    return (
        f"**{percent(score.mean)}** of the test set, mean of {score.n} seeds; 95 % interval over "
        f"the seeds {percent(low)} to {percent(high)} (Student), standard deviation "
        f"{100 * score.deviation:.2f} %."
    )


def _group_actions(lab: Laboratory, runs: Row) -> None:
    what = "runs" if of_study(runs) else "seeds"
    active = [run for run in runs if run.active]
    if active:
        stopping = all(run.stop_requested for run in active)
        if st.button(f"Stop all {what}", icon=":material/stop:", disabled=stopping):
            stop_group(lab.store, runs[0].group)
            st.rerun()
    elif st.button(f"Delete all {what}", icon=":material/delete:", key=f"delete-{runs[0].group}"):
        for run in runs:
            lab.store.delete(run.id)
        _deleted([run.id for run in runs], title_of(runs))


def _deleted(ids: list[str], name: str) -> None:
    st.session_state["runs-deleted"] = (ids, name, time.time())
    st.rerun()


def _empty() -> None:
    st.markdown("Nothing has been trained on this machine yet.")
    if st.button("Train LeNet-5", type="primary", icon=":material/play_arrow:"):
        st.switch_page(find_page("lenet5").path)


def _refresh_while_active(lab: Laboratory, runs: Sequence[RunRecord]) -> None:
    """Draw the page again when a run that is under way has moved on."""
    before = {run.id: (run.status, run.epochs_done) for run in runs if run.active}
    if not before:
        return

    @st.fragment(run_every=_REFRESH_SECONDS)
    @guarded
    def watch() -> None:
        now = {run_id: lab.store.get(run_id) for run_id in before}
        if any((run.status, run.epochs_done) != before[run.id] for run in now.values()):
            st.rerun()

    watch()


def _one(lab: Laboratory, run: RunRecord) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain_markdown(run.name)}** {badge(run)}", width="stretch")
        if st.button("Open", type="primary", icon=":material/open_in_new:", key="open-run"):
            open_seeds(run, alone=True)
        if run.steps_done and not run.experiment:
            read_curves_button(run.id)
        if run.owner == owner_id():
            _owner_actions(lab, run)
    if run.experiment:
        this_run(lab, run)
        return
    if of_study((run,)):
        _study_note((run,))
    about_view(lab, run)


def _owner_actions(lab: Laboratory, run: RunRecord) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        name = st.text_input("Name", run.name, max_chars=80, key=f"name-{run.id}")
        if st.button("Save the name", key=f"save-{run.id}"):
            lab.store.rename(run.id, name)
            st.rerun()
    if run.active:
        label = "Stop, keep the trials" if run.experiment else "Stop, keep the best"
        if st.button(label, icon=":material/stop:", disabled=run.stop_requested):
            lab.store.request_stop(run.id)
            st.rerun()
    elif st.button("Delete", icon=":material/delete:", key=f"delete-{run.id}"):
        lab.store.delete(run.id)
        _deleted([run.id], run.name)


def _undo(lab: Laboratory) -> None:
    """Offer to bring the last deleted run or group back, for ten minutes."""
    ids, name, deleted = st.session_state.get("runs-deleted", ([], "", 0.0))
    if not ids or time.time() - deleted > UNDO_SECONDS:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/delete: {plain_markdown(name)} was deleted.")
        if st.button("Bring it back", icon=":material/undo:", key="undo-delete"):
            for run_id in ids:
                lab.store.undelete(run_id)
            del st.session_state["runs-deleted"]
            st.rerun()


def _compare(lab: Laboratory, chosen: Sequence[Row]) -> None:
    experiments = [row for row in chosen if row[0].experiment]
    if experiments:
        st.caption(
            f"{plain_markdown(title_of(experiments[0]))} is an experiment: it has no curve to lay "
            "over another's. Choose it alone and open it."
        )
    # Folds learn from different patients: a line each, no band as over seeds.
    chosen = [
        part
        for row in chosen
        if row not in experiments
        for part in ([(run,) for run in row] if of_study(row) else [row])
    ]
    if not chosen:
        return
    left, right = st.columns(2)
    metric = left.selectbox(
        "Compare", list(get_args(Metric)), format_func=METRIC_WORDS.__getitem__, key="metric"
    )
    by = right.segmented_control(
        "By", list(get_args(By)), default="epoch", required=True, key="compare-by"
    )
    compared: dict[str, Compared] = {
        _label(row, chosen): [lab.history(run.id, now=not run.active) for run in row]
        for row in chosen[:_COMPARED]
    }
    if len(chosen) > _COMPARED:
        st.caption(f"The first {_COMPARED} of the {len(chosen)} chosen runs are drawn.")
    st.plotly_chart(
        compare_chart(compared, metric=metric, by=by or "epoch"),
        key="compare",
        alt=compare_alt(compared, metric=metric, by=by or "epoch"),
        config={"displayModeBar": False},
    )
    bands = bands_words(compared)
    if bands:
        st.caption(bands)
    if any(of_study(row) for row in chosen):
        st.caption(STATEMENT)


def _label(row: Row, chosen: Sequence[Row]) -> str:
    """Return the row's name; its id's end with it where another chosen one has the same name."""
    name = title_of(row)
    same = sum(title_of(other) == name for other in chosen) > 1
    return f"{row_id(row)[-6:]}: {name}" if same else name
