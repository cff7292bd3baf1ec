"""The benchmarks on CIFAR-10 at tiny sizes: they run, and their rows have their form."""

import dataclasses

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import cifar_gpu, frozen_cifar, naive_cifar
from benchmarks.browser import NoDeviceError, NotMeasuredError
from cnn_core.data.cifar10 import read_cifar10
from cnn_core.models.registry import model_row
from cnn_core.runtime import weights
from cnn_core.settings import Settings
from tests.benchmarks.test_benchmark_runs import check_form
from tests.data.cifar_files import write_cifar


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CNN_LAB_DATA", str(write_cifar(tmp_path / "data", count=10)))
    monkeypatch.setenv("CNN_LAB_WEIGHTS", str(tmp_path / "weights-at-hand"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return Settings.from_environment()


def test_frozen_recipe_against_the_naive_loop(settings, monkeypatch):
    """Ours in turns with the naive loop, which really runs; our commands are told."""
    asked = []

    def train(settings, home, network, **changes):
        asked.append((network, home.name, changes.get("learning_rate")))
        assert weights.resolve(settings, model_row(network)).path is not None
        return {"seconds": 2.0, "valid_accuracy": 0.5}

    naive = frozen_cifar._naive  # on noise nothing is learnt: what it scores is told too
    monkeypatch.setattr(frozen_cifar, "_naive", lambda *of: ((each[0], 0.5) for each in naive(*of)))
    preset = frozen_cifar.find_preset(frozen_cifar.find_recipe("googlenet-cifar10"), "reference")
    short = dataclasses.replace(preset, config=dataclasses.replace(preset.config, epochs=2))
    monkeypatch.setattr(frozen_cifar, "find_preset", lambda *of: short)
    monkeypatch.setattr(frozen_cifar, "train", train)
    monkeypatch.setattr(naive_cifar, "SIZE", 32)
    found = check_form(command.report("frozen_cifar", 1), "frozen_cifar")
    assert asked == [
        (network, "0", rate)
        for network in ("googlenet", "efficientnet-lite0")
        for rate in (None, frozen_cifar._AGAIN)
    ]
    names = [row["name"] for row in found["rows"]]
    assert (
        "GoogLeNet (random weights, which take the same time) frozen, 2 epochs of 50 " in names[0]
    )
    assert [row["bar"] for row in found["rows"]] == [
        "ratio <= 0.166667",
        None,
        None,
        None,
        "ratio >= 0.99",
    ]
    assert [len(row["samples"]["baseline"]) for row in found["rows"]] == [2, 2, 2, 2, 1]


def test_naive_loop_learns_what_it_is_shown_and_leaves_the_frozen_part_alone(monkeypatch):
    import torch
    from torch import nn

    torch.manual_seed(0)
    front, head = nn.Conv2d(3, 4, 3), nn.Linear(4, 2)
    nn.init.zeros_(head.weight)  # so that one step already points the right way
    network = nn.Sequential(front, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
    before = front.weight.detach().clone()
    labels = np.arange(128) % 2
    images = np.repeat(255 * labels.astype(np.uint8), 32 * 32 * 3).reshape(-1, 32, 32, 3)
    monkeypatch.setattr(naive_cifar, "SIZE", 8)
    epochs = naive_cifar.naive_epochs(
        network, head, (images, labels), (images[:20], labels[:20]), mean=[0.5] * 3, std=[0.001] * 3
    )
    accuracies = [next(epochs)[1] for _ in range(2)]
    assert accuracies[-1] == 1.0
    assert torch.equal(front.weight, before)


def test_pictures_are_repeated_until_so_many_are_trained_on(settings, tmp_path):
    data = read_cifar10(settings.data)
    folder = cifar_gpu.write_repeated(data, tmp_path / "repeated", images=495)
    found = read_cifar10(folder)
    assert len(found.train) == 500
    assert np.array_equal(found.train.images, np.tile(data.train.images, (10, 1, 1, 1)))
    assert np.array_equal(found.train.labels, np.tile(data.train.labels, 10))
    assert np.array_equal(found.test.images, data.test.images)


def test_operations_of_a_step_are_three_forward_passes():
    """The network's own layers by hand: convolutions and the last layer, at the size they see."""
    import torch
    from torch import nn

    from cnn_core.models.registry import build_model

    network, multiplications = build_model("googlenet-cifar").eval(), []

    def count(layer, _, maps):
        places = maps[0, 0].numel() if maps.dim() == 4 else 1
        multiplications.append(layer.weight.numel() * places)

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(1, 3, 32, 32))
    assert cifar_gpu.scratch_operations() == 3 * 2 * sum(multiplications)


def test_without_a_gpu_it_is_not_measured(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(NoDeviceError, match="There is no CUDA device"):
        cifar_gpu.measure(repeats=1)


def test_without_the_data_or_the_command_it_is_not_measured(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(frozen_cifar.sys, "executable", "false")
    with pytest.raises(NotMeasuredError, match="A run failed: it said nothing"):
        frozen_cifar.train(settings, tmp_path / "runs", "googlenet")
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(NotMeasuredError, match="It is looked for in CNN_LAB_DATA"):
        frozen_cifar.measure(repeats=1)


def test_long_curves():
    sizes = {"epochs": 4, "steps": 100, "page": False}
    reading, points = check_form(command.report("long_curves", 1, **sizes), "long_curves")["rows"]
    assert reading["unit"] == "ms"
    assert 400 <= points["value"] <= 600  # the run goes on meanwhile
    assert points["baseline"] == 400
    assert points["holds"] is True
