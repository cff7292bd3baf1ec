"""One map enlarged and laid over the photo, and what one of its units sees."""

import io

import numpy as np
import streamlit as st
from PIL import Image

from cnn_core.charts.overlay import beyond, enlarged, overlay, with_boxes
from cnn_core.results.inspection import Box, Floats, LayerInfo, Pixels
from cnn_core.ui.cell_picture import Cells, cell_picture
from cnn_core.ui.inspector.state import Inspected, choose, linked_number, number_box
from cnn_core.ui.linked import linked_choice

_SHOWN = 360  # CSS pixels
_LOOKS = {"over": 0.85, "map": 1.0, "photo": 0.0}  # the opacity of the strongest unit
_SIDE = 448


def one_map(
    place: Inspected, layer: LayerInfo, maps: Floats, channel: int, *, signed: bool
) -> tuple[int, int, int]:
    """Draw a map over the photo with the receptive field of one unit; return the unit.

    Args:
        place: network and picture.
        layer: whose maps they are.
        maps: float32 (C, H, W).
        channel: which of them.
        signed: whether colours are those of signs.

    Returns:
        (channel, row, column) of the chosen unit: at first the strongest.
    """
    chosen = maps[channel]
    rows, columns = chosen.shape
    crop = place.prepared.crop
    height, width = crop.shape[:2]
    strongest = int(np.abs(chosen).argmax())
    of = (place.choice.name, layer.name, channel, place.picture_name)
    unit = linked_number("unit", chosen.size, strongest, of=of)
    row, column = divmod(unit, columns)
    box = _field(place, layer, row, column)
    linked_choice("look", _LOOKS, "over")
    number_box(
        f"Map (0 to {len(maps) - 1})",
        channel,
        range(len(maps)),
        key="inspector-map",
        then=lambda number: choose("channel", number),
    )
    cell_picture(
        _jpeg(_picture(crop, chosen, st.session_state["look"], signed=signed)),
        (width, height),
        key="inspector-one-map",
        alt=f"Map {channel} of {layer.name} over the photo; the box is what the chosen unit sees.",
        cells=Cells(
            count=chosen.size,
            columns=columns,
            width=width / columns,
            height=height / rows,
            noun="unit",
        ),
        chosen=unit,
        on_choose=lambda number: choose("unit", number),
        boxes=[box],
        widest=_SHOWN,
    )
    sees = f"the {box.bottom - box.top} × {box.right - box.left} pixels in the box"
    st.caption(
        f"The unit at row {row}, column {column} is **{chosen[row, column]:.3g}** and sees "
        f"{'the whole picture' if layer.receptive_field is None else sees} (its receptive field). "
        f"{beyond(box, height, width)}"
    )
    _other_units(rows, columns, row, column)
    return channel, row, column


def _other_units(rows: int, columns: int, row: int, column: int) -> None:
    """Draw what a click in the picture does too: row and column of a unit, and how it looks."""
    left, right = st.columns(2)
    with left:
        number_box(
            f"Row (0 to {rows - 1})",
            row,
            range(rows),
            key="inspector-row",
            then=lambda number: choose("unit", number * columns + column),
        )
    with right:
        number_box(
            f"Column (0 to {columns - 1})",
            column,
            range(columns),
            key="inspector-column",
            then=lambda number: choose("unit", row * columns + number),
        )
    st.segmented_control(
        "Look",
        list(_LOOKS),
        key="look",
        required=True,
        format_func={"over": "Over the photo", "map": "Map alone", "photo": "Photo"}.__getitem__,
        label_visibility="collapsed",
        persist_state="session",
    )


def _field(place: Inspected, layer: LayerInfo, row: int, column: int) -> Box:
    height, width = place.prepared.crop.shape[:2]
    if layer.receptive_field is None:
        return Box(top=0, left=0, bottom=height, right=width)
    return place.inspector.receptive_field(place.choice, layer.name, row, column)


def with_field(
    place: Inspected,
    layer: LayerInfo,
    maps: Floats,
    unit: tuple[int, int, int],
    look: str,
    *,
    signed: bool,
) -> Pixels:
    """Return a map as it is shown, with the receptive field of its unit (channel, row, column)."""
    channel, row, column = unit
    crop = place.prepared.crop
    picture = _picture(crop, maps[channel], look, signed=signed)
    factor = picture.shape[0] // crop.shape[0]
    return with_boxes(picture, [_field(place, layer, row, column)], factor=factor)


def _picture(crop: Pixels, chosen: Floats, look: str, *, signed: bool) -> Pixels:
    large = enlarged(crop, max(1, round(_SIDE / crop.shape[0])))
    if look == "photo":
        return large
    if look == "map":
        large = np.zeros_like(large)
    return overlay(large, chosen, opacity=_LOOKS[look], signed=signed)


def _jpeg(pixels: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=88)
    return file.getvalue()
