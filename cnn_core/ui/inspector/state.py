"""What the inspector's tabs share: the network, the picture, and choices that a link restores.

A choice lives in the session and in the address bar under one key. What the address bar brings is
anybody's: it is looked up among what there is, or read as a number, and falls back to a default.
"""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from cnn_core.results.inspection import ModelChoice, NetworkInfo, Prepared

if TYPE_CHECKING:
    from cnn_core.runtime.inspection import Inspector


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


def captions(place: Inspected) -> tuple[str, ...]:
    """Return the first lines under whatever is downloaded: the network and its weights."""
    return f"{place.info.title}. {place.info.weights.sentence}", place.info.citation


def link(key: str, value: str, default: str = "") -> None:
    """Put a choice into the address bar, or take it out where it is the default."""
    if value != default:
        if st.query_params.get(key) != value:
            st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def linked_number(key: str, count: int, default: int = 0, *, of: Hashable = None) -> int:
    """Return the session's choice of one of `count` things, at first the address bar's.

    It is kept under `st.session_state[key]`, which no widget may have as its key: see `choose` and
    `number_box`. A number that is not there is the default.

    Args:
        key: in the session and in the address bar.
        count: how many there are, at least 1; the first is 0.
        default: which it is where none was chosen.
        of: what the things belong to ("features.0"); the choice is forgotten when it changes.
    """
    kept = f"{key}-of"
    if kept not in st.session_state:
        chosen = whole_number(st.query_params.get(key, ""))
    else:
        chosen = st.session_state.get(key) if st.session_state[kept] == of else None
    if chosen is None or not 0 <= chosen < count:
        chosen = default
    st.session_state[kept] = of
    st.session_state[key] = chosen
    link(key, str(chosen))
    return int(chosen)


def choose(key: str, number: int) -> None:
    """Choose one of several things: for a click, before the script runs again."""
    st.session_state[key] = number


def number_box(
    label: str, value: int, numbers: range, *, key: str, then: Callable[[int], None], help: str = ""
) -> None:
    """Draw a number input for what a click in a picture chooses too.

    Args:
        label: what the number is.
        value: the one that is chosen.
        numbers: among which.
        key: of the widget.
        then: called with the number that somebody typed, before the script runs again.
        help: more on what it is.
    """
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    st.number_input(
        label,
        numbers[0],
        numbers[-1],
        key=key,
        on_change=lambda: then(st.session_state[key]),
        help=help or None,
    )


def whole_number(text: str) -> int | None:
    """Return a number from 0 up that somebody wrote, None if it is none, or too large to be meant.

    >>> whole_number("12"), whole_number("-1"), whole_number("1e3"), whole_number("9" * 500)
    (12, None, None, None)
    """
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None
