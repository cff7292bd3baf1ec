"""The film viewer's Python side: pictures go in, and nothing comes back.

    film_viewer.js .css .html    the browser's part; no dependency, nothing fetched
    film_pixels.js               windows and heat in colours

Pictures travel inside the page's own messages: no file of them is served under an address.
"""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.charts.scales import LEVELS, scale
from cnn_core.data.films.canonical import content_box, png_of
from cnn_core.results.films import SIDE
from cnn_core.results.triage import HeatMap

_FOLDER = Path(__file__).parent


def _text(*names: str) -> str:
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


_mount: Callable[..., Any] = st.components.v2.component(
    "film_viewer",
    html=_text("film_viewer.html"),
    css=_text("film_viewer.css"),
    js=_text("film_pixels.js", "film_viewer.js"),
)


def film_viewer(
    film: NDArray[np.uint8],
    *,
    key: str,
    token: str,
    title: str,
    alt: str,
    heat: HeatMap | None = None,
    other: NDArray[np.uint8] | None = None,
    other_title: str = "",
) -> None:
    """Draw a film on a canvas, with window and level, zoom, its heat map and another film.

    Args:
        film: grey, uint8 `(H, W)`, 0 to 255.
        key: names this viewer on its page.
        token: of the film: the view begins anew when it changes, and stays as it is until then.
        title: what the film is called.
        alt: what is to be seen, for those who do not see it.
        heat: of this film.
        other: a film to be shown beside it, as `film`.
        other_title: what it is called.
    """
    _mount(
        key=key,
        data={
            "token": token,
            "film": _png_address(film),
            "title": title,
            "alt": alt,
            "heat": None if heat is None else heat_data(heat, film.shape),
            "other": None if other is None else _png_address(other),
            "other_title": other_title,
        },
    )


def heat_data(heat: HeatMap, shape: tuple[int, ...]) -> dict[str, object]:
    """Return a heat map as the browser takes it.

    Args:
        heat: on the canonical picture.
        shape: of the film that it is laid over, `(H, W)`.

    Returns:
        `side`; `values`, 0 to 255, and `colours`, RGB of each value, as base64; and `box`: where
        the film lies in the canonical picture (left, top, right, bottom).
    """
    values = np.rint(255 * np.clip(heat.heat, 0, 1)).astype(np.uint8)
    places = np.rint(np.arange(256) / 255 * (LEVELS - 1)).astype(int)
    colours = np.rint(scale(signed=False)[places]).astype(np.uint8)
    return {
        "side": SIDE,
        "values": base64.b64encode(values.tobytes()).decode("ascii"),
        "colours": base64.b64encode(colours.tobytes()).decode("ascii"),
        "box": content_box(shape[1], shape[0]),
    }


def _png_address(film: NDArray[np.uint8]) -> str:
    return f"data:image/png;base64,{base64.b64encode(png_of(film)).decode('ascii')}"
