"""The digit lab as a Streamlit component: what Python passes in, and what comes back.

The JavaScript files are joined in the order of `_SCRIPTS` and sent as one module, from memory: no
file is served, nothing is fetched. What comes back from a browser is checked like any other input.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.ui.digit_lab.network import INPUT_SIDE, BrowserNetwork

SHEET_SIDE = 280
_FOLDER = Path(__file__).parent
_SCRIPTS = (
    "samples.js",
    "ink.js",
    "form.js",
    "network.js",
    "network1998.js",
    "paint.js",
    "drawing.js",
    "input.js",
    "view.js",
    "explorer.js",
    "beside.js",
    "lab.js",
)


def _text(*names: str) -> str:
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


_mount = st.components.v2.component(
    "digit_lab",
    html=_text("lab.html"),
    css=_text("lab.css", "explorer.css", "beside.css"),
    js=_text(*_SCRIPTS),
)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the network in the browser made of a drawing.

    Attributes:
        digit: the most probable class, 0 to 9.
        probabilities: one a class; they sum to 1.
        form: the picture that the network saw, uint8 (28, 28), 0 (paper) to 255 (ink).
    """

    digit: int
    probabilities: tuple[float, ...]
    form: NDArray[np.uint8]


def digit_lab(
    network: BrowserNetwork,
    *,
    key: str,
    picture: NDArray[np.uint8] | None = None,
    picture_token: str = "",
    report: bool = False,
) -> Reading | None:
    """Draw the lab, and return the latest reading that it reported.

    Args:
        network: what reads the drawing, in the browser.
        key: names this lab; its drawing outlives reruns and visits to other pages.
        picture: ink to put on the sheet, uint8 (280, 280), 0 (paper) to 255 (ink).
        picture_token: names the picture; it is put on the sheet whenever this changes.
        report: send a reading at the end of each stroke, which reruns the script. Without it,
            drawing costs the server nothing, and None is returned.

    Returns:
        The reading of what is on the sheet; None before the first report and for an empty sheet.

    Raises:
        ValueError: `picture` is not uint8 of 280x280.
    """
    _validate_picture(picture)
    state = _mount(
        key=key,
        data={
            **_described(network),
            "key": key,
            "report": report,
            "picture": None if picture is None else _base64(picture.tobytes()),
            "picture_token": picture_token,
        },
        on_reading_change=_heard,
    )
    return read_report(state.get("reading"), network.classes) if report else None


@dataclass(frozen=True, kw_only=True)
class ShownLayer:
    """What the explorer says of a layer, beside its maps.

    Attributes:
        title: above the large maps.
        caption: lines above the small ones; the first is its name.
        field: side, step and offset of the square of the 28x28 picture that a unit sees.
    """

    title: str
    caption: tuple[str, ...]
    field: tuple[int, int, int]


def layer_explorer(
    network: BrowserNetwork,
    layers: Sequence[ShownLayer],
    *,
    key: str,
    chosen: int = 0,
    beside: BrowserNetwork | None = None,
    beside_layers: Sequence[ShownLayer] = (),
) -> int:
    """Draw the lab with every layer as a button, and the maps of the chosen one large.

    With a second network beside it, both read the one drawing, layer under layer.

    Args:
        network: what reads the drawing, in the browser.
        layers: one for each layer that the network shows, and one for its outputs.
        key: names this lab; its drawing outlives reruns and visits to other pages.
        chosen: the layer that is large at first, counted from 0.
        beside: another network that reads the same drawing, with as many layers.
        beside_layers: likewise of that one.

    Returns:
        The chosen layer, counted from 0. A choice reruns the script; drawing does not.

    Raises:
        ValueError: another number of layers than the network shows.
    """
    shown = len(layers)
    described = _explored(network, layers)
    if beside is not None:
        second = _explored(beside, beside_layers)
        if len(beside_layers) != shown:
            raise ValueError(f"expected {shown} layers beside, got {len(beside_layers)}")
        described |= {f"beside_{name}": value for name, value in second.items()}
    state = _mount(
        key=key,
        data={
            **described,
            "key": key,
            "report": False,
            "picture": None,
            "picture_token": "",
            "chosen": chosen,
        },
        on_layer_change=_heard,
    )
    layer = state.get("layer")
    return layer if type(layer) is int and 0 <= layer < shown else chosen


def _explored(network: BrowserNetwork, layers: Sequence[ShownLayer]) -> dict[str, Any]:
    shown = 1 + sum("show" in layer for layer in network.layers)
    if len(layers) != shown:
        raise ValueError(f"expected {shown} layers, got {len(layers)}")
    return {
        **_described(network),
        "titles": tuple(layer.title for layer in layers),
        "captions": tuple(layer.caption for layer in layers),
        "fields": tuple(layer.field for layer in layers),
    }


def _described(network: BrowserNetwork) -> dict[str, Any]:
    return {
        # Flat, of scalars, text and tuples: Streamlit asks of any other value whether it is a data
        # frame, and imports pandas for the answer (0.3 s of a fresh server's first page).
        "network_token": network.token,
        "title": f"{network.title}, {network.parameters:,} parameters",
        "layers": network.layers,
        "weights": _base64(network.weights),
        "mean": network.mean,
        "std": network.std,
        "classes": network.classes,
    }


def read_report(value: Any, classes: int) -> Reading | None:  # noqa: ANN401 - comes from a browser
    """Return what a browser sent as a reading; None where it is not one.

    >>> sent = {"digit": 1, "probabilities": [0.25, 0.75], "form": [0] * 784}
    >>> read_report(sent, 2).digit
    1
    >>> read_report({**sent, "form": [0] * 783}, 2) is None
    True
    """
    if not isinstance(value, dict):
        return None
    probabilities = _numbers(value.get("probabilities"), classes, 1.0)
    form = _numbers(value.get("form"), INPUT_SIDE**2, 255.0)
    if probabilities is None or form is None:
        return None
    return Reading(
        digit=int(np.argmax(probabilities)),
        probabilities=tuple(probabilities),
        form=np.array(form).astype(np.uint8).reshape(INPUT_SIDE, INPUT_SIDE),
    )


def _numbers(values: Any, count: int, largest: float) -> list[float] | None:  # noqa: ANN401
    """Return `values` if it is a list of `count` numbers from 0 to `largest`."""
    if not isinstance(values, list) or len(values) != count:
        return None
    if not all(type(value) in (int, float) and 0 <= value <= largest for value in values):
        return None
    return [float(value) for value in values]


def _validate_picture(picture: NDArray[np.uint8] | None) -> None:
    if picture is None:
        return
    if picture.dtype != np.uint8 or picture.shape != (SHEET_SIDE, SHEET_SIDE):
        raise ValueError(
            f"expected a uint8 picture of {SHEET_SIDE}x{SHEET_SIDE}, "
            f"got {picture.dtype} of {'x'.join(map(str, picture.shape))}"
        )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _heard() -> None:
    """Let Streamlit know of a state; the rerun that follows is all that is wanted."""
