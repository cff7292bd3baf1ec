"""What the page's tabs share: the films that are open, what is known of them, and the open study.

The address bar names the film set (`?films=`) and a run of the study (`?run=`). A run belongs to
the films that it was trained on: opening a run opens these, opening other films closes it.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from cnn_core.data.films.store import FilmStore
from cnn_core.errors import CnnLabError, UnknownNameError
from cnn_core.results.films import FilmSet
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_audit import Protocols, XrayAudit
from cnn_core.runtime.kept_audits import kept_audit, kept_protocols
from cnn_core.runtime.xray_runs import FILM_SET, film_store
from cnn_core.settings import Settings
from cnn_core.ui.boundary import show_error
from cnn_core.ui.owner import owner_id

RECIPE = "xray-triage"
FILMS, RUN, TAB = "films", "run", "xr-step"
TABS = ("Films", "Audit", "Naive or honest", "Train", "Results", "Report", "About")
OPEN_RUN = "xray-run"
_OPEN = "xray-open"


@dataclass(frozen=True, eq=False, kw_only=True)
class Chosen:
    """The films that are open, with what is known of them so far.

    Attributes:
        store: where they are.
        film_set: the films.
        audit: None until it is made.
        protocols: the naive score beside the honest one; None until they are compared.
    """

    store: FilmStore
    film_set: FilmSet
    audit: XrayAudit | None
    protocols: Protocols | None


@functools.lru_cache(maxsize=8)
def _audit(home: Path, name: str, changed_ns: int) -> XrayAudit | None:
    del changed_ns  # the cache's key: an audit that is made anew is read anew
    return kept_audit(FilmStore(home), name)


@functools.lru_cache(maxsize=8)
def _protocols(home: Path, name: str, changed_ns: int) -> Protocols | None:
    del changed_ns
    return kept_protocols(FilmStore(home), name)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def chosen_films(settings: Settings, record: RunRecord | None) -> Chosen | None:
    """Return the films of the open run, else those that the address bar or the session names.

    None if there are none; films that are not here are said to be missing. Films that somebody else
    has brought open by the address that names them, not by a run on them.

    Args:
        settings: for the home of the films.
        record: the open run of this page's recipe; None if none is open.
    """
    store = film_store(settings)
    named = record.provenance.get(FILM_SET, "") if record else st.query_params.get(FILMS)
    named = named or st.session_state.get(_OPEN)
    known = named in (st.query_params.get(FILMS), st.session_state.get(_OPEN))
    if not named:
        return None
    try:
        film_set = store.load(named)
        mine = record is not None and record.owner == owner_id()
        if not (known or mine or store.is_listed(film_set.id, owner_id())):
            raise UnknownNameError(
                "The films of this study were brought by somebody else.",
                hint="Ask whoever brought them for the link: its address names the films, too.",
            )
    except CnnLabError as error:
        show_error(error)
        st.session_state.pop(_OPEN, None)
        return None
    st.session_state[_OPEN] = film_set.id
    if st.query_params.get(FILMS) != film_set.id:
        st.query_params[FILMS] = film_set.id
    audit_at = _changed(store.path(film_set.id, "audit"))
    protocols_at = _changed(store.path(film_set.id, "protocols"))
    return Chosen(
        store=store,
        film_set=film_set,
        audit=_audit(store.home, film_set.id, audit_at) if audit_at else None,
        protocols=_protocols(store.home, film_set.id, protocols_at) if protocols_at else None,
    )


def open_films(film_set: str, tab: str = "Films") -> None:
    """Open other films; a run on others is closed. For callbacks, and before `st.rerun`."""
    if st.session_state.get(_OPEN) != film_set:
        close_run()
    st.session_state[_OPEN] = film_set
    st.query_params[FILMS] = film_set
    show_tab(tab)


def close_run() -> None:
    """Close the run that is open: the page is of the next study again."""
    st.session_state.pop(OPEN_RUN, None)
    st.query_params.pop(RUN, None)


def open_study(run_id: str, tab: str = "Train") -> None:
    """Open a study by one of its runs. For callbacks, and before `st.rerun`."""
    st.session_state[OPEN_RUN] = run_id
    st.query_params[RUN] = run_id
    show_tab(tab)


def show_tab(tab: str) -> None:
    """Have the next drawing of the page open this tab, one of `TABS`. For callbacks alone."""
    st.session_state[TAB] = tab
