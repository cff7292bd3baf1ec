"""The frozen recipe on all of the CIFAR-10 at hand: CNN Lab's runs against the naive loop.

Ours are commands of their own (`train googlenet-cifar10 --preset reference --json`) from nothing to
the end: the data read, the frozen part run once a picture and view, five epochs, the test. The
first time with empty homes, the second time with another learning rate. The naive loop
(`naive_cifar`) runs in this process; each of its five epochs is a sample, and five times that is
what it takes. Both validate on the same pictures; of both the best epoch counts.

Speed is measured with GoogLeNet: with ImageNet's weights where they are at hand, else with random
ones (the values do not change it), and the row says which. Accuracy is measured with
EfficientNet-Lite0, whose weights a Python package brings.
"""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.browser import NotMeasuredError
from benchmarks.machine import ROOT
from benchmarks.rows import Bar, Row, compare
from cnn_core.data.images import Dataset, ImageSet
from cnn_core.errors import CnnLabError
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.runtime import weights
from cnn_core.settings import Settings
from cnn_core.training.recipes import find_preset, find_recipe

if TYPE_CHECKING:
    from torch import nn

REPEATS = 3
RECIPE, PRESET = "googlenet-cifar10", "reference"
GOOGLENET, LITE0 = "googlenet", "efficientnet-lite0"
SPEED_BAR = Bar(of="ratio", at_most=1 / 6)
ACCURACY_BAR = Bar(of="ratio", at_least=0.99)
_AGAIN = "0.0008"  # a learning rate that differs from the preset's
_TIMEOUT_SECONDS = 3_600


def measure(*, repeats: int = REPEATS) -> list[Row]:
    """Return time against the naive loop with GoogLeNet, time and accuracy with EfficientNet-Lite0.

    Raises:
        NotMeasuredError: there is no CIFAR-10 in the data home, or a run failed.
    """
    settings, data = Settings.from_environment(), cifar10()
    config = find_preset(find_recipe(RECIPE), PRESET).config
    with tempfile.TemporaryDirectory(prefix="cnn-lab-bench-") as home:
        settings, said = with_googlenet(settings, Path(home) / "weights")
        rows = []
        for network, called in ((GOOGLENET, f"GoogLeNet ({said})"), (LITE0, "EfficientNet-Lite0")):
            naive = _naive(settings, data, config, network)
            sides = _by_turns(settings, Path(home) / network, network, naive, repeats, config)
            rows += _rows(called, data, config, *sides, bar=network == GOOGLENET)
    return rows


def _rows(
    called: str,
    data: Dataset,
    config: TrainConfig,
    ours: dict[str, list[dict[str, Any]]],
    naive: list[tuple[float, float]],
    *,
    bar: bool,
) -> list[Row]:
    """Return the rows of one network; `bar`: speed is claimed, else accuracy is."""
    what = f"{called} frozen, {config.epochs} epochs of {len(data.train):,} pictures"
    rows = [
        compare(
            f"{what}, {side}",
            unit="s",
            samples=[sample["seconds"] for sample in samples],
            baseline=[config.epochs * seconds for seconds, _ in naive],
            bar=SPEED_BAR if bar and side == "first run" else None,
        )
        for side, samples in ours.items()
    ]
    if bar:
        return rows
    accuracy = compare(
        f"{what}, validation accuracy of the best epoch",
        unit="%",
        samples=[100 * sample["valid_accuracy"] for sample in ours["first run"]],
        baseline=[100 * max(accuracy for _, accuracy in naive)],
        bar=ACCURACY_BAR,
    )
    return [*rows, accuracy]


def cifar10() -> Dataset:
    """Return the CIFAR-10 of the data home, whatever part of the published set it is.

    Raises:
        NotMeasuredError: there is none.
    """
    from cnn_core.data.cifar10 import read_cifar10

    try:
        return read_cifar10(Settings.from_environment().data)
    except CnnLabError as exc:
        raise NotMeasuredError(f"{exc.message} It is looked for in CNN_LAB_DATA.") from exc


def with_googlenet(settings: Settings, folder: Path) -> tuple[Settings, str]:
    """Return settings with weights of GoogLeNet, and which: random ones in `folder` if need be."""
    row = model_row(GOOGLENET)
    if weights.resolve(settings, row).path is not None:
        return settings, "trained on ImageNet"
    import torch
    from safetensors.torch import save_file
    from torchvision.models import googlenet

    torch.manual_seed(0)
    network = googlenet(weights=None, aux_logits=True, init_weights=False)
    settings = dataclasses.replace(settings, weights=folder)
    folder.mkdir()
    save_file(network.state_dict(), weights.added_path(settings, row))
    return settings, "random weights, which take the same time"


