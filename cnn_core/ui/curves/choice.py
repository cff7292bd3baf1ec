"""Which runs are looked at: chosen on the page, in the address, or the newest.

The address has a `run=` for each, so that a link shows the same curves. What comes with the project
is called recorded in the list, as everywhere.
"""

from collections.abc import Sequence

import streamlit as st

from cnn_core.errors import CnnLabError
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Studied
from cnn_core.runtime.recorded import recordings
from cnn_core.ui.boundary import show_error
from cnn_core.ui.curves.studied import find_studied, link_id, told_apart
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.owner import owner_id
from cnn_core.ui.runs.listing import row_id, rows_of, title_of
from cnn_core.ui.wording import when

MOST = 6
_KEY = "curves-of"
_SEEN = "curves-address"
_QUERY = "run"


def chosen_studies(lab: Laboratory) -> list[Studied]:
    """Draw the list of runs; return what is chosen, in the order of the choice."""
    runs = lab.store.list()
    options = _options(runs)
    asked = [each for each in dict.fromkeys(st.query_params.get_all(_QUERY)) if each][:MOST]
    found = {each: _open(lab, each) for each in asked}
    for given, studied in found.items():
        if studied is not None and given not in options:
            options[given] = studied.title
    asked = [each for each in asked if each in options]
    if _KEY not in st.session_state or (asked and asked != st.session_state.get(_SEEN)):
        st.session_state[_KEY] = asked or _newest(runs, options)
    st.session_state[_KEY] = [each for each in st.session_state[_KEY] if each in options]
    chosen = st.multiselect(
        "Runs",
        list(options),
        format_func=options.__getitem__,
        key=_KEY,
        max_selections=MOST,
        label_visibility="collapsed",
        placeholder="Choose one run to read its curves, several to lay them over each other",
        persist_state="session",
    )
    st.session_state[_SEEN] = list(chosen)
    if chosen != st.query_params.get_all(_QUERY):
        st.query_params[_QUERY] = chosen
    opened = [found[each] if each in found else _open(lab, each) for each in chosen]
    return [studied for studied in opened if studied is not None]


def _options(runs: Sequence[RunRecord]) -> dict[str, str]:
    """Return what can be chosen by id: runs and groups that have begun, and recordings."""
    begun = [run for run in runs if (run.steps_done or run.active) and not run.experiment]
    options = {
        row_id(row): f"{title_of(row)} · {when(max(run.created for run in row))}"
        for row in rows_of(begun, begun)
    }
    kept = recordings()
    for fault in kept.faults:
        show_error(fault)
    recorded = {link_id(each): f"Recorded: {each.title}" for each in kept.studied}
    return told_apart(options) | recorded


def _newest(runs: Sequence[RunRecord], options: dict[str, str]) -> list[str]:
    """Return the newest of one's own runs that can be shown, else the first of all."""
    me = owner_id()
    mine = [name for run in runs if run.owner == me for name in (run.group, run.id)]
    return next(([name] for name in (*mine, *options) if name in options), [])


def _open(lab: Laboratory, given: str) -> Studied | None:
    """Return what an id names; say what is wrong where it names nothing."""
    try:
        return find_studied(lab, given)
    except CnnLabError as error:
        show_error(error)
        return None
