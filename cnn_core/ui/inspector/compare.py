"""The tab "Compare": two of something side by side, everything else the same.

Trained against random weights, two layers, two networks, two pictures. Both sides are tiled in the
same way, every map on its own scale, so that what differs is what is compared.
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import streamlit as st

from cnn_core.charts.map_tiles import TiledMaps, tile_maps
from cnn_core.charts.side_by_side import side_by_side
from cnn_core.charts.wording import percent
from cnn_core.data.samples import SAMPLES
from cnn_core.results.inspection import FeatureMaps, Floats, LayerInfo, ModelChoice
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.inspector.classes import SHOWN
from cnn_core.ui.inspector.downloads import offer_downloads
from cnn_core.ui.inspector.layers import choose_layer
from cnn_core.ui.inspector.network import EMBEDDED, default_network
from cnn_core.ui.inspector.picture import sample_photo
from cnn_core.ui.inspector.sheet import bar_of, layout
from cnn_core.ui.inspector.state import Inspected, captions
from cnn_core.ui.linked import linked_choice

What = Literal["weights", "layers", "networks", "pictures"]
_TITLES: dict[What, str] = {
    "weights": "Trained and random",
    "layers": "Two layers",
    "networks": "Two networks",
    "pictures": "Two pictures",
}
DIGITS = ("lenet5", "lenet5-1998")
_WIDTH, _HEIGHT = 440, 330


@dataclass(frozen=True, eq=False, kw_only=True)
class Side:
    """One of the two: a picture in a network, and a layer of it."""

    place: Inspected
    layer: LayerInfo

    @property
    def title(self) -> str:
        """What it is, in a line."""
        weights = {"trained": "trained", "features": "features trained", "untrained": "untrained"}
        info = self.place.info
        return (
            f"{info.title} ({weights[info.weights.kind]}), {self.layer.name}, "
            f"{self.place.picture_name}"
        )


def render_compare(place: Inspected) -> None:
    """Draw the tab."""
    with st.container(horizontal=True, vertical_alignment="center"):
        what = _choose_what()
        layer = choose_layer(_with_maps(place), width=190)
        second = _second(what, Side(place=place, layer=layer))
        downloads = st.container(horizontal=True, width="content")
    sides = (Side(place=place, layer=layer), second)
    found = [side.place.inspector.maps(side.place.choice, side.place.prepared, side.layer.name)
             for side in sides]  # fmt: skip
    maps = [each.before if each.after is None else each.after for each in found]
    columns, cell = layout(max(map(len, maps)), _WIDTH, _HEIGHT)
    signed = any(bool((each < 0).any()) for each in maps)
    tiled = [
        tile_maps(each, columns=columns, normalise="each", signed=signed, cell=cell)
        for each in maps
    ]
    for column, side, each, picture in zip(st.columns(2), sides, found, tiled, strict=True):
        with column:
            _draw(side, each, picture)
    st.image(bar_of(tiled[0]), alt="Colour scale")
    st.caption(f"Both: {columns} maps a row, {_scale_words(signed)}. " + _strongest_words(found))
    with downloads:
        offer_downloads(
            f"{place.choice.name}-{layer.name}-{what}-compared-{place.picture_name}",
            (
                *captions(place),
                f"Left: {sides[0].title}.",
                f"Right: {sides[1].title}. {second.place.info.weights.sentence}",
                f"Maps, {_scale_words(signed)}.",
            ),
            side_by_side(tiled[0].png, tiled[1].png),
            lambda: _arrays(found),
            key="compare",
            legend=bar_of(tiled[0]),
        )


def _choose_what() -> What:
    linked_choice("compare", get_args(What), "weights")
    chosen = st.selectbox(
        "Compare",
        get_args(What),
        key="compare",
        format_func=lambda each: _TITLES[each],
        label_visibility="collapsed",
        persist_state="session",
        width=180,
        help="What differs between the two sides; everything else is the same.",
    )
    return chosen or "weights"


def _second(what: What, first: Side) -> Side:
    """Draw what else is to be chosen; return the right side."""
    place, layer = first.place, first.layer
    if what == "weights":
        other = "best" if place.choice.weights == "random" else "random"
        second = _in_network(place, place.choice.name, other)
        if place.info.weights.kind == second.info.weights.kind == "untrained":
            second = _in_network(place, place.choice.name, "random", seed=place.choice.seed + 1)
        return Side(place=second, layer=layer)
    if what == "layers":
        return Side(place=place, layer=_other_layer(place, but=layer.name))
    if what == "networks":
        name = _choose("model2", *_other_networks(place), "Other network")
        network = _in_network(place, name, place.choice.weights)
        return Side(place=network, layer=_other_layer(network))
    titles = {name: s.title for name, s in SAMPLES.items() if name != place.picture_name}
    name = _choose("picture2", titles, next(iter(titles)), "Other picture")
    prepared = place.inspector.prepare(place.choice, sample_photo(name))
    return Side(place=replace(place, prepared=prepared, picture_name=name), layer=layer)


def _in_network(place: Inspected, name: str, weights: str, seed: int = 0) -> Inspected:
    """Return the same picture in another network, or with other weights."""
    choice = ModelChoice(name=name, weights="random" if weights == "random" else "best", seed=seed)
    info = place.inspector.describe(choice)
    prepared = place.inspector.prepare(choice, place.prepared.original)
    return replace(place, choice=choice, info=info, prepared=prepared)


def _with_maps(place: Inspected) -> list[LayerInfo]:
    return [each for each in place.info.layers if len(each.shape) == 3]


def _other_layer(place: Inspected, but: str = "") -> LayerInfo:
    """Draw the choice of the right side's layer: at first the first one of interest."""
    layers = [each for each in _with_maps(place) if each.name != but]
    return choose_layer(layers, key="layer2", width=190)


