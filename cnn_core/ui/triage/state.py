"""What the parts of the page share: this person's worklist, the open case, and the model.

The address bar names the open case (`?case=`); an id that is not on this person's own worklist
opens nothing. Cases live in the memory of the server (`runtime.worklist`), by owner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from cnn_core.results.worklist import Case
from cnn_core.settings import Settings
from cnn_core.ui.owner import owner_id

if TYPE_CHECKING:
    from cnn_core.runtime.triage_model import TriageModel
    from cnn_core.runtime.triage_models import TriageChoice
    from cnn_core.runtime.worklist import Worklist
    from cnn_core.runtime.worklist_work import Worklists

CASE = "case"
"""Names the open case in the address bar."""
_OPEN, _MISSING = "triage-case", "triage-case-missing"


@dataclass(frozen=True, kw_only=True, eq=False)
class Desk:
    """What every part of the page is given.

    Attributes:
        settings: for the homes.
        worklist: this person's.
        choices: the triage models that may be chosen.
        choice: the triage model that is chosen.
        model: the same, None until it is ready.
    """

    settings: Settings
    worklist: "Worklist"
    choices: "tuple[TriageChoice, ...]"
    choice: "TriageChoice"
    model: "TriageModel | None"


def _close(worklists: "Worklists") -> None:
    worklists.close()


@st.cache_resource(show_spinner=False, on_release=_close, hash_funcs={Settings: repr})
def _worklists(settings: Settings) -> "Worklists":
    from cnn_core.runtime.worklist_work import Worklists

    return Worklists(settings)


def my_worklist(settings: Settings) -> "Worklist":
    """Return the worklist of whoever looks at the page."""
    return _worklists(settings).of(owner_id())


def open_case(case_id: str) -> None:
    """Open a case of this person's worklist. For callbacks, and before `st.rerun`."""
    st.session_state[_OPEN] = case_id
    st.query_params[CASE] = case_id


def close_case() -> None:
    """Forget which case is open. For callbacks: its film has gone."""
    st.session_state.pop(_OPEN, None)
    st.query_params.pop(CASE, None)


def open_id() -> str:
    """Return the id of the case that was opened last, "" where none was."""
    return str(st.session_state.get(_OPEN, ""))


def chosen_case(cases: Sequence[Case]) -> Case | None:
    """Return the open case: the address bar's, else the session's, else the first that is done.

    None where there is none. The address bar is kept in step; what it named in vain is remembered
    until `missing_case` is asked.
    """
    by_id = {case.id: case for case in cases}
    asked = st.query_params.get(CASE)
    if asked and asked not in by_id:
        st.session_state[_MISSING] = True
    for named in (asked, open_id()):
        if named in by_id:
            break
    else:
        named = next((case.id for case in cases if case.status == "done"), None)
    if named is None:
        st.query_params.pop(CASE, None)
        return None
    open_case(named)
    return by_id[named]


def missing_case() -> bool:
    """Whether the address named a case that is not on this person's worklist; says it once."""
    return bool(st.session_state.pop(_MISSING, False))
