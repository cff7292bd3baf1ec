"""What every source of pictures gives: files that can be read, and those that are left out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from cnn_core.data.decode import MAX_BYTES
from cnn_core.errors import DataError, PictureError
from cnn_core.results.pictures import Rejected

MAX_FILES = 200_000


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A file that may be a picture.

    Attributes:
        parts: its folders and its name, as they came, below the folder that was brought.
        size: bytes as far as the source says; what counts is what `read` gives.
        read: gives the bytes, `MAX_BYTES + 1` at most. May be called in any thread. Raises a
            DataError where it cannot.
    """

    parts: tuple[str, ...]
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a source holds.

    Attributes:
        title: what to call it, "" if the source does not say.
        files: what may be pictures.
        rejected: what is left out without being read, and why.
    """

    title: str
    files: tuple[Incoming, ...]
    rejected: tuple[Rejected, ...] = ()


def too_many_files(count: int, limit: int = MAX_FILES) -> DataError:
    """Return what to say of more files than are looked at."""
    return DataError(
        f"There are {count:,} files or more, but at most {limit:,} can be taken in at once.",
        hint="Bring fewer files, or part of the folder.",
    )


def read_at_most(file: IO[bytes], limit: int = MAX_BYTES) -> bytes:
    """Return what `file` holds, whatever size somebody has declared.

    Raises:
        PictureError: there are more than `limit` bytes.
    """
    payload = file.read(limit + 1)
    if len(payload) > limit:
        raise too_large(limit)
    return payload


def too_large(limit: int = MAX_BYTES) -> PictureError:
    """Return what to say of a file that is longer than any picture that is read."""
    return PictureError(
        f"The file has more than the {limit / 2**20:g} MiB that can be read.",
        hint="Make the picture smaller and try again.",
    )