def _other_networks(place: Inspected) -> tuple[dict[str, str], str]:
    """Return the titles of all other networks by name, and which to begin with.

    That is one with trained weights for the same kind of picture, if any of the usual ones is.
    """
    titles = {name: title for name, title, _ in place.inspector.networks()}
    titles.pop(place.choice.name, None)
    usual = DIGITS if place.info.input_shape[0] == 1 else (default_network(), EMBEDDED)
    return titles, next(name for name in (*usual, *titles) if name in titles)


def _choose(key: str, titles: dict[str, str], default: str, label: str) -> str:
    """Draw a list; return what is chosen, at first the default."""
    chosen = linked_choice(key, titles, default)
    st.selectbox(
        label,
        list(titles),
        key=key,
        format_func=lambda name: titles[name],
        label_visibility="collapsed",
        persist_state="session",
        width=190,
        help=f"{label}, for the right side.",
    )
    return chosen


def _draw(side: Side, found: FeatureMaps, tiled: TiledMaps) -> None:
    """Draw one side: what it is, its maps, its classes."""
    st.markdown(f"**{plain_markdown(side.title)}**", help=side.place.info.weights.sentence)
    st.image(tiled.png, alt=f"Maps of {side.title}.", width=tiled.size[0])
    count, height, width = found.before.shape
    st.caption(
        f"{count} maps of {height} × {width}{' after ReLU' if found.after is not None else ''}; "
        f"{percent(found.dead_share)} of the units are not above zero."
    )
    st.markdown(_classes(side.place))


def _classes(place: Inspected) -> str:
    """Return the most probable classes in a line, or why there are none."""
    if not place.info.classes:
        return "It names no classes: its classifier is untrained."
    top = place.inspector.predict(place.choice, place.prepared).top(SHOWN)
    return "It says " + ", ".join(f"{plain_markdown(name)} ({percent(p)})" for _, name, p in top)


def _scale_words(signed: bool) -> str:
    return "each map on its own scale" + (", white is zero" if signed else " from zero")


def _strongest_words(found: list[FeatureMaps]) -> str:
    """Return which map is the strongest on each side."""
    left, right = (int(np.argmax(each.strength)) for each in found)
    return f"Strongest map: no. {left} on the left, no. {right} on the right."


def _arrays(found: list[FeatureMaps]) -> dict[str, Floats]:
    sides = dict(zip(("left", "right"), found, strict=True))
    arrays = {f"{side}_before": each.before for side, each in sides.items()}
    after = {f"{side}_after": each.after for side, each in sides.items() if each.after is not None}
    return {**arrays, **after}
