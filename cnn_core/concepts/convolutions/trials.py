"""One trial: a network on a draw of digits, then on test digits as they are and altered."""

from collections.abc import Generator

import numpy as np
import torch

from cnn_core.concepts.convolutions.networks import build
from cnn_core.concepts.convolutions.plan import (
    CNN,
    LARGE,
    LOCAL,
    MACS,
    PARAMETERS,
    condition,
    of_condition,
    permutation,
    permuted_images,
)
from cnn_core.concepts.convolutions.settings import ConvolutionSettings
from cnn_core.concepts.convolutions.sizes import size_of
from cnn_core.concepts.convolutions.tolerance import tolerances
from cnn_core.concepts.experiment import Planned, Seen
from cnn_core.concepts.training import (
    Prepared,
    as_examples,
    drawn,
    drawn_by,
    judged_by,
    prepared_pictures,
    trained,
)
from cnn_core.data.images import ImageSet
from cnn_core.results.config import TrainConfig
from cnn_core.training.seeds import derived_seed
from cnn_core.training.tensors import Examples

MEAN, STD = (0.1307,), (0.3081,)
BATCH, LOOKS = 32, 5
_WEIGHTS, _NOISE = 11, 13  # what a seed is for

RATES = {CNN: 8e-3, PARAMETERS: 8e-3, MACS: 8e-3, LOCAL: 8e-3, LARGE: 4e-3}
"""Adam's peak rate of each arm: the best mean accuracy of 1, 2, 4, 8 and 16 thousandths.

Looked for with 1,000 of MNIST's first 50,000 training pictures, as they are and permuted, two
seeds, judged on pictures of the last 10,000 training pictures: no test picture had a say.
"""


prepare = prepared_pictures


def course(images: int, steps: int) -> tuple[int, int]:
    """Return (pictures a round, rounds) of a training of about `steps` steps.

    Accuracy is looked at `LOOKS` times however few the pictures are: a round goes over them as
    often as fills a fifth of the steps, but once at least.

    >>> course(1000, 400), course(100, 400), course(5000, 400)
    ((2560, 5), (2560, 5), (5024, 3))
    """
    steps_a_round = max(-(-steps // LOOKS), -(-images // BATCH))
    return steps_a_round * BATCH, max(1, round(steps / steps_a_round))


def _examples(
    pictures: ImageSet, places: np.ndarray, order: np.ndarray | None, device: torch.device
) -> Examples:
    images = pictures.images[places]
    if order is not None:
        images = permuted_images(images, order)
    return as_examples(images, pictures.labels[places], device, mean=MEAN, std=STD)


def run_trial(
    planned: Planned, settings: ConvolutionSettings, prepared: Prepared
) -> Generator[Seen, None, dict[str, float]]:
    """Train one network and judge it; see `concepts.experiment`.

    Returns:
        "parameters", "macs", "steps", "diverged" (0 or 1) and, unless it diverged, "accuracy" (0
        to 1); where pixels are as they are, of the largest number of images also what
        `tolerance.tolerances` returns.
    """
    images, permuted = of_condition(planned.condition)
    train, test, seed = prepared.dataset.train, prepared.dataset.test, planned.seed
    order = permutation(seed, train.images[0].size) if permuted else None
    size, rounds = course(images, settings.steps)
    places = np.resize(drawn(train, images, seed), size)
    judged_places = drawn(test, min(settings.judged, len(test)), seed)
    judged = _examples(test, judged_places, order, prepared.device)
    with drawn_by(derived_seed(seed, _WEIGHTS)):
        network = build(planned.arm, settings)
    config = TrainConfig(
        epochs=rounds,
        batch_size=BATCH,
        learning_rate=RATES[planned.arm],
        schedule="one-cycle",
        seed=seed,
    )
    result = yield from trained(
        network.to(prepared.device),
        _examples(train, places, order, prepared.device),
        judged,
        config,
    )
    made_of = size_of(planned.arm, settings)
    figures = {
        "parameters": float(made_of.parameters),
        "macs": float(made_of.macs),
        "steps": float(result.steps),
    }

    def judge() -> dict[str, float]:
        right = {"accuracy": result.accuracies[-1][1]}
        if planned.condition != condition(settings.most):
            return right
        return right | tolerances(result.network, judged, derived_seed(seed, _NOISE))

    return figures | judged_by(result, judge)
