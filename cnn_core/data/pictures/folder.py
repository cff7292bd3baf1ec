"""A folder on this machine as a source of pictures, and which folders may be one.

Symbolic links are never followed, and only regular files are opened: nothing outside the folder is
read. Paths of the machine stay out of every message.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cnn_core.data.pictures.incoming import (
    MAX_FILES,
    Incoming,
    Listing,
    read_at_most,
    too_many_files,
)
from cnn_core.data.pictures.names import clean_name
from cnn_core.errors import DataError
from cnn_core.results.pictures import Rejected

_NOT_REGULAR = "It is neither a file nor a folder."
_LINK = "It is a symbolic link, and those are not followed."


def resolve_server_path(text: str, browse: Path | None) -> Path:
    """Return the folder or zip file on this machine that a person at a browser asks for.

    Args:
        text: below `browse`, or absolute.
        browse: the folder below which everything may be read; None if nothing may.

    Raises:
        DataError: `text` leads out of `browse` (through a symbolic link, too), or nothing is there.
    """
    if browse is None:
        raise DataError(
            "No folder of this server is open to be read.",
            hint="Whoever runs the server sets CNN_LAB_BROWSE to the folder with the pictures.",
        )
    missing = DataError(
        f"There is no folder or zip file {clean_name(text, longest=60)!r} "
        "where this server looks for pictures.",
        hint="Give its path below the folder that CNN_LAB_BROWSE names on the server.",
    )
    try:
        root = browse.resolve(strict=True)
        path = (root / text.strip()).resolve(strict=True)
        usable = path.is_dir() or path.is_file()
    except (OSError, ValueError, RuntimeError) as exc:
        raise missing from exc
    if not usable or not path.is_relative_to(root):
        raise missing
    return path


def _read(path: str) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 (a descriptor)
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DataError(_NOT_REGULAR)
            return read_at_most(file)
    except OSError as exc:
        raise DataError(f"It cannot be read ({exc.strerror}).") from exc


@dataclass(frozen=True)
class FolderSource:
    """The folder `path`, with everything below it."""

    path: Path
    max_files: int = MAX_FILES

    @contextmanager
    def opened(self) -> Iterator[Listing]:
        """Give what is in the folder.

        Raises:
            DataError: it is no folder that can be read, or holds too many files.
        """
        files: list[Incoming] = []
        rejected: list[Rejected] = []
        for item in self._walk():
            if isinstance(item, Rejected):
                rejected.append(item)
            else:
                files.append(item)
            if len(files) + len(rejected) > self.max_files:
                raise too_many_files(self.max_files + 1, self.max_files)
        title = clean_name(self.path.absolute().name)
        yield Listing(title=title, files=tuple(files), rejected=tuple(rejected))

    def _walk(self) -> Iterator[Incoming | Rejected]:
        """Visit everything below the folder, in order of name, without recursion."""
        folders: list[tuple[str, ...]] = [()]
        while folders:
            parts = folders.pop()
            try:
                with os.scandir(self.path.joinpath(*parts)) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError as exc:
                reason = f"The folder cannot be read ({exc.strerror})."
                if not parts:
                    raise DataError(reason, hint="Choose a folder with pictures.") from exc
                yield Rejected(name=clean_name("/".join(parts)), reason=reason)
                continue
            for entry in entries:
                inner = (*parts, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(inner)
                else:
                    yield self._look_at(entry, inner)

    def _look_at(self, entry: os.DirEntry[str], parts: tuple[str, ...]) -> Incoming | Rejected:
        name = clean_name("/".join(parts))
        if entry.is_symlink():
            return Rejected(name=name, reason=_LINK)
        if not entry.is_file(follow_symlinks=False):
            return Rejected(name=name, reason=_NOT_REGULAR)
        try:
            size = entry.stat(follow_symlinks=False).st_size
        except OSError as exc:
            return Rejected(name=name, reason=f"It cannot be read ({exc.strerror}).")
        return Incoming(parts=parts, size=size, read=partial(_read, entry.path))
