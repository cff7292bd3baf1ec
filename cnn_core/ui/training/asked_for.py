"""Which run a page that trains is about: that of the address bar, or the one that was open."""

import streamlit as st

from cnn_core.errors import UnknownNameError
from cnn_core.results.runs import RunRecord
from cnn_core.ui.boundary import show_error
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.training.about import deleted_note


def asked_for(lab: Laboratory, key: str) -> RunRecord | None:
    """Return the run that the address bar names, or that was open before another page was.

    None if there is none, it is unknown, or it was deleted.

    Args:
        lab: for the runs.
        key: under which the session keeps which run is open on this page.
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
    st.session_state[key] = record.id
    if st.query_params.get("run") != record.id:
        st.query_params["run"] = record.id
    return record
