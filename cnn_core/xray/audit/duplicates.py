"""Films that are one film: by bytes, by a perceptual hash, by what a network says of them.

The hash has 256 bits (`hash_size=16`): films at most `NEAR` bits apart are one film, up to `REVIEW`
bits a person has to look (the nearest two different patients of a real set stood at 62). A film is
compared with every other one as it is, inverted and mirrored. Crops and turns, which the hash
misses, are looked for among the embeddings of a network and shown to a person, never joined.

All with all, in blocks: ten thousand films are fifty million comparisons, a few seconds, in memory
that does not grow with the number of pairs: all are counted and joined, the nearest are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.duplicates import join_clusters
from cnn_core.results.films import MISSING, Film, FilmSet
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
"""So many pairs of a kind are kept, the nearest; all are counted, and all copies are joined."""

COPIES = ("exact", "near", "inverted", "mirrored")
"""Kinds of pairs that are one film: they join groups."""
KINDS = (*COPIES, "review", "crop")

_CELLS = 1 << 21  # films compared with films at once
_WORDS = 4  # of 64 bits

Hashes = NDArray[np.uint64]
Integers = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Copies:
    """Which films are nearly one.

    Attributes:
        pairs: the nearest `MOST_PAIRS` of each kind, by their places.
        counts: how many pairs there are of each of `KINDS`, kept or not.
        clusters: number of each film's copies, int64 `(N,)`; films without a copy are alone.
        two_labels: pairs of copies with two labels.
        mislabelled: those of them that are not of one named patient.
        two_patients: pairs of copies under two named patients.
    """

    pairs: tuple[DuplicatePair, ...]
    counts: dict[str, int]
    clusters: Integers
    two_labels: int
    mislabelled: int
    two_patients: int


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


def found_copies(film_set: FilmSet, embeddings: NDArray[np.floating] | None = None) -> Copies:
    """Return which films are nearly one, each pair once, by its plainest kind.

    Args:
        film_set: the films.
        embeddings: of each, `(N, D)`; without them crops and turns are not looked for.

    Raises:
        ValueError: as many embeddings as films are expected.
    """
    films = film_set.films
    if embeddings is not None and len(embeddings) != len(films):
        raise ValueError(f"expected {len(films)} embeddings, but got {len(embeddings)}.")
    seen = _Seen.of(films, embeddings)
    labels = _numbers([film.label for film in films])
    patients = patient_numbers(film_set)
    named = np.array([film.patient != MISSING for film in films], dtype=np.bool_)
    clusters = np.arange(len(films))
    kept = [_Nearest() for _ in KINDS]
    two_labels = mislabelled = two_patients = 0
    rows = max(1, _CELLS // max(1, len(films)))
    for start in range(0, len(films), rows):
        first, second, kinds, apart = seen.block(start, start + rows)
        last = KINDS.index("crop")  # of one patient: together anyway
        other = (kinds != last) | (patients[first] != patients[second])
        first, second, kinds, apart = first[other], second[other], kinds[other], apart[other]
        for number, nearest in enumerate(kept):
            own = kinds == number
            nearest.add(first[own], second[own], apart[own])
        one = kinds < len(COPIES)
        first, second = first[one], second[one]
        clusters = _joined(clusters, first, second)
        differ = labels[first] != labels[second]
        people = named[first] & named[second]
        strangers = patients[first] != patients[second]
        two_labels += int(differ.sum())
        mislabelled += int((differ & (strangers | ~people)).sum())
        two_patients += int((people & strangers).sum())
    pairs = [
        DuplicatePair(first=first, second=second, kind=kind, distance=apart)  # type: ignore[arg-type]
        for kind, nearest in zip(KINDS, kept, strict=True)
        for first, second, apart in nearest.rows()
    ]
    return Copies(
        pairs=tuple(sorted(pairs, key=lambda pair: (pair.first, pair.second))),
        counts={kind: nearest.count for kind, nearest in zip(KINDS, kept, strict=True)},
        clusters=clusters,
        two_labels=two_labels,
        mislabelled=mislabelled,
        two_patients=two_patients,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """What films are compared by, a row a film; `embeddings` of length 1."""

    contents: tuple[Integers, Integers]
    plain: Hashes
    altered: tuple[Hashes, ...]
    embeddings: Floats | None

    @classmethod
    def of(cls, films: Sequence[Film], embeddings: NDArray[np.floating] | None) -> "_Seen":
        plain = hash_words([film.phash for film in films])
        inverted = hash_words([film.inverted_phash for film in films])
        mirrored = hash_words([film.mirrored_phash for film in films])
        rows = None
        if embeddings is not None:
            lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
            rows = (embeddings / np.maximum(lengths, 1e-12)).astype(np.float32)
        return cls(
            contents=(
                _numbers([film.sha256 for film in films]),
                _numbers([film.picture for film in films]),
            ),
            plain=plain,
            altered=(plain, inverted, mirrored),
            embeddings=rows,
        )

    def block(self, start: int, stop: int) -> tuple[Integers, Integers, Integers, Floats]:
        """Return (place, later place, number of kind, distance) of the pairs of some rows."""
        bits = [_bits(self.plain[start:stop], hashes[start:]) for hashes in self.altered]
        alike = np.minimum.reduce(bits) <= REVIEW
        for numbers in self.contents:
            alike |= numbers[start:stop, None] == numbers[None, start:]
        away = None
        if self.embeddings is not None:
            away = 1.0 - self.embeddings[start:stop] @ self.embeddings[start:].T
            alike |= away <= ALIKE
        row, column = np.nonzero(np.triu(alike, 1))
        first, second = row + start, column + start
        exact = np.zeros(len(row), dtype=np.bool_)
        for numbers in self.contents:
            exact |= numbers[first] == numbers[second]
        apart = [each[row, column] for each in bits]
        least = np.minimum.reduce(apart)
        crop = np.zeros(len(row)) if away is None else np.maximum(away[row, column], 0)
        ways = [exact, *(each <= NEAR for each in apart), least <= REVIEW]
        kinds = np.select(ways, range(len(ways)), KINDS.index("crop"))
        distances = np.select(ways, [np.zeros(len(row)), *apart, least], crop)
        return first, second, kinds, distances.astype(np.float32)


class _Nearest:
    """The nearest `MOST_PAIRS` of all pairs that are added, and how many those were."""

    def __init__(self) -> None:
        self.count = 0
        self._pairs = np.zeros((2, 0), dtype=np.int64)
        self._apart = np.zeros(0, dtype=np.float32)

    def add(self, first: Integers, second: Integers, apart: Floats) -> None:
        self.count += len(first)
        pairs = np.concatenate([self._pairs, np.stack([first, second])], axis=1)
        distances = np.concatenate([self._apart, apart])
        if len(distances) > MOST_PAIRS:
            limit = np.partition(distances, MOST_PAIRS - 1)[MOST_PAIRS - 1]
            nearer = np.flatnonzero(distances < limit)
            level = np.flatnonzero(distances == limit)[: MOST_PAIRS - len(nearer)]
            chosen = np.sort(np.concatenate([nearer, level]))
            pairs, distances = pairs[:, chosen], distances[chosen]
        self._pairs, self._apart = pairs, distances

    def rows(self) -> list[tuple[int, int, float]]:
        return list(zip(*self._pairs.tolist(), self._apart.tolist(), strict=True))


def _bits(first: Hashes, second: Hashes) -> NDArray[np.uint16]:
    """Return in how many bits each of `first` `(A, 4)` differs from each of `second` `(B, 4)`."""
    columns = np.ascontiguousarray(second.T)
    bits = np.zeros((len(first), len(second)), dtype=np.uint16)
    for word in range(_WORDS):
        bits += np.bitwise_count(first[:, word, None] ^ columns[None, word])
    return bits


def _numbers(names: Sequence[str]) -> Integers:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)


def _joined(clusters: Integers, first: Integers, second: Integers) -> Integers:
    new = clusters[first] != clusters[second]
    return join_clusters(clusters, first[new], second[new]) if new.any() else clusters


def groups_from(film_set: FilmSet, copies: Copies) -> Integers:
    """Return the group of each film, int64 `(N,)`: a patient's films and all copies of them.

    Pairs that only a person can judge ("review", "crop") join nothing.
    """
    return joined(copies.clusters, patient_numbers(film_set))


def groups_of(film_set: FilmSet) -> Integers:
    """Return what no split may divide: each film's group from 0 without a gap, int64 `(N,)`.

    A group is a patient with everything that is a copy of a film of theirs; where no patient is
    named, copies alone hold films together.
    """
    return groups_from(film_set, found_copies(film_set))
