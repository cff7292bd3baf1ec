"""The tab "Switch off": channels of a layer are set to zero, and the probabilities move.

Which are off stands in the address bar, "?off=LAYER:1,5,9". What it names and is not there is left
out.
"""

import numpy as np
import streamlit as st

from cnn_core.charts.crossed import cross_out
from cnn_core.charts.inspection import probability_bars
from cnn_core.charts.map_tiles import TiledMaps, tile_maps
from cnn_core.charts.wording import percent
from cnn_core.results.inspection import FeatureMaps, LayerInfo, Prediction, Switched
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.inspector.classes import SHOWN, names_classes
from cnn_core.ui.inspector.downloads import offer_downloads
from cnn_core.ui.inspector.layers import layer_title
from cnn_core.ui.inspector.sheet import bar_of, draw_sheet, layout
from cnn_core.ui.inspector.state import Inspected, captions, link, whole_number

_KEY, _LAYER, _LIST = "off", "inspector-off-layer", "inspector-off-channels"
_LAST = "inspector-off-last"  # outlined: from here the arrow keys go on
_STRONGEST = 5
_SHARE = 0.1
_MOST_BARS = 8
_MOVED = 0.005

Off = tuple[int, ...]


def render_switch_off(place: Inspected) -> None:
    """Draw the tab."""
    if not names_classes(place):
        return
    layers = {each.name: each for each in place.info.layers if len(each.shape) == 3}
    name, off = _chosen(layers)
    layer = layers[name]
    found = place.inspector.maps(place.choice, place.prepared, name)
    switched: Switched = ((name, off),) if off else ()
    before = place.inspector.predict(place.choice, place.prepared)
    after = place.inspector.predict(place.choice, place.prepared, off=switched)
    with st.container(horizontal=True, vertical_alignment="center"):
        _choose_layer(layers, name)
        _choose_channels(layer, found, off)
        downloads = st.container(horizontal=True, width="content")
    left, right = st.columns([3, 2])
    with left:
        tiled = _maps(layer, found, off)
    with right:
        _probabilities(before, after, off)
    with downloads:
        offer_downloads(
            f"{place.choice.name}-{name}-off-{place.picture_name}",
            (
                *captions(place),
                f"Maps of {name}, each on its own scale; channels switched off (crossed): "
                f"{channels_in_words(off)}.",
                moved_sentence(before, after, off),
            ),
            tiled.png,
            lambda: {
                "before": before.probabilities,
                "after": after.probabilities,
                "off": np.array(off, dtype=np.float32),
            },
            key="off",
            legend=bar_of(tiled),
        )


def read_off(text: str, layers: dict[str, LayerInfo]) -> tuple[str, Off]:
    """Return layer and channels that an address names; the first of interest where it has none.

    >>> layers = {"conv1": LayerInfo(name="conv1", kind="", shape=(6, 9, 9), parameters=0, macs=0)}
    >>> read_off("conv1:5,1,1,6,x", layers), read_off("fc9:1", layers)
    (('conv1', (1, 5)), ('conv1', ()))
    """
    name, _, numbers = text.rpartition(":")
    if name not in layers:
        return min(layers, key=lambda each: not layers[each].of_interest), ()
    found = {whole_number(each) for each in numbers.split(",", 4096)}
    channels = range(layers[name].shape[0])
    return name, tuple(sorted(each for each in found if each is not None and each in channels))


def write_off(name: str, off: Off) -> str:
    """Return how an address names them.

    >>> write_off("conv1", (1, 5))
    'conv1:1,5'
    """
    return f"{name}:{','.join(map(str, off))}"


def channels_in_words(off: Off, most: int = 12) -> str:
    """Return which channels are off.

    >>> channels_in_words((3, 5)), channels_in_words(()), channels_in_words(tuple(range(20)), 2)
    ('3, 5', 'none', '0, 1 and 18 more')
    """
    if not off:
        return "none"
    more = f" and {len(off) - most} more" if len(off) > most else ""
    return ", ".join(map(str, off[:most])) + more


def moved_sentence(before: Prediction, after: Prediction, off: Off) -> str:
    """Say which class gained and which lost most, and whether another one is now first.

    >>> one, two = (Prediction(probabilities=np.array(p, np.float32), classes=("cat", "dog"))
    ...             for p in ((0.75, 0.25), (0.25, 0.75)))
    >>> moved_sentence(one, two, (4,))
    'dog rises from 25.0 % to 75.0 %, cat falls from 75.0 % to 25.0 %: dog is now first.'
    >>> moved_sentence(one, one, (4,))
    'No class moves by half a percentage point: the other channels make up for it.'
    """
    if not off:
        return "All channels are on: click maps to switch them off."
    change = after.probabilities - before.probabilities
    told = [
        f"{before.classes[i]} {verb} from {percent(float(before.probabilities[i]))} to "
        f"{percent(float(after.probabilities[i]))}"
        for i, verb in ((int(change.argmax()), "rises"), (int(change.argmin()), "falls"))
        if abs(change[i]) >= _MOVED
    ]
    if not told:
        return "No class moves by half a percentage point: the other channels make up for it."
    first, now = before.top(1)[0], after.top(1)[0]
    end = f"{first[1]} stays first." if now[0] == first[0] else f"{now[1]} is now first."
    return f"{', '.join(told)}: {end}"


