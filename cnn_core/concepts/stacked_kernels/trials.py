"""Train one network of the comparison and measure it (see `concepts.experiment`)."""

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
import torch

from cnn_core.concepts.experiment import Planned, Seen
from cnn_core.concepts.stacked_kernels.networks import build_network
from cnn_core.concepts.stacked_kernels.plan import learning_rate
from cnn_core.concepts.stacked_kernels.settings import StackedKernelSettings
from cnn_core.concepts.stacked_kernels.shapes import FIELDS, block_of, block_weights
from cnn_core.concepts.training import as_examples, drawn, trained
from cnn_core.data.images import Dataset, ImageSet
from cnn_core.results.config import TrainConfig
from cnn_core.training.evaluate import evaluate
from cnn_core.training.tensors import Examples

TEST_IMAGES = 2_000
WATCHED = 400
"""So many of the test pictures are scored after each epoch, for the curve alone."""

BATCH = 64


@dataclass(frozen=True, eq=False, kw_only=True)
class Prepared:
    """What all trials of a leg share."""

    data: Dataset
    device: torch.device


def prepare(_settings: StackedKernelSettings, data: Dataset, device: torch.device) -> Prepared:
    """Return data and device; nothing is computed ahead."""
    return Prepared(data=data, device=device)


def run_trial(
    planned: Planned, settings: StackedKernelSettings, prepared: Prepared
) -> Generator[Seen, None, dict[str, float]]:
    """Train on a draw of the training pictures, judge on a draw of the test pictures.

    Returns:
        accuracy (share of the test pictures that is right after the last step), loss (training
        loss, mean over the last epoch), steps, parameters, block_weights, images, test_images,
        train_seconds (of the optimizer steps alone).
    """
    train, test = _draws(prepared, settings, planned.seed)
    shape = (int(train.images.shape[1]), int(train.images.shape[2]), int(train.images.shape[3]))
    side = FIELDS[planned.condition]
    network = build_network(
        planned.arm,
        side,
        settings.channels,
        shape,
        len(prepared.data.train.classes),
        batch_norm=settings.batch_norm == "on",
        seed=planned.seed,
    ).to(device=prepared.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    config = TrainConfig(
        epochs=settings.epochs,
        batch_size=BATCH,
        learning_rate=learning_rate(planned.arm, settings),
        schedule="one-cycle",
        seed=planned.seed,
    )
    watched = replace(test, images=test.images[:WATCHED], labels=test.labels[:WATCHED])
    done = yield from trained(network, train, watched, config)
    figures = {
        "steps": float(done.steps),
        "parameters": float(sum(each.numel() for each in network.parameters())),
        "block_weights": float(block_weights(block_of(planned.arm, side, settings.channels))),
        "images": float(len(train)),
        "test_images": float(len(test)),
        "train_seconds": done.seconds,
    }
    if not done.diverged:
        figures["accuracy"] = evaluate(done.network, test).accuracy
        figures["loss"] = float(np.mean(done.losses[-(done.steps // settings.epochs) :]))
    return figures


def _draws(
    prepared: Prepared, settings: StackedKernelSettings, seed: int
) -> tuple[Examples, Examples]:
    """Return training and test pictures of a seed, normalised by the training ones."""
    train = _taken(prepared.data.train, settings.images, seed)
    test = _taken(prepared.data.test, TEST_IMAGES, seed)
    axes = tuple(range(3))
    pixels = train.images / np.float32(255)
    mean = np.atleast_1d(pixels.mean(axis=axes, dtype=np.float64))
    std = np.atleast_1d(pixels.std(axis=axes, dtype=np.float64))
    about = {"mean": tuple(mean.tolist()), "std": tuple(np.maximum(std, 1e-3).tolist())}
    first, second = (
        as_examples(part.images, part.labels, prepared.device, **about) for part in (train, test)
    )
    return first, second


def _taken(pictures: ImageSet, count: int, seed: int) -> ImageSet:
    places = drawn(pictures, min(count, len(pictures)), seed)
    return ImageSet(pictures.images[places], pictures.labels[places], pictures.classes)
