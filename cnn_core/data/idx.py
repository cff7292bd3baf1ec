"""The idx format of MNIST: big-endian header, then bytes; plain or in gzip.

Layout (http://yann.lecun.com/exdb/mnist/): two zero bytes, the type (0x08: unsigned byte), the
number of dimensions, each dimension as a 32-bit number, the data. Nothing is read before the
header has been checked, and never more than the header declares, so a gzip bomb costs nothing.
"""

import gzip
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import DataError, StorageError

_UNSIGNED_BYTE = 0x08
_MAX_DATA_BYTES = 1 << 30
_HINT = "Delete the file and download the data set again, or replace it with an intact copy."
_GZIP_FAULTS = (gzip.BadGzipFile, zlib.error, EOFError)


@dataclass(frozen=True)
class IdxHeader:
    """What an idx file says about itself.

    Attributes:
        shape: its dimensions, the number of items first.
        length: bytes of the header.
    """

    shape: tuple[int, ...]
    length: int

    @property
    def data_bytes(self) -> int:
        """Bytes that must follow the header."""
        return int(np.prod(self.shape, dtype=object))


def _open(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def _damaged(path: Path, what: str) -> DataError:
    return DataError(f"The file {path.name} is damaged: {what}.", hint=_HINT)


def _unreadable(path: Path, exc: OSError) -> StorageError:
    return StorageError(
        f"The file {path.name} cannot be read ({exc.strerror or type(exc).__name__}).",
        hint="Check that the file and its folder may be read.",
    )


def _parse_header(path: Path, stream: IO[bytes], item_shape: tuple[int, ...]) -> IdxHeader:
    ndim = 1 + len(item_shape)
    length = 4 + 4 * ndim
    head = stream.read(length)
    if len(head) < length:
        raise _damaged(
            path, f"its header should have {length} bytes, but only {len(head)} are there"
        )
    magic = bytes([0, 0, _UNSIGNED_BYTE, ndim])
    if head[:4] != magic:
        raise _damaged(
            path, f"it should begin with {magic.hex()}, but begins with {head[:4].hex()}"
        )
    shape = tuple(int(size) for size in np.frombuffer(head, dtype=">u4", offset=4))
    if shape[1:] != item_shape:
        came, wanted = ("x".join(map(str, dims)) for dims in (shape[1:], item_shape))
        raise _damaged(path, f"its pictures should be {wanted}, but it declares {came}")
    header = IdxHeader(shape, length)
    if not 0 < header.data_bytes <= _MAX_DATA_BYTES:
        raise _damaged(path, f"it declares {shape[0]:,} items, which no such file holds")
    return header


def _size_inside(path: Path) -> int:
    """Bytes of the file, or for gzip of what is inside, from its last four bytes (modulo 2**32)."""
    if path.suffix != ".gz":
        return path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(-4, os.SEEK_END)
        return int.from_bytes(stream.read(4), "little")


def _wrong_size(path: Path, header: IdxHeader, size: int) -> DataError:
    declared = header.length + header.data_bytes
    return _damaged(path, f"its header declares {declared:,} bytes, but the file holds {size:,}")


def glance_idx(path: Path, *, item_shape: tuple[int, ...] = ()) -> IdxHeader:
    """Return the header, having checked it and the file's size, without reading the data.

    Args:
        path: an idx file of unsigned bytes; in gzip if its name ends in `.gz`.
        item_shape: the shape one item must have, `()` for labels.

    Raises:
        DataError: a file that is not such an idx file, or whose size does not fit.
        StorageError: a file that cannot be opened.
    """
    try:
        with _open(path) as stream:
            header = _parse_header(path, stream, item_shape)
        size = _size_inside(path)
    except _GZIP_FAULTS as exc:
        raise _damaged(path, "its gzip envelope is broken") from exc
    except OSError as exc:
        raise _unreadable(path, exc) from exc
    if size != header.length + header.data_bytes:
        raise _wrong_size(path, header, size)
    return header


def read_idx(
    path: Path, *, item_shape: tuple[int, ...] = ()
) -> tuple[NDArray[np.uint8], bytearray]:
    """Return the array uint8 `(N, *item_shape)`, and the whole file, decompressed.

    The array is a writable view of the file's bytes, made without a copy.

    Raises:
        DataError: a file that is not such an idx file, is cut short or has bytes left over.
        StorageError: a file that cannot be opened.
    """
    header = glance_idx(path, item_shape=item_shape)
    content = bytearray(header.length + header.data_bytes)
    try:
        with _open(path) as stream:
            # readinto may stop early; a byte more than declared is read to see whether there is
            # one.
            view, filled = memoryview(content), 0
            while filled < len(content) and (count := stream.readinto(view[filled:])):  # type: ignore[attr-defined]
                filled += count
            excess = len(stream.read(1))
    except _GZIP_FAULTS as exc:
        raise _damaged(path, "its gzip envelope is broken or cut short") from exc
    except OSError as exc:
        raise _unreadable(path, exc) from exc
    if filled != len(content):
        raise _wrong_size(path, header, filled)
    if excess:
        raise _damaged(path, f"more bytes follow the {len(content):,} that its header declares")
    array = np.frombuffer(content, dtype=np.uint8, offset=header.length).reshape(header.shape)
    return array, content
