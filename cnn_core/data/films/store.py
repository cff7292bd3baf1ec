"""Where film sets are kept: their pictures in a `PictureStore`, everything else beside it.

    objects/, snapshots/, ...   the canonical pictures, as any snapshot (`data.pictures.store`)
    sets/<id>.json.gz           a film set (`data.films.set_text`)
    sets/<id>.<what>.json       what was found of it later ("audit", "protocols"), and
                                ("owner-<digest>") who has brought it through a page
    salt                        secret of this store, behind the digests that stand for patients

Every file appears whole or not at all, and any number of threads and processes may use a home at
once. Refused: ids that are none.
"""

import contextlib
import gzip
import hashlib
import io
import re
import secrets
import time
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.data.films.set_text import film_set_lines, read_film_set, read_set_header
from cnn_core.data.pictures.staging import translated, write_once
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import DataError, UnknownNameError
from cnn_core.results.films import SIDE, Film, FilmSet, FilmSetHeader

_ENDING = ".json.gz"
_ID = re.compile(r"[0-9a-f]{64}")
_PREFIX = re.compile(r"[0-9a-f]{8,64}")
_WHAT = re.compile(r"[a-z][a-z0-9-]{0,40}")
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, EOFError, zlib.error)
_HINT = "Choose one of the listed film sets, or take the films in again."


class FilmStore:
    """The film sets below `home`, which is made when first written to.

    Attributes:
        pictures: the store of their canonical pictures.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.pictures = PictureStore(home)

    def save(self, film_set: FilmSet, *, owner: str = "") -> None:
        """Keep a set whose pictures are in the store; one of the same id stays as it is.

        Args:
            film_set: the set.
            owner: digest of the owner's token, for whom alone it is listed, and for others who
                bring the same; "" for everybody. What everybody has seen stays everybody's.

        Raises:
            StorageError: it cannot be written.
        """
        text = "".join(f"{line}\n" for line in film_set_lines(film_set, taken=time.time()))
        packed = gzip.compress(text.encode(), compresslevel=6, mtime=0)
        with translated():
            self.home.mkdir(parents=True, exist_ok=True)
            path = self._set_path(film_set.id)
            if owner and (self._owners(film_set.id) or not path.exists()):
                write_once(self.home, self.path(film_set.id, f"owner-{owner}"), [b"{}"])
            write_once(self.home, path, [packed])

    def load(self, film_set: str) -> FilmSet:
        """Return a set by its id or a unique beginning of it, of 8 characters or more.

        Kept in memory: the same object the next time.

        Raises:
            UnknownNameError: there is none, or more than one.
            DataError: its file is damaged.
        """
        if not _PREFIX.fullmatch(film_set):
            raise UnknownNameError("That is not the id of a film set.", hint=_HINT)
        found = sorted((self.home / "sets").glob(f"{film_set}*{_ENDING}"))
        if len(found) != 1:
            many = f"{len(found)} film sets begin" if found else "No film set begins"
            raise UnknownNameError(f"{many} with {film_set!r}.", hint=_HINT)
        return _load(found[0])

    def sets(self) -> list[FilmSetHeader]:
        """Return what sets there are, newest first; unreadable ones are left out."""
        headers = []
        for path in (self.home / "sets").glob(f"*{_ENDING}"):
            with (
                contextlib.suppress(OSError, *_DAMAGE),
                gzip.open(path, "rt", encoding="utf-8") as file,
            ):
                headers.append(read_set_header(file.readline()))
        return sorted(headers, key=lambda header: (-header.taken, header.id))

    def is_listed(self, film_set: str, owner: str) -> bool:
        """Whether a list that this owner sees has the set: nobody's is in everyone's list.

        Args:
            film_set: its whole id.
            owner: digest of the owner's token.
        """
        owners = self._owners(film_set)
        return not owners or f"{film_set}.owner-{owner}.json" in owners

    def _owners(self, film_set: str) -> set[str]:
        return {path.name for path in (self.home / "sets").glob(f"{film_set}.owner-*.json")}

    def path(self, film_set: str, what: str) -> Path:
        """Return where something found of a set is kept, or would be: "audit", "protocols".

        Raises:
            UnknownNameError: that is no id of a set, or no such word.
        """
        if not _ID.fullmatch(film_set) or not _WHAT.fullmatch(what):
            raise UnknownNameError("That is not the id of a film set.", hint=_HINT)
        return self.home / "sets" / f"{film_set}.{what}.json"

    def salt(self, of: bytes) -> bytes:
        """Return the salt of a set that is being taken in.

        The same in this store for the same `of`, and not to be found from what leaves the store.

        Args:
            of: what tells the set from others (names and sizes of its files).

        Raises:
            StorageError: the secret cannot be written or read.
        """
        path = self.home / "salt"
        with translated():
            self.home.mkdir(parents=True, exist_ok=True)
            write_once(self.home, path, [secrets.token_bytes(32)])
            path.chmod(0o400)
            return hashlib.sha256(path.read_bytes() + of).digest()

    def _set_path(self, film_set: str) -> Path:
        return self.home / "sets" / f"{film_set}{_ENDING}"


@lru_cache(maxsize=4)
def _load(path: Path) -> FilmSet:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return read_film_set(file)
    except (OSError, *_DAMAGE) as exc:
        raise DataError(
            f"The film set {path.name[:8]} is damaged.", hint="Take the films in again."
        ) from exc


def film_pixels(store: FilmStore, film: Film) -> NDArray[np.uint8]:
    """Return the canonical picture of a film, uint8 `(SIDE, SIDE)`, checked against its digest.

    Raises:
        DataError: the picture is missing or damaged.
    """
    with Image.open(io.BytesIO(store.pictures.read(film.picture)), formats=("PNG",)) as picture:
        pixels = np.array(picture)
    if pixels.shape != (SIDE, SIDE) or pixels.dtype != np.uint8:
        raise DataError(
            f"The picture of a film must be uint8 of {SIDE} x {SIDE} pixels, "
            f"but it is {pixels.dtype} of shape {pixels.shape}.",
            hint="Take the films in again.",
        )
    return pixels
