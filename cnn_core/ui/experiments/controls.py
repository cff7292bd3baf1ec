"""What is run next: preset, settings, data, how long it takes, and Run.

Run is off until an answer was chosen: who predicts first looks harder.
"""

from dataclasses import replace

import streamlit as st

from cnn_core.concepts.experiment import Experiment
from cnn_core.concepts.settings import ExperimentSettings
from cnn_core.errors import ConfigError, DataError
from cnn_core.runtime.devices import known_devices
from cnn_core.runtime.experiment_data import offered_data, with_data_at_hand
from cnn_core.runtime.experiments import build_experiment_request, estimate_seconds
from cnn_core.training.recipes import MEASURED_ON, RECIPES
from cnn_core.ui.boundary import error_boundary, guarded, plain_markdown, show_error
from cnn_core.ui.catalog import page_of_recipe
from cnn_core.ui.experiments.settings import choose_data, choose_preset, settings_form
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.about import copy_link
from cnn_core.ui.training.start import offer_same, start_runs
from cnn_core.ui.wording import about


@st.fragment
@guarded
def controls(lab: Laboratory, experiment: Experiment, said: str, prefix: str, verb: str) -> None:
    """Draw what the next run would be; a fragment, so that no choice draws the charts again.

    Args:
        lab: where it is queued.
        experiment: what is run.
        said: id of the answer that was chosen, "" while there is none.
        prefix: of its names in the address bar.
        verb: what the button says.
    """
    preset = choose_preset(experiment, prefix)
    chosen, fault = None, None
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Settings", icon=":material/tune:"):
            try:
                chosen = settings_form(experiment, preset, prefix)
                experiment.plan(chosen)  # what one field alone does not say
            except ConfigError as error:
                chosen, fault = None, error
        base = experiment.presets[preset] if chosen is None else chosen
        data, note = _data(lab, experiment, base, prefix)
    with st.container(horizontal=True, vertical_alignment="center"):
        missing = _missing(experiment, chosen, data, note, said)
        clicked = st.button(
            verb,
            type="primary",
            icon=":material/play_arrow:",
            disabled=bool(missing),
            key=f"{experiment.id}-run",
            help=plain_markdown(missing) or None,
        )
        if not prefix:
            copy_link()
    if chosen is not None and data is not None:
        chosen = replace(chosen, data=data)
        same = replace(chosen, seed=0, data="") == replace(
            experiment.presets[preset], seed=0, data=""
        )
        name = preset if same else "custom"
        if clicked:
            with error_boundary("run an experiment"):
                request = build_experiment_request(
                    lab.settings,
                    experiment=experiment.id,
                    preset=name,
                    chosen=chosen,
                    owner=owner_id(),
                    said=said,
                )
                start_runs(lab, [request])
        st.caption(plain_markdown(_words(lab, experiment, chosen, note)))
    elif fault is not None:
        show_error(fault)
    else:
        st.caption(plain_markdown(note))
    offer_same(lab, experiment.id)


def _data(
    lab: Laboratory, experiment: Experiment, chosen: ExperimentSettings, prefix: str
) -> tuple[str | None, str]:
    """Draw the choice of data; return its id (None: nothing is there) and what there is to say."""
    offered = offered_data(lab.settings, experiment)
    if not offered:
        return "", ""
    note, at_hand = "", False
    try:
        found, note = with_data_at_hand(lab.settings, experiment, chosen)
        default, at_hand = found.data, True
    except DataError as error:
        default, note = offered[0][0], f"{error.message} {error.hint}".strip()
    titles = {name: title for name, title, _ in offered}
    states = {name: state for name, _, state in offered}
    with st.popover("Data", icon=":material/dataset:"):
        picked = choose_data(experiment, titles, default, prefix)
        for name, title, state in offered:
            icon = ":material/check_circle:" if state.ready else ":material/error:"
            said = f"{state.message} {'' if state.ready else state.hint}".strip()
            if name == picked or not state.ready:
                st.markdown(f"{icon} **{plain_markdown(title)}** · {plain_markdown(said)}")
            if not state.ready:
                _where_to_download(name)
    if not at_hand:
        return None, note
    if not states[picked].ready:
        state = states[picked]
        return None, f"{state.message} {state.hint}".strip()
    return picked, note if picked == default else ""


def _where_to_download(source: str) -> None:
    """Draw the way to the page that trains on this data: it offers the download."""
    recipe = next((recipe for recipe in RECIPES.values() if recipe.source == source), None)
    if recipe is not None:
        page = page_of_recipe(recipe.id)
        st.page_link(page.path, label=f"Get it on the page {page.title}", icon=page.icon)


def _missing(
    experiment: Experiment,
    chosen: ExperimentSettings | None,
    data: str | None,
    note: str,
    said: str,
) -> str:
    """Return what keeps Run off, in a sentence; "" if nothing does."""
    if chosen is None:
        return "One of the settings is not what it may be: look into Settings."
    if data is None:
        return note
    if experiment.answers and not said:
        return "Choose an answer first."
    return ""


def _words(lab: Laboratory, experiment: Experiment, chosen: ExperimentSettings, note: str) -> str:
    """Return how much is run on what, and how long it takes."""
    trials = len(experiment.plan(chosen))
    last = chosen.seed + chosen.seeds - 1
    which = f"seed {last}" if chosen.seeds == 1 else f"seeds {chosen.seed} to {last}"
    titles = {name: title for name, title, _ in offered_data(lab.settings, experiment)}
    where = f" on {titles[chosen.data]}" if chosen.data in titles else ""
    device = known_devices(lab.settings.runs)[0].id
    seconds = estimate_seconds(lab.store, experiment.id, chosen, device)
    ran = bool(lab.store.list(recipe=experiment.id, statuses=("finished",), limit=1))
    if seconds is None:
        time = "its time is known after the first run here"
    elif ran:
        time = f"{about(seconds)} on this machine"
    else:
        time = f"{about(seconds)} (measured on {MEASURED_ON})"
    plural = "trial" if trials == 1 else "trials"
    text = f"{trials:,} {plural}{where}, {which}: {time}."
    return f"{text} {note}" if note else text
