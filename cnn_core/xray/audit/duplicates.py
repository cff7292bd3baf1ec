"""Films that are one film: by bytes, by a perceptual hash, by what a network says of them.

The hash has 256 bits (`hash_size=16`): films at most `NEAR` bits apart are one film, up to `REVIEW`
bits a person has to look (the nearest two different patients of a real set stood at 62). A film is
compared with every other one as it is, inverted and mirrored. Crops and turns, which the hash
misses, are looked for among the embeddings of a network and shown to a person, never joined.

All with all, in blocks: ten thousand films are fifty million comparisons, a few seconds, in memory
that does not grow with their number.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.films import Film, FilmSet
from cnn_core.results.xray_audit import DuplicatePair
from cnn_core.xray.splits import joined, patient_numbers

NEAR, REVIEW = 40, 56
"""Bits of 256: up to the first, two films are one; up to the second, a person looks."""
ALIKE = 0.10
"""Cosine distance of two embeddings up to which a person looks for a crop or a turn.

Measured with EfficientNet-Lite0 at 112 pixels on 1,478 films: one pair in 500,000 of different
patients is so near, and so are 50 % of copies that lost a twentieth of each side (the hash has 15 %
of them), 79 % of copies turned by two degrees; hardly any that lost a tenth or were turned by five.
"""
MOST_PAIRS = 2_000
"""So many pairs of a kind that only a person can judge are kept, the nearest first."""

_BLOCK = 512
_WORDS = 4  # of 64 bits

Hashes = NDArray[np.uint64]
Integers = NDArray[np.int64]


def hash_words(hashes: Sequence[str]) -> Hashes:
    """Return 256-bit hashes, hexadecimal, as uint64 `(N, 4)`.

    Raises:
        ValueError: one is not of 64 hexadecimal digits.

    >>> hash_words(["0" * 63 + "f"]).tolist()
    [[0, 0, 0, 15]]
    """
    payload = bytes.fromhex("".join(hashes))
    if any(len(text) != 16 * _WORDS for text in hashes):
        raise ValueError("expected hashes of 64 hexadecimal digits, but one has another length.")
    return np.frombuffer(payload, dtype=">u8").astype(np.uint64).reshape(-1, _WORDS)


def near_hashes(
    first: Hashes, second: Hashes, limit: int
) -> Iterator[tuple[Integers, Integers, Integers]]:
    """Yield (place, later place, bits) of the pairs at most `limit` bits apart, block by block.

    Args:
        first: uint64 `(N, 4)`.
        second: of the same films, perhaps altered, uint64 `(N, 4)`.
        limit: 0 to 256.

    >>> words = hash_words(["0" * 64, "f" * 64, "0" * 63 + "7"])
    >>> [[places.tolist() for places in block] for block in near_hashes(words, words, 3)]
    [[[0], [2], [3]]]
    """
    columns = np.ascontiguousarray(second.T)
    for start in range(0, len(first), _BLOCK):
        rows = first[start : start + _BLOCK]
        bits = np.zeros((len(rows), len(first) - start), dtype=np.uint16)
        for word in range(_WORDS):
            bits += np.bitwise_count(rows[:, word, None] ^ columns[None, word, start:])
        row, column = np.nonzero(bits <= limit)
        later = column > row
        row, column = row[later], column[later]
        yield row + start, column + start, bits[row, column].astype(np.int64)


def duplicate_pairs(
    film_set: FilmSet, embeddings: NDArray[np.floating] | None = None
) -> tuple[DuplicatePair, ...]:
    """Return the pairs of films that are nearly one, each once, by its plainest kind.

    Args:
        film_set: the films.
        embeddings: of each, `(N, D)`; without them crops and turns are not looked for.

    Raises:
        ValueError: as many embeddings as films are expected.
    """
    films = film_set.films
    if embeddings is not None and len(embeddings) != len(films):
        raise ValueError(f"expected {len(films)} embeddings, but got {len(embeddings)}.")
    found = {(pair.first, pair.second): pair for pair in _exact_pairs(films)}
    for pair in _hash_pairs(films):
        key = pair.first, pair.second
        if key not in found or (found[key].kind == "review" and pair.kind != "review"):
            found[key] = pair
    if embeddings is not None:
        patients = patient_numbers(film_set)
        for pair in _alike_pairs(embeddings):
            if patients[pair.first] != patients[pair.second]:  # a patient's are together anyway
                found.setdefault((pair.first, pair.second), pair)
    return tuple(sorted(found.values(), key=lambda pair: (pair.first, pair.second)))


def _exact_pairs(films: Sequence[Film]) -> Iterator[DuplicatePair]:
    """Yield each film with the first one of the same bytes, or of the same picture."""
    seen: dict[str, int] = {}
    for place, film in enumerate(films):
        first = seen.get(film.sha256, seen.get(film.picture))
        if first is not None:
            yield DuplicatePair(first=first, second=place, kind="exact", distance=0.0)
        for name in (film.sha256, film.picture):
            seen.setdefault(name, place)


def _hash_pairs(films: Sequence[Film]) -> Iterator[DuplicatePair]:
    plain = hash_words([film.phash for film in films])
    altered = {
        "near": plain,
        "inverted": hash_words([film.inverted_phash for film in films]),
        "mirrored": hash_words([film.mirrored_phash for film in films]),
    }
    for_review: list[DuplicatePair] = []
    for kind, hashes in altered.items():
        for rows, columns, bits in near_hashes(plain, hashes, REVIEW):
            for first, second, apart in zip(
                rows.tolist(), columns.tolist(), bits.tolist(), strict=True
            ):
                one = apart <= NEAR
                pair = DuplicatePair(
                    first=first,
                    second=second,
                    kind=kind if one else "review",  # type: ignore[arg-type]
                    distance=float(apart),
                )
                if one:
                    yield pair
                else:
                    for_review.append(pair)
        for_review = sorted(for_review, key=lambda pair: pair.distance)[:MOST_PAIRS]
    yield from for_review


def _alike_pairs(embeddings: NDArray[np.floating]) -> Iterator[DuplicatePair]:
    """Yield the pairs whose embeddings point the same way, the nearest `MOST_PAIRS`."""
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    rows = (embeddings / np.maximum(lengths, 1e-12)).astype(np.float32)
    found: list[tuple[float, int, int]] = []
    for start in range(0, len(rows), _BLOCK):
        away = 1.0 - rows[start : start + _BLOCK] @ rows[start:].T
        row, column = np.nonzero(away <= ALIKE)
        later = column > row
        row, column = row[later], column[later]
        distances = np.maximum(away[row, column], 0.0).tolist()
        found += zip(distances, (row + start).tolist(), (column + start).tolist(), strict=True)
        found = sorted(found)[:MOST_PAIRS]
    for distance, first, second in found:
        yield DuplicatePair(first=first, second=second, kind="crop", distance=distance)


def groups_from(film_set: FilmSet, pairs: Sequence[DuplicatePair]) -> Integers:
    """Return the group of each film, int64 `(N,)`: a patient's films and all copies of them.

    Pairs that only a person can judge ("review", "crop") join nothing.
    """
    count = len(film_set.films)
    parents = list(range(count))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    for pair in pairs:
        if pair.kind not in ("review", "crop"):
            parents[root(pair.second)] = root(pair.first)
    copies = np.array([root(place) for place in range(count)], dtype=np.int64)
    return joined(copies, patient_numbers(film_set))


def groups_of(film_set: FilmSet) -> Integers:
    """Return what no split may divide: each film's group from 0 without a gap, int64 `(N,)`.

    A group is a patient with everything that is a copy of a film of theirs; where no patient is
    named, copies alone hold films together.
    """
    return groups_from(film_set, duplicate_pairs(film_set))
