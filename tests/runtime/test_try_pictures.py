"""A new picture asked of a network that was trained on somebody's own pictures."""

import dataclasses
import json

import numpy as np
import pytest

from cnn_core.cli.main import main
from cnn_core.data.decode import decode
from cnn_core.data.pictures.drawn_flowers import drawn_flower
from cnn_core.data.pictures.store import PictureStore
from cnn_core.data.samples import sample_picture
from cnn_core.errors import RunStateError, UnknownNameError, WeightsError
from cnn_core.results.inspection import ModelChoice
from cnn_core.runtime.files import JUDGED_FILE
from cnn_core.runtime.inspection import Inspector
from cnn_core.runtime.judging import read_judged, write_judged
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.try_pictures import find_own_run, is_own_run, try_picture


@pytest.fixture(scope="module")
def asked(flower_run):
    """Ask the run about pixels."""
    settings, record = flower_run
    inspector = Inspector(settings, device="cpu")
    return lambda pixels, **options: try_picture(
        inspector, settings, record.id, "x.png", pixels, **options
    )


def flower(label, number=100):
    return np.asarray(drawn_flower(label, number))


def test_a_training_picture_is_its_own_nearest_neighbour(flower_run, asked):
    settings, record = flower_run
    plan = read_plan(record.dataset)
    place = plan.parts.index("train")
    found = asked(decode(PictureStore(settings.pictures).read(plan.sha256[place])), neighbours=3)
    assert found.neighbours[0].picture == plan.pictures[place]
    assert found.neighbours[0].label == plan.classes[plan.labels[place]]
    assert found.neighbours[0].similarity == pytest.approx(1, abs=1e-5)
    assert len(found.neighbours) == 3


def test_probabilities_are_the_inspectors(flower_run, asked):
    settings, record = flower_run
    inspector, choice = Inspector(settings, device="cpu"), ModelChoice(name=f"run:{record.id}")
    said = inspector.predict(choice, inspector.prepare(choice, flower("tulip")))
    found = asked(flower("tulip"))
    assert tuple(found.probabilities) == said.classes == ("daisy", "rose", "tulip")
    assert list(found.probabilities.values()) == pytest.approx(said.probabilities, abs=1e-5)


def test_new_flowers_are_named_and_what_is_no_flower_is_none_of_these(asked):
    for label in ("daisy", "rose", "tulip"):
        found = asked(flower(label))
        assert max(found.probabilities, key=found.probabilities.get) == label
        assert found.distance < asked(sample_picture("cat")).distance
    for name in ("cat", "coffee", "brick"):
        assert asked(sample_picture(name)).none_of_these


def test_terminal_says_neighbours_and_none_of_these(flower_run, tmp_path, monkeypatch, capsys):
    settings, record = flower_run
    monkeypatch.setenv("CNN_LAB_HOME", str(settings.runs.parent))
    monkeypatch.delenv("CNN_LAB_WEIGHTS", raising=False)
    drawn_flower("rose", 101).save(tmp_path / "rose.png")
    (tmp_path / "text.png").write_text("no picture")
    names = [str(tmp_path / "rose.png"), str(tmp_path / "text.png")]
    assert main(["predict", record.id, *names, "--json"]) == 1
    rose, text = json.loads(capsys.readouterr().out)["pictures"]
    assert rose["top"][0]["class"] == "rose"
    assert isinstance(rose["none_of_these"], bool)
    assert {each["label"] for each in rose["neighbours"]} <= {"daisy", "rose", "tulip"}
    assert "not a picture" in text["error"]


def test_only_a_finished_run_of_own_pictures_can_be_tried(flower_run, store, new_run):
    settings, record = flower_run
    assert find_own_run(settings, record.id) == record
    assert is_own_run(settings, record.id)
    with pytest.raises(UnknownNameError, match="There is no run"):
        find_own_run(settings, "vgg16-folder-0101-aaaaaa")
    elsewhere = dataclasses.replace(settings, runs=store.folder)
    mnist = new_run()
    assert not is_own_run(elsewhere, mnist)
    with pytest.raises(RunStateError, match="trained on MNIST, not on pictures of your own"):
        find_own_run(elsewhere, mnist)
    queued = new_run(recipe="vgg16-folder", dataset=record.dataset)
    with pytest.raises(RunStateError, match="is queued, but only a finished run"):
        find_own_run(elsewhere, queued)


def test_what_is_missing_or_of_another_network_is_said(flower_run, asked, monkeypatch):
    settings, record = flower_run
    path = settings.runs / record.id / JUDGED_FILE
    kept, judged = path.read_bytes(), read_judged(path)
    try:
        write_judged(path, {"train": judged["train"]})
        with pytest.raises(WeightsError, match="is not complete"):
            asked(flower("rose"))
        short = {
            part: dataclasses.replace(each, embeddings=each.embeddings[:, :7])
            for part, each in judged.items()
        }
        write_judged(path, short)
        with pytest.raises(WeightsError, match="makes 1280 numbers of a picture, but 7 are kept"):
            asked(flower("rose"))
        path.unlink()
        with pytest.raises(WeightsError, match="missing or damaged"):
            asked(flower("rose"))
    finally:
        path.write_bytes(kept)
    assert asked(flower("rose")).name == "x.png"
