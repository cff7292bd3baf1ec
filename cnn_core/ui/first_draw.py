"""What matters is on the screen before the rest is sent.

A browser that opens the app anew draws in large steps: charts that arrive half a second after the
controls would have both drawn at the end, when the charts' code has been read.
"""

import time

import streamlit as st

_STATE = "_cnn_lab_first_drawn"
_PAUSE_SECONDS = 0.7


def let_browser_draw() -> None:
    """Pause once a session, where a page has sent what a person uses first.

    Whoever clicks meanwhile is answered at once: a click ends the script that pauses.
    """
    if _STATE not in st.session_state:
        st.session_state[_STATE] = True
        time.sleep(_PAUSE_SECONDS)
