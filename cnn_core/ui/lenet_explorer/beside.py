"""A drawn digit read by both LeNet-5: layer under layer, answers side by side, and what differs."""

from dataclasses import replace

import streamlit as st

from cnn_core.models.lenet_layers import Form, lenet_layers
from cnn_core.ui.boundary import guarded, plain_markdown
from cnn_core.ui.digit_lab import ShownLayer, layer_explorer
from cnn_core.ui.lab import laboratory
from cnn_core.ui.lenet_explorer.page import shown_layer
from cnn_core.ui.lenet_explorer.weights import BUNDLED, network_with
from cnn_core.ui.lenet_explorer.words import FORMULAS, SYMBOLS, arithmetic_of, difference_of

_FORMS: dict[Form, str] = {"1998": "1998", "today": "Today"}
_LAYER = "lenet-1998-layer"


@st.fragment
@guarded
def both_networks() -> None:
    """Draw one sheet, both networks on it, and the chosen layer's formulas beside each other."""
    lab = laboratory()
    chosen = layer_explorer(
        network_with(lab, "1998", BUNDLED),
        _shown("1998"),
        key="lenet-1998-explorer",
        chosen=st.session_state.get(_LAYER, 0),
        beside=network_with(lab, "today", BUNDLED),
        beside_layers=_shown("today"),
    )
    st.session_state[_LAYER] = chosen
    for column, (form, title) in zip(st.columns(2, gap="medium"), _FORMS.items(), strict=True):
        layer = lenet_layers(form)[chosen]
        with column:
            st.markdown(
                f"**{title}, {layer.name}: {layer.kind}.** {plain_markdown(arithmetic_of(layer))}"
            )
            st.latex(FORMULAS[form][chosen])
            st.caption(SYMBOLS[form])
    st.markdown(f"**In 1998.** {plain_markdown(difference_of(chosen))}")
    st.caption(
        "Both come with the project and were trained on all of MNIST's training images. Today's is "
        "the usual one, without padding. Other weights are in the LeNet-5 explorer."
    )


def _shown(form: Form) -> list[ShownLayer]:
    """Return what is said of each layer, the network's name before it."""
    shown = [shown_layer(layer) for layer in lenet_layers(form)]
    return [replace(each, title=f"{_FORMS[form]}: {each.title}") for each in shown]
