"""Choices that stand in the address bar, so that a link restores them."""

from collections.abc import Collection, Mapping

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


def linked_view(key: str, views: Mapping[str, str], default: str) -> str:
    """Draw a row of views, by id and title, that stands in the address bar; return the chosen one.

    It has no label that is seen: the views say what they are.
    """
    linked_choice(key, views, default)
    chosen = st.segmented_control(
        "About",
        list(views),
        format_func=views.__getitem__,
        required=True,
        key=key,
        label_visibility="collapsed",
        persist_state="session",
    )
    return chosen or default
