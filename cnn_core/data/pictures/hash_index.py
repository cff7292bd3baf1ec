"""Find the pairs of 64-bit hashes that differ in a few bits, without comparing all with all.

Multi-index hashing (Norouzi, Punjani and Fleet 2012, section 3): hashes that differ in at most r
bits differ in at most r // m bits in one of m bands at least, so only hashes that share such a band
are compared. Five bands of 12 or 13 bits serve up to nine bits: 100,000 spread hashes take seconds.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

GREATEST = 9
"""The most bits in which a pair may differ."""

_BANDS = ((0, 13), (13, 13), (26, 13), (39, 13), (52, 12))  # lowest bit, width
_CHUNK = 1 << 21  # candidates compared at once

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]


def _candidates(starts: Places, counts: Places) -> Iterator[tuple[Places, Places]]:
    """Yield (query, slot of the table) for each query's run of slots, so many pairs at once."""
    ends = np.cumsum(counts)
    first = 0
    while first < len(counts):
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + _CHUNK, side="right")))
        chosen = counts[first:last]
        query = np.repeat(np.arange(first, last), chosen)
        within = np.arange(len(query)) - np.repeat(np.cumsum(chosen) - chosen, chosen)
        yield query, starts[query] + within
        first = last


def near_pairs(
    queries: Hashes, table: Hashes, limit: int
) -> Iterator[tuple[Places, Places, NDArray[np.uint8]]]:
    """Yield (places in queries, places in table, bits that differ) of the pairs within `limit`.

    A pair may come more than once.

    Args:
        queries: uint64 `(Q,)`.
        table: uint64 `(T,)`.
        limit: 0 to `GREATEST`.

    >>> found = near_pairs(np.array([7], np.uint64), np.array([1 << 40, 3], np.uint64), 1)
    >>> sorted({(int(q), int(t), int(d)) for a, b, c in found for q, t, d in zip(a, b, c)})
    [(0, 1, 1)]
    """
    radius = limit // len(_BANDS)
    for low, width in _BANDS:
        shift, mask = np.uint64(low), np.uint64((1 << width) - 1)
        keys = ((table >> shift) & mask).astype(np.int64)
        asked = ((queries >> shift) & mask).astype(np.int64)
        order = np.argsort(keys, kind="stable")
        sizes = np.bincount(keys, minlength=1 << width)
        begins = np.cumsum(sizes) - sizes
        for flip in (0, *(1 << bit for bit in range(width))) if radius else (0,):
            bucket = asked ^ flip
            for query, slot in _candidates(begins[bucket], sizes[bucket]):
                entry = order[slot]
                differ = np.bitwise_count(queries[query] ^ table[entry])
                near = differ <= limit
                yield query[near], entry[near], differ[near]
