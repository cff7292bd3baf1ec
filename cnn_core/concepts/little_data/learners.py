"""What learns in a trial of "little-data", and the examples that it learns from."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.concepts.little_data.networks import (
    ROW,
    embed_by,
    random_network,
    see_by,
    small_network,
    trained_network,
)
from cnn_core.concepts.little_data.pictures import LittleData, Pixels, See, looked_at
from cnn_core.concepts.little_data.settings import ALL, FROZEN, LAST_BLOCK, RANDOM, SCRATCH, SMALL
from cnn_core.concepts.training import as_examples, drawn_by
from cnn_core.training.examples import CachedViews
from cnn_core.training.tensors import TrainingExamples

_TIMED = 16  # pictures that are looked at to time it

Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class RandomFront:
    """Random weights of a seed, and which pictures, bool (N,), they have looked at."""

    seed: int
    see: See
    seen: NDArray[np.bool_]


@dataclass
class Prepared:
    """What the trials of a leg share: pictures, and features that have been computed.

    Attributes:
        data: the pictures.
        images: their pixels, uint8 (N, S, S, 3).
        base: the network's trained tensors.
        device: where the networks are.
        features: of all pictures, float32 (N, ...), by arm; of random weights, the last seed's.
        random: the last seed's random weights.
        look: seconds for a picture, by arm.
    """

    data: LittleData
    images: Pixels
    base: Mapping[str, Tensor]
    device: torch.device
    features: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    random: RandomFront | None = None
    look: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Learner:
    """A network before its first step.

    Attributes:
        network: what learns.
        examples: what it takes of the pictures at these places, in this order.
        look: seconds that a frozen front took for each picture.
    """

    network: nn.Module
    examples: Callable[[Places], TrainingExamples]
    look: float = 0.0


def learner_of(arm: str, seed: int, prepared: Prepared, train: Places, judged: Places) -> Learner:
    """Return what learns in `arm`; new weights are drawn by `seed`.

    Args:
        arm: one of `settings.ARMS`.
        seed: of the trial.
        prepared: pictures and features; those of the arm are added if they are not there yet.
        train: places of the pictures to learn from; features are brought to mean 0 and standard
            deviation 1 over them.
        judged: places of the pictures to be judged on.
    """
    data, device = prepared.data, prepared.device
    classes = len(data.classes)
    if arm in (FROZEN, RANDOM):
        features = features_of(arm, seed, prepared, np.concatenate([train, judged]))
        mean, std = features[train].mean(axis=0), features[train].std(axis=0)
        with drawn_by(seed):
            head = nn.Linear(features.shape[1], classes).to(device)
        kept = (features - mean) / np.maximum(std, 1e-3 * float(std.max()) + 1e-12)
        return Learner(network=head, examples=_cached(kept, prepared), look=prepared.look[arm])
    if arm == LAST_BLOCK:
        features = features_of(arm, seed, prepared)
        _, rest = trained_network(prepared.base, arm, classes, seed, device)
        return Learner(network=rest, examples=_cached(features, prepared), look=prepared.look[arm])
    if arm == SMALL:
        return Learner(network=small_network(classes, seed, device), examples=_pixels(prepared))
    _, rest = (
        trained_network(prepared.base, arm, classes, seed, device)
        if arm == ALL
        else random_network(SCRATCH, classes, seed, device)
    )
    return Learner(network=rest, examples=_pixels(prepared))


def _cached(features: NDArray[np.float32], prepared: Prepared) -> Callable[[Places], CachedViews]:
    def examples(places: Places) -> CachedViews:
        labels = torch.tensor(prepared.data.labels[places], device=prepared.device)
        return CachedViews(features=features[places][:, None], labels=labels)

    return examples


def _pixels(prepared: Prepared) -> Callable[[Places], TrainingExamples]:
    def examples(places: Places) -> TrainingExamples:
        data = prepared.data
        found = as_examples(
            prepared.images[places],
            data.labels[places],
            prepared.device,
            mean=ROW.mean,
            std=ROW.std,
        )
        return replace(found, mirrors=True)

    return examples


def features_of(
    arm: str, seed: int, prepared: Prepared, places: Places | None = None
) -> NDArray[np.float32]:
    """Return what the front of `arm` makes of all pictures; what was computed is not again.

    Args:
        arm: one with a frozen front.
        seed: of random weights.
        prepared: what has been computed is kept here.
        places: which pictures random weights have to look at; the rows of others hold nothing.
    """
    data, device = prepared.data, prepared.device
    if arm == RANDOM:
        wanted = np.arange(len(data.labels)) if places is None else places
        return _random_features(seed, prepared, wanted)
    if arm not in prepared.features:
        front, _ = trained_network(prepared.base, arm, len(data.classes), 0, device)
        see = _timed(arm, front, prepared)
        before = prepared.features.get(LAST_BLOCK)
        if arm == FROZEN and before is not None:  # the last block goes on from what it is given
            _, rest = trained_network(prepared.base, LAST_BLOCK, len(data.classes), 0, device)
            maps, go_on = before, embed_by(rest, device)
            prepared.features[arm] = data.remember(maps, arm, go_on)
        else:
            prepared.features[arm] = data.remember(prepared.images, arm, see)
    return prepared.features[arm]


def _random_features(seed: int, prepared: Prepared, wanted: Places) -> NDArray[np.float32]:
    if prepared.random is None or prepared.random.seed != seed:
        front, _ = random_network(FROZEN, len(prepared.data.classes), seed, prepared.device)
        see = _timed(RANDOM, front, prepared)
        width = see(prepared.images[:1]).shape[1:]
        prepared.features[RANDOM] = np.zeros((len(prepared.images), *width), dtype=np.float32)
        seen = np.zeros(len(prepared.images), dtype=np.bool_)
        prepared.random = RandomFront(seed=seed, see=see, seen=seen)
    missing = wanted[~prepared.random.seen[wanted]]
    if len(missing):
        features = looked_at(prepared.images[missing], prepared.random.see)
        prepared.features[RANDOM][missing] = features
        prepared.random.seen[missing] = True
    return prepared.features[RANDOM]


def _timed(arm: str, front: nn.Module, prepared: Prepared) -> See:
    """Return what makes features, and measure how long it takes for a picture."""
    see = see_by(front, prepared.device)
    some = prepared.images[:_TIMED]
    see(some)
    begun = time.perf_counter()
    see(some)
    prepared.look[arm] = (time.perf_counter() - begun) / len(some)
    return see
