"""Small folders of CIFAR-10's form, made by tests."""

import pickle
from pathlib import Path

import numpy as np

from cnn_core.data.cifar10_batch import CLASSES

TRAINING = [f"data_batch_{number}" for number in range(1, 6)]
FILES = (*TRAINING, "test_batch", "batches.meta")


def batch(count: int = 20, seed: int = 0, **changed: object) -> dict[object, object]:
    """A batch of `count` random pictures whose labels go round; `changed` replaces entries."""
    rng = np.random.default_rng(seed)
    return {
        "batch_label": "made by a test",
        "labels": [int(label) for label in np.arange(count) % 10],
        "data": rng.integers(0, 256, (count, 3072), dtype=np.uint8),
        "filenames": [f"{number}.png" for number in range(count)],
        **changed,
    }


def write_cifar(folder: Path, *, count: int = 20, protocol: int = 4) -> Path:
    """Write the seven files into `folder`/cifar-10-batches-py; return `folder`."""
    place = folder / "cifar-10-batches-py"
    place.mkdir(parents=True)
    for seed, name in enumerate(FILES[:-1]):
        (place / name).write_bytes(pickle.dumps(batch(count, seed), protocol))
    meta = {"label_names": list(CLASSES), "num_cases_per_batch": count, "num_vis": 3072}
    (place / "batches.meta").write_bytes(pickle.dumps(meta, protocol))
    return folder
