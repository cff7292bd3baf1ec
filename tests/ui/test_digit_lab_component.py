"""The component's Python side: what a browser sends is checked, and the scripts are whole."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnn_core.ui.digit_lab import BrowserNetwork, component, digit_lab
from cnn_core.ui.digit_lab.component import read_report

FOLDER = Path(component.__file__).parent
SENT = {"digit": 3, "probabilities": [0.05] * 3 + [0.55] + [0.05] * 6, "form": [0, 255] * 392}


def test_reading_comes_back_in_types_of_ours():
    reading = read_report(SENT, 10)
    assert reading.digit == 3
    assert reading.probabilities[3] == 0.55
    assert reading.form.shape == (28, 28)
    assert reading.form.dtype == np.uint8
    assert reading.form[0, :4].tolist() == [0, 255, 0, 255]


def test_digit_is_told_by_the_probabilities_and_not_by_the_browser():
    assert read_report({**SENT, "digit": 9}, 10).digit == 3


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "3",
        [],
        {},
        {**SENT, "form": [0] * 783},
        {**SENT, "form": "0" * 784},
        {**SENT, "form": [256] * 784},
        {**SENT, "form": [-1] * 784},
        {**SENT, "form": [None] * 784},
        {**SENT, "form": [True] * 784},
        {**SENT, "form": [float("nan")] * 784},
        {**SENT, "probabilities": [0.1] * 9},
        {**SENT, "probabilities": [2.0] * 10},
        {**SENT, "probabilities": {"0": 1}},
        {**SENT, "probabilities": ["1"] * 10},
        {**SENT, "probabilities": [float("inf")] * 10},
    ],
)
def test_anything_else_is_no_reading(sent):
    assert read_report(sent, 10) is None


@pytest.mark.parametrize(
    "picture", [np.zeros((28, 28), np.uint8), np.zeros((280, 280), np.float32)]
)
def test_picture_of_another_form_is_refused(picture):
    network = BrowserNetwork(({"op": "linear", "out": 10},), b"", 0.1307, 0.3081, "LeNet-5")
    with pytest.raises(ValueError, match=r"expected a uint8 picture of 280x280, got"):
        digit_lab(network, key="lab", picture=picture, picture_token="a")


def test_every_script_is_joined_once():
    assert sorted(component._SCRIPTS) == sorted(path.name for path in FOLDER.glob("*.js"))
    joined = component._text(*component._SCRIPTS)
    assert len(re.findall(r"^export ", joined, re.MULTILINE)) == 1
    names = re.findall(r"^(?:const|let|class|function) (\w+)", joined, re.MULTILINE)
    assert len(names) == len(set(names)), "two files of one module share a name"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.*s")), ids=lambda path: path.name)
def test_script_and_style_stay_short_and_fetch_nothing(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") < 300
    assert not re.search(r"fetch\(|XMLHttpRequest|https?://|import\b|eval\(|innerHTML", text)


def test_text_is_legible():
    style = (FOLDER / "lab.css").read_text(encoding="utf-8")
    sizes = [int(size) for size in re.findall(r"(?:font-size: |font: )(\d+)px", style)]
    assert sizes
    assert min(sizes) >= 14


def test_mounting_asks_for_no_pandas():
    """Streamlit imports pandas for what might be a data frame: 0.3 s of the first page."""
    script = (
        "from cnn_core.ui.digit_lab import BrowserNetwork, digit_lab\n"
        "layers = ({'op': 'linear', 'in': 784, 'out': 10, 'weight': 0, 'bias': 7840},)\n"
        "digit_lab(BrowserNetwork(layers, b'0' * 4, 0.1, 0.3, 'Linear'), key='lab')\n"
    )
    program = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "before = 'pandas' in sys.modules\n"
        f"app = AppTest.from_string({script!r}).run(timeout=60)\n"
        "assert not app.exception, app.exception\n"
        "print(before, 'pandas' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=FOLDER.parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "False"]
