"""One trial: one of the networks, trained on a draw of digits and judged on others."""

from collections.abc import Generator, Mapping, Sequence

import torch

from cnn_core.concepts.experiment import Planned, Seen
from cnn_core.concepts.lenet_1998.networks import PARTS, MixedLeNet5
from cnn_core.concepts.lenet_1998.settings import GLANCE, RATES, Lenet1998Settings
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
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.training.evaluate import evaluate
from cnn_core.training.tensors import Examples

_LEVELS = model_row("lenet5-1998")  # background -0.1, foreground 1.175

prepare = prepared_pictures


def run_trial(
    planned: Planned, settings: Lenet1998Settings, prepared: Prepared
) -> Generator[Seen, None, Mapping[str, float]]:
    """Train one network and judge it.

    Returns:
        "error": percent of the held-out pictures that is read wrong after the last step; "steps":
        see `steps_to` (left out where the target was not reached); "diverged": 1.0 where the loss
        stopped being a number, and then neither of these two, else 0.0;
        "parameters": trainable; "seconds": of training.

    Raises:
        RunStateError: there are fewer pictures than the settings ask for.
    """
    data, device = prepared.dataset, prepared.device
    train = _examples(data.train, settings.images, planned.seed, device)
    judged = _examples(data.test, min(settings.judged, len(data.test)), planned.seed, device)
    with drawn_by(planned.seed):
        network = MixedLeNet5(PARTS[planned.arm], initial=settings.initial).to(device)
    config = TrainConfig(
        epochs=settings.epochs,
        batch_size=settings.batch,
        learning_rate=RATES[planned.arm] * settings.rate,
        schedule="one-cycle",
        seed=planned.seed,
    )
    result = yield from trained(network, train, _first(judged, GLANCE), config)

    def judge() -> dict[str, float]:
        wrong = 1.0 - evaluate(result.network, judged).accuracy
        steps = steps_to(settings.target / 100.0, result.accuracies)
        reached = {} if steps is None else {"steps": steps}
        return {"error": round(100.0 * wrong, 4), **reached}

    return {
        **judged_by(result, judge),
        "parameters": float(sum(each.numel() for each in network.parameters())),
        "seconds": result.seconds,
    }


def steps_to(accuracy: float, seen: Sequence[tuple[int, float]]) -> float | None:
    """Return after how many optimizer steps an accuracy was first reached, None if never.

    Between two looks it is taken to change evenly, before the first one from nought.

    >>> steps_to(0.9, [(40, 0.5), (80, 0.85), (120, 0.95)])
    100.0
    """
    before_step, before = 0, 0.0
    for step, value in seen:
        if value >= accuracy:
            share = (accuracy - before) / (value - before)
            return round(before_step + share * (step - before_step), 1)
        before_step, before = step, value
    return None


def _examples(pictures: ImageSet, count: int, seed: int, device: torch.device) -> Examples:
    """Return the draw of `seed` as the paper's levels: -0.1 for paper, 1.175 for ink."""
    places = drawn(pictures, count, seed)
    return as_examples(
        pictures.images[places],
        pictures.labels[places],
        device,
        mean=_LEVELS.mean,
        std=_LEVELS.std,
    )


def _first(examples: Examples, count: int) -> Examples:
    return Examples(
        images=examples.images[:count],
        labels=examples.labels[:count],
        mean=examples.mean,
        std=examples.std,
    )
