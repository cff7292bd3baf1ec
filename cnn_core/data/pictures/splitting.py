"""Split pictures into training, validation and test: stratified, seeded, groups kept whole.

A group (a cluster of near-duplicates) may hold pictures of several classes. Putting all classes on
both sides with whole groups is set splitting, which is hard in general; what is done here always
succeeds when each class has two groups of its own. Pure; linear in the pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.splits import valid_counts
from cnn_core.errors import ConfigError
from cnn_core.results.pictures import Part

GREATEST_HELD_OUT = 0.9
"""Validation and test together hold out at most this share."""


@dataclass(eq=False)
class _Group:
    """Pictures that stay together: `counts` by class; `part` once it is decided."""

    members: list[int]
    counts: dict[int, int]
    part: Part | None = None


def _validate_shares(valid_share: float, test_share: float) -> None:
    if not (0.0 <= valid_share <= 0.5 and 0.0 <= test_share <= 0.5):
        raise ConfigError(
            "The shares for validation and test must be between 0 and 0.5, "
            f"but they are {valid_share:g} and {test_share:g}."
        )
    if valid_share + test_share > GREATEST_HELD_OUT:
        raise ConfigError(
            "At least a tenth of the pictures must be left to train on, but "
            f"{100 * (valid_share + test_share):g} % are held out.",
            hint="Lower the share for validation or for the test.",
        )


def _drawn_groups(labels: Sequence[int], clusters: Sequence[int], seed: int) -> list[_Group]:
    """Return the groups in an order that is drawn."""
    groups: dict[int, _Group] = {}
    for place, (label, cluster) in enumerate(zip(labels, clusters, strict=True)):
        group = groups.setdefault(cluster, _Group([], {}))
        group.members.append(place)
        group.counts[label] = group.counts.get(label, 0) + 1
    found = list(groups.values())
    return [found[number] for number in np.random.default_rng(seed).permutation(len(found))]


def _reserve(groups: Sequence[_Group], parts: Sequence[Part]) -> None:
    """Give each class a group in each part, the classes with the fewest groups first.

    Training gets the largest that is free, validation the smallest.
    """
    having: dict[int, list[_Group]] = {}
    for group in groups:
        for label in group.counts:
            having.setdefault(label, []).append(group)
    for label in sorted(having, key=lambda label: (len(having[label]), label)):
        for part in parts:
            if any(group.part == part for group in having[label]):
                continue
            sign = -1 if part == "train" else 1
            free = [group for group in having[label] if group.part is None]
            if free:
                chosen = min(free, key=lambda group: sign * len(group.members))
                chosen.part = part


def _fill(groups: Sequence[_Group], part: Part, wanted: Sequence[int]) -> None:
    """Give groups to `part`, in their order, while they fit what is still wanted of each class.

    Where only groups that are too large are left, one is given if that comes nearer to it.
    """
    left = list(wanted)

    def give(group: _Group) -> None:
        group.part = part
        for label, count in group.counts.items():
            left[label] -= count

    for group in groups:
        if group.part == part:
            give(group)
    for group in groups:
        if group.part is None and all(left[label] >= n for label, n in group.counts.items()):
            give(group)
    if max(left) <= 0:
        return
    for group in groups:
        after = ((left[label], left[label] - n) for label, n in group.counts.items())
        if group.part is None and sum(abs(was) - abs(now) for was, now in after) > 0:
            give(group)


def split_groups(
    labels: NDArray[np.integer],
    clusters: NDArray[np.integer],
    *,
    valid_share: float,
    test_share: float,
    seed: int,
) -> list[Part]:
    """Return the part of each picture; pictures of one cluster share their part.

    Of each class about `valid_share` and `test_share` of its pictures are held out, to within one
    picture where clusters are single pictures; a share of 0 leaves the part empty. Each class gets
    at least one picture in training and, unless `valid_share` is 0, in validation, if two clusters
    are its own; else it may lack one of them. The same arguments give the same split.

    Args:
        labels: classes from 0, `(N,)`.
        clusters: whole numbers `(N,)`.
        valid_share: of all pictures, 0 to 0.5.
        test_share: likewise; together at most `GREATEST_HELD_OUT`.
        seed: 0 or above.

    Raises:
        ConfigError: a share out of range.

    >>> parts = split_groups(np.zeros(4, int), np.array([0, 0, 1, 2]), valid_share=0.25,
    ...                      test_share=0.25, seed=0)
    >>> parts[0], parts[1], sorted(parts[2:])
    ('train', 'train', ['test', 'valid'])
    """
    _validate_shares(valid_share, test_share)
    groups = _drawn_groups(np.asarray(labels).tolist(), np.asarray(clusters).tolist(), seed)
    _reserve(groups, ("train", "valid") if valid_share else ("train",))
    sizes = np.bincount(np.asarray(labels, np.int64))
    shares: tuple[tuple[Part, float], ...] = (("test", test_share), ("valid", valid_share))
    for part, share in shares:
        if share and len(labels) > 1:
            _fill(groups, part, valid_counts(sizes, share).tolist())
    parts: list[Part] = ["train"] * len(labels)
    for group in groups:
        for place in group.members:
            parts[place] = group.part or "train"
    return parts
