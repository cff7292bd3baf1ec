"""The study that records runs on CIFAR-10: what it asks for can be trained, and what it writes."""

import dataclasses

import pytest

from cnn_core.runtime import queue
from cnn_core.runtime.execute import execute
from cnn_core.runtime.recorded import find_recorded, recorded_runs
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request
from cnn_core.settings import Settings
from studies import cifar10_curves
from tests.data.cifar_files import write_cifar

SMALL = {
    "model": "googlenet-cifar-tiny",
    "epochs": "1",
    "batch_size": "128",
    "precision": "float32",
    "train_sample": "20",
    "watch": "1",
}


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CNN_LAB_DATA", str(write_cifar(tmp_path / "data")))
    for name in ("CNN_LAB_WEIGHTS", "CNN_LAB_RUNS", "CNN_LAB_FEATURES"):
        monkeypatch.delenv(name, raising=False)
    return Settings.from_environment()


@pytest.fixture
def trained_here(settings, monkeypatch):
    """The runs that were trained: in this process, in the place of a command's."""
    trained = []

    def train(store, preset, config, *, folder, device):
        request = build_request(
            settings, recipe=cifar10_curves.RECIPE, preset=preset, config=config, owner="study"
        )
        run = store.create(request)[0].id
        queue.claim(store, run_id=run)
        execute(store, run)
        trained.append(run)
        return run

    monkeypatch.setattr(cifar10_curves, "train", train)
    return trained


def asked(tmp_path, *options):
    pairs = [f"{name}={value}" for name, value in SMALL.items()]
    places = ["--out", str(tmp_path / "out"), "--runs", str(tmp_path / "runs")]
    return ["--only", "scratch", *places, *options, "--set", *pairs]


def test_all_that_is_recorded_can_be_trained(settings):
    for asked in cifar10_curves.RECORDINGS.values():
        config = asked.config({})
        request = build_request(
            settings, recipe=cifar10_curves.RECIPE, preset=asked.preset, config=config, owner="a"
        )
        assert request.config.train_sample > 0
    modes = {name: each.config({}).mode for name, each in cifar10_curves.RECORDINGS.items()}
    assert {modes[name] for name in ("frozen", "last-block", "all", "scratch")} == {
        "frozen",
        "last-block",
        "all",
        "scratch",
    }
    pair = [cifar10_curves.RECORDINGS[name].config({}) for name in ("all", "lite0-scratch")]
    assert dataclasses.replace(pair[0], mode="scratch") == pair[1]


def test_seeds_are_trained_once_and_recorded_with_what_they_saw(tmp_path, trained_here):
    assert cifar10_curves.main(asked(tmp_path, "--seed", "0")) == 0
    assert len(recorded_runs(tmp_path / "out")[0].records) == 1
    assert cifar10_curves.main(asked(tmp_path, "--seed", "0", "1")) == 0
    assert len(trained_here) == 2
    studied = find_recorded("cifar10-scratch", tmp_path / "out")
    assert [run.id for run in studied.records] == trained_here
    assert studied.recording.data == (
        "An unofficial copy of CIFAR-10: 90 pictures to train on and 10 for validation, 0.2 % of "
        "the published 50,000; 20 of the 10,000 test pictures."
    )
    command = studied.recording.command
    assert command.startswith("python -m cnn_core train googlenet-cifar10 --preset scratch ")
    assert "--seed 0 1" in command
    assert "model=googlenet-cifar-tiny" in command
    store = RunStore(tmp_path / "runs")
    for run, history in zip(studied.records, studied.histories, strict=True):
        (epoch,) = history.epochs
        assert epoch.train_accuracy is not None
        assert epoch.running_accuracy is not None
        assert history.layers().looks == 1
        assert run.test_accuracy == store.get(run.id).test_accuracy


def test_missing_data_and_a_command_that_fails_are_told(settings, tmp_path, monkeypatch, capsys):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert cifar10_curves.main(asked(tmp_path, "--data", str(empty))) == 1
    assert capsys.readouterr().err.startswith("CIFAR-10 is not in the data folder.")
    monkeypatch.setattr(cifar10_curves.sys, "executable", "false")
    assert cifar10_curves.main(asked(tmp_path, "--seed", "0")) == 1
    assert "The run ended with exit code 1: it is not recorded." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
