"""One batch of CIFAR-10: its file, the dictionary in it, its pictures and labels, all checked."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.restricted_pickle import restricted_loads
from cnn_core.errors import DataError, StorageError

CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
SIZE = 32
WIDTH = 3 * SIZE * SIZE
"""Bytes of a picture: planes of red, green and blue."""

_LARGEST = 256 * 2**20  # bytes of a file that is read: eight times a published one
_HINT = "Use the Python version of CIFAR-10, as published."


def content_of(file: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        DataError: it is far too large for a batch.
        StorageError: it cannot be read.
    """
    try:
        size = file.stat().st_size
        if size > _LARGEST:
            raise DataError(
                f"The file {file.name} should be a batch of CIFAR-10 (31 MB), "
                f"but has {size / 1e6:,.0f} MB.",
                hint="Use the files as published, or batches of less than 268 MB.",
            )
        return file.read_bytes()
    except OSError as exc:
        raise StorageError(
            f"The file {file.name} cannot be read ({exc.strerror or type(exc).__name__}).",
            hint="Check its permissions and its disk.",
        ) from exc


def table_of(file: Path, content: bytes) -> dict[str, object]:
    """Return the dictionary in a file; its names may be text or bytes.

    Raises:
        DataError: see `restricted_loads`; or it holds something else.
    """
    found = restricted_loads(content, what=f"The file {file.name}")
    if not isinstance(found, dict):
        raise DataError(
            f"The file {file.name} should hold a dictionary, but holds a {type(found).__name__}.",
            hint=_HINT,
        )
    return {
        key.decode("latin-1") if isinstance(key, bytes) else key: value
        for key, value in found.items()
    }


def images_of(file: Path, table: dict[str, object]) -> NDArray[np.uint8]:
    """Return the pictures of a batch, uint8 `(N, 32, 32, 3)`, 0 to 255, RGB.

    Raises:
        DataError: there are none, or of another form.
    """
    data = table.get("data")
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2:
        came = f"{data.dtype} {data.shape}" if isinstance(data, np.ndarray) else "no such array"
        raise DataError(
            f"The file {file.name} should hold `data`, uint8 of shape (N, {WIDTH}), "
            f"but has {came}.",
            hint=_HINT,
        )
    if data.shape[1] != WIDTH:
        raise DataError(
            f"The file {file.name} should hold {WIDTH:,} values a picture (32x32 in colour), "
            f"but holds {data.shape[1]:,}.",
            hint="Use CIFAR-10 itself, not another set in its form.",
        )
    if len(data) == 0:
        raise DataError(f"The file {file.name} should hold pictures, but it is empty.", hint=_HINT)
    planes = np.asarray(data).reshape(-1, 3, SIZE, SIZE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1))


def labels_of(file: Path, table: dict[str, object], count: int) -> NDArray[np.int64]:
    """Return the labels of a batch of `count` pictures, int64 `(count,)`, 0 to 9.

    Raises:
        DataError: there are none, or others than one of the ten classes a picture.
    """
    labels = table.get("labels")
    if "fine_labels" in table:
        raise DataError(
            f"The file {file.name} is of CIFAR-100, and CIFAR-10 is expected.", hint=_HINT
        )
    values = labels.tolist() if isinstance(labels, np.ndarray) else labels
    if not isinstance(values, list) or not all(
        isinstance(value, int | np.integer) and not isinstance(value, bool) for value in values
    ):
        raise DataError(
            f"The file {file.name} should hold `labels`, a list of whole numbers, but has none.",
            hint=_HINT,
        )
    if len(values) != count:
        raise DataError(
            f"The file {file.name} should hold one label a picture, "
            f"but holds {count:,} pictures and {len(values):,} labels.",
            hint="Use pictures and labels of the same set.",
        )
    outside = next((value for value in values if not 0 <= value < len(CLASSES)), None)
    if outside is not None:
        came = str(outside) if abs(outside) < 10**9 else "one far outside"
        raise DataError(
            f"The file {file.name} should hold labels from 0 to 9, but holds {came}.",
            hint="Use the labels of CIFAR-10's own ten classes.",
        )
    return np.array(values, dtype=np.int64)


def validate_names(file: Path, table: dict[str, object]) -> None:
    """Raise a DataError unless the table of `batches.meta` names CIFAR-10's classes in order."""
    names = table.get("label_names")
    known = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not known or names != list(CLASSES):
        raise DataError(
            f"The file {file.name} should name CIFAR-10's classes ({CLASSES[0]} to {CLASSES[-1]}), "
            "but names others.",
            hint="Use CIFAR-10 itself, not another set in its form.",
        )
