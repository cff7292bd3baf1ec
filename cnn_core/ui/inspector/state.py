"""What the inspector's tabs share: the network, the picture, and choices that a link restores.

A choice lives in the session and in the address bar under one key. What the address bar brings is
anybody's: it is looked up among what there is, or read as a number, and falls back to a default.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from cnn_core.results.inspection import ModelChoice, NetworkInfo, Prepared

if TYPE_CHECKING:
    from cnn_core.runtime.inspection import Inspector

_LARGEST = 10**6


@dataclass(frozen=True, eq=False, kw_only=True)
class Inspected:
    """What a tab draws: a picture in a network.

    Attributes:
        inspector: answers every question about the two.
        choice: which network with which weights.
        info: what `inspector.describe(choice)` said.
        prepared: the picture on its way into this network.
        picture_name: for a person ("cat", "IMG_4711.jpg"); for captions and file names.
    """

    inspector: "Inspector"
    choice: ModelChoice
    info: NetworkInfo
    prepared: Prepared
    picture_name: str


def link(key: str, value: str, default: str = "") -> None:
    """Put a choice into the address bar, or take it out where it is the default."""
    if value != default:
        if st.query_params.get(key) != value:
            st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def linked_number(key: str, count: int, default: int = 0) -> int:
    """Return the session's choice of one of `count` things, at first the address bar's.

    For the number input with this key that follows. It counts from 0; what does not lie within
    0 to count - 1 is the default.

    Args:
        key: of the widget, and in the address bar.
        count: how many there are, at least 1.
        default: which it is where nothing, or nothing sensible, was chosen.
    """
    chosen = st.session_state.get(key)
    if not isinstance(chosen, int):
        chosen = whole_number(st.query_params.get(key, ""))
    if chosen is None or not 0 <= chosen < count:
        chosen = default
    st.session_state[key] = chosen
    link(key, str(chosen), str(default))
    return chosen


def whole_number(text: str) -> int | None:
    """Return a number from 0 up that somebody wrote, None if it is none, or too large to be meant.

    >>> whole_number("12"), whole_number("-1"), whole_number("1e3"), whole_number("9" * 500)
    (12, None, None, None)
    """
    if not re.fullmatch(r"[0-9]{1,7}", text) or int(text) > _LARGEST:
        return None
    return int(text)
