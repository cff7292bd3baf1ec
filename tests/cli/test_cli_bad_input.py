"""Everything that can be typed wrongly: one sentence, an exit code, and history whole."""

import struct

import psutil
import pytest

from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings

TRAIN = ("train", "lenet5-mnist", "--data", "digits")
UNKNOWN = "lenet5-mnist-0101-abcdef"
SENTENCES = [
    (("train", "lenet6"), "There is no recipe named 'lenet6'."),
    ((*TRAIN, "--preset", "slow"), "LeNet-5 on MNIST has no preset named 'slow'."),
    ((*TRAIN, "--set", "batch_size=0"), "batch_size must be between 1 and 8192, but it is 0."),
    (
        (*TRAIN, "--set", "batch_size=1000000"),
        "batch_size must be between 1 and 8192, but it is 1000000.",
    ),
    ((*TRAIN, "--set", "batch_size=big"), "batch_size must be a whole number, but it is 'big'."),
    ((*TRAIN, "--set", "learning_rate=nan"), "learning_rate must be a number between"),
    ((*TRAIN, "--set", "learning_rate=-1"), "learning_rate must be between 1e-12 and 1e+12"),
    ((*TRAIN, "--set", "learning_rate=1e400"), "but it is inf."),
    ((*TRAIN, "--set", "optimizer=lion"), "optimizer must be one of adam, sgd, adamw"),
    ((*TRAIN, "--set", "momentum=0.9"), "There is no setting named 'momentum'."),
    ((*TRAIN, "--set", "batch_size"), "--set expects key=value, but got 'batch_size'."),
    ((*TRAIN, "--epochs", "0"), "epochs must be between 1 and 1000, but it is 0."),
    ((*TRAIN, "--epochs", "many"), "epochs must be a whole number, but it is 'many'."),
    ((*TRAIN, "--epochs", "9" * 5_000), "epochs must be a whole number"),
    ((*TRAIN, "--seed", "1", "x"), "seed must be a whole number, but it is 'x'."),
    ((*TRAIN, "--seed", "-1"), "seed must be between 0 and 2147483647, but it is -1."),
    ((*TRAIN, "--device", "cuda:99"), "There is no device 'cuda:99' on this machine."),
    ((*TRAIN, "--device", "tpu"), "There is no device 'tpu' on this machine."),
    (("train", "lenet5-mnist"), "MNIST is not in the data folder."),
    (("train", "lenet5-mnist", "--data", "emnist"), "There is no folder 'emnist', and no data set"),
    (("show", UNKNOWN), f"There is no run '{UNKNOWN}'."),
    (("show", "../secret"), "'../secret' is not the id of a run."),
    (("show", "a" * 500), "is not the id of a run."),
    (("runs", "show", ".."), "'..' is not the id of a run."),
    (("export", "../../etc", "--out", "x"), "'../../etc' is not the id of a run."),
    (("resume", UNKNOWN), f"There is no run '{UNKNOWN}'."),
    (("resume", "lenet5/.."), "is not the id of a run."),
    (("stop", UNKNOWN), f"There is no run '{UNKNOWN}'."),
    (("worker", UNKNOWN), f"There is no run '{UNKNOWN}'."),
    (("worker", "../x"), "'../x' is not the id of a run."),
    (("worker",), "worker expects the id of a claimed run."),
]
USAGE = [
    (),
    ("fly",),
    ("train",),
    ("train", "lenet5-mnist", "--lr", "1"),
    ("train", "lenet5-mnist", "--set"),
    ("export", UNKNOWN),
    ("show",),
    ("fetch", "emnist"),
    ("runs", "fly"),
]


@pytest.mark.parametrize(
    ("arguments", "sentence"), SENTENCES, ids=[" ".join(words)[:60] for words, _ in SENTENCES]
)
def test_one_sentence(lab, arguments, sentence):
    said = lab(*arguments)
    assert said.code == 1
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("error: ")
    assert sentence in line
    assert len(line) < 500  # the longest lists every setting
    assert RunStore(Settings.from_environment().runs).list() == []


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_wrong_usage(lab, arguments):
    said = lab(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("usage: ")
    assert "error: " in said.err.splitlines()[-1]


@pytest.mark.parametrize("arguments", [("--help",), ("train", "--help"), ("runs", "show", "-h")])
def test_help(lab, arguments):
    said = lab(*arguments)
    assert (said.code, said.err) == (0, "")
    assert "usage: python -m cnn_core" in said.out


@pytest.mark.parametrize("command", [("runs",), TRAIN, ("show", UNKNOWN)])
def test_a_folder_for_runs_that_cannot_be_made(lab, tmp_path, monkeypatch, command):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CNN_LAB_RUNS", str(tmp_path / "file" / "runs"))
    said = lab(*command)
    assert said.code == 1
    (line,) = said.err.splitlines()
    assert line.startswith("error: The folder for runs cannot be made (")
    assert "CNN_LAB_RUNS" in line


def test_an_empty_folder_of_data(lab, tmp_path):
    (tmp_path / "empty").mkdir()
    said = lab("train", "lenet5-mnist", "--data", str(tmp_path / "empty"))
    assert said.code == 1
    assert "MNIST is not in the data folder." in said.err


@pytest.mark.parametrize("kept", [0, 10, 20])
def test_a_damaged_idx_file(lab, tmp_path, kept):
    """Four files that a glance takes for MNIST, one of them cut."""
    for part, count in (("train", 20), ("t10k", 10)):
        images = struct.pack(">IIII", 0x803, count, 28, 28) + bytes(count * 784)
        labels = struct.pack(">II", 0x801, count) + bytes(count)
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(images)
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(labels)
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:kept])
    said = lab("train", "lenet5-mnist", "--data", str(tmp_path))
    assert said.code == 1
    (line,) = said.err.splitlines()
    assert "train-images-idx3-ubyte" in line
    assert str(tmp_path) not in line


def test_a_finished_run_cannot_be_resumed(lab):
    run_id = lab(*TRAIN, "--epochs", "1", "--json").json["run"]
    said = lab("resume", run_id)
    assert said.code == 1
    (line,) = said.err.splitlines()
    assert f"Run {run_id} is finished; it cannot be resumed." in line
    worker = lab("worker", run_id)
    assert worker.code == 1
    assert f"Run {run_id} is finished; it cannot be trained here." in worker.err


def test_fetching_into_a_folder_that_cannot_be_written(lab, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "file" / "data"))
    said = lab("fetch", "mnist")
    assert said.code == 1
    (line,) = said.err.splitlines()
    assert "data folder cannot be written" in line
    assert "CNN_LAB_DATA" in line


def test_refusals_do_not_lower_the_priority(lab):
    """`worker` becomes a background process only once it has a run."""
    before = psutil.Process().nice()
    lab("worker", UNKNOWN)
    assert psutil.Process().nice() == before


def test_fetching_without_a_network(lab):
    said = lab("fetch", "mnist", "--json")
    assert said.code == 1
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert "cannot be reached" in line
    assert "Check the network" in line
