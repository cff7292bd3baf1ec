"""Full fine-tuning of GoogLeNet at 96x96 on a GPU: five epochs of 50,000 images, and its pace.

The pictures at hand are repeated until 50,000 are trained on in an epoch; the row says so. Ours is
the command (`train googlenet-cifar10 --preset all`), its time that of training with evaluation,
from the first step to the last; data never leaves the device. The baseline is the naive loop
(`naive_cifar`, float32, a PIL transform a sample) on the same GPU over some of the pictures.

The last row holds the pace of training from scratch (`--preset scratch`) against the card: floating
point operations a second that the network needs, against those of large matrices in bfloat16.
"""

import dataclasses
import math
import pickle
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.browser import NoDeviceError
from benchmarks.frozen_cifar import (
    GOOGLENET,
    cifar10,
    googlenet_network,
    train,
    with_googlenet,
)
from benchmarks.rows import Bar, Row, compare
from cnn_core.data.images import Dataset
from cnn_core.models.registry import model_row
from cnn_core.settings import Settings

REPEATS = 3
IMAGES = 50_000
EPOCHS = 5
VALIDATION = 0.01
BAR = Bar(of="value", at_most=60.0)
_NAIVE = 2_000  # pictures of the naive loop: a thousandth part of its time is enough to tell
_MATRIX = 8_192


def measure(*, repeats: int = REPEATS) -> list[Row]:
    """Return the seconds of five epochs of 50,000, and the pace from scratch against the card's.

    Raises:
        NoDeviceError: there is no CUDA device.
        NotMeasuredError: there is no CIFAR-10 in the data home, or a run failed.
    """
    import torch

    if not torch.cuda.is_available():
        raise NoDeviceError("There is no CUDA device.")
    data = cifar10()
    with tempfile.TemporaryDirectory(prefix="cnn-lab-bench-") as home:
        settings, said = with_googlenet(Settings.from_environment(), Path(home) / "weights")
        settings = dataclasses.replace(settings, data=write_repeated(data, Path(home) / "data"))
        naive = _naive(settings, data)
        whole: list[dict[str, Any]] = []
        scratch: list[dict[str, Any]] = []
        plain: list[float] = []
        limits: list[float] = []
        for turn in range(repeats):
            whole.append(_train(settings, Path(home) / f"all-{turn}", "all"))
            plain.append(EPOCHS * IMAGES / _NAIVE * next(naive))
            scratch.append(_train(settings, Path(home) / f"scratch-{turn}", "scratch"))
            limits.append(_operations_a_second())
    return [
        compare(
            f"GoogLeNet ({said}), all of it at 96x96, {EPOCHS} epochs of {IMAGES:,} images "
            f"({len(data.train):,} repeated)",
            unit="s",
            samples=[run["total_seconds"] for run in whole],
            baseline=plain,
            bar=BAR,
        ),
        compare(
            f"GoogLeNet for 32x32 from scratch ({1e-9 * scratch_operations():.2f} GFLOP an image), "
            "against large matrices in bfloat16 on the same card",
            unit="TFLOP/s",
            samples=[1e-12 * scratch_operations() * run["images_per_second"] for run in scratch],
            baseline=[1e-12 * limit for limit in limits],
        ),
    ]


def _train(settings: Settings, home: Path, preset: str) -> dict[str, Any]:
    network = GOOGLENET if preset == "all" else "googlenet-cifar"
    changes = {"epochs": str(EPOCHS), "validation_share": str(VALIDATION), "train_sample": "0"}
    if preset == "all":
        changes |= {"batch_size": "512"}
    return train(settings, home, network, preset=preset, device="cuda", **changes)


def write_repeated(data: Dataset, folder: Path, images: int = IMAGES) -> Path:
    """Write a folder of CIFAR-10's form with so many pictures that `images` are trained on.

    Args:
        data: whose training pictures are repeated; its test pictures are written once.
        folder: made.
        images: so many are left once validation is split off.
    """
    place = folder / "cifar-10-batches-py"
    place.mkdir(parents=True)
    count = math.ceil(images / (1 - VALIDATION))
    places = np.array_split(np.arange(count) % len(data.train), 5)
    batches = {f"data_batch_{number}": (data.train, own) for number, own in enumerate(places, 1)}
    batches["test_batch"] = (data.test, np.arange(len(data.test)))
    for name, (part, own) in batches.items():
        rows = part.images[own].transpose(0, 3, 1, 2).reshape(len(own), -1)  # R, then G, then B
        body = {"data": rows, "labels": part.labels[own].tolist()}
        (place / name).write_bytes(pickle.dumps(body, protocol=4))
    meta = {"label_names": list(data.train.classes)}
    (place / "batches.meta").write_bytes(pickle.dumps(meta, protocol=4))
    return folder


def _naive(settings: Settings, data: Dataset) -> Iterator[float]:
    """Yield the seconds of an epoch of the naive loop over some of the pictures, nothing frozen.

    The first, which warms the card up, is left out.
    """
    from benchmarks.naive_cifar import naive_epochs

    model, head = googlenet_network(settings, len(data.train.classes))
    row = model_row(GOOGLENET)
    part = data.train.images[:_NAIVE], data.train.labels[:_NAIVE]
    few = data.train.images[:100], data.train.labels[:100]
    epochs = naive_epochs(
        model, head, part, few, mean=row.mean, std=row.std, whole=True, device="cuda"
    )
    next(epochs)
    return (seconds for seconds, _ in epochs)


def scratch_operations() -> float:
    """Return the floating point operations of a training step an image: three forward passes.

    The forward pass's multiplications and additions of convolutions and linear layers, counted by
    torch; the backward pass needs them twice, for the inputs' and the weights' gradients. The
    auxiliary heads are not counted.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from cnn_core.models.registry import build_model

    network = build_model("googlenet-cifar").eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 3, 32, 32))
    return 3.0 * float(counter.get_total_flops())


def _operations_a_second() -> float:
    """Return the floating point operations a second of large matrices in bfloat16 on the GPU."""
    import torch

    left, right = (
        torch.randn(_MATRIX, _MATRIX, device="cuda", dtype=torch.bfloat16) for _ in range(2)
    )
    for _ in range(3):
        left @ right
    torch.cuda.synchronize()
    begun = time.perf_counter()
    for _ in range(20):
        left @ right
    torch.cuda.synchronize()
    seconds = time.perf_counter() - begun
    return 20.0 * 2 * _MATRIX**3 / seconds
