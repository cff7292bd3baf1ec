"""What a person decided of their pictures, kept between visits: a small file a snapshot and owner.

A run has its decisions in its plan; these are the ones for the next run. Whoever writes last counts
where one person has two windows open.
"""

import dataclasses
import json
import re
from collections.abc import Sequence
from pathlib import Path

from cnn_core.results.pictures import Decision
from cnn_core.runtime.files import make_folder, write_whole

_NAME = re.compile(r"[0-9a-f]{8,128}")
_LONGEST = 64 * 2**20  # bytes; a million decisions
_HINT = "Make room on the disk, or set CNN_LAB_PICTURES to another folder."

Steps = Sequence[Sequence[Decision]]


def write_steps(home: Path, snapshot_id: str, owner: str, steps: Steps, *, grouped: bool) -> None:
    """Keep what was decided, in place of what was kept before.

    Args:
        home: of the pictures.
        snapshot_id: of which pictures.
        owner: digest of the owner's token.
        steps: the decisions of each click, in order.
        grouped: whether near-duplicates stay on one side of the split.

    Raises:
        StorageError: it cannot be written.
    """
    path = _path(home, snapshot_id, owner)
    body = {
        "grouped": grouped,
        "steps": [[dataclasses.astuple(each) for each in step] for step in steps],
    }
    make_folder(path.parent)
    write_whole(path, json.dumps(body, separators=(",", ":")).encode(), hint=_HINT)


def read_steps(
    home: Path, snapshot_id: str, owner: str
) -> tuple[list[tuple[Decision, ...]], bool] | None:
    """Return the steps and whether duplicates are grouped; None where nothing (legible) is kept."""
    path = _path(home, snapshot_id, owner)
    try:
        if path.stat().st_size > _LONGEST:
            return None
        body = json.loads(path.read_bytes())
        steps = [
            tuple(
                Decision(picture=int(picture), action=action, label=str(label))
                for picture, action, label in step
                if action in ("exclude", "relabel", "keep")
            )
            for step in body["steps"]
        ]
        return [step for step in steps if step], bool(body["grouped"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path(home: Path, snapshot_id: str, owner: str) -> Path:
    for name in (snapshot_id, owner):
        if not _NAME.fullmatch(name):
            raise ValueError(f"expected a digest in hexadecimal, but got {name!r}")
    return home / "decided" / snapshot_id / f"{owner}.json"
