"""The Start button: one click, one run or one group of seeds; what is equal is offered first."""

from dataclasses import replace

import streamlit as st

from cnn_core.charts.wording import percent
from cnn_core.results.config import TrainConfig
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.devices import known_devices
from cnn_core.runtime.groups import create_group
from cnn_core.runtime.rows import new_run_id
from cnn_core.runtime.store import RunRequest
from cnn_core.runtime.submit import build_request, estimate_seconds
from cnn_core.training.recipes import MEASURED_ON, Recipe
from cnn_core.ui.boundary import error_boundary, plain_markdown
from cnn_core.ui.inspector.engine import free_for_training
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.lenet5.data_choice import DataChoice
from cnn_core.ui.owner import owner_id
from cnn_core.ui.wording import STATUS_WORDS, about

_SAME = "lenet5-same-run"


def time_text(
    lab: Laboratory, recipe: Recipe, preset: str, config: TrainConfig, source: str, seeds: int = 1
) -> str:
    """Return how long Start would take: from runs here, else as measured for the preset."""
    device = known_devices(lab.settings.runs)[0].id
    here = estimate_seconds(lab.store, recipe.id, config, device, source=source)
    if here is not None:
        return f"{about(seeds * here)} on this machine"
    if preset in recipe.presets and source == recipe.source:
        measured = seeds * recipe.presets[preset].measured_seconds
        return f"{about(measured)} (measured on {MEASURED_ON})"
    return "its time is known after the first run here"


def start_button(
    lab: Laboratory,
    recipe: Recipe,
    preset: str,
    config: TrainConfig,
    data: DataChoice,
    seeds: int = 1,
) -> None:
    """Draw the button; a click queues a run a seed and puts the first into the address bar."""
    clicked = st.button(
        "Train LeNet-5" if seeds == 1 else f"Train LeNet-5, {seeds} seeds",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not data.state.ready,
        key="start",
        help=None if data.state.ready else "The chosen data is not there yet.",
    )
    if not clicked:
        return
    with error_boundary("start"):
        group = new_run_id(recipe.id) if seeds > 1 else ""
        requests = [
            build_request(
                lab.settings,
                recipe=recipe.id,
                preset=preset,
                config=replace(config, seed=config.seed + offset),
                owner=owner_id(),
                source=data.source,
                folder=data.folder,
                group=group,
            )
            for offset in range(seeds)
        ]
        free_for_training(known_devices(lab.settings.runs)[0].id)
        record, created = _create(lab, requests, unless_same=True)
        if created:
            open_run(lab, record.id)
        st.session_state[_SAME] = (record.id, requests)


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
    st.session_state.pop(_SAME, None)
    st.query_params["run"] = run_id
    st.query_params.pop("show", None)
    st.rerun()


def offer_same(lab: Laboratory) -> None:
    """If Start met an equal run, offer to open it, or to train again all the same."""
    kept: tuple[str, list[RunRequest]] | None = st.session_state.get(_SAME)
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
                open_run(lab, run_id)
            if st.button("Train it again all the same", icon=":material/replay:"):
                record, _ = _create(lab, requests)
                open_run(lab, record.id)
            if st.button("Cancel", icon=":material/close:"):
                del st.session_state[_SAME]
                st.rerun()


def _sentence(record: RunRecord, seeds: int) -> str:
    if seeds > 1:
        return f"These {seeds} seeds with these settings and data are here already."
    what = f"A run with these settings, seed and data is here already: {record.name}"
    if record.test_accuracy is None:
        return f"{what} ({STATUS_WORDS[record.status]})."
    return f"{what}, {percent(record.test_accuracy)} of the test set."
