"""The cache of features: what frozen networks made of pictures, kept on disk, read by memory map.

One entry is one frozen front on one snapshot: a folder `KEY` with `entry.json`, `pictures.txt` (the
SHA-256 of each row's picture) and for each view `view-NNN.npy` (a row a picture; a row that nobody
asked for is a hole) beside `view-NNN.done` (a byte a row: 1 once the row is on the disk). Rows are
written by file, never through the map, so that a full disk is an error and not a signal; rows that
a killed process wrote are used by the next. bfloat16 is kept as its bits, uint16.

Any number of processes: whoever writes holds the entry's lock, whoever uses it holds a lock of its
own, which the system drops when the process ends. What is in use is never evicted. Free of torch.
"""

import hashlib
import io
import json
import logging
import math
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import DTypeLike, NDArray

from cnn_core.errors import StorageError
from cnn_core.results.judgement import FeatureEntry
from cnn_core.runtime.files import write_whole

_LAYOUT = 1
_HINT = (
    "Free features that are not needed any more, or set CNN_LAB_FEATURES to a folder on a disk "
    "with room, or train with cache=off."
)
_POLL_SECONDS = 0.2
_JOURNAL_SECONDS = 2.0
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


class Features:
    """An entry that was opened (`FeatureCache.open`): rows to read, and to write under `writing`.

    Attributes:
        folder: where it is.
        key: its name in the cache.
        row_shape: the shape of one row.
        dtype: of the file; bfloat16 is kept as uint16.
    """

    def __init__(self, folder: Path, in_use: FileLock | None = None) -> None:
        self.folder, self._in_use = folder, in_use
        told = json.loads((folder / "entry.json").read_text())
        self.key = folder.name
        self.row_shape: tuple[int, ...] = tuple(told["shape"])
        self.dtype = np.dtype(told["dtype"])
        names = (folder / "pictures.txt").read_text().split()
        self._rows = {name: row for row, name in enumerate(names)}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, picture: object) -> bool:
        return picture in self._rows

    @property
    def row_bytes(self) -> int:
        """The bytes of one row."""
        return math.prod(self.row_shape) * int(self.dtype.itemsize)

    def rows(self, pictures: Sequence[str]) -> NDArray[np.int64]:
        """Return the row of each picture (SHA-256), int64 `(N,)`."""
        return np.array([self._rows[name] for name in pictures], dtype=np.int64)

    def done(self, view: int) -> NDArray[np.uint8]:
        """Return for each row whether this view of it is there, uint8 `(len(self),)`."""
        found = np.zeros(len(self), dtype=np.uint8)
        with suppress(FileNotFoundError):
            there = np.fromfile(self._path(view, "done"), dtype=np.uint8)
            found[: len(there)] = there
        return found

    def view(self, view: int) -> NDArray[Any]:
        """Return this view of all pictures, memory-mapped, `(len(self), *row_shape)`.

        The map can be written to without changing the file (torch warns of maps that cannot).
        """
        mapped: NDArray[Any] = np.load(self._path(view, "npy"), mmap_mode="c")
        return mapped

    @contextmanager
    def writing(self, asked_to_stop: Callable[[], bool]) -> Iterator["FeatureWriter | None"]:
        """Be the only one to write; yields None if a stop was asked for while another did.

        What was written is in the journal when this ends, however it ends.

        Raises:
            StorageError: the folder cannot be written.
        """
        lock = FileLock(self.folder / "writing.lock")
        while not asked_to_stop():
            try:
                with _in_words():
                    lock.acquire(timeout=_POLL_SECONDS)
            except Timeout:
                continue
            try:
                (self.folder / "incomplete").touch()
                writer = FeatureWriter(self)
                try:
                    yield writer
                finally:
                    writer.close()
                return
            finally:
                lock.release()
        yield None

    def complete(self) -> None:
        """Say that everything that was asked for is there."""
        (self.folder / "incomplete").unlink(missing_ok=True)

    def make(self, view: int) -> Path:
        """Return the file of a view: made, if need be, of holes behind NumPy's header."""
        path = self._path(view, "npy")
        if path.exists():
            return path
        temporary = path.with_suffix(f".{secrets.token_hex(4)}")
        shape = (len(self), *self.row_shape)
        np.lib.format.open_memmap(temporary, mode="w+", dtype=self.dtype, shape=shape)
        temporary.replace(path)
        return path

    def note(self, view: int, rows: NDArray[np.int64]) -> None:
        """Put rows that are on the disk into the journal."""
        done = self.done(view)
        done[rows] = 1
        write_whole(self._path(view, "done"), done.tobytes(), hint=_HINT)

    def _path(self, view: int, suffix: str) -> Path:
        return self.folder / f"view-{view:03d}.{suffix}"


