"""MNIST: read the four idx files with numpy, glance at them, download them once.

The files may lie in a folder itself, in its `raw` or in its `MNIST/raw` (torchvision's layout),
plain or in gzip. They are "official" if their contents have the published checksums; other files
of the same form work too and are named "MNIST (unofficial copy)", never silently "MNIST".

A download goes to a staging folder and is renamed into place when it is whole; a lock file makes
of two downloads at once a single one, between processes too.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock

from cnn_core.data.download import drop_unfinished, fetch, storage_error
from cnn_core.data.idx import glance_idx, read_idx
from cnn_core.data.images import Dataset, DataState, ImageSet, fingerprint
from cnn_core.errors import CnnLabError, DataError

CLASSES = tuple(str(digit) for digit in range(10))
DOWNLOAD_BYTES = 11_594_722  # the four gzip files as published
_HINT = "Download MNIST (11.6 MB), or put its four idx files into the data folder."
_STAGING = ".mnist-download"
_LOCK = ".mnist-download.lock"

# SHA-256 of the decompressed files as published at http://yann.lecun.com/exdb/mnist/
OFFICIAL_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def _present(folder: Path) -> dict[str, Path]:
    """The idx files in `folder` itself, by their plain name; a plain file goes before its gzip."""
    found = {}
    for name in OFFICIAL_SHA256:
        for candidate in (folder / name, folder / f"{name}.gz"):
            if candidate.is_file():
                found[name] = candidate
                break
    return found


def _files(folder: Path) -> dict[str, Path]:
    """The four idx files from the first place that has all of them.

    Raises:
        DataError: no place has all; names those that the fullest lacks.
    """
    places = [_present(place) for place in (folder, folder / "raw", folder / "MNIST" / "raw")]
    fullest = max(places, key=len)
    if not fullest:
        raise DataError("MNIST is not in the data folder.", hint=_HINT)
    missing = [name for name in OFFICIAL_SHA256 if name not in fullest]
    if missing:
        raise DataError(f"MNIST is incomplete: {', '.join(missing)} is missing.", hint=_HINT)
    return fullest


def _validate_counts(files: dict[str, Path], part: str, images: int, labels: int) -> None:
    if images != labels:
        raise DataError(
            f"The file {files[f'{part}-labels-idx1-ubyte'].name} should hold {images:,} labels, "
            f"one a picture, but holds {labels:,}.",
            hint="Use pictures and labels of the same set.",
        )


def _read_part(files: dict[str, Path], part: str) -> tuple[ImageSet, bool]:
    """The pictures of "train" or "t10k", and whether both files are official."""
    image_name, label_name = f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"
    images, image_bytes = read_idx(files[image_name], item_shape=(28, 28))
    labels, label_bytes = read_idx(files[label_name])
    _validate_counts(files, part, len(images), len(labels))
    if labels.max() >= len(CLASSES):
        raise DataError(
            f"The file {files[label_name].name} should hold labels from 0 to 9, "
            f"but holds {labels.max()}.",
            hint="Use the labels of MNIST's own ten digits.",
        )
    official = (
        hashlib.sha256(image_bytes).hexdigest() == OFFICIAL_SHA256[image_name]
        and hashlib.sha256(label_bytes).hexdigest() == OFFICIAL_SHA256[label_name]
    )
    return ImageSet(images, labels.astype(np.int64), CLASSES), official


def read_mnist(folder: Path) -> Dataset:
    """Read MNIST from `folder`, its `raw` or its `MNIST/raw`.

    Returns:
        uint8 pictures (60,000 and 10,000 of 28x28 in the official files), 0 to 255, ink bright.

    Raises:
        DataError: files that are missing, damaged, or do not fit together; names the file.
        StorageError: files that may not be read.
    """
    files = _files(folder)
    train, train_official = _read_part(files, "train")
    test, test_official = _read_part(files, "t10k")
    official = train_official and test_official
    return Dataset(
        name="MNIST" if official else "MNIST (unofficial copy)",
        source="mnist",
        location=str(folder),
        official=official,
        fingerprint=fingerprint(train, test),
        train=train,
        test=test,
    )


def mnist_state(folder: Path) -> DataState:
    """Return whether `read_mnist` can be expected to succeed, from headers and file sizes alone.

    Cheap enough for every rerun of a page (well under a millisecond); labels and checksums are not
    looked at.
    """
    try:
        files = _files(folder)
        counts = {}
        for part in ("train", "t10k"):
            images = glance_idx(files[f"{part}-images-idx3-ubyte"], item_shape=(28, 28)).shape[0]
            labels = glance_idx(files[f"{part}-labels-idx1-ubyte"]).shape[0]
            _validate_counts(files, part, images, labels)
            counts[part] = images
    except CnnLabError as error:
        return DataState(ready=False, message=error.message, hint=error.hint)
    message = f"MNIST is here: {counts['train']:,} training and {counts['t10k']:,} test pictures."
    return DataState(ready=True, message=message, hint="")


def _move_into_place(staging: Path, raw: Path) -> None:
    """Rename the staging folder to `raw`; a damaged `raw` is set aside, not deleted."""
    raw.parent.mkdir(parents=True, exist_ok=True)
    if raw.exists():
        number = 1
        while (aside := raw.with_name(f"raw-set-aside-{number}")).exists():
            number += 1
        raw.rename(aside)
    staging.rename(raw)


def _download_locked(
    folder: Path, mirrors: Sequence[str] | None, on_progress: Callable[[int, int], None] | None
) -> None:
    from torchvision.datasets import MNIST

    staging = folder / _STAGING

    def report(count: int) -> None:
        if on_progress:
            on_progress(min(count, DOWNLOAD_BYTES), DOWNLOAD_BYTES)

    try:
        fetch(
            MNIST.resources,
            staging,
            mirrors=MNIST.mirrors if mirrors is None else mirrors,
            on_bytes=report,
        )
        state = mnist_state(staging)
        if not state.ready:
            raise DataError(f"The download of MNIST failed: {state.message}", hint=state.hint)
        for filename, _ in MNIST.resources:
            (staging / filename).unlink()
        _move_into_place(staging, folder / "MNIST" / "raw")
    finally:
        drop_unfinished(MNIST.resources, staging)
    report(DOWNLOAD_BYTES)


def download_mnist(
    folder: Path,
    *,
    mirrors: Sequence[str] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Download MNIST to `folder`/MNIST/raw, unless it is there; torchvision's checksums hold.

    Imports torchvision (and torch), and is meant for a process of its own: see `data.download`. A
    second call, in this or another process, waits for the first and then finds the files. After a
    fault, files that had arrived whole are kept aside and not fetched again by the next try.

    Args:
        folder: the data home; made if it is not there.
        mirrors: beginnings of addresses, each ending in "/"; torchvision's if None.
        on_progress: called with (bytes so far, bytes in all), the first never falling.

    Raises:
        DataError: no network, or files without the published checksum.
        StorageError: a folder that cannot be written, a full disk.
    """
    if mnist_state(folder).ready:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "Permission denied")
        with FileLock(folder / _LOCK):
            if not mnist_state(folder).ready:
                _download_locked(folder, mirrors, on_progress)
    except OSError as exc:
        raise storage_error(exc) from exc
