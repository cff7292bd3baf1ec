"""The tab "Train": what the next study would be and cost, and the folds that are open, live."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cnn_core.errors import CnnLabError, WeightsError
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig, validate_config
from cnn_core.results.groups import group_status
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_audit import XrayAudit
from cnn_core.results.xray_plan import FilmSelection
from cnn_core.runtime.groups import runs_of
from cnn_core.runtime.picture_runs import EMBEDDED, network_at_hand, require_fine_tuning
from cnn_core.runtime.xray_runs import FILM_SET, study_requests
from cnn_core.training.recipes import Recipe, find_recipe, network_of
from cnn_core.ui.boundary import error_boundary, guarded, plain_markdown, show_error
from cnn_core.ui.inspector.offer import offer_download
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.training.about import copy_link
from cnn_core.ui.training.other_networks import offer_other_ways
from cnn_core.ui.training.presets import choose_preset, preset_name
from cnn_core.ui.training.start import offer_same, start_runs
from cnn_core.ui.wording import status_badge, when
from cnn_core.ui.xray.alterations import show_alterations
from cnn_core.ui.xray.bring import phantom_button
from cnn_core.ui.xray.estimate import cost_of, roles_text, study_for
from cnn_core.ui.xray.settings import FIELDS, PREFIX, PRESET, describe, settings_form
from cnn_core.ui.xray.state import RECIPE, Chosen, open_study, show_tab
from cnn_core.ui.xray.verdict import level_badge, red_reasons
from cnn_core.ui.xray.work import start_work, work_under_way

_LISTED, _LOOKED_AT = 5, 200


def render_train(lab: Laboratory, chosen: Chosen | None, record: RunRecord | None) -> None:
    """Draw the tab."""
    if chosen is None:
        st.markdown("A study is of films: bring some first, or draw phantoms.")
        with st.container(horizontal=True):
            phantom_button(lab, key="train")
            st.button(
                "Bring films",
                icon=":material/folder_open:",
                on_click=show_tab,
                args=("Films",),
            )
        return
    if chosen.audit is None:
        _audit_first(lab, chosen)
        return
    if record is None:
        _controls(lab, chosen, chosen.audit)
        _earlier(lab, chosen)
    else:
        from cnn_core.ui.xray.folds import study_panel

        red_reasons(chosen.audit)
        study_panel(lab, record)
        with st.expander("Train another study of these films"):
            _controls(lab, chosen, chosen.audit)
    with st.expander("How films are altered in training"):
        show_alterations(chosen)


def _audit_first(lab: Laboratory, chosen: Chosen) -> None:
    st.markdown("Films are audited before anything is trained on them.")
    st.button(
        "Audit these films",
        type="primary",
        icon=":material/rule:",
        on_click=start_work,
        args=(lab, chosen.film_set.title, {"kind": "audit", "film_set": chosen.film_set.id}),
        disabled=work_under_way() is not None,
        key="audit-first",
    )


@st.fragment
@guarded
def _controls(lab: Laboratory, chosen: Chosen, audit: XrayAudit) -> None:
    """Draw what the next study would be; a fragment, so that no choice draws the charts again."""
    recipe = find_recipe(RECIPE)
    network, lacking = _default_network(lab, recipe)
    with st.container(horizontal=True, vertical_alignment="center"):
        preset = choose_preset(recipe, FIELDS, key=PRESET, prefix=PREFIX, network=network)
        with st.popover("Settings", icon=":material/tune:"):
            config, folds = settings_form(recipe, preset, network)
        button = st.container(width="content")
        copy_link("these settings, these films and this study")
    acknowledged = _acknowledged(chosen, audit)
    with st.container(gap="xxsmall"):
        as_named = replace(config, model="") if config.model == network else config
        name = preset_name(recipe, preset, as_named)
        fault = _start(
            lab, chosen, recipe, name, config, folds, button, audit=audit, read=acknowledged
        )
        if lacking and network_of(recipe, config) == EMBEDDED and fault is None:
            st.caption(plain_markdown(lacking))
    if lacking and fault is None:
        row = model_row(recipe.model)
        offer_download(row, f"Get the weights of {row.title}")
    offer_same(lab, recipe.id)


def _default_network(lab: Laboratory, recipe: Recipe) -> tuple[str, str]:
    """Return the recipe's network, and ""; or the embedded one, and why."""
    config, sentence = network_at_hand(lab.settings, recipe, recipe.presets[recipe.default].config)
    return network_of(recipe, config), sentence


