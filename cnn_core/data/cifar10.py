"""CIFAR-10: read its six batches without running them, glance at them, download them once.

The batches are pickles, and a pickle is a program: all go through `data.restricted_pickle`, those
with the published checksums too. A folder whose files are others of the same form is read as well
and named an unofficial copy, with how many of the 50,000 training pictures it has.

A download goes to a staging folder and is renamed into place when it is whole; a lock file makes
of two downloads at once a single one, between processes too.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from cnn_core.data.cifar10_batch import (
    CLASSES,
    WIDTH,
    content_of,
    images_of,
    labels_of,
    table_of,
    validate_names,
)
from cnn_core.data.download import fetch, storage_error
from cnn_core.data.images import Dataset, DataState, ImageSet, fingerprint
from cnn_core.errors import CnnLabError, DataError, StorageError

TRAINING_PICTURES = 50_000
DOWNLOAD_BYTES = 170_498_071  # the archive as published
FOLDER = "cifar-10-batches-py"
OFFICIAL_MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
    "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
}
"""MD5 of each file as published at https://www.cs.toronto.edu/~kriz/cifar.html"""

_META = "batches.meta"
_WHOLE = 10_000 * WIDTH  # bytes of pixels in each published batch
_HINT = "Download CIFAR-10 (170 MB), or put its folder cifar-10-batches-py into the data folder."
_STAGING = ".cifar10-download"
_LOCK = ".cifar10-download.lock"


def _files(folder: Path) -> dict[str, Path]:
    """The seven files, from the folder itself or its `cifar-10-batches-py`.

    Raises:
        DataError: neither has all; names those that the fuller one lacks.
    """
    try:
        places = [
            {name: place / name for name in OFFICIAL_MD5 if (place / name).is_file()}
            for place in (folder / FOLDER, folder)
        ]
    except OSError as exc:
        raise StorageError(
            f"The folder of CIFAR-10 cannot be read ({exc.strerror or type(exc).__name__}).",
            hint="Check its permissions and its disk.",
        ) from exc
    fuller = max(places, key=len)
    if not fuller:
        raise DataError("CIFAR-10 is not in the data folder.", hint=_HINT)
    missing = [name for name in OFFICIAL_MD5 if name not in fuller]
    if missing:
        raise DataError(
            f"CIFAR-10 is incomplete: of its seven files {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing.",
            hint=_HINT,
        )
    return fuller


def _validate_classes(labels: NDArray[np.int64], part: str, least: int) -> None:
    counts = np.bincount(labels, minlength=len(CLASSES))
    if counts.min() < least:
        few = [name for name, count in zip(CLASSES, counts, strict=True) if count < least]
        raise DataError(
            f"CIFAR-10 needs {least} {part} picture{'s' if least > 1 else ''} or more of each "
            f"class, but has {int(counts.min())} of {', '.join(few)}.",
            hint="One to learn from and one to validate: add pictures, or download the whole set."
            if least > 1
            else _HINT,
        )


def _read_part(files: dict[str, Path], names: list[str]) -> tuple[ImageSet, bool]:
    """The pictures of the batches `names`, and whether each has the published checksum."""
    images, labels, official = [], [], True
    for name in names:
        content = content_of(files[name])
        official = official and _md5(content) == OFFICIAL_MD5[name]
        table = table_of(files[name], content)
        images.append(images_of(files[name], table))
        labels.append(labels_of(files[name], table, len(images[-1])))
    return ImageSet(np.concatenate(images), np.concatenate(labels), CLASSES), official


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def read_cifar10(folder: Path) -> Dataset:
    """Read CIFAR-10 from `folder` or its `cifar-10-batches-py`; nothing in the files is run.

    Returns:
        uint8 pictures `(N, 32, 32, 3)`, 0 to 255, RGB: 50,000 and 10,000 in the published files.
        They are `official` if all seven have the published MD5; else the name says that they are an
        unofficial copy, and of how many pictures.

    Raises:
        DataError: files that are missing, damaged, ask for more than arrays, or do not fit
            together; names the file.
        StorageError: files that may not be read.
    """
    files = _files(folder)
    meta = content_of(files[_META])
    validate_names(files[_META], table_of(files[_META], meta))
    names = [name for name in OFFICIAL_MD5 if name.startswith("data_")]
    train, train_official = _read_part(files, names)
    test, test_official = _read_part(files, ["test_batch"])
    _validate_classes(train.labels, "training", least=2)
    _validate_classes(test.labels, "test", least=1)
    official = train_official and test_official and _md5(meta) == OFFICIAL_MD5[_META]
    counts = f"{len(train):,} of {TRAINING_PICTURES:,}"
    return Dataset(
        name="CIFAR-10" if official else f"CIFAR-10, unofficial copy, {counts}",
        source="cifar10",
        location=str(folder),
        official=official,
        fingerprint=fingerprint(train, test),
        train=train,
        test=test,
    )


