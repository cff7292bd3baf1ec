"""Clusters of near-duplicates: equal bytes, or perceptual hashes that differ in a few bits.

How few is measured on the folder itself. Photos of different things differ in 32 of the 64 bits, by
chance rarely in fewer than 10; X-rays, icons or handwriting resemble each other far more. The limit
is set so that by chance about one pair in a thousand pictures is taken for near-duplicates: eight
bits for 750 photos of flowers, none for handwritten digits. Pairs that agree in shape, brightness
and contrast too have a limit of their own. Plain pictures have no hash to speak of: equal bytes
alone count there.
"""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.hash_index import Hashes, Places, near_pairs
from cnn_core.results.pictures import PictureFile, Snapshot

GREATEST_DISTANCE = 8
"""Bits in which near-duplicates may differ at most.

Of copies of flower_photos 99 % are within it when recompressed or halved, 98 % with 2 % cut off
each side; of its pairs the one within it is one photo edited twice, the next are different photos.
"""
PLAIN_CONTRAST = 0.02
"""Below this contrast (0 to 0.5) a perceptual hash is noise."""

_MEASURED_FROM = 24  # pictures; below, photos are assumed
_ALL_PAIRS_TO = 1_000  # pictures; above, this many pairs are drawn
_DRAWN_PAIRS = 500_000
_BY_CHANCE = 1 / 1_000  # pairs taken wrongly, for each picture
_TAIL, _TAIL_COUNT = 0.025, 20  # share of pairs that counts as the tail; the fewest to go by
_AGREE = 0.03  # greatest difference of log aspect ratio, brightness and contrast
_PENDING = 1 << 22  # accepted pairs held before they are joined


@dataclass(frozen=True, kw_only=True)
class NearRule:
    """Which pairs are near-duplicates: bits that may differ, -1 where none will do.

    Attributes:
        limit: of any pair.
        agreeing: of a pair that agrees in shape, brightness and contrast.
        measured: whether this was measured on these pictures, not assumed for photos.
    """

    limit: int
    agreeing: int
    measured: bool


@dataclass(frozen=True)
class _Looks:
    hashes: Hashes
    mirrored: Hashes
    traits: NDArray[np.float64]  # log aspect ratio, brightness, contrast (N, 3)

    def agree(self, first: Places, second: Places) -> NDArray[np.bool_]:
        apart: NDArray[np.float64] = np.abs(self.traits[first] - self.traits[second]).max(axis=1)
        return apart < _AGREE


def _looks(pictures: Sequence[PictureFile]) -> _Looks:
    return _Looks(
        np.array([int(picture.phash, 16) for picture in pictures], np.uint64),
        np.array([int(picture.mirrored_phash, 16) for picture in pictures], np.uint64),
        np.array(
            [(np.log(p.width / p.height), p.brightness, p.contrast) for p in pictures], np.float64
        ).reshape(-1, 3),
    )


def _sample(count: int) -> tuple[Places, Places]:
    """Return pairs of different places below `count`, all of them while there are few."""
    if count <= _ALL_PAIRS_TO:
        first, second = np.triu_indices(count, 1)
        return first, second
    draw = np.random.default_rng(0)
    first = draw.integers(count, size=_DRAWN_PAIRS)
    return first, (first + draw.integers(1, count, size=_DRAWN_PAIRS)) % count


def _tail_spread(distances: NDArray[np.uint8], median: float) -> float:
    """Return the standard deviation of the normal curve that the lower tail stays under."""
    shares = np.cumsum(np.bincount(distances, minlength=65)) / len(distances)
    bits = np.arange(65)
    tail = (shares <= _TAIL) & (shares * len(distances) >= _TAIL_COUNT)
    spreads = [
        (median - bit - 1) / -NormalDist().inv_cdf(float(share))
        for bit, share in zip(bits[tail], shares[tail], strict=True)
    ]
    return max(spreads, default=float(np.std(distances)))


def _limit(median: float, spread: float, share: float) -> int:
    """Return the most bits for which no more than `share` of all pairs lie within, at least -1."""
    if share >= 0.5:
        return GREATEST_DISTANCE
    bits = median + spread * NormalDist().inv_cdf(share) - 1
    return int(np.clip(np.floor(bits), -1, GREATEST_DISTANCE))


def _rule(looks: _Looks) -> NearRule:
    count = len(looks.hashes)
    if count < _MEASURED_FROM:
        return NearRule(limit=GREATEST_DISTANCE, agreeing=GREATEST_DISTANCE, measured=False)
    first, second = _sample(count)
    distances = np.concatenate(
        [
            np.bitwise_count(looks.hashes[first] ^ looks.hashes[second]),
            np.bitwise_count(looks.hashes[first] ^ looks.mirrored[second]),
        ]
    )
    different = distances[distances > GREATEST_DISTANCE]  # true duplicates are no chance
    if 2 * len(different) < len(distances):
        return NearRule(limit=-1, agreeing=-1, measured=True)
    median = float(np.median(different))
    spread = _tail_spread(different, median)
    share = _BY_CHANCE * count / (count * (count - 1))
    agreeing = float(looks.agree(first, second).mean())
    return NearRule(
        limit=_limit(median, spread, share),
        agreeing=_limit(median, spread, share / agreeing if agreeing else 1.0),
        measured=True,
    )


