"""`python -m cnn_core weights`: what is listed, and a file added."""

import json

import pytest
import torch
from safetensors.torch import save_file

from cnn_core.models.registry import MODELS, OFFERED, build_model
from cnn_core.runtime import weights
from cnn_core.runtime.fetching import WEIGHTS, Fetcher
from cnn_core.settings import Settings


@pytest.fixture(autouse=True)
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


@pytest.mark.parametrize("words", [("weights",), ("weights", "list")])
def test_every_network_is_listed(lab, words):
    said = lab(*words, "--json")
    assert [entry["name"] for entry in said.json] == list(OFFERED)
    by_name = {entry["name"]: entry for entry in said.json}
    assert by_name["lenet5"]["kind"] == by_name["efficientnet-lite0"]["kind"] == "trained"
    assert by_name["alexnet"]["kind"] == "untrained"
    assert by_name["alexnet"]["download"].startswith("https://download.pytorch.org/models/alexnet-")
    assert by_name["alexnet"]["file"] == by_name["alexnet"]["sha256"] == ""
    table = lab(*words)
    assert (table.code, table.err) == (0, "")
    assert [line.split()[0] for line in table.out.splitlines()[1:]] == list(OFFERED)
    assert lab("--json", *words).json == said.json


def test_add(lab, homes, tmp_path):
    torch.manual_seed(0)
    save_file(build_model("lenet5").state_dict(), tmp_path / "mine.safetensors")
    said = lab("weights", "add", "lenet5", str(tmp_path / "mine.safetensors"))
    assert said.code == 0
    assert said.out.startswith("LeNet-5 (trained): A file of yours, added-lenet5.safetensors")
    shown = {entry["name"]: entry for entry in lab("weights", "--json").json}["lenet5"]
    assert shown["file"] == str(homes / "weights" / "added-lenet5.safetensors")
    again = lab("weights", "add", "lenet5", str(tmp_path / "mine.safetensors"), "--json")
    assert again.json == shown


def test_get_without_a_network(lab):
    said = lab("weights", "get", "alexnet")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("error: download.pytorch.org cannot be reached to fetch alexnet-owt")
    assert said.err.count("\n") == 1


def test_get_writes_progress_as_json_lines(lab, monkeypatch):
    """What `runtime.fetching` reads, when the page asks for a download."""

    def fetch(settings, name, *, on_progress):
        on_progress(0, 9)
        on_progress(9, 9)
        return weights.resolve(settings, MODELS[name])

    monkeypatch.setattr("cnn_core.cli.weights.fetch", fetch)
    said = lab("weights", "get", "lenet5", "--progress", "--json")
    assert said.json["name"] == "lenet5"
    assert [json.loads(line) for line in said.err.splitlines()] == [
        {"done": 0, "total": 9},
        {"done": 9, "total": 9},
    ]


def test_a_download_beside_the_page(homes):
    """A process of its own; its error, here that there is no download, reaches the page."""
    fetcher = Fetcher(Settings.from_environment(), WEIGHTS)
    fetcher.start("alexnet-2012")
    assert fetcher._process is not None
    fetcher._process.wait(120)
    assert fetcher.state().error.startswith("There is no download of weights for AlexNet of 2012")
    assert (homes / "runs" / "weights-get.log").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("get", "alexnet3"), "There is no network named 'alexnet3'."),
        (("get", "../x"), "There is no network named '../x'."),
        (("get", "lenet5"), "There is no download of weights for LeNet-5."),
        (("add", "alexnet3", "x.pth"), "There is no network named 'alexnet3'."),
        (("add", "lenet5", "gone.pth"), "gone.pth cannot be used: it cannot be read"),
        (("add", "lenet5", "x.onnx"), "x.onnx cannot be used: expected a file that ends in"),
    ],
)
def test_mistakes_are_told_in_a_line(lab, words, sentence):
    said = lab("weights", *words)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"error: {sentence}")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("words", [("fly",), ("get",), ("add", "lenet5")])
def test_wrong_usage(lab, words):
    assert lab("weights", *words).code == 2