def _chosen(layers: dict[str, LayerInfo]) -> tuple[str, Off]:
    """Return layer and channels: the session's choice, at first the address bar's."""
    text = st.session_state.get(_KEY)

    name, off = read_off(st.query_params.get(_KEY, "") if text is None else text, layers)
    _switch(name, off)
    link(_KEY, write_off(name, off) if off else "")
    return name, off


def _switch(name: str, off: Off) -> None:
    st.session_state[_KEY] = write_off(name, off)


def _choose_layer(layers: dict[str, LayerInfo], name: str) -> None:
    if st.session_state.get(_LAYER) != name:
        st.session_state[_LAYER] = name
    st.selectbox(
        "Layer",
        sorted(layers, key=lambda each: not layers[each].of_interest),
        key=_LAYER,
        on_change=lambda: _switch(st.session_state[_LAYER], ()),
        format_func=lambda each: layer_title(layers[each]),
        label_visibility="collapsed",
        width=220,
        help="The layers worth a look come first, then all others.",
    )


def _choose_channels(layer: LayerInfo, found: FeatureMaps, off: Off) -> None:
    """Draw the ways to choose channels beside a click on a map."""
    count = len(found.before)
    strongest = tuple(sorted(np.argsort(-found.strength, kind="stable")[:_STRONGEST].tolist()))
    with st.popover(f"Channels off: {len(off)} of {count}", icon=":material/toggle_off:"):
        some = st.container(horizontal=True)
        some.button(
            f"The {len(strongest)} strongest off",
            on_click=_switch,
            args=(layer.name, strongest),
            key="inspector-off-strongest",
            help="Those whose maps have the highest mean after ReLU in this picture.",
        )
        some.button(
            "A random 10 % off",
            on_click=_switch_at_random,
            args=(layer.name, count),
            key="inspector-off-random",
            help="Other ones at each press; the link keeps them.",
        )
        if st.session_state.get(_LIST) != list(off):
            st.session_state[_LIST] = list(off)
        st.multiselect(
            f"Channels that are off, 0 to {count - 1}",
            range(count),
            key=_LIST,
            on_change=lambda: _switch(layer.name, tuple(sorted(st.session_state[_LIST]))),
        )
    st.button(
        "Switch all on",
        on_click=_switch,
        args=(layer.name, ()),
        disabled=not off,
        icon=":material/undo:",
        key="inspector-all-on",
    )


def _switch_at_random(name: str, count: int) -> None:
    number = max(1, round(_SHARE * count))
    picked = np.random.default_rng().choice(count, number, replace=False)
    _switch(name, tuple(sorted(picked.tolist())))


def _maps(layer: LayerInfo, found: FeatureMaps, off: Off) -> TiledMaps:
    """Draw the maps as they are with all channels on, a cross over those that are off."""
    maps = found.before if found.after is None else found.after
    signed = bool((maps < 0).any())
    columns, cell = layout(len(maps))
    tiled = tile_maps(maps, columns=columns, normalise="each", signed=signed, cell=cell)
    tiled = cross_out(tiled, off)

    def toggle(channel: int) -> None:

        _switch(layer.name, tuple(sorted({*off} ^ {channel})))
        st.session_state[_LAST] = channel

    st.caption(
        f"{len(maps)} maps of {plain_markdown(layer.name)}"
        f"{' after ReLU' if found.after is not None else ''}, each on its own scale. Click one to "
        "switch it off (crossed), or on again."
    )
    draw_sheet(
        tiled,
        st.session_state.get(_LAST, -1),
        toggle,
        key="inspector-off-maps",
        noun="map",
        alt=f"{len(maps)} maps of {layer.name}; off: {channels_in_words(off)}.",
    )
    return tiled


def _probabilities(before: Prediction, after: Prediction, off: Off) -> None:
    """Draw the most probable classes of before and of now, and say what moved."""
    indices = [index for index, _, _ in before.top(SHOWN)]
    indices += [index for index, _, _ in after.top(SHOWN) if index not in indices]
    indices = indices[:_MOST_BARS]
    top = [(i, before.classes[i], float(after.probabilities[i])) for i in indices]
    sentence = moved_sentence(before, after, off)
    st.markdown(f"**{plain_markdown(sentence)}**")
    st.plotly_chart(
        probability_bars(
            top, before=[float(before.probabilities[i]) for i in indices] if off else None
        ),
        key="inspector-off-bars",
        alt=sentence,
        config={"displayModeBar": False},
    )
