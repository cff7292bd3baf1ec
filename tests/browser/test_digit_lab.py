"""The digit lab in Chromium: its form and its network against oracles, and three ways to draw.

The parity tests run the lab on a network of random weights, larger than trained ones so that small
errors show; the others run Home, with the network that comes with the project.
"""

import re

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.browser.sheet import draw, open_lab, settled, shown

SCRIPT = """
import os
from pathlib import Path
import numpy as np
import streamlit as st
from cnn_core.ui.digit_lab import browser_network_from_safetensors, digit_lab

st.set_page_config(layout="wide")
folder = Path(os.environ["DIGIT_LAB_FOLDER"])
name = st.query_params.get("picture", "")
if st.checkbox("Other picture"):
    name = "ring"
size = st.query_params.get("size", "lenet5")
reading = digit_lab(
    browser_network_from_safetensors(folder / f"{size}.safetensors", "Random network"),
    key="lab",
    picture=np.load(folder / f"{name}.npy") if name else None,
    picture_token=name,
    report="report" in st.query_params,
)
st.session_state.count = st.session_state.get("count", 0) + 1
st.button("Run again")
st.text(f"run {st.session_state.count}")
st.text("told nothing" if reading is None else f"told {reading.digit} of ink {reading.form.sum()}")
"""


def drawn(*shapes):
    """Ink of shapes, anti-aliased by drawing it four times as large."""
    sheet = Image.new("L", (1120, 1120))
    pen = ImageDraw.Draw(sheet)
    for kind, points, width in shapes:
        scaled = [4 * value for value in points]
        if kind == "line":
            pen.line(scaled, fill=255, width=4 * width, joint="curve")
        else:
            pen.ellipse(scaled, outline=255, width=4 * width)
    return np.asarray(sheet.resize((280, 280), Image.Resampling.BOX))


PICTURES = {
    "seven": drawn(("line", (70, 60, 200, 64, 130, 230), 22)),
    "ring": drawn(("ellipse", (90, 60, 190, 221), 25)),
    "bar": drawn(("line", (141, 35, 139, 247), 17)),
    "dash": drawn(("line", (33, 150, 251, 141), 31)),
    "edge": drawn(("line", (0, 0, 279, 279), 40), ("line", (0, 200, 120, 279), 13)),
    "speck": drawn(("ellipse", (200, 30, 207, 41), 3)),
    "heavy_foot": drawn(("line", (140, 20, 140, 250), 6), ("line", (90, 240, 190, 240), 40)),
    "faint": drawn(("line", (80, 60, 200, 220), 22)) // 3,
    "noise": np.random.default_rng(0).integers(0, 256, (280, 280)).astype(np.uint8),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The script, its pictures, and two networks of the family with random weights."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    path = tmp_path_factory.mktemp("digit-lab")
    (path / "script.py").write_text(SCRIPT, encoding="utf-8")
    for name, picture in PICTURES.items():
        np.save(path / f"{name}.npy", picture)
    for name in NETWORKS:
        torch.manual_seed(1)
        network = make_network(name)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.mul_(2.4)
        save_file(network.state_dict(), path / f"{name}.safetensors")
    return path


NETWORKS = ("lenet5", "small")


def make_network(name):
    from torch import nn

    from cnn_core.models.lenet import LeNet5

    network = LeNet5()
    if name == "small":
        network.conv1, network.conv2 = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 12, 4)
        network.fc1, network.fc2 = nn.Linear(300, 40), nn.Linear(40, 20)
        network.fc3 = nn.Linear(20, 10)
    return network


@pytest.fixture(scope="module")
def lab_server(start_server, folder):
    with start_server(script=folder / "script.py", DIGIT_LAB_FOLDER=str(folder)) as server:
        yield server


def area_means(values, cells):
    """Means over `cells` equal stretches of axis 0: each row is repeated, then blocks averaged."""
    length = len(values)
    repeated = np.repeat(values.astype(np.float64), cells, axis=0)
    return repeated.reshape(cells, length, *values.shape[1:]).mean(axis=1)


