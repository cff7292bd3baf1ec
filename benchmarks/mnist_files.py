"""MNIST for a benchmark: the real files where they are, else files of the same shape with noise.

Both loops of `training_speed` read the same folder, and the pages find it as CNN_LAB_DATA.
"""

import contextlib
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnn_core.settings import Settings

_FILES = {"train": 60_000, "t10k": 10_000}

_NOISE = "NOISE"  # says that the files beside it are no pictures


@contextlib.contextmanager
def mnist_folder() -> Iterator[Path]:
    """Yield the data home if torchvision can read MNIST in it, else a temporary one with noise."""
    home = Settings.from_environment().data
    if is_real(home):
        yield home.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="cnn-lab-bench-") as folder:
        write_noise(Path(folder))
        yield Path(folder)


def is_real(home: Path) -> bool:
    """Whether `home` has MNIST's files that `write_noise` did not write."""
    raw = home / "MNIST" / "raw"
    return all((raw / name).is_file() for name in _names()) and not (raw / _NOISE).exists()


def _names() -> list[str]:
    return [f"{part}-{kind}-ubyte" for part in _FILES for kind in ("images-idx3", "labels-idx1")]


def write_noise(home: Path) -> None:
    """Write the four idx files with seeded noise into `home`, in torchvision's layout."""
    raw = home / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / _NOISE).touch()
    random = np.random.default_rng(0)
    for part, count in _FILES.items():
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        _write_idx(raw / f"{part}-images-idx3-ubyte", images)
        labels = random.integers(0, 10, count, dtype=np.uint8)
        _write_idx(raw / f"{part}-labels-idx1-ubyte", labels)


def _write_idx(path: Path, values: NDArray[np.uint8]) -> None:
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    path.write_bytes(header + values.tobytes())
