"""One entry of the cache of features, opened: rows to read by memory map, and to write by file.

A view is `view-NNN.npy` (a row a picture; a row that nobody asked for is a hole) beside
`view-NNN.done` (a byte a row: 1 once the row is on the disk). Rows are written by file, never
through the map, so that a full disk is an error and not a signal; rows that a killed process wrote
are used by the next. bfloat16 is kept as its bits, uint16. Whoever writes holds the entry's lock.
"""

import io
import json
import math
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from cnn_core.errors import StorageError
from cnn_core.runtime.files import write_whole

HINT = (
    "Free features that are not needed any more, or set CNN_LAB_FEATURES to a folder on a disk "
    "with room, or train with cache=off."
)
_POLL_SECONDS = 0.2
_JOURNAL_SECONDS = 2.0


@contextmanager
def in_words() -> Iterator[None]:
    """Say of a fault of the disk what could not be written."""
    try:
        yield
    except Timeout:
        raise
    except OSError as exc:
        raise StorageError(
            f"The cache of features cannot be written ({exc.strerror}).", hint=HINT
        ) from exc


def _write_all(file: io.FileIO, payload: bytes) -> None:
    left = memoryview(payload)
    while left:
        left = left[file.write(left) or 0 :]


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
                with in_words():
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
        write_whole(self._path(view, "done"), done.tobytes(), hint=HINT)

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
        with in_words():
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
            with in_words():
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