def expected_form(ink):
    """MNIST's form by other means: block averages, and SciPy's centre of mass."""
    from scipy import ndimage

    ((rows, columns),) = ndimage.find_objects((ink > 0.1 * ink.max()).astype(int))
    digit = ink[rows, columns]
    height, width = (max(1, int(n * 20 / max(digit.shape) + 0.5)) for n in digit.shape)
    small = area_means(area_means(digit, height).T, width).T
    starts = [
        int(np.clip(np.floor(14 - centre + 0.5), 0, 28 - length))
        for centre, length in zip(ndimage.center_of_mass(small), small.shape, strict=True)
    ]
    form = np.zeros((28, 28))
    form[starts[0] : starts[0] + height, starts[1] : starts[1] + width] = small
    return form


@pytest.mark.parametrize("name", PICTURES)
def test_form_is_mnists(page, lab_server, name):
    form = shown(open_lab(page, f"{lab_server.url}?picture={name}"))["form"]
    difference = np.abs(np.reshape(form, (28, 28)) - expected_form(PICTURES[name]))
    assert difference.max() <= 0.51  # of 255 grey levels: rounding, and nothing else


@pytest.mark.parametrize("name", ["seven", "ring", "bar", "dash", "heavy_foot"])
def test_form_agrees_with_the_one_that_python_makes(page, lab_server, name):
    from cnn_core.data.ink import mnist_form

    form = np.reshape(shown(open_lab(page, f"{lab_server.url}?picture={name}"))["form"], (28, 28))
    other = 255 * mnist_form(PICTURES[name].astype(np.float32) / 255).form
    # Pillow's box takes whole source pixels, ours shares of them: up to a tenth of a pixel apart.
    assert np.abs(form - other).mean() < 2
    assert np.abs(form - other).max() < 40


@pytest.mark.parametrize("size", NETWORKS)
def test_probabilities_are_torchs(page, lab_server, folder, size):
    import torch
    from safetensors.torch import load_file

    network = make_network(size)
    network.load_state_dict(load_file(folder / f"{size}.safetensors"))
    answers = []
    for name in ("seven", "ring", "noise"):
        reading = shown(open_lab(page, f"{lab_server.url}?picture={name}&size={size}"))
        form = torch.tensor(reading["form"], dtype=torch.float32).reshape(1, 1, 28, 28)
        with torch.inference_mode():
            expected = torch.softmax(network((form / 255 - 0.1307) / 0.3081), dim=1)[0].numpy()
        np.testing.assert_allclose(reading["probabilities"], expected, atol=1e-4, rtol=0)
        assert reading["digit"] == expected.argmax()
        answers.append(expected)
    assert np.ptp(answers, axis=0).max() > 0.1, "weights that say the same of all would hide errors"


def test_maps_are_those_of_torch(page, lab_server, folder):
    """The tiles: conv1 rectified, before pooling; brightness rises with the value."""
    import torch
    from safetensors.torch import load_file

    lab = open_lab(page, f"{lab_server.url}?picture=seven")
    tiles = lab.locator("[data-layer=conv1] canvas").evaluate_all(
        """canvases => canvases.map(canvas => {
            const { width, height } = canvas;
            const bytes = canvas.getContext("2d").getImageData(0, 0, width, height).data;
            return Array.from({ length: width * height }, (_, i) =>
                bytes[4 * i] + bytes[4 * i + 1] + bytes[4 * i + 2]);
        })"""
    )
    weights = load_file(folder / "lenet5.safetensors")
    form = torch.tensor(shown(lab)["form"], dtype=torch.float32).reshape(1, 1, 28, 28)
    maps = torch.conv2d(
        (form / 255 - 0.1307) / 0.3081, weights["conv1.weight"], weights["conv1.bias"]
    ).relu()[0]
    assert np.shape(tiles) == (6, 24 * 24)
    for tile, expected in zip(tiles, maps.flatten(1).numpy(), strict=True):
        order = np.argsort(expected, kind="stable")
        levels = np.round(255 * expected[order] / maps.max().item())
        brightness = np.array(tile)[order]
        assert (np.diff(brightness)[np.diff(levels) > 1] > 0).all()
        assert (np.diff(brightness)[np.diff(levels) == 0] == 0).all()


