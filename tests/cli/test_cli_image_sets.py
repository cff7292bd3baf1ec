"""`train googlenet-cifar10` and `predict` with what came of it, on a folder of CIFAR-10's form."""

import numpy as np
import pytest
from PIL import Image

from tests.data.cifar_files import write_cifar

TRAIN = ("train", "googlenet-cifar10", "--device", "cpu")
TINY = ("model=googlenet-cifar-tiny", "batch_size=64", "train_sample=0")


@pytest.fixture
def data(tmp_path):
    return str(write_cifar(tmp_path / "elsewhere"))


def test_from_scratch_and_what_was_trained_says_what_is_in_a_picture(lab, data, tmp_path):
    said = lab(
        *(*TRAIN, "--preset", "scratch", "--data", data, "--epochs", "1", "--seed", "2"),
        *("--json", "--set", *TINY, "data_share=0.4"),
    )
    assert said.code == 0, said.err
    told = said.json
    assert (told["status"], told["preset"], told["seeds"]) == ("finished", "scratch", [2])
    assert told["dataset"] == {
        "name": "CIFAR-10, unofficial copy, 100 of 50,000",
        "train_size": 36,
        "valid_size": 4,
        "test_size": 20,
        "official": False,
    }
    Image.fromarray(np.full((40, 50, 3), 90, np.uint8)).save(tmp_path / "grey.png")
    answer = lab("predict", told["run"], str(tmp_path / "grey.png"), "--json").json
    (picture,) = answer["pictures"]
    assert len(picture["top"]) == 5
    assert picture["top"][0]["class"] in {
        *("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--set", "model=googlenet"), "No weights of GoogLeNet are on this machine"),
        (("--set", "model=lenet5"), "LeNet-5 cannot be fine-tuned."),
        (("--set", "model=efficientnet-lite0", "data_share=0"), "data_share must be"),
        (("--set", "model=efficientnet-lite0", "auxiliary=0.3"), "has no auxiliary heads"),
        (("--preset", "scratch", "--set", *TINY, "data_share=0.01"), "each class needs 2"),
        (("--preset", "scratch", "--exclude", "3"), "are for recipes on your own pictures"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(lab, data, store, words, sentence):
    said = lab(*TRAIN, "--data", data, *words)
    assert said.code == 1
    assert said.err.count("error: ") == 1
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert not store.list()


def test_without_the_data_and_the_weights_it_says_both(lab):
    said = lab(*TRAIN)
    assert said.code == 1
    assert "No weights of GoogLeNet are on this machine: EfficientNet-Lite0 is trained" in said.err
    assert "Download CIFAR-10" in said.err


def test_lenet_has_no_auxiliary_heads(lab):
    said = lab("train", "lenet5-mnist", "--data", "digits", "--set", "auxiliary=0.3")
    assert (said.code, "LeNet-5 has no auxiliary heads" in said.err) == (1, True)
