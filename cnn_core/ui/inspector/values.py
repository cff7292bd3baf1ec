"""How a map's values are spread, and how much of the layer is dead in this picture."""

import streamlit as st

from cnn_core.charts.wording import percent
from cnn_core.results.inspection import FeatureMaps, Floats, LayerInfo


def values_view(layer: LayerInfo, found: FeatureMaps, maps: Floats, channel: int) -> None:
    """Draw the histogram, in an expander that costs nothing while it is closed."""
    opened = st.expander("Values of this map", key="inspector-values", on_change="rerun")
    if not opened.open:
        return
    from cnn_core.charts.inspection import histogram

    with opened:
        st.plotly_chart(
            histogram(
                maps[channel],
                title=f"Map {channel} of {layer.name}: {dead_sentence(maps[channel])}",
                x_title="activation",
            ),
            key="inspector-histogram",
            config={"displayModeBar": False},
        )
        st.caption(layer_sentence(found))


def dead_sentence(chosen: Floats) -> str:
    """Return how many units of a map are not above zero, in words.

    >>> import numpy as np
    >>> dead_sentence(np.array([[0.0, 1.0]], np.float32))
    '50.0 % of its 2 units are not above zero'
    """
    return f"{percent(float((chosen <= 0).mean()))} of its {chosen.size:,} units are not above zero"


def layer_sentence(found: FeatureMaps) -> str:
    """Return the share of dead units of the whole layer, and how many maps are dead altogether."""
    maps = found.before if found.after is None else found.after
    dead = int((maps <= 0).all(axis=(1, 2)).sum())
    return (
        f"In the whole layer {percent(found.dead_share)} of {maps.size:,} units are dead in this "
        f"picture (not above zero{' after ReLU' if found.after is not None else ''}); {dead} of "
        f"{len(maps)} maps are dead altogether."
    )
