"""Oxford's 102 flowers: torchvision's download with its checksums, and the files class by class.

`download_flowers102` imports torch and replaces the process's socket timeout while it runs, as
`data.download` says: it belongs in a process of its own. `flowers102_state` and `flower_files` do
without torch and read file names and the two small tables alone.
"""

import http.client
from collections.abc import Callable, Sequence
from pathlib import Path

import filelock

from cnn_core.data.download import explain_fault, metered, storage_error
from cnn_core.data.images import DataState
from cnn_core.data.pictures.flowers102_names import NAMES
from cnn_core.errors import DataError, UnknownNameError

FIVE = ("rose", "sunflower", "daffodil", "oxeye daisy", "common dandelion")
"""The classes that are taken where nothing else is asked for."""

LICENCE = "not stated by its makers; collected from the web for research"
CITATION = (
    "Nilsback and Zisserman (2008), Automated flower classification over a large number of "
    "classes, ICVGIP, https://www.robots.ox.ac.uk/~vgg/data/flowers/102/"
)
DOWNLOAD_BYTES = 344_862_509 + 502 + 14_989
"""The archive of pictures, the labels and the splits."""

_FOLDER, _LOCK = "flowers-102", ".flowers102-download.lock"
_LABELS, _SPLITS = "imagelabels.mat", "setid.mat"
_HINT = "Check the network and try again, or train on drawn flowers, which need no download."


def flowers102_state(folder: Path) -> DataState:
    """Return at a glance whether `flower_files` can be expected to succeed."""
    home = folder / _FOLDER
    if (home / _SPLITS).is_file() and (home / _LABELS).is_file() and (home / "jpg").is_dir():
        return DataState(ready=True, message="Oxford's 102 flowers are here.", hint="")
    return DataState(
        ready=False,
        message="Oxford's 102 flowers are not on this machine.",
        hint="Download them (345 MB, once), or train on drawn flowers.",
    )


def download_flowers102(
    folder: Path, *, on_progress: Callable[[int, int], None] | None = None
) -> None:
    """Download into `folder` what is not there yet, in torchvision's layout; two at once are one.

    Args:
        folder: the data home, made if need be.
        on_progress: called with the bytes so far and in all.

    Raises:
        DataError: a file cannot be had, or its checksum is wrong.
        StorageError: `folder` cannot be written.
    """
    from torchvision.datasets import Flowers102

    host, archive = Flowers102._download_url_prefix, Flowers102._file_dict["image"][0]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            filelock.FileLock(folder / _LOCK),
            metered("torchvision.datasets.utils", _summed(on_progress)),
        ):
            try:
                Flowers102(folder, download=True)
            finally:
                _drop_damaged(folder / _FOLDER, list(Flowers102._file_dict.values()))
            (folder / _FOLDER / archive).unlink(missing_ok=True)  # unpacked by now
    except (OSError, http.client.HTTPException, RuntimeError, ValueError) as exc:
        fault = explain_fault(exc, "Oxford's 102 flowers", host)
        if isinstance(fault, OSError):
            raise storage_error(fault) from exc
        raise DataError(fault, hint=_HINT) from exc
    if on_progress:
        on_progress(DOWNLOAD_BYTES, DOWNLOAD_BYTES)


def _drop_damaged(home: Path, files: Sequence[tuple[str, str]]) -> None:
    """Delete what a download has left that has another MD5 checksum than was published."""
    from torchvision.datasets.utils import check_integrity

    for filename, md5 in files:
        if not check_integrity(home / filename, md5):
            (home / filename).unlink(missing_ok=True)


def _summed(on_progress: Callable[[int, int], None] | None) -> Callable[[int], None]:
    """Return what adds up the bytes of one file after the other."""
    finished = latest = 0

    def on_bytes(count: int) -> None:
        nonlocal finished, latest
        if count < latest:
            finished += latest
        latest = count
        if on_progress:
            on_progress(min(finished + count, DOWNLOAD_BYTES), DOWNLOAD_BYTES)

    return on_bytes


def flower_files(folder: Path, names: Sequence[str] = FIVE) -> list[tuple[str, Path]]:
    """Return ("class/file name", file) of every picture of the classes `names`, in that order.

    Raises:
        UnknownNameError: there is no such class.
        DataError: the files are not there, or cannot be read.
    """
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise UnknownNameError(
            f"Oxford's 102 flowers have no class named {unknown[0]!r}.",
            hint=f"For example {', '.join(FIVE)}.",
        )
    state = flowers102_state(folder)
    if not state.ready:
        raise DataError(state.message, hint=state.hint)
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    home = folder / _FOLDER
    try:
        labels = loadmat(home / _LABELS, squeeze_me=True)["labels"].tolist()
    except (OSError, ValueError, KeyError, NotImplementedError, MatReadError) as exc:
        raise DataError(
            f"The labels of Oxford's 102 flowers ({_LABELS}) cannot be read.", hint=_HINT
        ) from exc
    found = []
    for name in names:
        wanted = NAMES.index(name) + 1
        for number, label in enumerate(labels, start=1):
            if label == wanted:
                file = home / "jpg" / f"image_{number:05d}.jpg"
                found.append((f"{name}/{file.name}", file))
    return found
