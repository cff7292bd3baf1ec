"""The question, and the answer that is chosen before anything is shown or run.

The answer stays in the session, not in the address: a teacher's link must not answer for a class.
"""

import streamlit as st

from cnn_core.concepts.experiment import Experiment
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.experiments import SAID
from cnn_core.runtime.store import RunRequest
from cnn_core.ui.owner import owner_id

_KEPT = "said-before-equal-runs"


def said_key(experiment: Experiment) -> str:
    """Return the key under which the session keeps the chosen answer."""
    return f"{experiment.id}-said"


def open_key(experiment: Experiment) -> str:
    """Return the key under which the session keeps which run is open on the page."""
    return f"{experiment.id}-open-run"


def ask(experiment: Experiment, run: RunRecord | None) -> str:
    """Draw question and answers; return the id of the chosen one, "" while there is none.

    Args:
        experiment: whose question.
        run: the open run: what its owner said before it is chosen again when the page is opened.
    """
    st.markdown(f"#### {experiment.question}")
    if not experiment.answers:
        return ""
    key = said_key(experiment)
    ids = [answer.id for answer in experiment.answers]
    if st.session_state.get(key) is None and run is not None and run.owner == owner_id():
        said = run.provenance.get(SAID, "")
        if said in ids:
            st.session_state[key] = said
    chosen = st.radio(
        "What do you say, before you see it? Your answer unlocks Run.",
        ids,
        index=None,
        format_func=experiment.answer,
        key=key,
        persist_state="session",
    )
    return chosen or ""


def said_of(experiment: Experiment, run: RunRecord | None, chosen: str) -> str:
    """Return the id of the answer to hold against a result: given before the run, or now.

    Before the own run it is kept with the run; before somebody else's equal one in the session.
    """
    if run is None:
        return chosen
    kept = st.session_state.get(_KEPT, {}).get(run.id, "")
    said = run.provenance.get(SAID, "") if run.owner == owner_id() else kept
    return said if experiment.answer(said) else chosen


def keep_said(request: RunRequest, run_id: str) -> None:
    """Keep in the session what was said before an equal run is opened in the request's place."""
    st.session_state.setdefault(_KEPT, {})[run_id] = request.provenance.get(SAID, "")


def may_see(experiment: Experiment, run: RunRecord | None, chosen: str) -> bool:
    """Whether a result may be shown: of an own run, after an answer, or because it was asked for.

    Args:
        experiment: whose result.
        run: None for the recorded one.
        chosen: id of the chosen answer, "" while there is none.
    """
    mine = run is not None and run.owner == owner_id()
    asked = st.session_state.get(_shown_key(experiment))
    return bool(not experiment.answers or mine or said_of(experiment, run, chosen) or asked)


def hold_back(experiment: Experiment, *, ask_for_it: bool = True) -> None:
    """Draw in the place of a result why it is not there yet, and a button that shows it."""
    st.markdown("Choose an answer above and it opens: what one has predicted, one sees better.")
    key = f"{_shown_key(experiment)}-ask"
    if ask_for_it and st.button("Show it without an answer", icon=":material/visibility:", key=key):
        st.session_state[_shown_key(experiment)] = True
        st.rerun()


def _shown_key(experiment: Experiment) -> str:
    return f"{experiment.id}-shown"
