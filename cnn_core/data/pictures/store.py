"""Where a person's pictures are kept: by the digest of their bytes, never to be changed.

    objects/ab/<sha256>                 a picture as it came, read-only
    snapshots/<id>/manifest.jsonl       what was in a folder (`data.pictures.manifest`)
    snapshots/<id>/plans/<plan id>.json
    thumbnails/<side>/ab/<sha256>.jpg   made when asked for; may be deleted at any time
    incoming/<token>/                   being copied; swept once whoever copied is gone

Every file appears whole or not at all. Any number of threads and processes may use a home at once:
two that bring the same picture bring the same bytes. Refused: ids and digests that are none.
"""

import contextlib
import hashlib
import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cnn_core.data.pictures.manifest import (
    plan_text,
    read_header,
    read_plan,
    read_snapshot,
    snapshot_lines,
)
from cnn_core.data.pictures.staging import (
    Staging,
    held_folder,
    staging,
    sweep,
    translated,
    write_once,
)
from cnn_core.errors import DataError, UnknownNameError
from cnn_core.results.pictures import Plan, Snapshot

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PREFIX = re.compile(r"[0-9a-f]{8,64}")
_MANIFEST = "manifest.jsonl"
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, kw_only=True)
class SnapshotHeader:
    """A snapshot without its pictures: enough for a list.

    Attributes:
        id: the snapshot's.
        title: the snapshot's.
        classes: the snapshot's.
        pictures: how many.
        rejected: how many files were left out.
        bytes: of all pictures.
        taken: when it was copied, seconds since 1970.
        synthetic: see `Snapshot`.
        licence: see `Snapshot`.
        citation: see `Snapshot`.
    """

    id: str
    title: str
    classes: tuple[str, ...]
    pictures: int
    rejected: int
    bytes: int
    taken: float
    synthetic: bool
    licence: str
    citation: str


class PictureStore:
    """The pictures, snapshots and plans below `home`, which is made when first written to."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def object_path(self, sha256: str) -> Path:
        """Return where the picture with this digest is, or would be.

        Raises:
            DataError: that is not a digest.
        """
        if not _SHA256.fullmatch(sha256):
            raise DataError("That is not the digest of a picture.", hint="Take the pictures in.")
        return self.home / "objects" / sha256[:2] / sha256

    def read(self, sha256: str) -> bytes:
        """Return a picture's bytes as they came, checked against their digest.

        Raises:
            DataError: the picture is missing or damaged.
        """
        try:
            payload = self.object_path(sha256).read_bytes()
        except OSError as exc:
            raise DataError(
                f"The picture {sha256[:12]} cannot be read from the store ({exc.strerror}).",
                hint="Take the folder in again.",
            ) from exc
        if hashlib.sha256(payload).hexdigest() != sha256:
            raise DataError(
                f"The picture {sha256[:12]} has changed on the disk since it was taken in.",
                hint="Look after the disk; delete that file and take the folder in again.",
            )
        return payload

    def staging(
        self, moved: Callable[[int], None] = lambda _: None
    ) -> AbstractContextManager[Staging]:
        """Give a place to copy pictures into; what is in it at the end moves into the store.

        Args:
            moved: told how many have, each time one has.

        Raises:
            StorageError: the home cannot be written.
        """
        self.sweep()
        return staging(self.home, self.object_path, moved)

    def held_folder(self) -> AbstractContextManager[Path]:
        """Give an empty folder, for this process alone, for what is on its way into the store.

        It goes at the end; if this process dies before, when the next one sweeps.

        Raises:
            StorageError: the home cannot be written.
        """
        self.sweep()
        return held_folder(self.home)

    def sweep(self) -> None:
        """Delete what processes that are gone have left on its way in."""
        sweep(self.home)

    def snapshots(self) -> list[SnapshotHeader]:
        """Return what snapshots there are, newest first; unreadable ones are left out."""
        headers = []
        for path in (self.home / "snapshots").glob(f"*/{_MANIFEST}"):
            with contextlib.suppress(OSError, *_DAMAGE), path.open(encoding="utf-8") as file:
                header = read_header(file.readline())
                names = SnapshotHeader.__dataclass_fields__
                values = {name: header[name] for name in names} | {
                    "classes": tuple(header["classes"])
                }
                headers.append(SnapshotHeader(**values))
        return sorted(headers, key=lambda header: (-header.taken, header.id))

    def load(self, snapshot_id: str) -> Snapshot:
        """Return a snapshot by its id or a unique beginning of it, of 8 characters or more.

        Kept in memory: the same object the next time.

        Raises:
            UnknownNameError: there is none, or more than one.
            DataError: its manifest is damaged.
        """
        hint = "Choose one of the listed snapshots, or take the folder in again."
        if not _PREFIX.fullmatch(snapshot_id):
            raise UnknownNameError("That is not the id of a snapshot of pictures.", hint=hint)
        found = sorted((self.home / "snapshots").glob(f"{snapshot_id}*/{_MANIFEST}"))
        if len(found) != 1:
            many = f"{len(found)} snapshots of pictures begin" if found else "No snapshot begins"
            raise UnknownNameError(f"{many} with {snapshot_id!r}.", hint=hint)
        return _load(found[0])

    def save(self, snapshot: Snapshot) -> None:
        """Keep a snapshot whose pictures are in the store; one of the same id stays as it is.

        Raises:
            StorageError: it cannot be written.
        """
        path = self.home / "snapshots" / snapshot.id / _MANIFEST
        lines = snapshot_lines(snapshot, taken=time.time())
        with translated():
            write_once(self.home, path, (f"{line}\n".encode() for line in lines))

    def save_plan(self, plan: Plan) -> Path:
        """Keep a plan beside its snapshot and return where it is.

        Raises:
            StorageError: it cannot be written.
        """
        path = self.home / "snapshots" / plan.snapshot / "plans" / f"{plan.id}.json"
        with translated():
            write_once(self.home, path, [plan_text(plan).encode()])
        return path

    def load_plan(self, path: Path) -> Plan:
        """Return the plan that `save_plan` put there; the last ones are kept in memory.

        Raises:
            DataError: it is missing or damaged.
        """
        try:
            return _load_plan(path, path.stat().st_mtime_ns)
        except (OSError, *_DAMAGE) as exc:
            raise DataError(
                "The plan of this run (its pictures and their split) is missing or damaged.",
                hint="Start a new run from the snapshot.",
            ) from exc


@lru_cache(maxsize=4)
def _load_plan(path: Path, changed_ns: int) -> Plan:
    del changed_ns  # part of the key alone
    return read_plan(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=4)
def _load(path: Path) -> Snapshot:
    try:
        with path.open(encoding="utf-8") as file:
            return read_snapshot(file)
    except (OSError, *_DAMAGE) as exc:
        raise DataError(
            f"The list of the snapshot {path.parent.name[:8]} is damaged.",
            hint="Take the folder in again.",
        ) from exc
