"""Choices that stand in the address bar, so that a link restores them."""

from collections.abc import Collection

import streamlit as st


def linked_choice(key: str, options: Collection[str], default: str) -> str:
    """Return the session's choice, at first the address bar's, and keep the address bar in step.

    For the widget with this key that follows. Streamlit's own binding puts an option's label into
    the address; a link has the id that the command line takes too.
    """
    if st.session_state.get(key) not in options:
        given = st.query_params.get(key)
        st.session_state[key] = given if given in options else default
    chosen = str(st.session_state[key])
    if chosen != default:
        st.query_params[key] = chosen
    elif key in st.query_params:
        del st.query_params[key]
    return chosen
