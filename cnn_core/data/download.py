"""Fetch files with torchvision's own download code: checksums, gzip, mirrors.

What torchvision leaves open is closed here: no progress bar on the terminal but a callback, a time
limit on a silent server, and every fault translated into one sentence. While a download runs, the
progress bar class of `torchvision.datasets.utils` and the default socket timeout of the process
are replaced: run it in a process (or at least not beside another torchvision download) of its own.
torchvision, and so torch, is imported when `fetch` is called, not before.
"""

import errno
import http.client
import importlib
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from cnn_core.errors import CnnLabError, DataError, StorageError

SILENCE_SECONDS = 30.0
_DISK_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR}
_HINT = "Check the network and try again, or choose a data set that needs no download."


class _Meter:
    """Stands in for torch's and torchvision's tqdm: counts the bytes of the file being fetched."""

    on_bytes: Callable[[int], None]
    on_total: Callable[[int], None] | None = None

    def __init__(self, total: int | None = None, **_ignored: object) -> None:
        self.count = 0
        if total and self.on_total:
            self.on_total(total)

    def __enter__(self) -> "_Meter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def update(self, count: int) -> None:
        self.count += count
        self.on_bytes(self.count)


@contextmanager
def metered(
    module: str, on_bytes: Callable[[int], None], on_total: Callable[[int], None] | None = None
) -> Iterator[None]:
    """Let a module that downloads report its bytes and give up on a server that has gone silent.

    Args:
        module: its dotted name; its `tqdm` is replaced meanwhile.
        on_bytes: called with the bytes of a file so far.
        on_total: called with a file's length where the server has said it.
    """
    downloader = importlib.import_module(module)
    bar, timeout = downloader.tqdm, socket.getdefaulttimeout()
    hooks = {
        "on_bytes": staticmethod(on_bytes),
        "on_total": staticmethod(on_total) if on_total else None,
    }
    downloader.tqdm = type("_BoundMeter", (_Meter,), hooks)  # type: ignore[attr-defined]
    socket.setdefaulttimeout(SILENCE_SECONDS)
    try:
        yield
    finally:
        downloader.tqdm = bar  # type: ignore[attr-defined]
        socket.setdefaulttimeout(timeout)


def storage_error(exc: OSError, *, what: str = "data") -> StorageError:
    """Return `exc`, a fault of the data (or weights) folder, as one sentence without its path."""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"The disk that holds the {what} folder is full.", hint="Free some space and try again."
        )
    return StorageError(
        f"The {what} folder cannot be written ({exc.strerror or type(exc).__name__}).",
        hint=f"Choose a folder that you may write to (CNN_LAB_{what.upper()}), or change its "
        "permissions.",
    )


def explain_fault(exc: Exception, filename: str, address: str) -> str | OSError:
    """Return in a sentence why a download failed, or `exc` itself if the disk is why."""
    host = urlsplit(address).hostname or address
    if isinstance(exc, HTTPError):
        return f"{host} answered {exc.code} when asked for {filename}."
    if isinstance(exc, URLError):
        return f"{host} cannot be reached to fetch {filename}."
    if isinstance(exc, OSError) and exc.errno in _DISK_FAULTS:
        return exc
    if isinstance(exc, RuntimeError):
        return f"{filename} arrived incomplete or altered from {host} (its checksum is wrong)."
    if isinstance(exc, TimeoutError):
        return f"{host} has sent nothing of {filename} for {SILENCE_SECONDS:g} seconds."
    return f"The connection to {host} broke while {filename} was fetched."


def _translate(exc: Exception, filename: str, mirror: str) -> CnnLabError:
    fault = explain_fault(exc, filename, mirror)
    return DataError(fault, hint=_HINT) if isinstance(fault, str) else storage_error(fault)


def _fetch_one(filename: str, md5: str, folder: Path, mirrors: Sequence[str]) -> None:
    from torchvision.datasets.utils import download_and_extract_archive

    fault: CnnLabError | None = None
    for mirror in mirrors:
        try:
            download_and_extract_archive(
                f"{mirror}{filename}", download_root=str(folder), filename=filename, md5=md5
            )
        except (OSError, http.client.HTTPException, RuntimeError, ValueError) as exc:
            error = _translate(exc, filename, mirror)
            error.__cause__ = exc
            if isinstance(error, StorageError):
                raise error from exc
            fault = fault or error
        else:
            return
    raise fault or DataError(f"No address is known to fetch {filename} from.", hint=_HINT)


def fetch(
    resources: Sequence[tuple[str, str]],
    folder: Path,
    *,
    mirrors: Sequence[str],
    on_bytes: Callable[[int], None],
) -> None:
    """Download and unpack `resources` into `folder`; files there with the right checksum are kept.

    Args:
        resources: (file name, MD5 checksum) of each gzip file.
        folder: made if it is not there; holds the gzip files and what was inside afterwards.
        mirrors: beginnings of addresses, each ending in "/", tried in this order for each file.
        on_bytes: called with the bytes fetched so far, of all files, never falling.

    Raises:
        DataError: no mirror gave the file; says what went wrong at the first.
        StorageError: `folder` cannot be written.
    """
    finished, highest = 0, 0

    def report(count: int) -> None:
        nonlocal highest
        highest = max(highest, finished + count)
        on_bytes(highest)

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise storage_error(exc) from exc
    with metered("torchvision.datasets.utils", report):
        for filename, md5 in resources:
            _fetch_one(filename, md5, folder, mirrors)
            finished += (folder / filename).stat().st_size
            report(0)


def drop_unfinished(resources: Sequence[tuple[str, str]], folder: Path) -> None:
    """Delete all but the downloads with the right checksum, and `folder` if it is empty then."""
    from torchvision.datasets.utils import check_integrity

    checksums = dict(resources)
    for path in folder.glob("*"):
        if path.name not in checksums or not check_integrity(path, checksums[path.name]):
            path.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
