"""The Start button: one click, one run or one group of seeds; and how long they would take."""

from dataclasses import replace

import streamlit as st

from cnn_core.results.config import TrainConfig
from cnn_core.runtime.devices import known_devices
from cnn_core.runtime.rows import new_run_id
from cnn_core.runtime.submit import build_request, estimate_seconds
from cnn_core.training.recipes import MEASURED_ON, Recipe
from cnn_core.ui.boundary import error_boundary
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.lenet5.data_choice import DataChoice
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.start import start_runs
from cnn_core.ui.wording import about


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
        start_runs(lab, requests)
