"""Train one network of the comparison and measure it (see `concepts.experiment`)."""

from collections.abc import Generator
from dataclasses import replace

import numpy as np
import torch

from cnn_core.concepts.experiment import Planned, Seen
from cnn_core.concepts.stacked_kernels.networks import build_network
from cnn_core.concepts.stacked_kernels.plan import learning_rate
from cnn_core.concepts.stacked_kernels.settings import StackedKernelSettings
from cnn_core.concepts.stacked_kernels.shapes import FIELDS, block_of, block_weights
from cnn_core.concepts.training import (
    Prepared,
    as_examples,
    drawn,
    judged_by,
    levels,
    prepared_pictures,
    trained,
)
from cnn_core.data.images import ImageSet
from cnn_core.results.config import TrainConfig
from cnn_core.training.evaluate import evaluate
from cnn_core.training.tensors import Examples

TEST_IMAGES = 2_000
WATCHED = 400
"""So many of the test pictures are scored after each epoch, for the curve alone."""

BATCH = 64


prepare = prepared_pictures


def run_trial(
    planned: Planned, settings: StackedKernelSettings, prepared: Prepared
) -> Generator[Seen, None, dict[str, float]]:
    """Train on a draw of the training pictures, judge on a draw of the test pictures.

    Returns:
        accuracy (share of the test pictures that is right after the last step), loss (training
        loss, mean over the last epoch), both left out where the loss stopped being a number;
        diverged (1.0 then, else 0.0), steps, parameters, block_weights, images, test_images,
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
        len(prepared.dataset.train.classes),
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

    def judge() -> dict[str, float]:
        last = done.losses[-(done.steps // settings.epochs) :]
        return {"accuracy": evaluate(done.network, test).accuracy, "loss": float(np.mean(last))}

    return {
        "steps": float(done.steps),
        "parameters": float(sum(each.numel() for each in network.parameters())),
        "block_weights": float(block_weights(block_of(planned.arm, side, settings.channels))),
        "images": float(len(train)),
        "test_images": float(len(test)),
        "train_seconds": done.seconds,
        **judged_by(done, judge),
    }


def _draws(
    prepared: Prepared, settings: StackedKernelSettings, seed: int
) -> tuple[Examples, Examples]:
    """Return training and test pictures of a seed, normalised by the training ones."""
    train = _taken(prepared.dataset.train, settings.images, seed)
    test = _taken(prepared.dataset.test, TEST_IMAGES, seed)
    mean, std = levels(train.images)
    first, second = (
        as_examples(part.images, part.labels, prepared.device, mean=mean, std=std)
        for part in (train, test)
    )
    return first, second


def _taken(pictures: ImageSet, count: int, seed: int) -> ImageSet:
    places = drawn(pictures, min(count, len(pictures)), seed)
    return ImageSet(pictures.images[places], pictures.labels[places], pictures.classes)
