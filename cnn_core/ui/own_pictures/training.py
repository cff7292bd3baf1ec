"""The tab "Training": what the next run would be and cost, and the run that is open, live."""

from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn_core.charts.wording import percent
from cnn_core.errors import CnnLabError, WeightsError
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig, validate_config
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.picture_runs import network_at_hand, require_fine_tuning
from cnn_core.runtime.submit import build_request
from cnn_core.training.recipes import Recipe, find_recipe, network_of
from cnn_core.ui.boundary import error_boundary, guarded, plain_markdown, show_error
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.own_pictures.estimate import cost_of, parts_text, plan_for
from cnn_core.ui.own_pictures.kept_outputs import kept_outputs
from cnn_core.ui.own_pictures.settings import FIELDS, PREFIX, PRESET, describe, settings_form
from cnn_core.ui.own_pictures.state import Chosen, open_run, show_tab
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.about import copy_link
from cnn_core.ui.training.live import live_panel, run_buttons
from cnn_core.ui.training.other_networks import offer_other_ways
from cnn_core.ui.training.presets import choose_preset, preset_name
from cnn_core.ui.training.start import offer_same, start_runs
from cnn_core.ui.wording import badge, when

RECIPE = "vgg16-folder"
CURVES = ("Learning", "Timing")
_CURVES = "curves"
_LISTED, _LOOKED_AT = 5, 200


def render_training(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab.

    Args:
        lab: this server's.
        chosen: the pictures that are open, None if none are.
        record: the run that is open, None if none is.
    """
    if chosen is not None:
        _controls(lab, chosen)
    elif record is None:
        st.markdown("A network is trained on your own pictures: bring some first.")
        st.button(
            "Bring pictures",
            type="primary",
            icon=":material/add_photo_alternate:",
            on_click=show_tab,
            args=("Pictures",),
        )
    if record is not None:
        _run(lab, record)
    elif chosen is not None:
        _earlier(lab, chosen)


@st.fragment
@guarded
def _controls(lab: Laboratory, chosen: Chosen) -> None:
    """Draw what the next run would be; a fragment, so that no choice draws the charts again."""
    recipe = find_recipe(RECIPE)
    network = _default_network(lab, recipe)
    with st.container(horizontal=True, vertical_alignment="center"):
        preset = choose_preset(recipe, FIELDS, key=PRESET, prefix=PREFIX, network=network)
        with st.popover("Settings", icon=":material/tune:"):
            config = settings_form(recipe, preset, network)
        button = st.container(width="content")
        kept_outputs(lab.settings)
        copy_link()
    with st.container(gap="xxsmall"):
        as_named = replace(config, model="") if config.model == network else config
        name = preset_name(recipe, preset, as_named)
        _start(lab, chosen, recipe, name, config, button)
    offer_same(lab, recipe.id)


def _default_network(lab: Laboratory, recipe: Recipe) -> str:
    """Return the recipe's network, or the embedded one where its weights are not here."""
    config, _ = network_at_hand(lab.settings, recipe, recipe.presets[recipe.default].config)
    return network_of(recipe, config)


def _start(
    lab: Laboratory,
    chosen: Chosen,
    recipe: Recipe,
    preset: str,
    config: TrainConfig,
    place: DeltaGenerator,
) -> None:
    """Say what would be trained and what it would take; draw the button, which queues the run."""
    row = model_row(network_of(recipe, config))
    title = f"Train {row.title}"
    try:
        validate_config(config)
        require_fine_tuning(lab.settings, recipe, config)
        with st.spinner("Splitting the pictures …"):  # seen where it takes more than a moment
            plan = plan_for(chosen, config)
        _, cost = cost_of(lab.settings, plan, config)
    except CnnLabError as error:
        place.button(title, icon=":material/play_arrow:", disabled=True, key="start")
        show_error(error)
        if isinstance(error, WeightsError):
            offer_other_ways(row, PREFIX)
        return
    st.markdown(plain_markdown(cost))
    st.caption(plain_markdown(f"{describe(recipe, config)}. {parts_text(plan)}"))
    if place.button(title, type="primary", icon=":material/play_arrow:", key="start"):
        with error_boundary("start"):
            request = build_request(
                lab.settings,
                recipe=recipe.id,
                preset=preset,
                config=config,
                owner=owner_id(),
                selection=chosen.selection,
            )
            start_runs(lab, [request])


def _earlier(lab: Laboratory, chosen: Chosen) -> None:
    """Draw the newest runs on these pictures, to open one."""
    runs = [
        run
        for run in lab.store.list(recipe=RECIPE, limit=_LOOKED_AT)
        if chosen.snapshot.id in Path(run.dataset.location).parts
    ]
    if not runs:
        st.caption("Nothing has been trained on these pictures yet.")
        return
    st.markdown("**Trained on these pictures**")
    for run in runs[:_LISTED]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Open",
                key=f"open-{run.id}",
                icon=":material/open_in_new:",
                on_click=open_run,
                args=(run.id, "Result" if run.status == "finished" else "Training"),
            )
            score = "" if run.valid_accuracy is None else f" · {percent(run.valid_accuracy)}"
            st.markdown(
                f"{plain_markdown(run.name)} {badge(run)} :small[{when(run.created)}{score}]",
                width="stretch",
            )


def _run(lab: Laboratory, record: RunRecord) -> None:
    """Draw the open run: where it stands, its figures, its curves."""
    linked_choice(_CURVES, CURVES, CURVES[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain_markdown(record.name)}** {badge(record)}", width="stretch")
        view = st.segmented_control(
            "Curves",
            CURVES,
            required=True,
            key=_CURVES,
            label_visibility="collapsed",
            persist_state="session",
        )
        run_buttons(lab, record)
        if record.status == "finished":
            st.button(
                "See the result",
                type="primary",
                icon=":material/query_stats:",
                on_click=show_tab,
                args=("Result",),
            )
    live_panel(lab, record, view or CURVES[0])
