"""The trials on residual connections: a gradient that is measured, or a training."""

import math
from collections.abc import Generator

import numpy as np
import torch
from numpy.typing import NDArray

from cnn_core.concepts.experiment import Planned, Seen
from cnn_core.concepts.residual.arms import RATES, arm_of, question_of
from cnn_core.concepts.residual.gradients import block_gradients
from cnn_core.concepts.residual.networks import SmallResNet, drawn_network
from cnn_core.concepts.residual.settings import BATCH, ResidualSettings
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
from cnn_core.training.tensors import Examples, normalise

_MEASURED_ON = 128  # pictures of the batch whose gradient is measured
_HELD_OUT = 300
_DIGITS = 4  # of a figure


prepare = prepared_pictures
"""Pictures and device alone: pictures are drawn and halved by each trial of its own."""


def run_trial(
    planned: Planned, settings: ResidualSettings, prepared: Prepared
) -> Generator[Seen, None, dict[str, float]]:
    """Run one trial; a figure that is not finite is left out, of a divergence loss and accuracy.

    Returns:
        Of a gradient: "loss", "ratio" (norm of the gradient of the first block's weights over that
        of the last block's) and, for each block from 1, "weights k", "identity k", "branch k" and
        "arriving k" (`gradients.BlockGradient`). Of a training: "loss" (mean over the last pass
        through the pictures, as they were trained on), "accuracy" (share of the
        held-out pictures that is right, 0 to 1), "diverged" (0 or 1) and "parameters".
    """
    question, depth = question_of(planned.condition)
    train, test = prepared.dataset.train, prepared.dataset.test
    network = drawn_network(
        arm_of(planned.arm),
        depth,
        width=settings.width,
        in_channels=1 if train.images.ndim == 3 else train.images.shape[3],
        num_classes=len(train.classes),
        seed=planned.seed,
    )
    # channels_last: oneDNN and cuDNN convolve in this layout without reordering every batch
    network = network.to(device=prepared.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    count = min(_MEASURED_ON, settings.images) if question == "gradient" else settings.images
    chosen = drawn(train, count, planned.seed)
    examples = _examples(train, chosen, prepared, chosen)
    if question == "gradient":
        figures = _gradient(network, examples)
    else:
        held_out = drawn(test, min(_HELD_OUT, len(test)), planned.seed)
        tested = _examples(test, held_out, prepared, chosen)
        figures = yield from _fit(network, examples, tested, planned, settings)
    return {
        name: value if name == "parameters" else float(f"{value:.{_DIGITS}g}")
        for name, value in figures.items()
        if math.isfinite(value)
    }


def _gradient(network: SmallResNet, examples: Examples) -> dict[str, float]:
    pixels = normalise(examples.images, examples)
    loss, blocks = block_gradients(network.train(), pixels, examples.labels)
    figures = {"loss": loss}
    if blocks[-1].weights > 0:
        figures["ratio"] = blocks[0].weights / blocks[-1].weights
    for number, block in enumerate(blocks, start=1):
        figures[f"weights {number}"] = block.weights
        figures[f"branch {number}"] = block.branch
        figures[f"identity {number}"] = block.identity
        figures[f"arriving {number}"] = block.arriving
    return figures


def _fit(
    network: SmallResNet,
    examples: Examples,
    tested: Examples,
    planned: Planned,
    settings: ResidualSettings,
) -> Generator[Seen, None, dict[str, float]]:
    per_epoch = math.ceil(len(examples) / BATCH)
    config = TrainConfig(
        epochs=max(1, round(settings.steps / per_epoch)),
        batch_size=BATCH,
        learning_rate=RATES[planned.arm],
        optimizer="sgd",
        seed=planned.seed,
    )
    result = yield from trained(network, examples, tested, config)
    judged = judged_by(
        result,
        lambda: {
            "loss": float(np.mean(result.losses[-per_epoch:])),
            "accuracy": result.accuracies[-1][1],
        },
    )
    return {
        **judged,
        "parameters": float(sum(each.numel() for each in network.parameters())),
    }


def _examples(
    pictures: ImageSet, chosen: NDArray[np.int64], prepared: Prepared, own: NDArray[np.int64]
) -> Examples:
    """Return the chosen pictures at half their size, normalised as the training pictures `own`."""
    mean, std = levels(_halved(prepared.dataset.train.images[own]), np.float32)
    return as_examples(
        _halved(pictures.images[chosen]),
        pictures.labels[chosen],
        prepared.device,
        mean=mean,
        std=std,
    )


def _halved(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pictures at half their size: each pixel the mean of four."""
    count, height, width = images.shape[:3]
    cells = images.reshape(count, height // 2, 2, width // 2, 2, *images.shape[3:])
    mean: NDArray[np.uint8] = np.rint(cells.mean(axis=(2, 4), dtype=np.float32)).astype(np.uint8)
    return mean
