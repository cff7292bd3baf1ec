"""Your digit: drawn or photographed, brought to MNIST's form, and read by the run's own network."""

import functools
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cnn_core.data.decode import decode
from cnn_core.data.ink import ink_from_photo
from cnn_core.errors import PictureError
from cnn_core.models.bundled import bundled_lenet5_path
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.export import weights_path
from cnn_core.ui.boundary import show_error
from cnn_core.ui.digit_lab import BrowserNetwork, browser_network_from_safetensors, digit_lab
from cnn_core.ui.lab import Laboratory


@functools.lru_cache(maxsize=16)
def _network(path: Path, changed_ns: int, title: str) -> BrowserNetwork:
    del changed_ns  # part of the key alone: a resumed run writes its weights again
    return browser_network_from_safetensors(path, title)


def your_digit_view(lab: Laboratory, record: RunRecord | None) -> None:
    """Draw the lab with the run's weights; with the bundled ones while there are none.

    Raises:
        WeightsError: the weights are damaged.
    """
    path = weights_path(lab.store, record.id) if record is not None else None
    if path is not None and record is not None:
        title = f"Read by this run's network ({record.name})"
    else:
        path = bundled_lenet5_path()
        title = "Read by the LeNet-5 that comes with the project"
    network = _network(path, path.stat().st_mtime_ns if path.exists() else 0, title)
    uploaded = st.file_uploader(
        "Draw below, or upload a photo of one digit",
        ["png", "jpg", "jpeg", "webp", "bmp", "tiff", "gif"],
        key="digit-photo",
        help="Dark on light or light on dark; the digit is found, paper and shadows go.",
    )
    picture, token = None, ""
    if uploaded is not None:
        token = uploaded.file_id
        try:
            picture = _ink(uploaded.getvalue())
        except PictureError as error:
            show_error(error)
    digit_lab(network, key="lenet5-digit-lab", picture=picture, picture_token=token)


@functools.lru_cache(maxsize=8)
def _ink(payload: bytes) -> NDArray[np.uint8]:
    """Return a photo's ink, uint8 (280, 280).

    Raises:
        PictureError: no picture, or no digit in it.
    """
    return np.rint(ink_from_photo(decode(payload)) * 255).astype(np.uint8)