def _acknowledged(chosen: Chosen, audit: XrayAudit) -> bool:
    """Draw the red flags of the audit with a box to tick; whether nothing is in the way."""
    reasons = audit.reasons("red")
    if not reasons:
        return True
    key = f"xray-read-{chosen.film_set.id[:16]}"
    more = f" And {len(reasons) - 1} more: see the audit." if len(reasons) > 1 else ""
    with st.container(border=True, gap="xxsmall"):
        st.markdown(
            f"{level_badge('red')} **The audit of these films is red.** "
            f":small[{plain_markdown(reasons[0])}{more}]"
        )
        return st.checkbox(
            "I have read the audit. Its red flags stay beside every score of this study.",
            key=key,
            persist_state="session",
        )


def _start(
    lab: Laboratory,
    chosen: Chosen,
    recipe: Recipe,
    preset: str,
    config: TrainConfig,
    folds: int,
    place: DeltaGenerator,
    *,
    audit: XrayAudit,
    read: bool,
) -> CnnLabError | None:
    """Say what would be trained and what it would take; draw the button, which queues the runs.

    Returns:
        What keeps it from starting, said already; None if nothing does.
    """
    row = model_row(network_of(recipe, config))
    title = f"Train {row.title}" + (f", {folds} folds" if folds else "")
    try:
        validate_config(config)
        require_fine_tuning(lab.settings, recipe, config)
        with st.spinner("Splitting the patients …"):  # seen where it takes more than a moment
            study, plans = study_for(chosen, audit.groups, folds, config)
        cost = cost_of(lab.settings, plans, config)
    except CnnLabError as error:
        place.button(title, icon=":material/play_arrow:", disabled=True, key="start")
        show_error(error)
        if isinstance(error, WeightsError):
            offer_other_ways(row, PREFIX)
        return error
    st.markdown(plain_markdown(cost))
    notes = " ".join(study.notes)
    st.caption(
        plain_markdown(f"{describe(recipe, config, study.fold_count)}. {roles_text(study)} {notes}")
    )
    clicked = place.button(
        title,
        type="primary",
        icon=":material/play_arrow:",
        key="start",
        disabled=not read,
        help=None if read else "The red audit has to be read first: tick the box.",
    )
    if clicked:
        with error_boundary("start"):
            selection = FilmSelection(film_set=chosen.film_set.id, folds=folds, acknowledged=read)
            requests = study_requests(
                lab.settings, selection, config, owner=owner_id(), preset=preset
            )
            start_runs(lab, requests)
    return None


def _earlier(lab: Laboratory, chosen: Chosen) -> None:
    """Draw the newest studies of these films, to open one."""
    studies = dict.fromkeys(
        run.group
        for run in lab.store.list(recipe=RECIPE, limit=_LOOKED_AT)
        if run.provenance.get(FILM_SET) == chosen.film_set.id
    )
    if not studies:
        st.caption("Nothing has been trained on these films yet.")
        return
    st.markdown("**Studies of these films**")
    for group in list(studies)[:_LISTED]:
        runs = runs_of(lab.store, group)
        if not runs:  # deleted just now
            continue
        run, status = runs[0], group_status([each.status for each in runs])
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Open",
                key=f"open-{group}",
                icon=":material/open_in_new:",
                on_click=open_study,
                args=(run.id, "Results" if status == "finished" else "Train"),
            )
            folds = f"{run.config.folds} folds" if run.config.folds else "served model alone"
            network = model_row(network_of(find_recipe(RECIPE), run.config)).title
            st.markdown(
                f"{plain_markdown(network)}, {folds} {status_badge(status)} "
                f":small[{when(run.created)}]",
                width="stretch",
            )
