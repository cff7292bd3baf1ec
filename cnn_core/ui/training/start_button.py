"""The Start button: one click, one run or one group of seeds; and how long they would take."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from cnn_core.results.config import TrainConfig
from cnn_core.runtime.devices import known_devices
from cnn_core.runtime.rows import new_run_id
from cnn_core.runtime.store import RunRequest
from cnn_core.runtime.submit import build_request, estimate_seconds
from cnn_core.training.recipes import MEASURED_ON, Recipe
from cnn_core.ui.boundary import error_boundary, plain_markdown
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.data_choice import DataChoice
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
    measured = recipe.presets[preset].measured_seconds if preset in recipe.presets else None
    if measured is not None and source == recipe.source:
        return f"{about(seeds * measured)} (measured on {MEASURED_ON})"
    return "its time is known after the first run here"


def start_button(
    lab: Laboratory,
    recipe: Recipe,
    preset: str,
    config: TrainConfig,
    data: DataChoice,
    seeds: int = 1,
    *,
    network: str,
    what: str = "",
    missing: str = "",
) -> None:
    """Draw the button; a click queues a run a seed and puts the first into the address bar.

    Args:
        lab: where the runs are queued.
        recipe: what is trained.
        preset: a label to keep: a preset's id, or "custom".
        config: of the first seed.
        data: the chosen pictures; until they can be read the button is off.
        seeds: how many runs.
        network: what is trained, for a person.
        what: says of the runs what the label leaves out; shown when the button is pointed at.
        missing: what else keeps the run from starting, in a sentence; "" if nothing does.
    """
    why_not = missing if data.state.ready else "The chosen data is not there yet."
    clicked = st.button(
        f"Train {network}" if seeds == 1 else f"Train {network}, {seeds} seeds",
        type="primary",
        icon=":material/play_arrow:",
        disabled=bool(why_not),
        key="start",
        help=plain_markdown(why_not or what) or None,
    )
    if not clicked:
        return
    with error_boundary("start"):
        start_runs(lab, _requests(lab, recipe, preset, config, data, range(seeds)))


def _requests(
    lab: Laboratory,
    recipe: Recipe,
    preset: str,
    config: TrainConfig,
    data: DataChoice,
    offsets: Sequence[int],
) -> list[RunRequest]:
    group = new_run_id(recipe.id) if len(offsets) > 1 else ""
    return [
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
        for offset in offsets
    ]