def cifar10_state(folder: Path) -> DataState:
    """Return whether `read_cifar10` can be expected to succeed, from file sizes and last bytes.

    Cheap enough for every rerun of a page; checksums, pictures and labels are not looked at.
    """
    try:
        files = _files(folder)
        for name, file in files.items():
            with file.open("rb") as stream:
                stream.seek(max(0, file.stat().st_size - 1))
                if stream.read(1) != b".":  # a pickle's last instruction
                    raise DataError(f"The file {name} is cut off or damaged.", hint=_HINT)
        whole = all(f.stat().st_size >= _WHOLE for name, f in files.items() if name != _META)
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        message = f"The files of CIFAR-10 cannot be read ({reason})."
        return DataState(ready=False, message=message, hint="Check their permissions.")
    except CnnLabError as error:
        return DataState(ready=False, message=error.message, hint=error.hint)
    if whole:
        return DataState(ready=True, message="CIFAR-10 is here.", hint="")
    message = "A part of CIFAR-10 is here, an unofficial copy with fewer than its 60,000 pictures."
    return DataState(ready=True, message=message, hint="")


def is_official(folder: Path) -> bool:
    """Return whether all seven files are there with their published MD5 (0.3 s for all of them)."""
    try:
        return all(
            _md5(content_of(file)) == OFFICIAL_MD5[name] for name, file in _files(folder).items()
        )
    except CnnLabError:
        return False


def _move_into_place(staged: Path, place: Path) -> None:
    """Rename the folder `staged` to `place`; what lies there is set aside, not deleted."""
    if place.exists():
        number = 1
        while (aside := place.with_name(f"{place.name}-set-aside-{number}")).exists():
            number += 1
        place.rename(aside)
    staged.rename(place)


def _download_locked(folder: Path, on_progress: Callable[[int, int], None] | None) -> None:
    from torchvision.datasets import CIFAR10

    staging = folder / _STAGING
    shutil.rmtree(staging, ignore_errors=True)  # of a download that was killed

    def report(count: int) -> None:
        if on_progress:
            on_progress(min(count, DOWNLOAD_BYTES), DOWNLOAD_BYTES)

    try:
        fetch(
            [(CIFAR10.filename, CIFAR10.tgz_md5)],
            staging,
            mirrors=[CIFAR10.url.removesuffix(CIFAR10.filename)],
            on_bytes=report,
        )
        if not is_official(staging):
            raise DataError(
                "The download of CIFAR-10 failed: its files have not the published checksums.",
                hint="Try again later.",
            )
        _move_into_place(staging / FOLDER, folder / FOLDER)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    report(DOWNLOAD_BYTES)


def download_cifar10(
    folder: Path, *, on_progress: Callable[[int, int], None] | None = None
) -> None:
    """Download CIFAR-10 to `folder`/cifar-10-batches-py, unless the published files are there.

    torchvision's own code and checksums. Imports torchvision (and torch), and is meant for a
    process of its own: see `data.download`. A second call, in this or another process, waits for
    the first and then finds the files. An unofficial copy is set aside, not deleted. After a fault
    nothing half-done is left.

    Args:
        folder: the data home; made if it is not there.
        on_progress: called with (bytes so far, bytes in all), the first never falling.

    Raises:
        DataError: no network, or files without the published checksum.
        StorageError: a folder that cannot be written, a full disk.
    """
    if is_official(folder):
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "Permission denied")
        with FileLock(folder / _LOCK):
            if not is_official(folder):
                _download_locked(folder, on_progress)
    except OSError as exc:
        raise storage_error(exc) from exc
