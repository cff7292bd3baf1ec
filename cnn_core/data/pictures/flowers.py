"""Flowers for those without a folder at hand: drawn here, or Oxford's, as a snapshot of pictures.

The drawn ones need nothing and are marked as synthetic; Oxford's have to be downloaded before
(`data.pictures.flowers102`).
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cnn_core.data.pictures.drawn_flowers import LABELS, write_drawn_flowers
from cnn_core.data.pictures.flowers102 import CITATION, FIVE, LICENCE, flower_files
from cnn_core.data.pictures.folder import FolderSource
from cnn_core.data.pictures.intake import take_in
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import DataError, StorageError
from cnn_core.results.pictures import IntakeProgress, Snapshot

EACH = 30
"""Drawn pictures a class."""


def _never() -> bool:
    return False


def take_drawn_flowers(
    store: PictureStore,
    *,
    each: int = EACH,
    labels: tuple[str, ...] = LABELS,
    progress: Callable[[IntakeProgress], None] = lambda _: None,
    cancelled: Callable[[], bool] = _never,
) -> Snapshot:
    """Draw `each` pictures of each kind of flower and return their snapshot.

    Raises:
        DataError: `cancelled` became true.
        StorageError: the store, or the folder for temporary files, cannot be written.
    """
    with _temporary() as folder:
        for number, label in enumerate(labels):
            if cancelled():
                raise DataError("Drawing the flowers was stopped; nothing of it is kept.")
            progress(IntakeProgress(stage="listing", done=number * each, total=len(labels) * each))
            write_drawn_flowers(folder, each=each, labels=(label,))
        return take_in(
            store,
            FolderSource(folder),
            title="Drawn flowers",
            progress=progress,
            cancelled=cancelled,
            synthetic=True,
            licence="CC0: drawn by this program",
        )


def take_flowers102(
    store: PictureStore,
    data: Path,
    *,
    names: Sequence[str] = FIVE,
    progress: Callable[[IntakeProgress], None] = lambda _: None,
    cancelled: Callable[[], bool] = _never,
) -> Snapshot:
    """Return a snapshot of the classes `names` of Oxford's 102 flowers, which lie in `data`.

    Raises:
        UnknownNameError: there is no such class.
        DataError: they are not there, or `cancelled` became true.
        StorageError: the store, or the folder for temporary files, cannot be written.
    """
    found = flower_files(data, names)
    with _temporary() as folder:
        for name, file in found:
            target = folder / name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(file, target)
        return take_in(
            store,
            FolderSource(folder),
            title=f"Oxford's flowers, {len(names)} kinds",
            progress=progress,
            cancelled=cancelled,
            licence=LICENCE,
            citation=CITATION,
        )


@contextmanager
def _temporary() -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    try:
        with tempfile.TemporaryDirectory(prefix="cnn-lab-flowers-") as folder:
            yield Path(folder)
    except OSError as exc:
        raise StorageError(
            f"The flowers cannot be put on the disk ({exc.strerror}).",
            hint="Make room on the disk, or set TMPDIR to another folder.",
        ) from exc