def _by_turns(
    settings: Settings,
    home: Path,
    network: str,
    naive: Iterator[tuple[float, float]],
    repeats: int,
    config: TrainConfig,
) -> tuple[dict[str, list[dict[str, Any]]], list[tuple[float, float]]]:
    """Run ours and the naive epochs by turns; return both sides' samples."""
    ours: dict[str, list[dict[str, Any]]] = {"first run": [], "second run": []}
    taken: list[tuple[float, float]] = []
    for turn in range(repeats):
        place = home / str(turn)
        ours["first run"].append(train(settings, place, network))
        ours["second run"].append(train(settings, place, network, learning_rate=_AGAIN))
        if len(taken) < config.epochs:
            taken.append(next(naive))
        print(f"  {network}: round {turn + 1} of {repeats}", file=sys.stderr, flush=True)
    while len(taken) < config.epochs:
        taken.append(next(naive))
    return ours, taken


def train(
    settings: Settings,
    home: Path,
    network: str,
    *,
    preset: str = PRESET,
    device: str = "cpu",
    **changes: str,
) -> dict[str, Any]:
    """Train as a command, in a home of its own; return what it printed, and how long it took.

    Raises:
        NotMeasuredError: the run failed.
    """
    values = {"model": network, **changes}
    command = [sys.executable, "-m", "cnn_core", "train", RECIPE, "--preset", preset, "--json"]
    command += ["--device", device, "--data", str(settings.data)]
    command += ["--set", *(f"{name}={value}" for name, value in values.items())]
    environment = {
        **os.environ,
        "CNN_LAB_HOME": str(home),
        "CNN_LAB_WEIGHTS": str(settings.weights),
    }
    for name in ("CNN_LAB_RUNS", "CNN_LAB_FEATURES"):
        environment.pop(name, None)
    begun = time.perf_counter()
    done = subprocess.run(
        command,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    seconds = time.perf_counter() - begun
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise NotMeasuredError(f"A run failed: {said[-1] if said else 'it said nothing'}")
    return {**json.loads(done.stdout)["per_run"][0], "seconds": seconds}


def _naive(
    settings: Settings, data: Dataset, config: TrainConfig, network: str
) -> Iterator[tuple[float, float]]:
    """Return the naive loop with the run's own weights, on the run's own pictures."""
    from benchmarks.naive_cifar import naive_epochs
    from cnn_core.data.parts import parts_of

    parts = parts_of(
        data,
        data_share=config.data_share,
        validation_share=config.validation_share,
        seed=config.seed,
    )
    model, head = _network(settings, network, len(data.train.classes))
    row = model_row(network)
    return naive_epochs(
        model,
        head,
        _part(data.train, parts.train),
        _part(data.train, parts.valid),
        mean=row.mean,
        std=row.std,
    )


def _part(images: ImageSet, places: Any) -> tuple[Any, Any]:  # noqa: ANN401 - arrays
    return images.images[places], images.labels[places]


def _network(settings: Settings, name: str, classes: int) -> tuple["nn.Module", "nn.Module"]:
    """Return the network that ours is and its new last layer."""
    from torch import nn

    from cnn_core.models.registry import build_model
    from cnn_core.models.weights import load_weights

    if name == GOOGLENET:
        return googlenet_network(settings, classes)
    row = model_row(name)
    model = build_model(name)
    load_weights(model, row, _weights_of(settings, name))
    head = model.classifier = nn.Linear(1_280, classes)
    return model, head


def googlenet_network(settings: Settings, classes: int) -> tuple["nn.Module", "nn.Module"]:
    """Return torchvision's own GoogLeNet with the weights at hand, and its new last layer.

    Raises:
        NotMeasuredError: there are no weights.
    """
    from torch import nn
    from torchvision.models import googlenet

    from cnn_core.models.weights_file import read_tensors

    model = googlenet(weights=None, aux_logits=False, init_weights=False, transform_input=True)
    own = model.state_dict().keys()
    tensors = read_tensors(_weights_of(settings, GOOGLENET))
    model.load_state_dict({name: value for name, value in tensors.items() if name in own})
    head = model.fc = nn.Linear(1_024, classes)
    return model, head


def _weights_of(settings: Settings, name: str) -> Path:
    row = model_row(name)
    path = weights.resolve(settings, row).path
    if path is None:
        raise NotMeasuredError(f"There are no weights of {row.title} (CNN_LAB_WEIGHTS).")
    return path
