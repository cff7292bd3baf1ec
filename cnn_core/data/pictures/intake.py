"""From a folder, an upload or a zip file to a snapshot: copied, looked at, named by its content.

Every file is read once: its bytes are copied into the store under their digest, and the same bytes
are decoded and measured. A file that cannot be used is left out with its reason, and the rest goes
on. Two threads work, each on one file at a time (of pictures above 16 million pixels one in all),
so that memory is bounded by two pictures however many come. Until everything is in, nothing is: an
error or a stop leaves no file behind.
"""

import contextlib
import shutil
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from cnn_core.data.decode import decode, size_of
from cnn_core.data.pictures.archive import ZipSource
from cnn_core.data.pictures.folder import FolderSource
from cnn_core.data.pictures.incoming import Incoming, Listing
from cnn_core.data.pictures.layout import LAYOUT_HINT, Place, arrange
from cnn_core.data.pictures.manifest import snapshot_id
from cnn_core.data.pictures.measure import measure
from cnn_core.data.pictures.names import LONGEST_LABEL, clean_name
from cnn_core.data.pictures.staging import Staging
from cnn_core.data.pictures.store import PictureStore
from cnn_core.data.pictures.upload import UploadSource
from cnn_core.errors import DataError, StorageError
from cnn_core.results.pictures import IntakeProgress, PictureFile, Rejected, Snapshot

THREADS = 2
_WAITING = 2 * THREADS  # files handed out before the first of them is waited for
_LOOKED_AT = 256  # longest side of what is measured; a large JPEG is decoded at an eighth
_LARGE = 16_000_000  # pixels: of larger pictures one is decoded at a time
_REPORT_SECONDS = 0.1
_one_at_a_time = threading.Lock()


def _never() -> bool:
    return False


def source_at(path: Path) -> FolderSource | ZipSource:
    """Return the folder or zip file at a path of this machine as a source.

    Raises:
        DataError: there is neither.
    """
    if path.is_dir():
        return FolderSource(path)
    if path.is_file():
        return ZipSource(path)
    raise DataError(
        f"There is no folder or zip file {clean_name(path.name)!r}.",
        hint="Give a folder with a folder of pictures for each class, or a zip file of one.",
    )


def take_in(
    store: PictureStore,
    source: FolderSource | UploadSource | ZipSource,
    *,
    title: str = "",
    progress: Callable[[IntakeProgress], None] = lambda _: None,
    cancelled: Callable[[], bool] = _never,
    synthetic: bool = False,
    licence: str = "",
    citation: str = "",
) -> Snapshot:
    """Copy every usable picture of `source` into `store` and return the snapshot, which is saved.

    The same files in the same places give the same snapshot; if the store has it, that one comes
    back, under the title that it was given first.

    Args:
        store: where to.
        source: where from.
        title: for a person; "" for the name of the folder or file.
        progress: called in this thread, ten times a second at most, and at the end of each stage.
        cancelled: asked before each file; once it is true, nothing is kept.
        synthetic: whether a program has drawn the pictures.
        licence: of the pictures, if known.
        citation: where they are from, if known.

    Raises:
        DataError: the source is refused as a whole, holds fewer than two usable pictures in class
            folders, or `cancelled`.
        StorageError: the store cannot be written, or the disk has too little room.
    """
    progress(IntakeProgress(stage="listing", done=0, total=0))
    with source.opened() as listing:
        arrangement = arrange([file.parts for file in listing.files])
        require_room(store, sum(listing.files[place.index].size for place in arrangement.places))
        report = _throttled(progress)
        total = len(arrangement.places)
        with store.staging(
            lambda moved: report(IntakeProgress(stage="checking", done=moved, total=total))
        ) as staging:
            results = list(_looked_at(listing, arrangement.places, staging, report, cancelled))
            progress(IntakeProgress(stage="checking", done=0, total=total))
            pictures = [result for result in results if isinstance(result, PictureFile)]
            unusable = [result for result in results if isinstance(result, Rejected)]
            rejected = [*listing.rejected, *arrangement.rejected, *unusable]
            _validate_count(pictures, unusable)
            notes = [*arrangement.notes, *_lost_classes(arrangement.places, pictures)]
            snapshot = Snapshot(
                id="",
                title=clean_name(
                    title or arrangement.title or listing.title, longest=LONGEST_LABEL
                ),
                classes=tuple(sorted({picture.label for picture in pictures})),
                pictures=tuple(sorted(pictures, key=lambda p: (p.part, p.label, p.name, p.sha256))),
                rejected=tuple(sorted(rejected, key=lambda r: (r.name, r.reason))),
                notes=tuple(notes),
                synthetic=synthetic,
                licence=licence,
                citation=citation,
            )
            snapshot = replace(snapshot, id=snapshot_id(snapshot))
    store.save(snapshot)
    progress(IntakeProgress(stage="checking", done=total, total=total))
    return store.load(snapshot.id)


