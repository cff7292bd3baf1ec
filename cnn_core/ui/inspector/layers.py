"""Choosing a layer: those worth a look first, then all others, in the order in which they run."""

from collections.abc import Sequence

import streamlit as st

from cnn_core.errors import ConfigError
from cnn_core.results.inspection import LayerInfo
from cnn_core.ui.inspector.state import link
from cnn_core.ui.linked import linked_choice


def is_convolution(layer: LayerInfo) -> bool:
    """Return whether a layer has kernels: not pooling, nor the subsampling of 1998."""
    return layer.kernel is not None and layer.macs > 0 and "Conv" in layer.kind


def choose_layer(layers: Sequence[LayerInfo], key: str = "layer", width: int = 260) -> LayerInfo:
    """Draw the layers, those of interest first; return the chosen one, at first the first.

    Args:
        layers: what there is to choose from.
        key: of the widget, and in the address bar.
        width: in pixels.

    Raises:
        ConfigError: there is no layer.
    """
    if not layers:
        raise ConfigError(
            "This network has no layer that could be shown here.", hint="Choose another tab."
        )
    ordered = sorted(layers, key=lambda layer: not layer.of_interest)
    by_name = {layer.name: layer for layer in ordered}
    chosen = linked_choice(key, by_name, ordered[0].name)
    link(key, chosen)
    st.selectbox(
        "Layer",
        list(by_name),
        key=key,
        format_func=lambda name: layer_title(by_name[name]),
        label_visibility="collapsed",
        persist_state="session",
        width=width,
        help="The layers worth a look come first, then all others.",
    )
    return by_name[st.session_state[key]]


def layer_title(layer: LayerInfo) -> str:
    """Return a layer's name, shape and kind in a line.

    >>> layer_title(LayerInfo(name="fc", kind="Linear", shape=(10,), parameters=0, macs=0))
    'fc · 10 · Linear'
    """
    return f"{layer.name} · {'×'.join(map(str, layer.shape))} · {layer.kind}"
