"""The tab "Maps": what every filter of a layer finds in the picture; one of them enlarged."""

import numpy as np
import streamlit as st

from cnn_core.charts.map_tiles import tile_maps
from cnn_core.results.inspection import FeatureMaps, Floats, LayerInfo
from cnn_core.ui.inspector.arithmetic import arithmetic_view
from cnn_core.ui.inspector.downloads import offer_downloads
from cnn_core.ui.inspector.filters import choose_scale
from cnn_core.ui.inspector.layers import choose_layer, is_convolution
from cnn_core.ui.inspector.one_map import one_map, with_field
from cnn_core.ui.inspector.patches import patches_view
from cnn_core.ui.inspector.sheet import bar_of, draw_bar, draw_sheet, layout
from cnn_core.ui.inspector.state import Inspected, captions, choose, linked_number
from cnn_core.ui.inspector.values import values_view
from cnn_core.ui.linked import linked_choice

_SCALED = {"each": "each on its own scale", "together": "all on one scale"}


def render_maps(place: Inspected) -> None:
    """Draw the tab."""
    with st.container(horizontal=True, vertical_alignment="center"):
        layer = choose_layer(place.info.layers)
        found = place.inspector.maps(place.choice, place.prepared, layer.name)
        maps, rectified = _before_or_after(found)
        with st.popover("View", icon=":material/tune:"):
            normalise = choose_scale()
            strongest_first = _choose_order()
        downloads = st.container(horizontal=True, width="content")
    signed = bool((maps < 0).any())
    strength = found.strength
    default = int(strength.argmax())
    chosen = linked_number("channel", len(maps), default, of=(place.choice.name, layer.name))
    order = np.argsort(-strength, kind="stable").tolist() if strongest_first else None
    columns, cell = layout(len(maps))
    tiled = tile_maps(
        maps, columns=columns, normalise=normalise, signed=signed, cell=cell, order=order
    )
    left, right = st.columns([3, 2])
    with left:
        st.caption(_sentence(layer, maps, rectified=rectified, scaled=_SCALED[normalise]))
        draw_sheet(
            tiled,
            chosen,
            lambda number: choose("channel", number),
            key="inspector-maps",
            noun="map",
            alt=f"{len(maps)} maps of {layer.name}.",
        )
        draw_bar(tiled.low, tiled.high, signed=signed)
    with right:
        unit = one_map(place, layer, maps, chosen, signed=signed)
    values_view(layer, found, maps, chosen)
    if is_convolution(layer):
        arithmetic_view(place, layer, unit)
    patches_view(place, layer, chosen)
    _liked(place, layer, chosen)
    when = "after" if rectified else "before"
    look = st.session_state["look"]
    with downloads:
        offer_downloads(
            f"{place.choice.name}-{layer.name}-maps-{place.picture_name}",
            _captions(place, f"Maps of {layer.name} {when} ReLU, {_SCALED[normalise]}."),
            tiled.png,
            lambda: _arrays(found),
            key="maps",
            legend=bar_of(tiled),
            also=(
                f"Map {chosen} over the photo",
                lambda: with_field(place, layer, maps, unit, look, signed=signed),
                _captions(
                    place,
                    f"Map {chosen} of {layer.name} {when} ReLU, with the receptive field of the "
                    f"unit at row {unit[1]}, column {unit[2]}.",
                ),
            ),
        )


def _captions(place: Inspected, what: str) -> tuple[str, ...]:
    return (*captions(place), what, f"Picture: {place.picture_name}.")


def _liked(place: Inspected, layer: LayerInfo, channel: int) -> None:
    opened = st.expander(
        "What this channel would like to see", key="inspector-liked", on_change="rerun"
    )
    if opened.open:
        from cnn_core.ui.inspector.visualise import render_visualise

        with opened:
            render_visualise(place, layer.name, channel)


def _arrays(found: FeatureMaps) -> dict[str, Floats]:
    arrays = {"before": found.before}
    return arrays if found.after is None else {**arrays, "after": found.after}


def _before_or_after(found: FeatureMaps) -> tuple[Floats, bool]:
    """Draw the choice between maps before and after ReLU; return those, and whether after."""
    if found.after is None:
        st.caption("No ReLU follows.", width="content")
        return found.before, False
    linked_choice("relu", ("after", "before"), "after")
    chosen = st.segmented_control(
        "ReLU",
        ["after", "before"],
        key="relu",
        required=True,
        format_func={"after": "After ReLU", "before": "Before"}.__getitem__,
        label_visibility="collapsed",
        persist_state="session",
        help="ReLU sets what is negative to zero. Before it, maps have signs.",
    )
    return (found.before, False) if chosen == "before" else (found.after, True)


def _choose_order() -> bool:
    """Draw the choice of the order; return whether the strongest map comes first."""
    linked_choice("order", ("number", "strength"), "number")
    chosen = st.segmented_control(
        "Order",
        ["number", "strength"],
        key="order",
        required=True,
        format_func={"number": "By number", "strength": "Strongest first"}.__getitem__,
        label_visibility="collapsed",
        persist_state="session",
        help="The strength of a map is its mean after ReLU.",
    )
    return chosen == "strength"


def _sentence(layer: LayerInfo, maps: Floats, *, rectified: bool, scaled: str) -> str:
    count, height, width = maps.shape
    what = f"{count} units" if (height, width) == (1, 1) else f"{count} maps of {height} × {width}"
    when = "" if not layer.relu else " after ReLU" if rectified else " before ReLU"
    return f"{what}{when}, {scaled}. Click one."