class FeatureWriter:
    """Puts rows on the disk (`Features.writing`), every few seconds into the journal."""

    def __init__(self, features: Features) -> None:
        self._features = features
        self._files: dict[int, tuple[io.FileIO, int]] = {}
        self._new: dict[int, list[NDArray[np.int64]]] = {}
        self._due = time.monotonic() + _JOURNAL_SECONDS

    def write(self, view: int, rows: NDArray[np.int64], outputs: NDArray[Any]) -> None:
        """Write a view of some rows.

        Args:
            view: which.
            rows: int64 `(n,)`.
            outputs: `(n, *row_shape)` of the entry's dtype.

        Raises:
            StorageError: the disk is full or cannot be written.
            ValueError: `outputs` are of another shape or dtype.
        """
        whole = self._features
        if outputs.shape != (len(rows), *whole.row_shape) or outputs.dtype != whole.dtype:
            raise ValueError(
                f"expected {whole.dtype} {(len(rows), *whole.row_shape)}, "
                f"but got {outputs.dtype} {outputs.shape}"
            )
        with _in_words():
            if view not in self._files:
                file = whole.make(view).open("r+b", buffering=0)
                header = os.fstat(file.fileno()).st_size - len(whole) * whole.row_bytes
                self._files[view] = file, header
            file, header = self._files[view]
            for row, values in zip(rows.tolist(), outputs, strict=True):
                file.seek(header + row * whole.row_bytes)
                _write_all(file, values.tobytes())
        self._new.setdefault(view, []).append(rows)
        if time.monotonic() > self._due:
            self.save()

    def save(self) -> None:
        """Bring what was written to the disk, then into the journal."""
        for view, rows in self._new.items():
            with _in_words():
                os.fsync(self._files[view][0].fileno())
            self._features.note(view, np.concatenate(rows))
        self._new.clear()
        self._due = time.monotonic() + _JOURNAL_SECONDS

    def close(self) -> None:
        """Save, and close the files."""
        try:
            self.save()
        finally:
            for file, _ in self._files.values():
                file.close()


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
        with _in_words():
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._lock():
                if not (path / "entry.json").exists():
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
        with _in_words():
            free = shutil.disk_usage(place).free + sum(_bytes(path) for path in self._paths())
        if free < needed:
            raise StorageError(
                f"The disk is too full for the features of this run: they take up "
                f"{needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free.",
                hint=_HINT,
            )

    def make_room(self, needed: int) -> None:
        """Evict what was used longest ago until `needed` bytes more fit in budget and disk.

        Raises:
            StorageError: they are more than either has room for.
        """
        self.require_room(needed)
        with _in_words():
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
        for user in (path / "users").glob("*.lock"):
            try:
                with FileLock(user, timeout=0):
                    pass
            except Timeout:
                return False
        (path / "entry.json").unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)
        return True


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except Timeout:
        raise
    except OSError as exc:
        raise StorageError(
            f"The cache of features cannot be written ({exc.strerror}).", hint=_HINT
        ) from exc


def _write_all(file: io.FileIO, payload: bytes) -> None:
    left = memoryview(payload)
    while left:
        left = left[file.write(left) or 0 :]


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
