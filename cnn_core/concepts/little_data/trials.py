"""The trials of "little-data": a linear layer on frozen features, or a network on the pictures.

All arms of a seed learn from the same pictures, and are judged on the same held-out pictures, which
no arm trains on. An arm takes about as many steps whatever the number of pictures. Where a network
learns from pixels, half the looks at a picture are at its mirror image.
"""

from collections.abc import Generator

import numpy as np
import torch

from cnn_core.concepts.experiment import Planned, Seen
from cnn_core.concepts.little_data.learners import Prepared, features_of, learner_of
from cnn_core.concepts.little_data.networks import ROW
from cnn_core.concepts.little_data.pictures import LittleData, divided
from cnn_core.concepts.little_data.plan import steps_of
from cnn_core.concepts.little_data.settings import (
    EVERY,
    FROZEN,
    LAST_BLOCK,
    RANDOM,
    RATES,
    SLOW,
    LittleDataSettings,
)
from cnn_core.concepts.training import judged_by, trained
from cnn_core.models.registry import class_names
from cnn_core.results.config import TrainConfig
from cnn_core.training.evaluate import evaluate

_CURVE = 5  # points of a curve, about
_SOME = 5  # where convolutions learn, a curve looks at every so manyth held-out picture


def prepare(settings: LittleDataSettings, data: LittleData, device: torch.device) -> Prepared:
    """Return what the trials share; the trained network looks at every picture once.

    Raises:
        DataError: a class has too few pictures.
    """
    divided(data, settings.judged, settings.seed)
    prepared = Prepared(data=data, images=data.load(), base=data.base(), device=device)
    for arm in (LAST_BLOCK, FROZEN):
        if arm in settings.arms:
            features_of(arm, 0, prepared)
    return prepared


def run_trial(
    planned: Planned, settings: LittleDataSettings, prepared: Prepared
) -> Generator[Seen, None, dict[str, float]]:
    """Train one arm on so many pictures a class; return its figures.

    "accuracy", and "elsewhere", that of the classes that are not ImageNet's, of the held-out
    pictures, 0 to 1; "pictures" learned from, "judged", "classes", "imagenet" (how many classes
    have the name of one of ImageNet's), "synthetic" (0 or 1); "parameters" that learned; "seconds"
    to look at the training pictures and to learn; "diverged", see `training.judged_by`. Where no
    class has so many pictures: nothing of what would have been measured.
    """
    data = prepared.data
    parts = divided(data, settings.judged, planned.seed)
    each = parts.largest if planned.condition == EVERY else int(planned.condition)
    known = in_imagenet(data.classes)
    figures = {
        "classes": float(len(data.classes)),
        "imagenet": float(sum(known)),
        "synthetic": float(data.synthetic),
        "judged": float(len(parts.judged)),
    }
    if each > parts.largest:
        return figures
    train = parts.train(each)
    learner = learner_of(planned.arm, planned.seed, prepared, train, parts.judged)
    config, repeats = _schedule(planned, settings, len(train))
    curve = parts.judged[:: _SOME if planned.arm in SLOW else 1]
    result = yield from trained(
        learner.network,
        learner.examples(np.tile(train, repeats)),
        learner.examples(curve),
        config,
    )
    figures |= {
        "pictures": float(len(train)),
        "parameters": float(sum(each.numel() for each in learner.network.parameters())),
        "seconds": result.seconds + learner.look * len(train),
    }

    def judge() -> dict[str, float]:
        logits = evaluate(result.network, learner.examples(parts.judged)).logits
        right = logits.argmax(dim=1).numpy() == data.labels[parts.judged]
        elsewhere = right[~np.array(known)[data.labels[parts.judged]]]
        found = {"accuracy": float(right.mean())}
        return found | ({"elsewhere": float(elsewhere.mean())} if len(elsewhere) else {})

    return figures | judged_by(result, judge)


def in_imagenet(classes: tuple[str, ...]) -> tuple[bool, ...]:
    """Return of each class whether one of ImageNet's 1,000 is called so, in singular or plural.

    >>> in_imagenet(("daisy", "Roses", "goldfinches", "zebras"))
    (True, False, False, True)
    """
    names = {name.casefold() for name in class_names(ROW)}
    return tuple(
        {name.casefold(), name.casefold().removesuffix("s")} & names != set() for name in classes
    )


def _schedule(
    planned: Planned, settings: LittleDataSettings, pictures: int
) -> tuple[TrainConfig, int]:
    """Return how long an arm learns, and how often the pictures stand in an epoch.

    The epochs are as long as there are points in a curve, for about as many steps in all.
    """
    total = steps_of(planned.arm, settings) * settings.batch
    repeats = max(1, round(total / (pictures * _CURVE)))
    config = TrainConfig(
        epochs=max(1, round(total / (pictures * repeats))),
        batch_size=settings.batch,
        learning_rate=RATES[planned.arm],
        schedule="constant" if planned.arm in (FROZEN, RANDOM) else "one-cycle",
        seed=planned.seed,
        views=2,
        precision="float32",
    )
    return config, repeats
