"""The tab "Filters": what a convolution multiplies with, as pictures."""

from typing import Literal

import numpy as np
import streamlit as st

from cnn_core.charts.map_tiles import Normalise, tile_maps
from cnn_core.results.inspection import Filters, Floats, LayerInfo
from cnn_core.ui.inspector.downloads import offer_downloads
from cnn_core.ui.inspector.layers import choose_layer, is_convolution
from cnn_core.ui.inspector.sheet import bar_of, draw_bar, draw_sheet, layout
from cnn_core.ui.inspector.state import Inspected, captions, choose, linked_number, number_box
from cnn_core.ui.linked import linked_choice

_ENLARGED = 300
_HOW: dict[Normalise, str] = {
    "each": "each on its own scale",
    "together": "all on one scale",
}


def render_filters(place: Inspected) -> None:
    """Draw the tab."""
    with st.container(horizontal=True, vertical_alignment="center"):
        layer = choose_layer([each for each in place.info.layers if is_convolution(each)])
        normalise = choose_scale()
        downloads = st.container(horizontal=True, width="content")
    filters = place.inspector.filters(place.choice, layer.name)
    left, right = st.columns([3, 2])
    of = (place.choice.name, layer.name)
    chosen = linked_number("channel", len(filters.kernels), of=of)
    source = linked_number("input", _inputs(filters), of=of)
    kernels, numbers, over = _over(filters, source)
    if chosen not in numbers:
        chosen = numbers[0]
    with right:
        _number_boxes(filters, numbers, chosen, source)
    columns, cell = layout(len(numbers))
    tiled = tile_maps(kernels, columns=columns, normalise=normalise, signed=True, cell=cell)
    with left:
        size = f"{kernels.shape[-2]} × {kernels.shape[-1]}"
        none = "grey" if kernels.ndim == 4 else "white"
        st.caption(f"{len(numbers)} filters of {size} {over}; {none}: no weight. Click one.")
        draw_sheet(
            tiled,
            numbers.index(chosen),
            lambda index: choose("channel", numbers[index]),
            key="inspector-filters",
            noun="filter",
            alt=f"{len(numbers)} filters of {layer.name}.",
        )
        if kernels.ndim == 3:
            draw_bar(tiled.low, tiled.high, signed=True, thing="filter")
    with right:
        _enlarged(kernels[numbers.index(chosen)], chosen, layer)
    with downloads:
        offer_downloads(
            f"{place.choice.name}-{layer.name}-filters",
            (*captions(place), f"Filters of {layer.name} {over}, {_HOW[normalise]}."),
            tiled.png,
            lambda: {"kernels": filters.kernels},
            key="filters",
            legend=bar_of(tiled) if kernels.ndim == 3 else None,
        )


def choose_scale(key: str = "scale-by") -> Literal["each", "together"]:
    """Draw the choice between a scale for each and one for all; return it."""
    linked_choice(key, _HOW, "each")
    chosen = st.segmented_control(
        "Scale",
        list(_HOW),
        key=key,
        required=True,
        format_func={"each": "Each scaled", "together": "Scaled together"}.__getitem__,
        label_visibility="collapsed",
        persist_state="session",
        help="Each on its own scale shows the shapes; one scale for all shows which are strong.",
    )
    return "together" if chosen == "together" else "each"


def _inputs(filters: Filters) -> int:
    """Return over how many input channels, one at a time, the filters can be shown."""
    _, per_group = filters.kernels.shape[:2]
    all_at_once = filters.groups == 1 and per_group == 3
    return 1 if all_at_once or per_group == 1 else filters.groups * per_group


def _over(filters: Filters, source: int) -> tuple[Floats, list[int], str]:
    """Return the kernels to show, the filters they belong to, and over what they lie, in words.

    A filter over three colours is a colour picture. Deeper ones are shown over one input channel;
    with groups, only the filters that see it.
    """
    kernels, groups = filters.kernels, filters.groups
    outs, per_group = kernels.shape[:2]
    if groups == 1 and per_group == 3:
        return kernels, list(range(outs)), "over red, green and blue"
    if per_group == 1:
        over = "over its one input" if groups == 1 else "each over a channel of its own"
        return kernels[:, 0], list(range(outs)), over
    group, inside = divmod(source, per_group)
    first = group * (outs // groups)
    numbers = list(range(first, first + outs // groups))
    of = f" (group {group + 1} of {groups})" if groups > 1 else ""
    return kernels[numbers, inside], numbers, f"over input channel {source}{of}"


def _number_boxes(filters: Filters, numbers: list[int], chosen: int, source: int) -> None:
    several = _inputs(filters)
    places = st.columns(2 if several > 1 else 1)
    with places[0]:
        number_box(
            f"Filter ({numbers[0]} to {numbers[-1]})",
            chosen,
            range(numbers[0], numbers[-1] + 1),
            key="inspector-filter",
            then=lambda number: choose("channel", number),
        )
    if several > 1:
        with places[1]:
            number_box(
                f"Input (0 to {several - 1})",
                source,
                range(several),
                key="inspector-input",
                then=lambda number: choose("input", number),
                help="Each filter has one kernel for each channel of its input: these are those "
                "for this channel.",
            )


def _enlarged(kernel: Floats, chosen: int, layer: LayerInfo) -> None:
    tiled = tile_maps(kernel[None], columns=1, normalise="together", signed=True, cell=_ENLARGED)
    st.image(tiled.png, width=_ENLARGED, alt=f"Filter {chosen} of {layer.name}, enlarged.")
    positive = float(np.clip(kernel, 0, None).sum())
    negative = float(np.clip(kernel, None, 0).sum())
    st.caption(
        f"Filter {chosen}: weights from {kernel.min():.3g} to {kernel.max():.3g}; the positive "
        f"ones sum to {positive:.3g}, the negative ones to {negative:.3g}."
    )
    if st.button(
        "See what it finds in the picture",
        icon=":material/image_search:",
        on_click=_go_to_maps,
        key="inspector-to-maps",
    ):
        st.rerun()  # the tabs are drawn outside of this fragment


def _go_to_maps() -> None:
    st.session_state["tab"] = "Maps"
