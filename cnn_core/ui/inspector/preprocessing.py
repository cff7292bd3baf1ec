"""How the network gets the picture: the original with the crop drawn, the crop, what goes in."""

import numpy as np
import streamlit as st

from cnn_core.charts.overlay import with_boxes
from cnn_core.data.decode import is_blank
from cnn_core.results.inspection import Floats, NetworkInfo, Pixels, Prepared

_SHOWN = 200  # CSS pixels


def preprocessing_view(info: NetworkInfo, prepared: Prepared) -> None:
    """Draw the button behind which the three pictures stand."""
    with st.popover("Input", icon=":material/crop:"):
        height, width = prepared.original.shape[:2]
        channels, rows, columns = info.input_shape
        normalised = prepared.normalised
        steps = (
            (
                with_boxes(prepared.original, [prepared.crop_box], line=max(2, width // 120)),
                f"The picture, {width} × {height}, and its crop",
            ),
            (prepared.crop, f"Resized and cropped to {columns} × {rows}"),
            (
                as_picture(normalised),
                f"Normalised: {normalised.min():.2f} to {normalised.max():.2f}, "
                f"{channels} channel{'s' if channels > 1 else ''}",
            ),
        )
        with st.container(horizontal=True):
            for pixels, words in steps:
                st.image(pixels, words, width=_SHOWN, output_format="JPEG")


def say_if_blank(prepared: Prepared) -> None:
    """Say it where the network sees one colour: its maps then show nothing but borders."""
    if is_blank(prepared.crop):
        st.caption("What the network sees of this picture is all one colour: nothing is in it.")


def as_picture(normalised: Floats) -> Pixels:
    """Return what goes in as a picture: zero is middle grey, all channels on one scale.

    Args:
        normalised: float32 (1 or 3, H, W).

    >>> as_picture(np.zeros((1, 2, 2), np.float32)).tolist()[0][0]
    [128, 128, 128]
    """
    reach = float(np.abs(normalised).max()) or 1.0
    pixels: Pixels = np.rint((normalised / reach + 1) * 127.5).astype(np.uint8)
    return np.repeat(pixels, 3 // len(pixels), axis=0).transpose(1, 2, 0)
