"""The page put together: controls above, the run in question below."""

from typing import Any

import streamlit as st

from cnn_core.errors import ConfigError
from cnn_core.results.config import validate_config
from cnn_core.results.runs import RunRecord
from cnn_core.training.recipes import find_recipe
from cnn_core.ui.boundary import guarded, plain_markdown, show_error
from cnn_core.ui.first_draw import let_browser_draw
from cnn_core.ui.lab import Laboratory, laboratory
from cnn_core.ui.lenet5.controls import FIELDS, describe, settings_form
from cnn_core.ui.training.about import about_view, copy_link
from cnn_core.ui.training.asked_for import asked_for
from cnn_core.ui.training.data_choice import DataOffer, current_choice, data_form, offer_missing
from cnn_core.ui.training.presets import choose_preset, preset_name
from cnn_core.ui.training.start import offer_same
from cnn_core.ui.training.start_button import start_button, time_text

_OPEN = "lenet5-open-run"
_RECIPE = "lenet5-mnist"
DATA = DataOffer(
    source="mnist",
    others=("digits",),
    others_label="Use scikit-learn's digits instead",
    folder_title="MNIST in a folder",
    folder_label="Folder on the server with the four idx files",
    folder_help="The folder itself, or one above it: raw/ and MNIST/raw/ are looked into.",
    download_size="11.6 MB",
    key="data",
    folder_key="lenet5-folder",
)
VIEWS = ("Learning", "Timing", "Mistakes", "Your digit", "About")


def render_lenet5() -> None:
    """Draw the page."""
    st.title("LeNet-5 · MNIST", anchor=False)
    lab = laboratory()
    _controls(lab)
    let_browser_draw()
    _panel(lab, asked_for(lab, _OPEN, _RECIPE))


@st.fragment
@guarded
def _controls(lab: Laboratory) -> None:
    """Draw what the next run would be; a fragment, so that no choice draws the charts again."""
    recipe = find_recipe(_RECIPE)
    data = current_choice(lab.settings, DATA)
    with st.container(horizontal=True, vertical_alignment="center"):
        preset = choose_preset(recipe, FIELDS)
        with st.popover("Settings", icon=":material/tune:"):
            config, seeds = settings_form(recipe, preset)
        with st.popover(f"Data: {data.title}", icon=":material/dataset:"):
            data_form(lab.settings, DATA)
        name = preset_name(recipe, preset, config)
        try:
            validate_config(config)
            start_button(lab, recipe, name, config, data, seeds, network="LeNet-5")
        except ConfigError as error:
            show_error(error)
    needed = time_text(lab, recipe, name, config, data.source, seeds)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{describe(config, seeds)}: {needed}.", width="stretch")
        copy_link()
    if not data.state.ready:
        offer_missing(lab.settings, data, DATA)
    offer_same(lab, recipe.id)


def _panel(lab: Laboratory, record: RunRecord | None) -> None:
    # Charts bring pandas and plotly, half a second: after the controls are on the screen.
    from cnn_core.ui.training.group import group_header, group_of
    from cnn_core.ui.training.live import run_header

    group = [] if record is None else group_of(lab, record)
    if len(group) > 1:
        alone = group_header(lab, group)
        record, group = (alone, []) if alone else (record, group)
    elif record is not None:
        run_header(lab, record)
        group = []
    bind: Any = "query-params"
    tabs = st.tabs(VIEWS, key="view", on_change="rerun", bind=bind)
    view = next((name for name, tab in zip(VIEWS, tabs, strict=True) if tab.open), VIEWS[0])
    with tabs[VIEWS.index(view)]:
        _view(lab, record, group, view)


def _view(lab: Laboratory, record: RunRecord | None, group: list[RunRecord], view: str) -> None:
    """Draw one tab: of `group` where all its seeds can be shown together, else of `record`."""
    from cnn_core.ui.lenet5.recorded import recorded_panel
    from cnn_core.ui.lenet5.your_digit import your_digit_view
    from cnn_core.ui.training.group import group_panel
    from cnn_core.ui.training.live import live_panel
    from cnn_core.ui.training.mistakes import mistakes_view

    if group and record is not None and view not in ("Learning", "Timing"):
        st.caption(f"Of seed {record.config.seed}: choose another one above.")
    if view in ("Learning", "Timing"):
        if record is None:
            recorded_panel(view)
        elif group:
            group_panel(lab, group, view)
        else:
            live_panel(lab, record, view)
    elif view == "Your digit":
        your_digit_view(lab, record)
    elif record is None:
        st.markdown(plain_markdown("Train a network first: this shows what came of a run."))
    elif view == "Mistakes":
        mistakes_view(lab, record)
    else:
        about_view(lab, record, [run.config.seed for run in group])
