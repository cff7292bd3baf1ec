"""`inspect` and `predict`: files with captions, one JSON value, a sentence for what is wrong."""

import numpy as np
import pytest
from PIL import Image

from cnn_core.models.registry import build_model
from cnn_core.results.config import TrainConfig
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime import queue
from cnn_core.runtime.checkpoints import save_tensors
from cnn_core.runtime.files import WEIGHTS_FILE
from cnn_core.runtime.store import RunRequest


@pytest.fixture
def digit(tmp_path):
    """A file with a one on paper."""
    page = np.full((120, 160, 3), 245, np.uint8)
    page[30:90, 100:109] = 25
    path = tmp_path / "one.png"
    Image.fromarray(page).save(path)
    return path


@pytest.fixture
def finished_run(store):
    """The id of a finished run, whose weights are random."""
    request = RunRequest(
        recipe="lenet5-mnist",
        preset="fast",
        config=TrainConfig(epochs=1, batch_size=64, learning_rate=1e-3),
        dataset=DatasetInfo(
            name="MNIST",
            source="mnist",
            location="",
            fingerprint="f",
            official=True,
            train_size=1,
            valid_size=1,
            test_size=1,
        ),
        device="cpu",
        owner="ada",
        provenance={},
    )
    run_id = store.create(request)[0].id
    weights = build_model("lenet5", num_classes=10).state_dict()
    save_tensors(store.run_folder(run_id) / WEIGHTS_FILE, weights, {})
    queue.end(store, run_id, "finished")
    return run_id


def test_inspect_writes_maps_and_filters_with_captions(lab, digit, tmp_path):
    out = tmp_path / "new" / "out"
    said = lab("inspect", "lenet5", str(digit), "--layer", "conv2", "--out", str(out), "--json")
    assert said.code == 0, said.err
    body = said.json
    assert [body["network"], body["layer"]["name"], body["shape"]] == [
        "lenet5",
        "conv2",
        [16, 8, 8],
    ]
    assert body["weights"]["kind"] == "trained"
    assert body["top"][0]["class"] == "1"
    assert len(body["strongest"]) == 10
    strengths = [entry["strength"] for entry in body["strongest"]]
    assert strengths == sorted(strengths, reverse=True)
    assert sorted(path.name for path in out.iterdir()) == [
        "lenet5-conv2-filters.npz",
        "lenet5-conv2-filters.png",
        "lenet5-conv2-maps.npz",
        "lenet5-conv2-maps.png",
    ]
    assert sorted(body["files"]) == sorted(str(path) for path in out.iterdir())
    with np.load(out / "lenet5-conv2-maps.npz") as arrays:
        assert arrays["before"].shape == arrays["after"].shape == (16, 8, 8)
        assert (arrays["before"] < 0).any()
        assert np.array_equal(arrays["after"], arrays["before"].clip(min=0))
    with np.load(out / "lenet5-conv2-filters.npz") as arrays:
        assert arrays["kernels"].shape == (16, 6, 5, 5)
    with Image.open(out / "lenet5-conv2-maps.png") as picture:
        caption = picture.info["Description"]
    for part in ("LeNet-5, layer conv2", "MNIST", "one.png", "after ReLU", "each by its own range"):
        assert part in caption


def test_inspect_says_in_words_what_it_wrote(lab, digit, tmp_path):
    said = lab("inspect", "lenet5", str(digit), "--out", str(tmp_path / "out"))
    assert said.code == 0, said.err
    assert "LeNet-5, conv1 (Conv2d), one.png" in said.out
    assert "weights: trained" in said.out
    assert "6 x 24 x 24" in said.out
    assert said.out.splitlines()[-1].endswith("lenet5-conv1-filters.npz")


def test_the_same_range_for_all_is_said_with_its_ends(lab, digit, tmp_path):
    lab("inspect", "lenet5", str(digit), "--out", str(tmp_path), "--normalise", "together")
    with Image.open(tmp_path / "lenet5-conv1-filters.png") as picture:
        caption = picture.info["Description"]
    assert "Normalised together, from" in caption
    assert "symmetric round zero" in caption


def test_untrained_networks_say_so_and_name_nothing(lab, digit, tmp_path):
    said = lab("inspect", "lenet5-1998", str(digit), "--out", str(tmp_path), "--json")
    assert said.code == 0, said.err
    assert said.json["weights"]["kind"] == "untrained"
    assert said.json["top"] == []
    with Image.open(tmp_path / "lenet5-1998-c1-maps.png") as picture:
        assert "Untrained" in picture.info["Description"]
    said = lab("predict", "lenet5-1998", str(digit))
    assert (said.code, said.out) == (1, "")
    assert "no trained classifier" in said.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("no-such-net", "IMAGE"), "neither a network nor a finished run named 'no-such-net'"),
        (("run:../../x", "IMAGE"), "is not the id of a run"),
        (("lenet5", "IMAGE", "--layer", "conv9"), "LeNet-5 has no layer named 'conv9'."),
        (("lenet5", "missing.png"), "The picture cannot be read (No such file or directory)."),
        (("lenet5", "TEXT"), "not a picture that can be read"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_written(
    lab, digit, tmp_path, arguments, sentence
):
    text = tmp_path / "text.png"
    text.write_text("no picture")
    names = {"IMAGE": str(digit), "TEXT": str(text)}
    out = tmp_path / "out"
    said = lab("inspect", *(names.get(word, word) for word in arguments), "--out", str(out))
    assert (said.code, said.out) == (1, "")
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert not out.exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(lab, digit):
    said = lab("inspect", "lenet5", str(digit), "--out", str(digit / "below"))
    assert said.code == 1
    assert "cannot be made" in said.err


def test_predict_says_the_five_most_probable_classes(lab, digit):
    said = lab("predict", "lenet5", str(digit), str(digit))
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0].startswith("LeNet-5. Trained")
    assert lines[1] == lines[7] == str(digit)
    assert lines[2].split()[-1] == "1"
    assert len(lines) == 13


def test_a_bad_picture_does_not_keep_the_others_back(lab, digit, tmp_path):
    said = lab("predict", "lenet5", "missing.png", str(digit), "--json")
    assert said.code == 1
    bad, good = said.json["pictures"]
    assert bad["error"].startswith("The picture cannot be read")
    assert good["top"][0]["class"] == "1"
    assert sum(entry["probability"] for entry in good["top"]) <= 1 + 1e-6
    assert len(said.err.splitlines()) == 1
    assert "missing.png" in said.err


def test_a_finished_run_is_inspected_by_its_id(lab, digit, tmp_path, finished_run):
    for name in (finished_run, f"run:{finished_run}"):
        said = lab("inspect", name, str(digit), "--out", str(tmp_path), "--json")
        assert said.code == 0, said.err
        assert said.json["network"] == f"run:{finished_run}"
        assert finished_run in said.json["weights"]["sentence"]
        assert len(said.json["top"]) == 5
