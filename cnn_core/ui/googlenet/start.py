"""What the next run would be: its settings, its pictures, what it costs, and the button."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn_core.errors import CnnLabError, WeightsError
from cnn_core.models.registry import ModelRow, model_row
from cnn_core.results.config import TrainConfig, validate_config
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime.folder_costs import duration
from cnn_core.runtime.image_costs import estimate
from cnn_core.runtime.image_runs import require_learning
from cnn_core.runtime.picture_runs import EMBEDDED, network_at_hand
from cnn_core.training.recipes import Recipe, find_recipe, network_of
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.googlenet.controls import FIELDS, PREFIX, PRESET, describe, settings_form
from cnn_core.ui.googlenet.data import DATA, choose_data, sizes_of, sizes_text
from cnn_core.ui.inspector.offer import offer_download
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.training.about import copy_link
from cnn_core.ui.training.data_choice import DataChoice, current_choice, offer_missing
from cnn_core.ui.training.presets import apply_preset, choose_preset, preset_name
from cnn_core.ui.training.start import offer_same
from cnn_core.ui.training.start_button import start_button

RECIPE = "googlenet-cifar10"
_SCRATCH = "scratch"


@st.fragment
@guarded
def render_controls(lab: Laboratory) -> None:
    """Draw what the next run would be; a fragment, so that no choice draws the charts again."""
    recipe = find_recipe(RECIPE)
    network, lacking = _default_network(lab, recipe)
    data = current_choice(lab.settings, DATA)
    with st.container(horizontal=True, vertical_alignment="center"):
        preset = choose_preset(recipe, FIELDS, key=PRESET, prefix=PREFIX, network=network)
        with st.popover("Settings", icon=":material/tune:"):
            config, seeds = settings_form(recipe, preset, network)
        with st.popover(f"Data: {data.title}", icon=":material/dataset:"):
            share = choose_data(lab.settings, recipe.presets[preset].config)
    config = replace(config, data_share=share)
    as_named = replace(config, model="") if config.model == network else config
    name = preset_name(recipe, preset, as_named)
    buttons = st.container(horizontal=True, vertical_alignment="center")
    with st.container(gap="xxsmall"):
        fault = _start(lab, recipe, name, config, data, seeds, buttons)
        lacks = bool(lacking) and config.mode != _SCRATCH and data.state.ready
        if lacks and fault is None and "run" not in st.query_params:
            st.caption(plain_markdown(f"{lacking} From scratch needs none."))
    with buttons:
        if isinstance(fault, WeightsError):
            _ways_on(recipe, model_row(network_of(recipe, config)))
        elif lacks:
            row = model_row(recipe.model)
            offer_download(row, f"Get the weights of {row.title}")
        copy_link()
    if not data.state.ready:
        offer_missing(lab.settings, data, DATA)
    offer_same(lab, recipe.id)


def _default_network(lab: Laboratory, recipe: Recipe) -> tuple[str, str]:
    """Return the recipe's network, and ""; or the embedded one, and why."""
    config, sentence = network_at_hand(lab.settings, recipe, recipe.presets[recipe.default].config)
    return network_of(recipe, config), sentence


def _start(
    lab: Laboratory,
    recipe: Recipe,
    preset: str,
    config: TrainConfig,
    data: DataChoice,
    seeds: int,
    place: DeltaGenerator,
) -> CnnLabError | None:
    """Say what would be trained and what it would take; draw the button, which queues the runs.

    Returns:
        What keeps it from starting, said already; None if nothing does.
    """
    sizes, cost, fault = None, "", None
    try:
        validate_config(config)
        require_learning(lab.settings, recipe, config)
        if data.state.ready:
            sizes = sizes_of(data, config)
            cost = _cost(lab, sizes, config, seeds)
    except CnnLabError as error:
        fault = error
    with place:
        start_button(
            lab,
            recipe,
            preset,
            config,
            data,
            seeds,
            network=model_row(network_of(recipe, config)).title,
            what=f"{describe(recipe, config, seeds)}.",
            missing=fault.message if fault else "",
        )
    if fault is not None:
        show_error(fault)
        return fault
    if sizes is not None:
        st.caption(f"{plain_markdown(cost)} {sizes_text(sizes)}")
    return None


def _cost(lab: Laboratory, sizes: DatasetInfo, config: TrainConfig, seeds: int) -> str:
    """Return what the runs would take, in words."""
    one = estimate(lab.settings, sizes, config, recipe=RECIPE)
    if seeds == 1 or one.seconds is None:
        return one.sentence
    return f"{one.sentence} All {seeds} seeds: about {duration(seeds * one.seconds)}."


def _ways_on(recipe: Recipe, row: ModelRow) -> None:
    """Offer what can be done where a network's trained weights are not on this machine."""
    if row.id != EMBEDDED:
        st.button(
            f"Use {model_row(EMBEDDED).title} instead",
            icon=":material/swap_horiz:",
            on_click=_use_embedded,
            help="A small network whose trained weights come along.",
        )
    st.button(
        "From scratch instead",
        icon=":material/restart_alt:",
        on_click=_from_scratch,
        args=(recipe,),
        help=recipe.presets[_SCRATCH].description,
    )
    offer_download(row, f"Get the weights of {row.title}")


@guarded
def _use_embedded() -> None:
    st.session_state[f"{PREFIX}model"] = EMBEDDED


@guarded
def _from_scratch(recipe: Recipe) -> None:
    st.session_state[PRESET] = _SCRATCH
    apply_preset(recipe, FIELDS, PRESET, PREFIX)
