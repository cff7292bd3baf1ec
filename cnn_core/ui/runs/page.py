"""The page put together: mine first, everyone's behind; one run is shown, several compared."""

import time
from collections.abc import Sequence
from typing import get_args

import streamlit as st

from cnn_core.charts.compare import By, Metric, compare_alt, compare_chart
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.store import UNDO_SECONDS
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.catalog import find_page
from cnn_core.ui.lab import Laboratory, laboratory
from cnn_core.ui.lenet5.about import about_view
from cnn_core.ui.lenet5.controls import linked_choice
from cnn_core.ui.owner import owner_id
from cnn_core.ui.runs.listing import EVERYONE, MINE, filtered, filters, table
from cnn_core.ui.wording import badge

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
    shown = filtered(mine if whose == MINE else runs, text=text, statuses=statuses, recipe=None)
    _undo(lab)
    if not shown:
        st.markdown("No run fits: clear the filters, or look at everyone's.")
        return
    chosen = table(shown, f"runs-{whose}")
    _refresh_while_active(lab, runs)
    if not chosen:
        st.caption("Choose one row to see a run, several to compare them.")
    elif len(chosen) == 1:
        _one(lab, chosen[0])
    else:
        _compare(lab, chosen)


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
            st.switch_page(find_page("lenet5").path, query_params={"run": run.id})
        if run.owner == owner_id():
            _owner_actions(lab, run)
    about_view(lab, run)


def _owner_actions(lab: Laboratory, run: RunRecord) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        name = st.text_input("Name", run.name, max_chars=80, key=f"name-{run.id}")
        if st.button("Save the name", key=f"save-{run.id}"):
            lab.store.rename(run.id, name)
            st.rerun()
    if run.active:
        if st.button("Stop, keep the best", icon=":material/stop:", disabled=run.stop_requested):
            lab.store.request_stop(run.id)
            st.rerun()
    elif st.button("Delete", icon=":material/delete:", key=f"delete-{run.id}"):
        lab.store.delete(run.id)
        st.session_state["runs-deleted"] = (run.id, run.name, time.time())
        st.rerun()


def _undo(lab: Laboratory) -> None:
    """Offer to bring the last deleted run back, for ten minutes."""
    run_id, name, deleted = st.session_state.get("runs-deleted", ("", "", 0.0))
    if not run_id or time.time() - deleted > UNDO_SECONDS:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/delete: {plain_markdown(name)} was deleted.")
        if st.button("Bring it back", icon=":material/undo:", key="undo-delete"):
            lab.store.undelete(run_id)
            del st.session_state["runs-deleted"]
            st.rerun()


def _compare(lab: Laboratory, chosen: Sequence[RunRecord]) -> None:
    left, right = st.columns(2)
    metric = left.selectbox(
        "Compare", list(get_args(Metric)), format_func=METRIC_WORDS.__getitem__, key="metric"
    )
    by = right.segmented_control(
        "By", list(get_args(By)), default="epoch", required=True, key="compare-by"
    )
    histories = {
        _label(run, chosen): lab.history(run.id, now=not run.active) for run in chosen[:_COMPARED]
    }
    if len(chosen) > _COMPARED:
        st.caption(f"The first {_COMPARED} of the {len(chosen)} chosen runs are drawn.")
    st.plotly_chart(
        compare_chart(histories, metric=metric, by=by or "epoch"),
        key="compare",
        alt=compare_alt(histories, metric=metric, by=by or "epoch"),
        config={"displayModeBar": False},
    )


def _label(run: RunRecord, chosen: Sequence[RunRecord]) -> str:
    """Return the run's name; its id's end with it where another chosen run has the same name."""
    same = sum(other.name == run.name for other in chosen) > 1
    return f"{run.id[-6:]}: {run.name}" if same else run.name
