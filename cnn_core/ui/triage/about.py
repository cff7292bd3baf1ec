"""Before there is a film: how to begin, whom it is for, and what it is not."""

import streamlit as st

from cnn_core.charts.triage_words import ROUTINE_IS
from cnn_core.ui.triage.bring import bring, synthetic_button
from cnn_core.ui.triage.review import blind_switch
from cnn_core.ui.triage.state import Desk

_DECISIONS = """
One decision a film, with its reason:

- **Routine**: nothing speaks for reading this film first. {routine}
- **Refer**: a person should look at it early.
- **Refused**: the model does not know such a picture (a photograph, an inverted film, noise, a film
  of a child), so no probability is made of it. It goes to a person, too.
"""
_DRAWN = (
    "No radiograph is needed: a program draws twelve chest phantoms, and adds an inverted one, "
    "noise and a photograph, which have to be refused."
)
_NOT_FOR = (
    "Not for diagnosis, screening, children, lateral films or CT. Films stay in the memory of this "
    "server for whoever brought them: gone with “Clear”, after eight hours, or with the server."
)


def welcome(desk: Desk) -> None:
    """Draw how to begin."""
    left, right = st.columns(2, gap="large")
    drawn = any(choice.synthetic for choice in desk.choices)
    with left:
        if drawn:
            st.subheader("Try it on synthetic films", anchor=False)
            st.markdown(_DRAWN)
            synthetic_button(desk, key="first", primary=True)
        st.markdown(_DECISIONS.format(routine=ROUTINE_IS))
    with right:
        st.subheader("Bring your own films", anchor=False)
        blind_switch()  # before the first film: what is listed openly was seen
        bring(desk)
        st.caption(_NOT_FOR)
