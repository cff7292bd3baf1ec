"""The zip of a trained network: all in it, the same answers without this project, nothing left."""

import dataclasses
import json
import os
import re
import subprocess
import sys
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from cnn_core.cli.main import main
from cnn_core.data.pictures.drawn_flowers import drawn_flower
from cnn_core.data.pictures.flowers import take_drawn_flowers
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import RunStateError, StorageError, WeightsError
from cnn_core.results.inspection import ModelChoice
from cnn_core.results.pictures import Decision
from cnn_core.runtime import onnx_export
from cnn_core.runtime.inspection import Inspector
from cnn_core.runtime.take_away import take_away, zip_name, zip_path
from cnn_core.settings import Settings
from tests.fine_tuned import finished_run

FILES = {
    "weights.safetensors",
    "model.onnx",
    "labels.json",
    "preprocessing.json",
    "MODEL_CARD.md",
    "predict.py",
    "requirements.txt",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """AlexNet from random weights on drawn flowers: fewer layers to write than any other."""
    home = tmp_path_factory.mktemp("taken")
    settings = Settings.from_environment({"CNN_LAB_HOME": str(home)})
    labels = ("daisy", "rose", "tulip")
    snapshot = take_drawn_flowers(PictureStore(settings.pictures), each=8, labels=labels)
    decisions = (
        Decision(picture=0, action="exclude"),
        Decision(picture=9, action="relabel", label="tulip"),
    )
    return settings, finished_run(
        settings, snapshot, model="alexnet", mode="scratch", decisions=decisions
    )


@pytest.fixture(scope="module")
def taken(run, tmp_path_factory):
    """The zip, what was said meanwhile, and the folder it was unpacked into."""
    settings, record = run
    said = []
    found = take_away(settings, record.id, progress=lambda *step: said.append(step))
    folder = tmp_path_factory.mktemp("elsewhere")
    with zipfile.ZipFile(found.path) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return found, said, folder / zip_name(record).removesuffix(".zip")


def test_everything_is_in_one_folder_and_nothing_is_left_beside_the_zip(run, taken):
    settings, record = run
    found, said, folder = taken
    assert found.path == zip_path(settings, record.id)
    assert found.size == found.path.stat().st_size
    assert {path.name for path in folder.iterdir()} == FILES
    assert [done for done, _, _ in said] == [0, 1, 2, 3, 4, 5]
    assert not list(found.path.parent.glob(".writing-*"))
    assert found.parity.probabilities <= 1e-4
    assert found.parity.pictures == 6  # the validation part
    assert json.loads((folder / "labels.json").read_text()) == ["daisy", "rose", "tulip"]


def test_the_script_has_twenty_lines_and_says_what_the_page_says(run, taken, tmp_path):
    settings, record = run
    folder = taken[2]
    script = (folder / "predict.py").read_text()
    assert len(script.splitlines()) <= 20
    assert max(map(len, script.splitlines())) <= 110
    wide = drawn_flower("tulip", 200).crop((0, 30, 160, 121))
    wide.save(tmp_path / "wide.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    wide.save(tmp_path / "turned.jpg", exif=turned)
    clear = wide.convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 70, 91))
    clear.save(tmp_path / "clear.png")
    names = ["wide.png", "turned.jpg", "clear.png"]
    environment = {name: each for name, each in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", folder / "predict.py", *names],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "cnn_core" not in script
    inspector, choice = Inspector(settings, device="cpu"), ModelChoice(name=f"run:{record.id}")
    from cnn_core.cli.inspecting import read_picture

    blocks = re.split(r"^(?=\S)", done.stdout, flags=re.MULTILINE)[1:]
    for name, block in zip(names, blocks, strict=True):
        prepared = inspector.prepare(choice, read_picture(tmp_path / name))
        said = inspector.predict(choice, prepared)
        told = {line.split(": ")[0].strip(): float(line.split(": ")[1])
                for line in block.splitlines()[1:]}  # fmt: skip
        assert block.splitlines()[0] == name
        for label, share in zip(said.classes, said.probabilities, strict=True):
            assert told[label] == pytest.approx(share, abs=1e-4)


def test_the_cards_code_loads_the_weights_with_torchvision_alone(taken, monkeypatch):
    folder = taken[2]
    card = (folder / "MODEL_CARD.md").read_text()
    code = card.split("With PyTorch:")[1].split("## ")[0]
    assert "cnn_core" not in code
    monkeypatch.chdir(folder)
    names = {}
    exec("\n".join(line[4:] for line in code.splitlines()), names)
    pictures = np.random.default_rng(0).normal(size=(2, 3, 224, 224)).astype(np.float32)
    with torch.inference_mode():
        said = names["network"](torch.from_numpy(pictures)).numpy()
    expected = onnx_export.logits_of_onnx(folder / "model.onnx", pictures)
    np.testing.assert_allclose(said, expected, atol=1e-4)


def test_the_card_says_what_was_decided_and_how_good_it_is(run, taken):
    _, record = run
    card = (taken[2] / "MODEL_CARD.md").read_text()
    assert card.startswith("# AlexNet on Drawn flowers\n")
    low = record.test_interval[0]
    assert f"({100 * record.test_accuracy:.1f} %, 95 % interval {100 * low:.1f} %" in card
    assert "They are synthetic: drawn by a program." in card
    assert "1 of the pictures was excluded and 1 given another class" in card
    assert re.search(r"^\* rose: rose/\S+: now tulip$", card, re.MULTILINE)
    assert "all layers were trained, from random weights" in card
    assert "Pictures: CC0: drawn by this program." in card
    assert "It knows these 3 classes alone" in card
    assert f"{(taken[2] / 'model.onnx').stat().st_size:,}" in card
    assert "$" not in card


def test_terminal_writes_the_zip_where_it_is_told(run, tmp_path, monkeypatch, capsys):
    settings, record = run
    monkeypatch.setenv("CNN_LAB_HOME", str(settings.runs.parent))
    out = tmp_path / "model.zip"
    assert main(["take-away", record.id, "--out", str(out), "--json", "--progress"]) == 0
    said, steps = capsys.readouterr()
    body = json.loads(said)
    assert body["file"] == str(out)
    assert body["bytes"] == out.stat().st_size
    assert body["parity"]["probabilities"] <= 1e-4
    assert json.loads(steps.splitlines()[2]) == {"done": 2, "total": 5, "what": "Writing ONNX"}
    assert [path.name for path in tmp_path.iterdir()] == ["model.zip"]
    assert main(["take-away", record.id, "--out", str(tmp_path)]) == 1
    assert "is a folder" in capsys.readouterr().err
    assert main(["take-away", record.id, "--out", str(tmp_path / "no" / "x.zip")]) == 1
    assert "in a folder that is not there" in capsys.readouterr().err


def test_nothing_is_written_where_onnx_differs_or_the_disk_is_full(run, tmp_path, monkeypatch):
    settings, record = run

    def differs(*_):
        raise WeightsError("The ONNX file differs from the network.")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    before = sorted(path.name for path in (settings.runs / record.id).iterdir())
    for name, fault, error in (
        ("check_parity", differs, WeightsError),
        ("export_onnx", full, StorageError),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(onnx_export, name, fault)
            with pytest.raises(error):
                take_away(settings, record.id, tmp_path / "x.zip")
        assert not list(tmp_path.iterdir())
    assert sorted(path.name for path in (settings.runs / record.id).iterdir()) == before


def test_what_the_disk_cannot_hold_is_refused_before_anything_is_written(
    run, tmp_path, monkeypatch
):
    settings, record = run
    free = SimpleNamespace(free=15_000_000)
    monkeypatch.setattr("cnn_core.runtime.take_away.shutil.disk_usage", lambda path: free)
    with pytest.raises(StorageError, match="take 40 MB, but 15 MB are free"):
        take_away(settings, record.id, tmp_path / "x.zip")
    assert not list(tmp_path.iterdir())


def test_only_a_finished_run_of_own_pictures_is_packed(run, store, new_run):
    settings, _ = run
    elsewhere = dataclasses.replace(settings, runs=store.folder)
    with pytest.raises(RunStateError, match="trained on MNIST"):
        take_away(elsewhere, new_run())
