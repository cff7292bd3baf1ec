"""The explorer's still pictures and tables: all seven layers, both forms, table I."""

import streamlit as st

from cnn_core.charts.lenet_diagram import connections_html, layers_html
from cnn_core.models.lenet_layers import Form, c3_kinds, lenet_layers
from cnn_core.ui.lenet_explorer.words import SOURCE


def all_seven_view(form: Form, chosen: int) -> None:
    """Draw the layers as planes, to scale, and their figures below."""
    layers = lenet_layers(form)
    st.html(layers_html(form, chosen))
    st.table(
        {
            "Layer": [layer.name for layer in layers] + ["in all"],
            "What": [layer.kind for layer in layers] + [""],
            "Output": [layer.size for layer in layers] + [""],
            "Trainable parameters": [f"{layer.parameters:,}" for layer in layers]
            + [f"{sum(layer.parameters for layer in layers):,}"],
            "Multiply-accumulates": [f"{layer.macs:,}" for layer in layers]
            + [f"{sum(layer.macs for layer in layers):,}"],
            "A unit sees": [f"{layer.field}×{layer.field}" for layer in layers] + [""],
        }
    )


def beside_view() -> None:
    """Draw both forms' layers side by side."""
    pairs = list(zip(lenet_layers("1998"), lenet_layers("today"), strict=True))
    st.table(
        {
            "Layer": [old.name for old, _ in pairs] + ["in all"],
            "1998": [f"{old.kind}, {old.size}" for old, _ in pairs] + ["input 32×32"],
            "Today": [f"{new.kind}, {new.size}" for _, new in pairs] + ["input 28×28"],
            "Parameters 1998": [f"{old.parameters:,}" for old, _ in pairs]
            + [f"{sum(old.parameters for old, _ in pairs):,}"],
            "Parameters today": [f"{new.parameters:,}" for _, new in pairs]
            + [f"{sum(new.parameters for _, new in pairs):,}"],
        }
    )
    st.caption(
        f"The {sum(old.connections for old, _ in pairs):,} connections of 1998 share "
        f"{sum(old.parameters for old, _ in pairs):,} trainable parameters "
        f"({SOURCE}, section II.B)."
    )


def connections_view() -> None:
    """Draw table I: which maps of S2 each map of C3 sees."""
    st.html(connections_html())
    kinds = c3_kinds()
    st.table(
        {
            "Maps of C3": [
                f"{kind.maps[0]} to {kind.maps[-1]}" if len(kind.maps) > 1 else f"{kind.maps[0]}"
                for kind in kinds
            ],
            "See of S2": [kind.title for kind in kinds],
            "Parameters each": [str(kind.parameters) for kind in kinds],
            "Together": [f"{len(kind.maps) * kind.parameters:,}" for kind in kinds],
        }
    )
    st.caption(f"{SOURCE}, table I. Today's C3 sees all six maps of S2 in each of its 16.")