def _throttled(progress: Callable[[IntakeProgress], None]) -> Callable[[IntakeProgress], None]:
    """Pass on what is reported, ten times a second at most, and the end of a stage."""
    reported = 0.0

    def report(state: IntakeProgress) -> None:
        nonlocal reported
        if state.done == state.total or time.monotonic() - reported >= _REPORT_SECONDS:
            reported = time.monotonic()
            progress(state)

    return report


def _looked_at(
    listing: Listing,
    places: tuple[Place, ...],
    staging: Staging,
    progress: Callable[[IntakeProgress], None],
    cancelled: Callable[[], bool],
) -> Iterator[PictureFile | Rejected]:
    """Yield what becomes of each file, in order, a few files at a time in two threads."""
    total = len(places)
    waiting: deque[tuple[Place, Future[PictureFile | Rejected]]] = deque()
    remaining = iter(places)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="intake") as pool:
        for done in range(total):
            while len(waiting) < _WAITING and (place := next(remaining, None)) is not None:
                if cancelled():
                    raise DataError("Taking the pictures in was stopped; nothing of it is kept.")
                file = listing.files[place.index]
                waiting.append((place, pool.submit(_take, file, place, staging)))
            place, future = waiting.popleft()
            yield future.result()
            progress(IntakeProgress(stage="copying", done=done + 1, total=total, name=place.name))


def _take(file: Incoming, place: Place, staging: Staging) -> PictureFile | Rejected:
    """Read, decode and measure a file; copy it if it is a picture."""
    try:
        payload = file.read()
        width, height = size_of(payload)
        with _one_at_a_time if width * height > _LARGE else contextlib.nullcontext():
            pixels = decode(payload, longest_side=_LOOKED_AT)
    except StorageError:
        raise
    except DataError as exc:
        return Rejected(name=place.name, reason=exc.message)
    phash, mirrored_phash, brightness, contrast = measure(pixels)
    return PictureFile(
        sha256=staging.put(payload),
        size=len(payload),
        name=place.name,
        label=place.label,
        part=place.part or "",
        width=width,
        height=height,
        phash=phash,
        mirrored_phash=mirrored_phash,
        brightness=brightness,
        contrast=contrast,
    )


def require_room(store: PictureStore, needed: int) -> None:
    """Refuse what the disk cannot hold, before anything is copied; `needed` is in bytes.

    Raises:
        StorageError: the disk has less room.
    """
    home = store.home.absolute()
    there = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise StorageError(
            f"The pictures take {needed / 1e6:,.0f} MB, but {free / 1e6:,.0f} MB of disk are left.",
            hint="Make room on the disk, or set CNN_LAB_PICTURES to another folder.",
        )


def _validate_count(pictures: list[PictureFile], unusable: list[Rejected]) -> None:
    if len(pictures) >= 2:
        return
    came = "Only one picture" if pictures else "No picture"
    reasons = Counter(rejected.reason for rejected in unusable).most_common(1)
    why = f" Most often: {reasons[0][0]}" if reasons else ""
    raise DataError(
        f"{came} that can be used is in the class folders; "
        f"{len(unusable):,} files were left out.{why}",
        hint=LAYOUT_HINT,
    )


def _lost_classes(places: tuple[Place, ...], pictures: list[PictureFile]) -> list[str]:
    lost = sorted({place.label for place in places} - {picture.label for picture in pictures})
    return [
        f"The class folder {label!r} holds no picture that can be read: the class is left out."
        for label in lost
    ]