def test_layers_are_shown_with_names_and_shapes(page, lab_server):
    lab = open_lab(page, lab_server.url)
    captions = [
        re.sub(r"\s+", " ", text) for text in lab.locator(".layer .caption").all_inner_texts()
    ]
    assert captions == [
        *("conv1 6 maps 24×24", "pool1 6 maps 12×12"),
        *("conv2 16 maps 8×8", "pool2 16 maps 4×4"),
        *("fc1 120 units", "fc2 84 units"),
    ]
    assert [lab.locator(f"[data-layer={name}] canvas").count() for name in ("conv1", "pool2")] == [
        6,
        16,
    ]


def test_finished_strokes_are_reported_and_the_drawing_outlives_reruns(page, lab_server):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    lab = open_lab(page, f"{lab_server.url}?report")
    expect(page.get_by_text("told nothing")).to_be_visible()
    page.wait_for_timeout(1500)  # the page's own start-up messages
    sent.clear()
    draw(page, (0.3, 0.2), (0.7, 0.2), (0.45, 0.8))
    reading = shown(lab)
    told = page.get_by_text(f"told {reading['digit']} of ink {sum(reading['form'])}")
    expect(told).to_be_visible()
    expect(page.get_by_text("run 2", exact=True)).to_be_visible()
    page.wait_for_timeout(500)
    assert len(sent) == 1, "one message a stroke"
    before = lab.get_attribute("data-probabilities")
    for run in (3, 4):
        page.get_by_role("button", name="Run again").click()
        expect(page.get_by_text(f"run {run}", exact=True)).to_be_visible()
    assert lab.get_attribute("data-probabilities") == before
    expect(told).to_be_visible()
    page.wait_for_timeout(500)
    sent.clear()
    draw(page, (0.3, 0.5), (0.7, 0.5))
    expect(page.get_by_text("run 5", exact=True)).to_be_visible()
    page.wait_for_timeout(500)
    assert len(sent) == 1, "a rerun must not listen a second time"
    assert settled(lab) != before
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("run 6", exact=True)).to_be_visible()
    assert settled(lab) == before
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("told nothing")).to_be_visible()
    assert lab.get_attribute("data-digit") == ""
    page.close()


def test_picture_is_put_on_the_sheet_when_its_token_changes(page, lab_server):
    lab = open_lab(page, f"{lab_server.url}?picture=seven")
    seven = shown(lab)["form"]
    page.get_by_text("Other picture").click()
    expect(page.get_by_text("run 2", exact=True)).to_be_visible()
    settled(lab)
    ring = shown(lab)["form"]
    assert ring != seven
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("run 3", exact=True)).to_be_visible()
    assert lab.get_attribute("data-digit") == "", "a rerun brought the cleared picture back"


def test_new_data_does_not_listen_a_second_time(page, lab_server):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    lab = open_lab(page, f"{lab_server.url}?report")
    page.get_by_text("Other picture").click()  # a new picture: Streamlit calls the script again
    expect(page.get_by_text(re.compile("told [0-9]"))).to_be_visible()
    page.wait_for_timeout(1000)
    ring = settled(lab)
    sent.clear()
    draw(page, (0.3, 0.5), (0.7, 0.5))
    page.wait_for_timeout(1000)
    assert len(sent) == 1
    assert settled(lab) != ring
    page.get_by_role("button", name="Undo").click()
    assert settled(lab) == ring
    page.close()
