"""The network of 1998 in the digit lab: what JavaScript computes and paints, against torch."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

SCRIPT = """
import os
from pathlib import Path
import numpy as np
import streamlit as st
from cnn_core.ui.digit_lab import browser_network_from_safetensors, digit_lab

st.set_page_config(layout="wide")
folder = Path(os.environ["DIGIT_LAB_FOLDER"])
name = st.radio("Picture", ["ring", "noise", "bar"])
network = browser_network_from_safetensors(folder / "1998.safetensors", "LeNet-5 of 1998")
picture = np.load(folder / f"{name}.npy")
digit_lab(network, key="lab", picture=picture, picture_token=name)
"""


def ring():
    rows, columns = np.mgrid[0:280, 0:280]
    away = np.hypot((rows - 140) / 80, (columns - 140) / 50)
    return (255 * np.clip(1.5 - 6 * np.abs(away - 1), 0, 1)).astype(np.uint8)


def bar():
    ink = np.zeros((280, 280), np.uint8)
    ink[40:240, 130:155] = 255
    return ink


PICTURES = {
    "ring": ring(),
    "noise": np.random.default_rng(0).integers(0, 256, (280, 280)).astype(np.uint8),
    "bar": bar(),
}


@pytest.fixture(scope="module")
def network():
    """Weights larger than those at the start, so that small errors show; no answer is certain."""
    torch = pytest.importorskip("torch")
    from cnn_core.models.registry import build_model

    torch.manual_seed(3)
    network = build_model("lenet5-1998", num_classes=10).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(3)
    return network


@pytest.fixture(scope="module")
def lab_server(start_server, network, tmp_path_factory):
    from safetensors.torch import save_file

    path = tmp_path_factory.mktemp("digit-lab-1998")
    (path / "script.py").write_text(SCRIPT, encoding="utf-8")
    for name, picture in PICTURES.items():
        np.save(path / f"{name}.npy", picture)
    save_file(network.state_dict(), path / "1998.safetensors")
    with start_server(script=path / "script.py", DIGIT_LAB_FOLDER=str(path)) as server:
        yield server


def normalised(reading):
    import torch

    form = torch.tensor(reading["form"], dtype=torch.float32).reshape(1, 1, 28, 28)
    return form / 255 * 1.275 - 0.1


def brightness(lab, layer):
    """Red, green and blue together of every pixel of a layer's tiles, (maps, pixels)."""
    return np.array(
        lab.locator(f"[data-layer={layer}] canvas").evaluate_all(
            """canvases => canvases.map(canvas => {
                const { width, height } = canvas;
                const bytes = canvas.getContext("2d").getImageData(0, 0, width, height).data;
                return Array.from({ length: width * height }, (_, i) =>
                    bytes[4 * i] + bytes[4 * i + 1] + bytes[4 * i + 2]);
            })"""
        )
    )


def test_reading_and_maps_are_torchs(page, lab_server, network):
    import torch

    maps = {}
    network.s4.register_forward_pre_hook(lambda layer, given: maps.update(C3=given[0]))
    page.goto(lab_server.url)
    lab = page.locator(".lab[data-probabilities]")
    answers, seen = [], ""
    for name in PICTURES:
        page.get_by_text(name, exact=True).click()
        expect(lab).not_to_have_attribute("data-probabilities", seen)
        seen = lab.get_attribute("data-probabilities")
        reading = lab.evaluate("element => element.reading")
        with torch.inference_mode():
            expected = torch.softmax(network(normalised(reading)), dim=1)[0].numpy()
        np.testing.assert_allclose(reading["probabilities"], expected, atol=1e-4, rtol=0)
        answers.append(expected)
        levels = np.round(255 * (maps["C3"][0].flatten(1).numpy() / 1.7159 + 1) / 2).ravel()
        order = np.argsort(levels, kind="stable")
        rising = np.diff(brightness(lab, "C3").ravel()[order])
        assert (rising[np.diff(levels[order]) > 1] > 0).all(), "brighter is larger"
        assert (rising[np.diff(levels[order]) == 0] <= 1).mean() > 0.99
    assert np.ptp(answers, axis=0).max() > 0.1, "weights that say the same of all would hide errors"
    assert np.max(answers) < 0.999, "a certain answer would hide errors"


def test_layers_have_the_papers_names(page, lab_server):
    page.goto(lab_server.url)
    lab = page.locator(".lab[data-probabilities]")
    expect(lab).to_be_visible()
    captions = [
        re.sub(r"\s+", " ", text) for text in lab.locator(".layer .caption").all_inner_texts()
    ]
    assert captions == [
        *("C1 6 maps 28×28", "S2 6 maps 14×14", "C3 16 maps 10×10", "S4 16 maps 5×5"),
        *("C5 120 units", "F6 84 units as 7×12"),
    ]
    expect(lab.get_by_text("60,000 parameters")).to_be_visible()
    picture = lab.locator("[data-layer=F6] canvas").bounding_box()
    assert (picture["width"], picture["height"]) == (48, 82), "cells as high as wide"
