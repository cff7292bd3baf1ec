"""A zip file as a source of pictures; nothing in it is ever written under a name of its own.

Refused as a whole, before anything is unpacked: a name that is absolute, leaves its folder or has a
backslash or drive letter; entries that overlap; a list of contents longer than any honest one; more
files, bytes or expansion than there may be. Left out one by one: symbolic links and devices,
encrypted entries, compressions other than deflate (they cannot be unpacked within bounds), entries
that turn out longer than they say or damaged. An archive inside the archive is not opened.
"""

import itertools
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import BinaryIO

from cnn_core.data.decode import MAX_BYTES
from cnn_core.data.pictures.incoming import (
    MAX_FILES,
    Incoming,
    Listing,
    read_at_most,
    too_large,
    too_many_files,
)
from cnn_core.data.pictures.names import clean_name, split_path
from cnn_core.errors import DataError
from cnn_core.results.pictures import Rejected

MAX_DIRECTORY_BYTES = 32 * 2**20
"""Longest list of contents that is read: 100,000 names of 100 characters take 15 MB."""
MAX_EXPANSION = 50
"""Pictures hardly shrink in a zip; an archive that grows by more than that holds something else."""
MAX_TOTAL_BYTES = 200 * 10**9

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL_HEADER = 30  # bytes before the name in front of each entry (APPNOTE.TXT 4.3.7)
_ENCRYPTED = 0x1 | 0x40  # general purpose bits: encrypted, strongly encrypted (4.4.4)
_UTF8 = 0x800  # general purpose bit: the name is in UTF-8, else in code page 437 (APPENDIX D)
_FAULTS = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
)
_HINT = "Pack the folder of pictures afresh as a plain zip file."


class _Bounded:
    """A file whose single reads are bounded, so that no list of contents fills the memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, count: int = -1) -> bytes:
        """Return the next `count` bytes, or the rest of the file."""
        if count <= MAX_DIRECTORY_BYTES:
            payload = self._file.read(count if count >= 0 else MAX_DIRECTORY_BYTES + 1)
            if len(payload) <= MAX_DIRECTORY_BYTES:
                return payload
        raise DataError("The list of contents of the zip file is too long.", hint=_HINT)


@dataclass(frozen=True)
class ZipSource:
    """A zip file.

    Attributes:
        file: where it is, or a seekable binary file that holds it.
        name: what it was called.
        max_files: more entries are refused.
        max_bytes: more, in all files together when unpacked, are refused.
    """

    file: Path | BinaryIO
    name: str = ""
    max_files: int = MAX_FILES
    max_bytes: int = MAX_TOTAL_BYTES

    @contextmanager
    def opened(self) -> Iterator[Listing]:
        """Give what is in the archive; its files can be read until this ends.

        Raises:
            DataError: it is no zip file, damaged, or refused as a whole.
        """
        with ExitStack() as stack:
            try:
                file = self.file
                if isinstance(file, Path):
                    file = stack.enter_context(file.open("rb"))
                archive = stack.enter_context(zipfile.ZipFile(_Bounded(file)))
            except _FAULTS as exc:
                raise DataError(
                    "The file is not a zip file that can be read, or is damaged.", hint=_HINT
                ) from exc
            self._validate(archive.infolist())
            yield self._list(archive)

    def _validate(self, entries: list[zipfile.ZipInfo]) -> None:
        """Refuse the whole archive for what no honest one has."""
        if len(entries) > self.max_files:
            raise too_many_files(len(entries), self.max_files)
        for entry in entries:
            split_path(_name(entry) + ("folder" if _is_folder(entry) else ""))
        total = sum(entry.file_size for entry in entries)
        packed = sum(entry.compress_size for entry in entries)
        if total > self.max_bytes or total > MAX_EXPANSION * packed + MAX_BYTES:
            raise DataError(
                f"The zip file would unpack to {total / 1e6:,.0f} MB from {packed / 1e6:,.3g} MB; "
                f"at most {self.max_bytes / 1e6:,.0f} MB and {MAX_EXPANSION} times its size "
                "are unpacked.",
                hint=_HINT,
            )
        _validate_apart(entries)

    def _list(self, archive: zipfile.ZipFile) -> Listing:
        files, rejected = [], []
        for entry in archive.infolist():
            if _is_folder(entry):
                continue
            if reason := _fault(entry):
                rejected.append(Rejected(name=clean_name(_name(entry)), reason=reason))
                continue
            files.append(
                Incoming(
                    parts=split_path(_name(entry)),
                    size=entry.file_size,
                    read=partial(_read, archive, entry),
                )
            )
        title = clean_name(PurePath(self.name or str(getattr(self.file, "name", ""))).stem)
        return Listing(title=title, files=tuple(files), rejected=tuple(rejected))


def _validate_apart(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse entries that share bytes: a few bytes that unpack to many files (D. Fifield, 2019)."""
    for one, following in itertools.pairwise(sorted(entries, key=lambda e: e.header_offset)):
        end = one.header_offset + _LOCAL_HEADER + one.compress_size
        if end > following.header_offset:
            raise DataError("Files in the zip file overlap each other.", hint=_HINT)


def _name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's whole name, in UTF-8 even where the archive does not say that it is."""
    if not entry.flag_bits & _UTF8:
        with suppress(UnicodeError):
            return entry.orig_filename.encode("cp437").decode("utf-8")
    return entry.orig_filename


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    return _name(entry).endswith("/")


def _fault(entry: zipfile.ZipInfo) -> str:
    """Return why an entry is left out unread, "" if it is not."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if stat.S_ISLNK(kind):
        return "It is a symbolic link, and those are not followed."
    if kind and not stat.S_ISREG(kind):
        return "It is neither a file nor a folder."
    if entry.flag_bits & _ENCRYPTED:
        return "It is encrypted: pack the folder without a password."
    if entry.compress_type not in _METHODS:
        return "It is compressed in a way that is not read: pack the folder as a plain zip file."
    return ""


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.file_size > MAX_BYTES:
        raise too_large()
    try:
        with archive.open(entry) as file:
            return read_at_most(file)
    except _FAULTS as exc:
        raise DataError("It is damaged in the zip file.") from exc
