"""The question, and the answer that is chosen before anything is shown or run.

The answer stays in the session, not in the address: a teacher's link must not answer for a class.
"""

import streamlit as st

from cnn_core.concepts.experiment import Experiment
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.experiments import SAID
from cnn_core.ui.owner import owner_id


def said_key(experiment: Experiment) -> str:
    """Return the key under which the session keeps the chosen answer."""
    return f"{experiment.id}-said"


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
    """Return the id of the answer to hold against a result: given before the own run, or now."""
    if run is not None and run.owner == owner_id():
        said = run.provenance.get(SAID, "")
        if experiment.answer(said):
            return said
    return chosen
