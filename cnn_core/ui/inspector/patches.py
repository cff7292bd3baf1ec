"""The strongest patches: what, in all sample photos, drives a channel most."""

import streamlit as st

from cnn_core.data.samples import SAMPLES, sample_names
from cnn_core.results.inspection import LayerInfo, Patch
from cnn_core.ui.inspector.picture import sample_photo
from cnn_core.ui.inspector.state import Inspected

_COUNT = 9
_SHOWN = 84  # CSS pixels


def patches_view(place: Inspected, layer: LayerInfo, channel: int) -> None:
    """Draw the button that looks for them and, where it was pressed, the patches."""
    opened = st.expander(
        "Strongest patches over the sample photos", key="inspector-patches", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        bar = st.progress(0.0, "Looking through the sample photos")

        def say(done: int, total: int) -> None:
            bar.progress(done / max(total, 1), f"Looked through {done} of {total} sample photos")

        found = place.inspector.strongest_patches(
            place.choice,
            layer.name,
            channel,
            [(name, sample_photo(name)) for name in sample_names()],
            count=_COUNT,
            progress=say,
        )
        bar.empty()
        if not found:
            st.caption(f"No sample photo drives channel {channel}.")
            return
        with st.container(horizontal=True):
            for patch in found:
                st.image(patch.pixels, _words(patch), width=_SHOWN)
        st.caption(
            f"What the units of map {channel} see where they answer most, over "
            f"{len(SAMPLES)} photos."
        )


def _words(patch: Patch) -> str:
    return f"{patch.picture}, {patch.activation:.3g}"
