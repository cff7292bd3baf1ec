"""All pictures, a class at a time if wanted, in an order that brings the odd ones to the front."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.ui.linked import linked_choice
from cnn_core.ui.own_pictures.examined import Columns, columns_of, labels_of
from cnn_core.ui.own_pictures.gallery import gallery
from cnn_core.ui.own_pictures.state import Chosen

ORDERS: Mapping[str, tuple[str, Callable[[Columns], NDArray[Any]] | None]] = {
    "name": ("By name", None),
    "dark": ("Darkest first", lambda columns: columns.brightness),
    "bright": ("Brightest first", lambda columns: -columns.brightness),
    "flat": ("Lowest contrast first", lambda columns: columns.contrast),
    "small": ("Smallest first", lambda columns: columns.width * columns.height),
    "wide": ("Widest shape first", lambda columns: -columns.width / columns.height),
    "tall": ("Tallest shape first", lambda columns: columns.width / columns.height),
}
_EVERY = -1


def render_all(chosen: Chosen) -> None:
    """Draw the choice of class and order, and the pictures."""
    classes = chosen.snapshot.classes
    linked_choice("order", ORDERS, "name")
    with st.container(horizontal=True, vertical_alignment="center"):
        index = st.selectbox(
            "Class",
            [_EVERY, *range(len(classes))],
            format_func=lambda i: "All classes" if i == _EVERY else classes[i],
            key="browse-class",
            persist_state="session",
            label_visibility="collapsed",
            width=240,
        )
        order = st.selectbox(
            "Order",
            list(ORDERS),
            format_func=lambda name: ORDERS[name][0],
            key="order",
            persist_state="session",
            label_visibility="collapsed",
            width=240,
        )
    places = places_of(chosen, index, order)
    which = "all classes" if index == _EVERY else f"the class {classes[index]}"
    gallery(
        chosen,
        places,
        key="browse",
        alt=f"{len(places):,} pictures of {which}, {ORDERS[order][0].lower()}.",
    )


def places_of(chosen: Chosen, index: int, order: str) -> NDArray[np.int64]:
    """Return the places of a class's pictures (-1: all) in an order of `ORDERS`.

    A picture belongs to the class that it has now; one that was left out, to the one it came in.
    """
    snapshot = chosen.snapshot
    if index == _EVERY:
        places = np.arange(len(snapshot.pictures))
    else:
        labels = labels_of(chosen)
        came = np.array([picture.label == snapshot.classes[index] for picture in snapshot.pictures])
        places = np.flatnonzero((labels == index) | ((labels < 0) & came))
    measure = ORDERS[order][1]
    if measure is None:
        return places
    return places[np.argsort(measure(columns_of(snapshot))[places], kind="stable")]
