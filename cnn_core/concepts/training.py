"""One trial's training: any network on pictures in memory, by the one loop of `training.fit`."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cnn_core.concepts.experiment import Seen
from cnn_core.concepts.settings import ExperimentSettings
from cnn_core.data.images import Dataset, ImageSet
from cnn_core.errors import RunStateError
from cnn_core.results.config import TrainConfig, validate_config
from cnn_core.results.events import EpochDone, RunFinished, StepsDone
from cnn_core.results.trial_words import DIVERGED
from cnn_core.training.fit import fit
from cnn_core.training.state import TrainState, build_optimizer, weights_on_cpu
from cnn_core.training.tensors import Examples, Splits, TrainingExamples


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came of a training.

    Attributes:
        network: with the weights of its last step, in evaluation mode.
        steps: optimizer steps taken.
        accuracies: (step, share of the held-out pictures that is right) after each epoch.
        losses: of each step, mean over its batch.
        seconds: of training alone.
        diverged: whether the loss stopped being a number: the weights are then the last good ones.
    """

    network: nn.Module
    steps: int
    accuracies: tuple[tuple[int, float], ...]
    losses: tuple[float, ...]
    seconds: float
    diverged: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class Prepared:
    """What the trials of a leg share where nothing is computed ahead: pictures and device."""

    dataset: Dataset
    device: torch.device


def prepared_pictures(
    _settings: ExperimentSettings, data: Dataset, device: torch.device
) -> Prepared:
    """Return pictures and device: the `prepare` of experiments that compute nothing ahead."""
    return Prepared(dataset=data, device=device)


@contextmanager
def drawn_by(seed: int) -> Iterator[None]:
    """Draw what is drawn within, the weights of a network, by `seed`.

    torch's own generator (the CPU's) is afterwards what it was before.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def judged_by(result: Trained, judge: Callable[[], Mapping[str, float]]) -> dict[str, float]:
    """Return "diverged" (0.0 or 1.0) and, of a training that did not diverge, what `judge` finds.

    The one rule of all experiments: a network whose loss stopped being a number is not judged, with
    whichever weights; it has no accuracy, no error and no loss, and is counted as diverged.

    Args:
        result: of `trained`.
        judge: figures of the trained network.
    """
    if result.diverged or not result.accuracies:
        return {DIVERGED: 1.0}
    return {DIVERGED: 0.0, **judge()}


def levels(
    images: NDArray[np.uint8], dtype: type[np.floating[Any]] = np.float64
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of each channel, of pixels 0 to 1.

    Args:
        images: uint8 (N, H, W) or (N, H, W, C), 0 to 255, the pictures that are learned from.
        dtype: that sums are made in; float32 is what the study of residual connections was
            recorded with.

    Returns:
        Mean and deviation, one a channel; the deviation is at least a thousandth.

    >>> levels(np.array([[[0, 255], [255, 0]]], dtype=np.uint8))
    ((0.5,), (0.5,))
    """
    pixels = images / np.float32(255)
    mean = np.atleast_1d(pixels.mean(axis=(0, 1, 2), dtype=dtype))
    std = np.atleast_1d(pixels.std(axis=(0, 1, 2), dtype=dtype))
    return tuple(mean.tolist()), tuple(np.maximum(std, 1e-3).tolist())


def as_examples(
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    device: torch.device,
    *,
    mean: tuple[float, ...],
    std: tuple[float, ...],
) -> Examples:
    """Return pictures uint8 (N, H, W) or (N, H, W, C) as tensors on `device`; nothing is aliased.

    Args:
        images: 0 to 255.
        labels: int64 (N,).
        device: where the network is.
        mean: of each channel, of pixels 0 to 1.
        std: likewise.
    """
    pixels = torch.tensor(images, device=device)
    pixels = pixels[:, None] if pixels.dim() == 3 else pixels.permute(0, 3, 1, 2).contiguous()
    return Examples(images=pixels, labels=torch.tensor(labels, device=device), mean=mean, std=std)


def drawn(pictures: ImageSet, count: int, seed: int) -> NDArray[np.int64]:
    """Return the places of `count` pictures, as many of each class as can be, drawn by `seed`.

    For one seed a smaller draw is a part of a larger one.

    Raises:
        RunStateError: there are fewer pictures.
    """
    if count > len(pictures):
        raise RunStateError(
            f"The experiment takes {count:,} pictures, but there are {len(pictures):,}.",
            hint="Choose fewer, or another data set.",
        )
    rng = np.random.default_rng([seed, 4127])
    order = rng.permutation(len(pictures))
    labels = pictures.labels[order]
    rank = np.empty(len(order), dtype=np.int64)  # of a picture within its class
    for label in range(len(pictures.classes)):
        members = np.flatnonzero(labels == label)
        rank[members] = np.arange(len(members))
    chosen: NDArray[np.int64] = order[np.argsort(rank, kind="stable")][:count]
    return chosen


def trained(
    network: nn.Module, train: TrainingExamples, valid: TrainingExamples, config: TrainConfig
) -> Generator[Seen, None, Trained]:
    """Train `network` in place; yield how far it has come, return what came of it.

    No epoch is chosen: what is kept are the weights of the last step, so that the held-out
    pictures may be those that the trial is judged on.

    Args:
        network: on the device of the examples; its weights are the caller's draw.
        train: examples to learn from.
        valid: held-out examples, scored after each epoch.
        config: epochs, batch size, rate, optimizer, schedule, seed (order); see `TrainConfig`.

    Raises:
        ConfigError: a field of `config` out of range.
    """
    validate_config(config)
    labels = train.labels
    nothing = Examples(
        images=torch.zeros(0, 1, 1, 1, dtype=torch.uint8, device=labels.device),
        labels=labels[:0],
        mean=(0.0,),
        std=(1.0,),
    )
    state = TrainState(model=network, optimizer=build_optimizer(network, config))
    total = -(-len(train) // config.batch_size) * config.epochs
    losses: list[float] = []
    accuracies: list[tuple[int, float]] = []
    last: dict[str, Tensor] = {}
    told = 0
    for event in fit(state, Splits(train=train, valid=valid, test=nothing), config):
        match event:
            case StepsDone():
                losses.extend(event.losses)
            case EpochDone():
                accuracies.append((event.step, event.valid_accuracy))
                since, told = losses[told:], len(losses)
                if event.step == total:
                    last = weights_on_cpu(network)  # `fit` ends with those of the best epoch
                yield Seen(
                    at=event.step,
                    of=total,
                    loss=float(np.mean(since)),
                    accuracy=event.valid_accuracy,
                )
            case RunFinished():
                if last:
                    network.load_state_dict(last)
                return Trained(
                    network=network.eval(),
                    steps=len(losses),
                    accuracies=tuple(accuracies),
                    losses=tuple(losses),
                    seconds=event.train_seconds,
                    diverged=event.status == "diverged",
                )
    raise AssertionError("fit ended without RunFinished")
