"""Room on the disk: how much a run will need, whether it is there, and whether it has run out.

Without torch: a page asks before it offers Start. A run that no disk can hold is refused before it
is queued; one that fills the disk later keeps its last whole checkpoint (`runtime.endings`).
"""

import errno
import shutil
import sqlite3
from pathlib import Path

from cnn_core.errors import StorageError
from cnn_core.models.registry import ModelRow
from cnn_core.results.config import TrainConfig

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CHECKPOINTS = 3  # two are kept, and a third is whole before the oldest goes
_FLOAT = 4
_EVENT_BYTES = 450  # a window of one step, in the store
_CLASSES = 10
_STORE_BYTES = 2**23  # SQLite's log grows to 4 MB before it is written back; some pages beside

ROOM_HINT = "Make room on the disk, or set CNN_LAB_RUNS to a folder on another one, and resume."


def estimate_bytes(config: TrainConfig, model: ModelRow, *, train_size: int, test_size: int) -> int:
    """Return how many bytes a run takes on the disk at most, about: files and events.

    A checkpoint holds the weights, the best ones, the optimizer's two slots and (with averaging)
    the average. Every step may be an event of its own.

    Args:
        config: what would be trained.
        model: the network's row in the registry.
        train_size: pictures of an epoch.
        test_size: pictures that the finished network is asked about.
    """
    copies = 4 + bool(config.averaging)
    weights = model.parameters * _FLOAT
    steps = -(-train_size // config.batch_size) * config.epochs
    files = _CHECKPOINTS * copies * weights + weights + test_size * _CLASSES * _FLOAT
    return files + (steps + 2 * config.epochs) * _EVENT_BYTES + _STORE_BYTES


def require_room(folder: Path, needed: int) -> None:
    """Refuse a run that the disk of `folder` (which need not exist yet) cannot hold.

    Raises:
        StorageError: with the free and the needed megabytes.
    """
    place = next((home for home in (folder, *folder.parents) if home.is_dir()), None)
    if place is None:
        return
    try:
        free = shutil.disk_usage(place).free
    except OSError as exc:
        raise StorageError(
            f"The disk of the folder for runs cannot be asked for room ({exc.strerror}).",
            hint="Set CNN_LAB_RUNS to a folder that you can write to.",
        ) from exc
    if free < needed:
        raise StorageError(
            f"The disk is too full for this run: it needs about {needed / 1e6:,.0f} MB, and "
            f"{free / 1e6:,.0f} MB are free.",
            hint="Delete runs or other files, or set CNN_LAB_RUNS to a folder on another disk.",
        )


def disk_is_full(error: BaseException | None) -> bool:
    """Whether `error`, or what it was raised from, is the system's word that a disk is full.

    >>> disk_is_full(OSError(errno.ENOSPC, "No space left on device"))
    True
    >>> disk_is_full(OSError(errno.EACCES, "Permission denied"))
    False
    """
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        if isinstance(error, sqlite3.Error):
            return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        error = error.__cause__
    return False
