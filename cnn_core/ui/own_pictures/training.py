"""The tab "Training": what the next run would be and cost, and the run that is open, live."""

import streamlit as st

from cnn_core.errors import CnnLabError
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig, validate_config
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.picture_runs import network_at_hand
from cnn_core.runtime.submit import build_request
from cnn_core.training.recipes import Recipe, find_recipe, network_of
from cnn_core.ui.boundary import error_boundary, guarded, plain_markdown, show_error
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.linked import linked_choice
from cnn_core.ui.own_pictures.estimate import cost_of, parts_text, plan_for
from cnn_core.ui.own_pictures.kept_outputs import kept_outputs
from cnn_core.ui.own_pictures.settings import FIELDS, PREFIX, PRESET, describe, settings_form
from cnn_core.ui.own_pictures.state import Chosen, show_tab
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.about import copy_link
from cnn_core.ui.training.live import live_panel, run_header
from cnn_core.ui.training.presets import choose_preset, preset_name
from cnn_core.ui.training.start import offer_same, start_runs

RECIPE = "vgg16-folder"
CURVES = ("Learning", "Timing")
_CURVES = "curves"


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


@st.fragment
@guarded
def _controls(lab: Laboratory, chosen: Chosen) -> None:
    """Draw what the next run would be; a fragment, so that no choice draws the charts again."""
    recipe = find_recipe(RECIPE)
    with st.container(horizontal=True, vertical_alignment="center"):
        preset = choose_preset(recipe, FIELDS, key=PRESET, prefix=PREFIX)
        with st.popover("Settings", icon=":material/tune:"):
            config = settings_form(recipe, preset, _default_network(lab, recipe))
        name = preset_name(recipe, preset, config)
        cost = _start(lab, chosen, recipe, name, config)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{plain_markdown(describe(recipe, config))}. {cost}", width="stretch")
        kept_outputs(lab.settings)
        copy_link()
    offer_same(lab, recipe.id)


def _default_network(lab: Laboratory, recipe: Recipe) -> str:
    """Return the recipe's network, or the embedded one where its weights are not here."""
    config, _ = network_at_hand(lab.settings, recipe, recipe.presets[recipe.default].config)
    return network_of(recipe, config)


def _start(
    lab: Laboratory, chosen: Chosen, recipe: Recipe, preset: str, config: TrainConfig
) -> str:
    """Draw the button; a click queues the run. Return the cost in words, as Markdown."""
    words = ""
    try:
        validate_config(config)
        plan = plan_for(chosen, config)
        _, text = cost_of(lab.settings, plan, config)
        words = plain_markdown(f"{parts_text(plan)}. {text}")
    except CnnLabError as error:
        show_error(error)
        return words
    title = model_row(network_of(recipe, config)).title
    if st.button(f"Train {title}", type="primary", icon=":material/play_arrow:", key="start"):
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
    return words


def _run(lab: Laboratory, record: RunRecord) -> None:
    """Draw the open run: where it stands, its figures, its curves."""
    run_header(lab, record)
    linked_choice(_CURVES, CURVES, CURVES[0])
    with st.container(horizontal=True, vertical_alignment="center"):
        view = st.segmented_control(
            "Curves",
            CURVES,
            required=True,
            key=_CURVES,
            label_visibility="collapsed",
            persist_state="session",
        )
        if record.status == "finished":
            st.button(
                "See the result",
                type="primary",
                icon=":material/query_stats:",
                on_click=show_tab,
                args=("Result",),
            )
    live_panel(lab, record, view or CURVES[0])
