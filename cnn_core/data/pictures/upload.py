"""Files that a browser sent, each with its path below the folder that was dropped."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from cnn_core.data.pictures.incoming import (
    MAX_FILES,
    Incoming,
    Listing,
    read_at_most,
    too_many_files,
)
from cnn_core.data.pictures.names import clean_name, split_path
from cnn_core.errors import DataError
from cnn_core.results.pictures import Rejected


def _read(file: BinaryIO) -> bytes:
    file.seek(0)
    return read_at_most(file)


@dataclass(frozen=True)
class UploadSource:
    """Files in memory: `(path with forward slashes, seekable binary file)` of each.

    Attributes:
        files: looked at once; each file is read once, in any thread.
        max_files: more are refused.
        max_bytes: more, in all files together, are refused; None for no such limit.
    """

    files: Iterable[tuple[str, BinaryIO]]
    max_files: int = MAX_FILES
    max_bytes: int | None = None

    @contextmanager
    def opened(self) -> Iterator[Listing]:
        """Give what was sent.

        Raises:
            DataError: more files or bytes than may come in.
        """
        files: list[Incoming] = []
        rejected: list[Rejected] = []
        total = 0
        for name, file in self.files:
            if len(files) + len(rejected) >= self.max_files:
                raise too_many_files(self.max_files + 1, self.max_files)
            size = file.seek(0, 2)
            total += size
            if self.max_bytes is not None and total > self.max_bytes:
                raise DataError(
                    f"The files have more than {self.max_bytes / 1e6:,.0f} MB together, "
                    "which is as much as an upload may bring.",
                    hint="Bring fewer or smaller pictures, or let them come by a path on the "
                    "server or by the command line.",
                )
            try:
                parts = split_path(name)
            except DataError as exc:
                rejected.append(Rejected(name=clean_name(name), reason=exc.message))
                continue
            files.append(Incoming(parts=parts, size=size, read=partial(_read, file)))
        yield Listing(title="", files=tuple(files), rejected=tuple(rejected))
