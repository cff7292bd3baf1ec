"""The cache of features: what frozen networks made of pictures, kept on disk, read by memory map.

One entry is one frozen front on one snapshot: a folder `KEY` with `entry.json`, `pictures.txt` (the
SHA-256 of each row's picture) and the views (`runtime.feature_rows`). Any number of processes:
whoever uses an entry holds a lock of its own, which the system drops when the process ends; what is
in use is never evicted. Free of torch.
"""

import hashlib
import json
import logging
import os
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import DTypeLike

from cnn_core.errors import StorageError
from cnn_core.results.judgement import FeatureEntry
from cnn_core.runtime.feature_rows import HINT, Features, in_words

_LAYOUT = 1
_COPIED_AT_ONCE = 256

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class FrontKey:
    """What decides the outputs of a frozen front.

    Attributes:
        weights: SHA-256 of its file of weights, hexadecimal; "" for mere pixels.
        network: the registry's id; "" for mere pixels.
        cut: the number of stages in the front.
        preprocessing: how a picture becomes its input, in words that change when it does.
        precision: "float32", "bfloat16" or "uint8".
    """

    weights: str
    network: str
    cut: int
    preprocessing: str
    precision: str

    @property
    def digest(self) -> str:
        """SHA-256 of all of it, hexadecimal."""
        text = json.dumps([_LAYOUT, asdict(self)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def on(self, pictures: Sequence[str]) -> str:
        """Return the name of the entry for these pictures (SHA-256 each, sorted and unique)."""
        return hashlib.sha256("\n".join([self.digest, *pictures]).encode()).hexdigest()[:32]


class FeatureCache:
    """The entries in `folder`; above `budget_bytes` the least recently used go.

    Args:
        folder: made when something is first written to it.
        budget_bytes: what all entries may take up together.
    """

    def __init__(self, folder: Path, budget_bytes: int) -> None:
        self.folder, self.budget_bytes = folder, budget_bytes

    def entries(self) -> list[FeatureEntry]:
        """Return what is in the cache, the most recently used first."""
        found = [_entry(path) for path in self._paths()]
        return sorted((e for e in found if e is not None), key=lambda entry: -entry.used)

    def remove(self, key: str) -> bool:
        """Remove an entry; return False if it is in use, True once it is gone.

        Raises:
            StorageError: it cannot be removed.
        """
        path = next((path for path in self._paths() if path.name == key), None)
        if path is None:
            return True
        with self._lock():
            return self._remove(path)

    def done(self, front: FrontKey, pictures: Sequence[str], view: int) -> int:
        """Return how many of these pictures (SHA-256) have this view in the cache, unopened."""
        wanted = set(pictures)
        best = 0
        for path in self._paths():
            told = _told(path)
            if told.get("front") == front.digest:
                names = (path / "pictures.txt").read_text().split()
                with suppress(OSError):
                    there = np.fromfile(path / f"view-{view:03d}.done", dtype=np.uint8)
                    best = max(best, sum(names[row] in wanted for row in np.flatnonzero(there)))
        return best

    def open(
        self,
        front: FrontKey,
        pictures: Sequence[str],
        *,
        title: str,
        row_shape: tuple[int, ...],
        dtype: DTypeLike,
    ) -> Features:
        """Return the entry of `front` on these pictures, made if need be; it is in use from now on.

        Args:
            front: what decides the outputs.
            pictures: SHA-256 of every picture of the snapshot.
            title: which network on which pictures, for a person.
            row_shape: of one output.
            dtype: of the outputs; uint16 for the bits of bfloat16.

        Raises:
            StorageError: the folder cannot be written.
        """
        names = sorted(set(pictures))
        path = self.folder / front.on(names)
        with in_words():
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._lock():
                if (path / "entry.json").exists():
                    _in_use(path)
                else:
                    shutil.rmtree(path, ignore_errors=True)  # half removed by a killed process
                    told = {
                        "title": title,
                        "front": front.digest,
                        "shape": row_shape,
                        "dtype": np.dtype(dtype).name,
                    }
                    (path / "users").mkdir(parents=True, exist_ok=True)
                    (path / "pictures.txt").write_text("\n".join(names))
                    (path / "entry.json").write_text(json.dumps(told))
                os.utime(path / "entry.json")
                in_use = FileLock(path / "users" / f"{secrets.token_hex(8)}.lock")
                in_use.acquire(timeout=0)
                return Features(path, in_use)

    def borrow(self, features: Features, wanted: Mapping[str, Sequence[int]]) -> None:
        """Copy rows that another entry of the same front has, of pictures that both have.

        So a folder that comes again with one picture more costs one picture.

        Args:
            features: an open entry.
            wanted: by the pictures' SHA-256, the views that it lacks.
        """
        front = _told(features.folder).get("front")
        views = {view for each in wanted.values() for view in each}
        for path in self._paths():
            if path.name == features.key or _told(path).get("front") != front:
                continue
            with suppress(OSError, ValueError), self._lock():
                other = Features(path)
                for view in views:
                    self._copy(other, features, view, [n for n in wanted if view in wanted[n]])

    def _copy(self, source: Features, target: Features, view: int, names: list[str]) -> None:
        done = source.done(view)
        both = [name for name in names if name in source]
        both = [name for name, row in zip(both, source.rows(both), strict=True) if done[row]]
        if not both:
            return
        mapped = source.view(view)
        with target.writing(lambda: False) as writer:
            for start in range(0, len(both), _COPIED_AT_ONCE):
                some = both[start : start + _COPIED_AT_ONCE]
                if writer is not None:
                    writer.write(view, target.rows(some), mapped[source.rows(some)])

    def require_room(self, needed: int) -> None:
        """Refuse `needed` bytes more that the budget or the disk cannot hold, all else evicted.

        Raises:
            StorageError: says how much they are, and how much there may be.
        """
        if needed > self.budget_bytes:
            raise StorageError(
                f"The features of this run take up {needed / 1e9:,.1f} GB, but their cache is "
                f"limited to {self.budget_bytes / 1e9:,.1f} GB.",
                hint="Use fewer views, train with cache=off, or raise CNN_LAB_FEATURES_MB.",
            )
        place = next(home for home in (self.folder, *self.folder.parents) if home.is_dir())
        with in_words():
            free = shutil.disk_usage(place).free + sum(_bytes(path) for path in self._paths())
        if free < needed:
            raise StorageError(
                f"The disk is too full for the features of this run: they take up "
                f"{needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free.",
                hint=HINT,
            )

    def make_room(self, needed: int) -> None:
        """Evict what was used longest ago until `needed` bytes more fit in budget and disk.

        Raises:
            StorageError: they are more than either has room for.
        """
        self.require_room(needed)
        with in_words():
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._lock():
                held = {path: _bytes(path) for path in self._paths()}
                by_age = sorted(held, key=lambda path: _used(path))
                free = shutil.disk_usage(self.folder).free
                budget = min(self.budget_bytes, sum(held.values()) + free)
                while by_age and sum(held.values()) + needed > budget:
                    oldest = by_age.pop(0)
                    if self._remove(oldest):
                        _log.info("features %s are evicted", oldest.name)
                        del held[oldest]

    def _paths(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return [path for path in self.folder.iterdir() if (path / "entry.json").is_file()]

    def _lock(self) -> FileLock:
        return FileLock(self.folder / ".lock")

    def _remove(self, path: Path) -> bool:
        """Remove the folder unless somebody uses it; the cache's lock is held."""
        if _in_use(path):
            return False
        (path / "entry.json").unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)
        return True


def _in_use(path: Path) -> bool:
    """Whether somebody uses the entry; locks that nobody holds are swept. The cache is locked."""
    found = False
    for user in (path / "users").glob("*.lock"):
        try:
            with FileLock(user, timeout=0):
                user.unlink(missing_ok=True)
        except Timeout:
            found = True
    return found


def _told(path: Path) -> dict[str, Any]:
    try:
        told = json.loads((path / "entry.json").read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _used(path: Path) -> float:
    with suppress(OSError):
        return (path / "entry.json").stat().st_mtime
    return 0.0


def _bytes(path: Path) -> int:
    """Return what the folder takes up on the disk: holes take up nothing."""
    total = 0
    for file in path.glob("view-*.npy"):
        with suppress(OSError):
            status = file.stat()
            blocks = getattr(status, "st_blocks", None)
            total += status.st_size if blocks is None else min(blocks * 512, status.st_size)
    return total


def _entry(path: Path) -> FeatureEntry | None:
    told = _told(path)
    if "title" not in told:
        return None
    rows = 0
    for journal in path.glob("view-*.done"):
        with suppress(OSError):
            rows += int(np.fromfile(journal, dtype=np.uint8).sum())
    return FeatureEntry(
        key=path.name,
        title=told["title"],
        pictures=rows,
        bytes=_bytes(path),
        used=_used(path) or time.time(),
        complete=not (path / "incomplete").exists(),
    )