def join_clusters(numbers: Places, first: Places, second: Places) -> Places:
    """Return the cluster numbers after joining those of each pair.

    Args:
        numbers: of each picture's cluster, int64 `(N,)`, 0 to N - 1.
        first: places of pictures `(P,)`.
        second: as many, each one thing with that of `first`.

    >>> join_clusters(np.arange(4), np.array([3]), np.array([1])).tolist()
    [0, 1, 2, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = int(numbers.max()) + 1
    ones = np.ones(len(first), np.int8)
    graph = coo_array((ones, (numbers[first], numbers[second])), shape=(size, size))
    _, joined = connected_components(graph, directed=False)
    return np.asarray(joined[numbers], np.int64)


def _same_hash(looks: _Looks, rule: NearRule) -> tuple[Places, Places]:
    """Return pairs with equal hashes, each picture with the next by brightness: chains, no grid."""
    order = np.lexsort((looks.traits[:, 1], looks.hashes))
    first, second = order[:-1], order[1:]
    equal = looks.hashes[first] == looks.hashes[second]
    if rule.limit < 0:
        equal &= looks.agree(first, second)
    return first[equal], second[equal]


def _near(looks: _Looks, numbers: Places, rule: NearRule) -> Places:
    """Return the cluster numbers after joining near-duplicates."""
    if rule.agreeing < 0 or len(numbers) < 2:
        return numbers
    numbers = join_clusters(numbers, *_same_hash(looks, rule))
    _, chosen = np.unique(numbers, return_index=True)  # one picture speaks for its equals
    hashes, mirrored = looks.hashes[chosen], looks.mirrored[chosen]
    pending: list[tuple[Places, Places]] = []
    held = 0
    for queries in (hashes, mirrored):
        for query, entry, differ in near_pairs(queries, hashes, max(rule.limit, rule.agreeing)):
            first, second = chosen[query], chosen[entry]
            near = first != second
            near &= (differ <= rule.limit) | (
                (differ <= rule.agreeing) & looks.agree(first, second)
            )
            pending.append((first[near], second[near]))
            held += int(near.sum())
            if held > _PENDING:
                numbers = join_clusters(numbers, *map(np.concatenate, zip(*pending, strict=True)))
                pending, held = [], 0
    if pending:
        numbers = join_clusters(numbers, *map(np.concatenate, zip(*pending, strict=True)))
    return numbers


@dataclass(frozen=True, eq=False)
class Duplicates:
    """The number of each picture's cluster of near-duplicates `(N,)`, and by which rule."""

    clusters: tuple[int, ...]
    rule: NearRule


def find_duplicates(pictures: Sequence[PictureFile]) -> Duplicates:
    """Return which pictures are exact or near-duplicates of each other.

    Two pictures are together if their bytes are equal, if their perceptual hashes (or the hash of
    one and of the other mirrored) are within the limit of the rule, or if a third one joins them.
    Numbers count from 0 in the order of the clusters' first members.
    """
    by_bytes: dict[str, int] = {}
    numbers = np.array(
        [by_bytes.setdefault(picture.sha256, len(by_bytes)) for picture in pictures], np.int64
    )
    textured = np.flatnonzero([picture.contrast >= PLAIN_CONTRAST for picture in pictures])
    _, chosen = np.unique(numbers[textured], return_index=True)
    speaking = textured[chosen]  # one picture of each content
    looks = _looks([pictures[place] for place in speaking])
    rule = _rule(looks)
    if len(speaking) > 1:
        found = _near(looks, np.arange(len(speaking)), rule)
        first = np.unique(found, return_index=True)[1][found]
        numbers = join_clusters(numbers, speaking, speaking[first])
    _, firsts, where = np.unique(numbers, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(firsts))
    return Duplicates(tuple(rank[where].tolist()), rule)


def clusters(pictures: Sequence[PictureFile]) -> tuple[int, ...]:
    """Return the number of each picture's cluster of near-duplicates `(N,)`."""
    return find_duplicates(pictures).clusters


_found: dict[int, tuple[weakref.ref[Snapshot], Duplicates]] = {}


def snapshot_duplicates(snapshot: Snapshot) -> Duplicates:
    """Return the duplicates in a snapshot, remembered for as long as it lives."""
    key = id(snapshot)
    known = _found.get(key)
    if known is not None and known[0]() is snapshot:
        return known[1]
    duplicates = find_duplicates(snapshot.pictures)
    _found[key] = weakref.ref(snapshot, lambda _: _found.pop(key, None)), duplicates
    return duplicates


def snapshot_clusters(snapshot: Snapshot) -> tuple[int, ...]:
    """Return the number of each picture's cluster in a snapshot, remembered likewise."""
    return snapshot_duplicates(snapshot).clusters


def duplicate_groups(numbers: Sequence[int], places: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return the clusters with two or more of `places`, the largest first.

    Args:
        numbers: of each picture's cluster.
        places: which pictures to look at, ascending.

    >>> duplicate_groups((0, 1, 0, 1, 1, 2), (0, 1, 2, 4, 5))
    ((0, 2), (1, 4))
    """
    members: dict[int, list[int]] = {}
    for place in places:
        members.setdefault(numbers[place], []).append(place)
    groups = [tuple(group) for group in members.values() if len(group) > 1]
    return tuple(sorted(groups, key=lambda group: (-len(group), group)))
