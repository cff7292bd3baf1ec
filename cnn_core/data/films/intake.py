"""From a folder, an upload or a zip file to a film set: decoded apart, measured, named by content.

Every file is read once and decoded in a process with hard limits (`data.films.limits`); its
canonical picture goes into the store under its digest, the file itself is not kept. A file that
cannot be used is left out with its reason, and the rest goes on. A few files are under way at a
time, so that memory does not grow with their number. Until everything is in, nothing is: an error
or a stop leaves no set behind.
"""

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from cnn_core.data.films.assembling import Described, FoundFilm, assembled
from cnn_core.data.films.layout import FilmPlace, film_layout
from cnn_core.data.films.limits import WORKERS, FilmDecoder, Outcome, film_decoder
from cnn_core.data.films.store import FilmStore
from cnn_core.data.films.taking import TakenFilm, take_film
from cnn_core.data.pictures.archive import ZipSource
from cnn_core.data.pictures.folder import FolderSource
from cnn_core.data.pictures.incoming import Listing
from cnn_core.data.pictures.intake import require_room, source_at
from cnn_core.data.pictures.names import LONGEST_LABEL, clean_name
from cnn_core.data.pictures.staging import Staging
from cnn_core.data.pictures.upload import UploadSource
from cnn_core.errors import DataError, StorageError
from cnn_core.results.films import FilmProgress, FilmSet
from cnn_core.results.pictures import Rejected

_PICTURE_BYTES = 110_000  # what a canonical picture takes at most
_REPORT_SECONDS = 0.1
_STAGE = "Reading films"
_AHEAD = 2 * WORKERS  # files handed out before the first of them is waited for


def _never() -> bool:
    return False


def _silent(_: FilmProgress) -> None:
    return None


def take_in_films(
    store: FilmStore,
    source: Path | FolderSource | UploadSource | ZipSource,
    *,
    title: str = "",
    progress: Callable[[FilmProgress], None] = _silent,
    cancelled: Callable[[], bool] = _never,
    synthetic: bool = False,
    licence: str = "",
    citation: str = "",
    owner: str = "",
    workers: int = WORKERS,
) -> FilmSet:
    """Bring every usable film of `source` into `store` and return the set, which is saved.

    The same files in the same places give the same set; if the store has it, that one comes back,
    under the title that it was given first. The picture of `films[i]` is `pictures[i]` of the
    set's snapshot.

    Args:
        store: where to.
        source: where from; a path names a folder or a zip file of this machine.
        title: for a person; "" for the name of the folder or file.
        progress: called in this thread, ten times a second at most.
        cancelled: asked before each file; once it is true, nothing is kept.
        synthetic: whether a program has drawn the films.
        licence: of all films together, if known.
        citation: where they are from, if known.
        owner: for whom alone the set is listed, see `FilmStore.save`.
        workers: processes that decode.

    Raises:
        DataError: the source or its table is refused as a whole, fewer than two classes are left,
            or `cancelled`.
        StorageError: the store cannot be written, or the disk has too little room.
    """
    given = source_at(source) if isinstance(source, Path) else source
    progress(FilmProgress(stage="Listing files", done=0, total=0, seconds=0.0))
    with given.opened() as listing:
        layout = film_layout(listing)
        require_room(store.pictures, _PICTURE_BYTES * len(layout.places))
        salt = store.salt(_told_apart(listing))
        with store.pictures.staging() as staging, film_decoder(workers) as decoder:
            found: list[FoundFilm] = []
            unusable = list(listing.rejected)
            for result in _read(layout.places, decoder, salt, staging, progress, cancelled):
                if isinstance(result, Rejected):
                    unusable.append(result)
                else:
                    found.append(result)
            shown = clean_name(title or layout.title or listing.title, longest=LONGEST_LABEL)
            said = Described(title=shown, synthetic=synthetic, licence=licence, citation=citation)
            snapshot, film_set = assembled(found, layout, unusable, said, salt=salt)
    store.pictures.save(snapshot)
    store.save(film_set, owner=owner)
    return store.load(film_set.id)


def _told_apart(listing: Listing) -> bytes:
    """Tells this set of files from others, before any is read."""
    digest = hashlib.sha256()
    for file in sorted(listing.files, key=lambda file: file.parts):
        digest.update(f"{'/'.join(file.parts)}\n{file.size}\n".encode(errors="replace"))
    return digest.digest()


def _read(
    places: tuple[FilmPlace, ...],
    decoder: FilmDecoder,
    salt: bytes,
    staging: Staging,
    progress: Callable[[FilmProgress], None],
    cancelled: Callable[[], bool],
) -> Iterator[FoundFilm | Rejected]:
    """Yield what becomes of each file, in order, a few files at a time."""
    begun = time.monotonic()
    reported = -_REPORT_SECONDS
    waiting: deque[tuple[FilmPlace, Outcome[TakenFilm] | Rejected]] = deque()
    remaining = iter(places)
    for done in range(1, len(places) + 1):
        while len(waiting) < _AHEAD and (place := next(remaining, None)) is not None:
            if cancelled():
                raise DataError("Taking the films in was stopped; nothing of it is kept.")
            waiting.append((place, _begun(place, decoder, salt)))
        yield _ended(*waiting.popleft(), staging)
        seconds = time.monotonic() - begun
        if done == len(places) or seconds - reported >= _REPORT_SECONDS:
            reported = seconds
            left = seconds / done * (len(places) - done)
            progress(
                FilmProgress(
                    stage=_STAGE, done=done, total=len(places), seconds=seconds, seconds_left=left
                )
            )


def _begun(place: FilmPlace, decoder: FilmDecoder, salt: bytes) -> Outcome[TakenFilm] | Rejected:
    """Read a file and hand it to the processes."""
    try:
        payload = place.file.read()
    except StorageError:
        raise
    except DataError as exc:
        return Rejected(name=place.name, reason=exc.message)
    return decoder.run(take_film, payload, salt)


def _ended(
    place: FilmPlace, outcome: Outcome[TakenFilm] | Rejected, staging: Staging
) -> FoundFilm | Rejected:
    """Wait for what became of a file, and keep its picture."""
    if isinstance(outcome, Rejected):
        return outcome
    try:
        taken = outcome.result()
    except DataError as exc:
        return Rejected(name=place.name, reason=exc.message)
    return FoundFilm(
        place=place,
        taken=replace(taken, png=b""),
        picture=staging.put(taken.png),
        size=len(taken.png),
    )
