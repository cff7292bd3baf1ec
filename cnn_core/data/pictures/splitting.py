"""Split pictures into training, validation and test: stratified, seeded, groups kept whole.

A group (a cluster of near-duplicates) may hold pictures of several classes. Putting all classes on
both sides with whole groups is set splitting, which is hard in general; what is done here always
succeeds when each class has two groups of its own, and says so clearly where it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.splits import valid_counts
from cnn_core.errors import ConfigError
from cnn_core.results.pictures import Part

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class _Group:
    members: Counts  # places
    counts: Counts  # of each class, (C,)
    draw: float

    @property
    def pure(self) -> bool:
        return int(np.count_nonzero(self.counts)) == 1


def _validate_shares(valid_share: float, test_share: float) -> None:
    if not (0.0 <= valid_share <= 0.5 and 0.0 <= test_share <= 0.5):
        raise ConfigError(
            "The shares for validation and test must be between 0 and 0.5, "
            f"but they are {valid_share:g} and {test_share:g}."
        )
    if valid_share + test_share > 0.9:
        raise ConfigError(
            "At least a tenth of the pictures must be left to train on, but "
            f"{100 * (valid_share + test_share):g} % are held out.",
            hint="Lower the share for validation or for the test.",
        )


def _groups(labels: Counts, clusters: Counts, num_classes: int, seed: int) -> list[_Group]:
    """Return the groups in the order of their draws."""
    _, numbers = np.unique(clusters, return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    cuts = np.flatnonzero(np.diff(numbers[order])) + 1
    members = np.split(order, cuts)
    draws = np.random.default_rng(seed).random(len(members))
    groups = [
        _Group(places, np.bincount(labels[places], minlength=num_classes), float(draw))
        for places, draw in zip(members, draws, strict=True)
    ]
    return sorted(groups, key=lambda group: group.draw)


def _take(groups: list[_Group], index: int, side: list[_Group]) -> None:
    side.append(groups.pop(index))


def _reserve(groups: list[_Group], sides: Sequence[list[_Group]], num_classes: int) -> None:
    """Give each class one group on each side, those with the fewest groups first.

    Training gets the largest, validation the smallest, pure ones before mixed ones.
    """
    having = np.sum([group.counts > 0 for group in groups], axis=0)
    for label in np.argsort(having, kind="stable")[:num_classes]:
        for number, side in enumerate(sides):
            if any(group.counts[label] for group in side):
                continue
            sign = -1 if number == 0 else 1
            fit = [
                (not group.pure, sign * len(group.members), index)
                for index, group in enumerate(groups)
                if group.counts[label]
            ]
            if fit:
                _take(groups, min(fit)[2], side)


def _fill(groups: list[_Group], side: list[_Group], quota: Counts) -> None:
    """Take groups in the order of their draws while they fit what is still wanted of each class.

    Where only groups are left that are too large, one is taken if that comes nearer to the quota.
    """
    left = quota - np.sum([group.counts for group in side], axis=0, dtype=np.int64)
    for nearest in (False, True):
        kept = []
        for group in groups:
            after = left - group.counts
            fits = bool((after[group.counts > 0] >= 0).all())
            if fits or (nearest and np.abs(after).sum() < np.abs(left).sum()):
                side.append(group)
                left = after
            else:
                kept.append(group)
        groups[:] = kept


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
    are its own; else it may lack either, training last. The same arguments give the same split.

    Args:
        labels: classes from 0, `(N,)`; each class up to the greatest has a picture.
        clusters: whole numbers `(N,)`.
        valid_share: of all pictures, 0 to 0.5.
        test_share: likewise; together at most 0.9.
        seed: 0 or above.

    Raises:
        ConfigError: a share out of range.
    """
    _validate_shares(valid_share, test_share)
    whole = np.asarray(labels, np.int64)
    num_classes = int(whole.max(initial=-1)) + 1
    groups = _groups(whole, np.asarray(clusters, np.int64), num_classes, seed)
    sides: dict[Part, list[_Group]] = {"train": [], "valid": [], "test": []}
    needed: list[Part] = ["train", "valid"] if valid_share else ["train"]
    _reserve(groups, [sides[part] for part in needed], num_classes)
    sizes = np.bincount(whole, minlength=num_classes)
    shares: tuple[tuple[Part, float], ...] = (("test", test_share), ("valid", valid_share))
    for part, share in shares:
        if share:
            _fill(groups, sides[part], valid_counts(sizes, share))
    sides["train"] += groups
    parts: list[Part] = ["train"] * len(whole)
    for part, _ in shares:
        for group in sides[part]:
            for place in group.members:
                parts[place] = part
    return parts
