"""What is on the screen, to take away: the picture with a caption, and the numbers behind it."""

import io
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st
from PIL import Image

from cnn_core.charts.captioned import captioned_png, npz_bytes
from cnn_core.results.inspection import Floats, Pixels
from cnn_core.ui.training.about import copy_link


def offer_downloads(
    name: str,
    lines: Sequence[str],
    png: bytes,
    arrays: Callable[[], Mapping[str, Floats]],
    *,
    key: str,
    legend: Pixels | None = None,
    also: tuple[str, Callable[[], Pixels], Sequence[str]] | None = None,
) -> None:
    """Draw the downloads and the link; nothing is made before somebody presses a button.

    To be called when the tab has put its choices into the address bar.

    Args:
        name: of the files, without suffix.
        lines: the caption under the picture: network, weights, layer, normalisation.
        png: the picture.
        arrays: returns the numbers by name.
        key: of the buttons.
        legend: drawn between picture and caption: a colour bar.
        also: a second picture: what it is, what makes it, and its caption.
    """
    stem = file_stem(name)

    def picture() -> bytes:
        with Image.open(io.BytesIO(png)) as opened:
            return captioned_png(np.array(opened.convert("RGBA")), lines, legend=legend)

    with st.popover("Download", icon=":material/download:"):
        st.download_button(
            "Picture with caption (PNG)",
            picture,
            f"{stem}.png",
            "image/png",
            on_click="ignore",
            key=f"inspector-png-{key}",
        )
        if also is not None:
            words, make, more = also
            st.download_button(
                f"{words} (PNG)",
                lambda: captioned_png(make(), more),
                f"{stem}-one.png",
                "image/png",
                on_click="ignore",
                key=f"inspector-one-png-{key}",
            )
        st.download_button(
            "Numbers (NumPy, .npz)",
            lambda: npz_bytes(**arrays()),
            f"{stem}.npz",
            "application/octet-stream",
            on_click="ignore",
            key=f"inspector-npz-{key}",
        )
    copy_link("network, layer, tab and choices (your own picture stays in your session)")


def file_stem(name: str) -> str:
    """Return a name that every file system takes.

    >>> file_stem("run:lenet5-a/..-maps-my photo.JPG")
    'run-lenet5-a-..-maps-my-photo.JPG'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:100].strip("-.") or "inspector"
