"""Which run a page that trains is about: that of the address bar, or the one that was open."""

import streamlit as st

from cnn_core.errors import UnknownNameError
from cnn_core.results.runs import RunRecord
from cnn_core.ui.boundary import plain_markdown, show_error
from cnn_core.ui.catalog import page_of_recipe
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.training.about import deleted_note


def asked_for(lab: Laboratory, key: str, recipe: str) -> RunRecord | None:
    """Return the run that the address bar names, or that was open before another page was.

    None if there is none, it is unknown, of another page (which is then pointed to), or deleted.

    Args:
        lab: for the runs.
        key: under which the session keeps which run is open on this page.
        recipe: the id of the recipe that this page trains.
    """
    run_id = st.query_params.get("run") or st.session_state.get(key)
    if not run_id:
        return None
    try:
        record = lab.store.get(run_id)
    except UnknownNameError as error:
        show_error(error)
        return None
    if record.deleted is not None:
        deleted_note(lab, record)
        return None
    if record.recipe != recipe:
        page = page_of_recipe(record.recipe)
        st.page_link(
            page.path,
            label=f"{plain_markdown(record.name)} is a run of the page {page.title}: open it there",
            icon=page.icon,
            query_params={"run": record.id},
        )
        return None
    st.session_state[key] = record.id
    if st.query_params.get("run") != record.id:
        st.query_params["run"] = record.id
    return record
