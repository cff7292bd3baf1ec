"""The page put together: network above, the layers live, and what is to be said of each below."""

import streamlit as st

from cnn_core.models.lenet_layers import Form, LenetLayer, lenet_layers
from cnn_core.ui.boundary import plain_markdown
from cnn_core.ui.digit_lab import ShownLayer, layer_explorer
from cnn_core.ui.inspector.state import link, whole_number
from cnn_core.ui.lab import laboratory
from cnn_core.ui.lenet_explorer.weights import BUNDLED, network_with, weights_at_hand
from cnn_core.ui.lenet_explorer.words import (
    FORMULAS,
    SOURCE,
    SYMBOLS,
    arithmetic_of,
    difference_of,
)
from cnn_core.ui.linked import linked_choice

_FORMS: dict[Form, str] = {"today": "Today's form", "1998": "As of 1998"}
_LAYER = "lenet-layer"
VIEWS = ("This layer", "All seven", "1998 beside today", "C3's connections")


def render_lenet_explorer() -> None:
    """Draw the page."""
    st.title("LeNet-5, layer by layer", anchor=False)
    lab = laboratory()
    with st.container(horizontal=True, vertical_alignment="center"):
        form = _choose_form()
        titles = weights_at_hand(lab, form)
        linked_choice("weights", titles, BUNDLED)
        weights = st.selectbox(
            "Weights",
            list(titles),
            key="weights",
            format_func=titles.__getitem__,
            label_visibility="collapsed",
            width=280,
            help="Weights that come along, or those of a finished run of this form.",
        )
    layers = lenet_layers(form)
    if _LAYER not in st.session_state:
        st.session_state[_LAYER] = whole_number(st.query_params.get("layer", "")) or 0
    chosen = layer_explorer(
        network_with(lab, form, weights),
        [shown_layer(layer) for layer in layers],
        key="lenet-explorer",
        chosen=min(st.session_state[_LAYER], len(layers) - 1),
    )
    st.session_state[_LAYER] = chosen
    link("layer", str(chosen), "0")
    _views(form, chosen)


def _choose_form() -> Form:
    linked_choice("form", _FORMS, "today")
    form: Form | None = st.segmented_control(
        "Network",
        list(_FORMS),
        key="form",
        required=True,
        format_func=_FORMS.__getitem__,
        label_visibility="collapsed",
        help="Max pooling, ReLU and softmax, or the network of the paper.",
    )
    return form or "today"


def shown_layer(layer: LenetLayer) -> ShownLayer:
    """Return what the explorer says of a layer beside its maps."""
    sees = f"sees {layer.field}×{layer.field}"
    return ShownLayer(
        title=f"{layer.name}, {layer.kind}, {layer.size}",
        caption=(
            layer.name,
            layer.size.replace(" maps of ", " × "),
            f"{layer.parameters:,} par.",
            sees,
        ),
        field=(layer.field, layer.step, layer.offset),
    )


def _views(form: Form, chosen: int) -> None:
    from cnn_core.ui.lenet_explorer.tables import all_seven_view, beside_view, connections_view

    this, seven, beside, connections = st.tabs(VIEWS)
    with this:
        _layer_view(form, chosen)
    with seven:
        all_seven_view(form, chosen)
    with beside:
        beside_view()
    with connections:
        connections_view()


def _layer_view(form: Form, chosen: int) -> None:
    """Draw one layer's formula, its figures, and what was otherwise in 1998."""
    layer = lenet_layers(form)[chosen]
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{layer.name}: {layer.kind}.** {plain_markdown(arithmetic_of(layer))}")
        st.latex(FORMULAS[form][chosen])
        st.caption(SYMBOLS[form])
    with right:
        st.markdown(f"**In 1998.** {plain_markdown(difference_of(chosen))}")
        st.caption(f"{SOURCE}, section II.B.")
