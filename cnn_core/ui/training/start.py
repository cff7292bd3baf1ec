"""What a click on Start does: runs are queued and shown; an equal one is offered first."""

import streamlit as st

from cnn_core.results.runs import RunRecord
from cnn_core.runtime.devices import known_devices
from cnn_core.runtime.groups import create_group
from cnn_core.runtime.store import RunRequest
from cnn_core.training.recipes import FILMS
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.inspector.engine import free_for_training
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.wording import STATUS_WORDS, score_in_words


def _same_key(recipe: str) -> str:
    return f"same-run-{recipe}"


def start_runs(lab: Laboratory, requests: list[RunRequest]) -> None:
    """Queue a run, or the seeds of a group, and show it; keep an equal one for `offer_same`."""
    run_id = queue_runs(lab, requests)
    if run_id is not None:
        open_run(lab, run_id)


def queue_runs(lab: Laboratory, requests: list[RunRequest]) -> str | None:
    """Queue a run, or the seeds of a group, and start what can start.

    Returns:
        The id of the (first) run; None where an equal one is kept for `offer_same`.
    """
    free_for_training(known_devices(lab.settings.runs)[0].id)
    record, created = _create(lab, requests, unless_same=True)
    if created:
        st.session_state.pop(_same_key(record.recipe), None)
        lab.launcher.dispatch()
        return record.id
    st.session_state[_same_key(record.recipe)] = (record.id, requests)
    return None


def _create(
    lab: Laboratory, requests: list[RunRequest], *, unless_same: bool = False
) -> tuple[RunRecord, bool]:
    """Queue the runs; return the first, or the first of the equal ones that are there already."""
    if len(requests) == 1:
        return lab.store.create(requests[0], unless_same=unless_same)
    runs, created = create_group(lab.store, requests, unless_same=unless_same)
    return runs[0], created


def open_run(lab: Laboratory, run_id: str) -> None:
    """Start what can start, and show the run."""
    lab.launcher.dispatch()
    st.session_state.pop(_same_key(lab.store.get(run_id).recipe), None)
    st.query_params["run"] = run_id
    st.query_params.pop("show", None)
    st.rerun()


def offer_same(lab: Laboratory, recipe: str) -> None:
    """If the recipe's Start met an equal run, offer to open it, or to train again all the same."""
    kept: tuple[str, list[RunRequest]] | None = st.session_state.get(_same_key(recipe))
    if kept is None:
        return
    run_id, requests = kept
    record = lab.store.get(run_id)
    with st.container(border=True):
        st.markdown(
            f":material/content_copy: {plain_markdown(_sentence(record, len(requests)))} "
            "The same seed gives the same result."
        )
        with st.container(horizontal=True):
            if st.button("Open that one", type="primary", icon=":material/open_in_new:"):
                if record.experiment:
                    from cnn_core.ui.experiments.question import keep_said

                    keep_said(requests[0], run_id)
                open_run(lab, run_id)
            verb = "Run" if record.experiment else "Train"
            if st.button(f"{verb} it again all the same", icon=":material/replay:"):
                record, _ = _create(lab, requests)
                open_run(lab, record.id)
            if st.button("Cancel", icon=":material/close:"):
                del st.session_state[_same_key(recipe)]
                st.rerun()


def _sentence(record: RunRecord, seeds: int) -> str:
    if seeds > 1 and record.dataset.source == FILMS:
        return "This study, with these settings and films, is here already."
    if seeds > 1:
        return f"These {seeds} seeds with these settings and data are here already."
    what = f"A run with these settings, seed and data is here already: {record.name}"
    score = score_in_words(record)
    return f"{what}, {score}." if score else f"{what} ({STATUS_WORDS[record.status]})."
