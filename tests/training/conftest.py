"""A data set of a few hundred pictures that a network can learn, and runs on it in one thread."""

import numpy as np
import pytest
import torch

from cnn_core.data.images import Dataset, ImageSet, fingerprint
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.training import timing
from cnn_core.training.state import new_state
from cnn_core.training.tensors import split_examples

CLASSES = tuple(str(digit) for digit in range(10))


def _pictures(count, first, seed):
    """A bright square in a place of its own for each class, under noise; the first row is an id."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int64) % 10
    images = draw.integers(0, 100, (count, 28, 28), dtype=np.uint8)
    for index, label in enumerate(labels):
        row, column = 3 + 12 * (label // 5), 1 + 5 * (label % 5)
        images[index, row : row + 8, column : column + 5] += 150
        images[index, 0, :2] = divmod(first + index, 256)
    return ImageSet(images, labels, CLASSES)


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def pictures():
    train, test = _pictures(260, 0, seed=1), _pictures(60, 260, seed=2)
    return Dataset(
        name="squares",
        source="squares",
        location="",
        official=False,
        fingerprint=fingerprint(train, test),
        train=train,
        test=test,
    )


@pytest.fixture
def config():
    """Eight steps an epoch, the last one smaller."""
    return TrainConfig(epochs=3, batch_size=32, learning_rate=3e-3)


@pytest.fixture
def begin(pictures):
    """Return (state, splits) of a fresh run."""

    def begin(config):
        device, row = torch.device("cpu"), model_row("lenet5")
        splits = split_examples(
            pictures, row, share=config.validation_share, seed=config.seed, device=device
        )
        return new_state("lenet5", config, num_classes=10, device=device), splits

    return begin


@pytest.fixture
def every_step(monkeypatch):
    """Close a window after every step."""
    monkeypatch.setattr(timing, "WINDOW_SECONDS", 0.0)
