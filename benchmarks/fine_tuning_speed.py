"""Fine-tuning on a folder of flowers: CNN Lab's runs against the naive recipe, time and accuracy.

The naive recipe (`naive_fine_tuning`) is run for five epochs in this process, each of which is a
sample: five times that is what it takes. Ours are commands of their own (`train vgg16-folder
--json`) from nothing to the end, the folder copied, looked over and judged: the first time with
empty homes, the second time on the same snapshot with another learning rate. Both validate on the
same 150 of 750 pictures; of both the best epoch counts. Ours with the reference head is the preset
"gentle", five epochs.
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
from typing import Any

import numpy as np

from benchmarks.browser import NotMeasuredError
from benchmarks.machine import ROOT
from benchmarks.rows import Bar, Row, compare
from cnn_core.settings import Settings

REPEATS = 3
EPOCHS = 5
SPLITS = 5
VGG16, LITE0 = "vgg16", "efficientnet-lite0"
_TIMEOUT_SECONDS = 3_600
_LIGHT = {"head": "light"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Side:
    """One way of ours to train, and how much faster than the naive recipe it has to be."""

    name: str
    head: str
    views: int
    again: bool
    times: float

    @property
    def bar(self) -> Bar:
        return Bar(of="ratio", at_most=1 / self.times)


SIDES = (
    _Side(name="first run, one view a picture", head="reference", views=1, again=False, times=4),
    _Side(name="first run, flipped views too", head="reference", views=2, again=False, times=2),
    _Side(name="second run, reference head", head="reference", views=2, again=True, times=15),
    _Side(name="second run, light head", head="light", views=2, again=True, times=50),
)


def measure(
    *, repeats: int = REPEATS, folder: Path | None = None, splits: int = SPLITS
) -> list[Row]:
    """Return time and accuracy of VGG-16 against the naive recipe, and EfficientNet-Lite0's.

    Args:
        repeats: runs of each way of ours.
        folder: with a folder of pictures a class; flower_photos of the data home if None.
        splits: how many seeds EfficientNet-Lite0 is trained with.

    Raises:
        NotMeasuredError: there is no such folder, or a run failed.
    """
    folder = folder or Settings.from_environment().data / "flower_photos"
    if not folder.is_dir():
        raise NotMeasuredError("There is no folder flower_photos in the data home (CNN_LAB_DATA).")
    with tempfile.TemporaryDirectory() as home:
        lite0 = [
            _train(Path(home) / "lite0", folder, LITE0, _LIGHT, seed) for seed in range(splits)
        ]
        ours, naive = _by_turns(Path(home), folder, repeats)
    taken = {side.name: [sample["seconds"] for sample in ours[side.name]] for side in SIDES}
    whole = [EPOCHS * seconds for seconds, _ in naive]
    rows = [
        compare(
            f"VGG-16, {EPOCHS} epochs, {side.name}",
            unit="s",
            samples=taken[side.name],
            baseline=whole,
            bar=side.bar,
        )
        for side in SIDES
    ]
    best = 100 * max(accuracy for _, accuracy in naive)
    rows += [
        compare(
            f"VGG-16, validation accuracy, {side.name}",
            unit="%",
            samples=[100 * sample["valid_accuracy"] for sample in ours[side.name]],
            baseline=[best],
            bar=Bar(of="ratio", at_least=1) if side.head == "reference" else None,
        )
        for side in SIDES
    ]
    accuracy = [100 * sample["valid_accuracy"] for sample in lite0]
    rows.append(
        compare(
            f"EfficientNet-Lite0, light head, mean validation accuracy of {splits} splits",
            unit="%",
            samples=[float(np.mean(accuracy))] * max(repeats, 1),
            baseline=[best],
            bar=Bar(of="value", at_least=88),
        )
    )
    rows.append(
        compare(
            "EfficientNet-Lite0, from the command to the first result",
            unit="s",
            samples=[lite0[0]["seconds"]] * max(repeats, 1),
            baseline=whole,
            bar=Bar(of="value", at_most=90),
        )
    )
    return rows


def _by_turns(
    home: Path, folder: Path, repeats: int
) -> tuple[dict[str, list[dict[str, Any]]], list[tuple[float, float]]]:
    """Run ours and the naive epochs by turns; return both sides' samples."""
    ours: dict[str, list[dict[str, Any]]] = {side.name: [] for side in SIDES}
    naive: list[tuple[float, float]] = []
    loop: Iterator[tuple[float, float]] | None = None
    for turn in range(repeats):
        for side in SIDES:
            place = home / f"{turn}-{side.views}"
            settings = {"head": side.head, "views": str(side.views), "epochs": str(EPOCHS)}
            if side.again:
                settings["learning_rate"] = "0.00008" if side.head == "reference" else "0.004"
            sample = _train(place, folder, VGG16, settings, seed=0, again=side.again)
            ours[side.name].append(sample)
            loop = loop or _naive(folder, place, sample["run"])
            if len(naive) < EPOCHS:
                naive.append(next(loop))
            print(f"  {side.name}: {sample['seconds']:.0f} s", file=sys.stderr, flush=True)
    while len(naive) < EPOCHS and loop is not None:
        naive.append(next(loop))
    return ours, naive


def _train(
    home: Path,
    folder: Path,
    model: str,
    changes: dict[str, str],
    seed: int,
    *,
    again: bool = False,
) -> dict[str, Any]:
    """Train as a command, in a home of its own; return what it printed, and how long it took."""
    preset = "gentle" if changes["head"] == "reference" else "light"
    values = {**changes, "model": model, "validation_share": "0.2", "test_share": "0"}
    data = _snapshot(home) if again else str(folder)
    command = [sys.executable, "-m", "cnn_core", "train", "vgg16-folder", "--preset", preset]
    command += ["--data", data, "--seed", str(seed), "--json"]
    command += ["--set", *(f"{name}={value}" for name, value in values.items())]
    environment = {**os.environ, "CNN_LAB_HOME": str(home)}
    for name in ("CNN_LAB_RUNS", "CNN_LAB_PICTURES", "CNN_LAB_FEATURES"):
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
        raise NotMeasuredError(f"A run failed: {done.stderr.strip().splitlines()[-1]}")
    body = json.loads(done.stdout)
    return {**body["per_run"][0], "seconds": seconds}


def _snapshot(home: Path) -> str:
    from cnn_core.data.pictures.store import PictureStore

    return PictureStore(home / "pictures").snapshots()[0].id


def _naive(folder: Path, home: Path, run: str) -> Iterator[tuple[float, float]]:
    """Return the naive recipe on the run's own validation pictures."""
    from benchmarks.naive_fine_tuning import naive_epochs
    from cnn_core.data.pictures.store import PictureStore
    from cnn_core.models.registry import model_row
    from cnn_core.models.weights_file import read_tensors
    from cnn_core.runtime import weights
    from cnn_core.runtime.store import RunStore

    record = RunStore(home / "runs", examine=False).get(run)
    store = PictureStore(home / "pictures")
    plan = store.load_plan(Path(record.dataset.location))
    names = [picture.name for picture in store.load(plan.snapshot).pictures]
    valid = {
        "/".join(Path(names[place]).parts[-2:])
        for place, part in zip(plan.pictures, plan.parts, strict=True)
        if part == "valid"
    }
    at_hand = weights.resolve(Settings.from_environment(), model_row(VGG16))
    if at_hand.path is None:
        raise NotMeasuredError("There are no weights of VGG-16 (CNN_LAB_WEIGHTS).")
    return naive_epochs(folder, read_tensors(at_hand.path), valid)
