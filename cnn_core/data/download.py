"""Fetch files with torchvision's own download code: checksums, gzip, mirrors.

What torchvision leaves open is closed here: no progress bar on the terminal but a callback, a time
limit on a silent server, and every fault translated into one sentence. While a download runs, the
progress bar class of `torchvision.datasets.utils` and the default socket timeout of the process
are replaced: run it in a process (or at least not beside another torchvision download) of its own.
torchvision, and so torch, is imported when `fetch` is called, not before.
"""

import errno
import http.client
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
    """Stands in for torchvision's tqdm: counts the bytes of the file that is being fetched."""

    on_bytes: Callable[[int], None]

    def __init__(self, total: int | None = None, **_ignored: object) -> None:
        self.count = 0

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
def _metered(on_bytes: Callable[[int], None]) -> Iterator[None]:
    """Let torchvision report bytes to `on_bytes` and give up on a server that has gone silent."""
    from torchvision.datasets import utils

    bar, timeout = utils.tqdm, socket.getdefaulttimeout()
    utils.tqdm = type("_BoundMeter", (_Meter,), {"on_bytes": staticmethod(on_bytes)})
    socket.setdefaulttimeout(SILENCE_SECONDS)
    try:
        yield
    finally:
        utils.tqdm = bar
        socket.setdefaulttimeout(timeout)


def storage_error(exc: OSError) -> StorageError:
    """Return `exc`, a fault of the data folder, as one sentence without its path."""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            "The disk that holds the data folder is full.", hint="Free some space and try again."
        )
    return StorageError(
        f"The data folder cannot be written ({exc.strerror or type(exc).__name__}).",
        hint="Choose a folder that you may write to (CNN_LAB_DATA), or change its permissions.",
    )


def _translate(exc: Exception, filename: str, mirror: str) -> CnnLabError:
    host = urlsplit(mirror).hostname or mirror
    if isinstance(exc, HTTPError):
        return DataError(f"{host} answered {exc.code} when asked for {filename}.", hint=_HINT)
    if isinstance(exc, URLError):
        return DataError(f"{host} cannot be reached to fetch {filename}.", hint=_HINT)
    if isinstance(exc, OSError) and exc.errno in _DISK_FAULTS:
        return storage_error(exc)
    if isinstance(exc, RuntimeError):
        return DataError(
            f"{filename} arrived incomplete or altered from {host} (its checksum is wrong).",
            hint=_HINT,
        )
    if isinstance(exc, TimeoutError):
        return DataError(
            f"{host} has sent nothing of {filename} for {SILENCE_SECONDS:g} seconds.", hint=_HINT
        )
    return DataError(f"The connection to {host} broke while {filename} was fetched.", hint=_HINT)


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
    with _metered(report):
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
