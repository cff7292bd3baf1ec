"""Files that appear whole or not at all: one at a time, or a whole folder of pictures at once.

What is being written stands below `incoming` of the pictures' home, under a lock that dies with its
process, so that whatever is found there without one can be swept.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import filelock

from cnn_core.errors import StorageError

_ROOM = "Make room on the disk, or set CNN_LAB_PICTURES to another folder, and try again."
_STALE_SECONDS = 3600.0


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn a fault of the disk into one sentence without a path.

    Raises:
        StorageError: whatever OSError came.
    """
    try:
        yield
    except OSError as exc:
        why = exc.strerror or type(exc).__name__
        raise StorageError(
            f"The folder for pictures cannot be written ({why}).", hint=_ROOM
        ) from exc


def write_once(home: Path, path: Path, chunks: Iterable[bytes]) -> None:
    """Put a read-only file at `path`, below `home`, unless there is one.

    Raises:
        OSError: it cannot be written.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = home / "incoming" / f"{secrets.token_hex(8)}.part"
    temporary.parent.mkdir(exist_ok=True)
    try:
        with temporary.open("xb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o444)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Staging:
    """Pictures on their way into the store; `staging` makes and ends it.

    `put` may be called from several threads at once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, payload: bytes) -> str:
        """Copy a picture in and return the SHA-256 of its bytes, hexadecimal.

        Raises:
            StorageError: it cannot be written.
        """
        sha256 = hashlib.sha256(payload).hexdigest()
        path = self._folder / sha256
        with translated():
            if not path.exists():
                temporary = path.with_name(secrets.token_hex(8))
                temporary.write_bytes(payload)
                temporary.chmod(0o444)
                temporary.replace(path)
        return sha256


@contextlib.contextmanager
def staging(
    home: Path, object_path: Callable[[str], Path], moved: Callable[[int], None]
) -> Iterator[Staging]:
    """Give a place to copy pictures into; at the end they move to their `object_path`.

    After an error nothing of them is left; after the death of this process the next sweep sees to
    that. `moved` is told, as they move, how many have.

    Raises:
        StorageError: the home cannot be written.
    """
    with held_folder(home) as folder:
        yield Staging(folder)
        with translated():
            for count, path in enumerate(sorted(folder.iterdir()), start=1):
                target = object_path(path.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
                moved(count)


@contextlib.contextmanager
def held_folder(home: Path) -> Iterator[Path]:
    """Give an empty folder for this process alone below `home`; it goes at the end.

    After the death of this process the next sweep sees to that. The end may come in another thread.

    Raises:
        StorageError: the home cannot be written.
    """
    folder = home / "incoming" / secrets.token_hex(8)
    lock = folder.with_suffix(".lock")
    with contextlib.ExitStack() as stack:
        with translated():
            folder.parent.mkdir(parents=True, exist_ok=True)
            stack.callback(lock.unlink, missing_ok=True)
            stack.enter_context(filelock.FileLock(lock, thread_local=False))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
        yield folder


def sweep(home: Path) -> None:
    """Delete what processes that are gone were writing."""
    incoming = home / "incoming"
    for folder in incoming.glob("*/"):
        lock = folder.with_suffix(".lock")
        with (
            contextlib.suppress(filelock.Timeout, OSError),
            filelock.FileLock(lock, timeout=0),
        ):
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)
    for path in incoming.glob("*.part"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                path.unlink()
