"""What is computed of pictures and kept for all sessions: the doctor's audit, columns to sort by.

100,000 pictures take seconds to examine: once for each set of decisions, not at every drawing.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.decisions import labels_after
from cnn_core.data.pictures.doctor import examine
from cnn_core.results.pictures import Audit, Decision, Snapshot
from cnn_core.ui.own_pictures.state import Chosen


@dataclass(frozen=True, eq=False)
class _ById:
    """A snapshot as the key of a cache: equal ids are equal pictures."""

    snapshot: Snapshot

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.snapshot.id == self.snapshot.id

    def __hash__(self) -> int:
        return hash(self.snapshot.id)


@dataclass(frozen=True, eq=False, kw_only=True)
class Columns:
    """What is known of each picture of a snapshot, a value each `(N,)`.

    Attributes:
        width: pixels.
        height: pixels.
        size: bytes.
        brightness: 0 to 1.
        contrast: 0 to 0.5.
    """

    width: NDArray[np.int64]
    height: NDArray[np.int64]
    size: NDArray[np.int64]
    brightness: NDArray[np.float64]
    contrast: NDArray[np.float64]


def audit_of(chosen: Chosen) -> Audit:
    """Return what the data doctor says of the open pictures as they are decided now."""
    return _audit(_ById(chosen.snapshot), chosen.decisions, chosen.grouped)


def columns_of(snapshot: Snapshot) -> Columns:
    """Return the snapshot's measures by column."""
    return _columns(_ById(snapshot))


def labels_of(chosen: Chosen) -> NDArray[np.int64]:
    """Return each picture's class as decided now, a place in `Snapshot.classes`; -1: left out."""
    return _labels(_ById(chosen.snapshot), chosen.decisions)


@functools.lru_cache(maxsize=16)
def _audit(key: _ById, decisions: tuple[Decision, ...], grouped: bool) -> Audit:
    return examine(key.snapshot, decisions, grouped=grouped)


@functools.lru_cache(maxsize=4)
def _columns(key: _ById) -> Columns:
    pictures = key.snapshot.pictures
    return Columns(
        width=np.array([picture.width for picture in pictures], np.int64),
        height=np.array([picture.height for picture in pictures], np.int64),
        size=np.array([picture.size for picture in pictures], np.int64),
        brightness=np.array([picture.brightness for picture in pictures]),
        contrast=np.array([picture.contrast for picture in pictures]),
    )


@functools.lru_cache(maxsize=16)
def _labels(key: _ById, decisions: tuple[Decision, ...]) -> NDArray[np.int64]:
    number = {label: index for index, label in enumerate(key.snapshot.classes)}
    after = labels_after(key.snapshot, decisions)
    return np.array([-1 if label is None else number[label] for label in after], np.int64)
