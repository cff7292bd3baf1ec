"""Near-duplicates: copies are found, different pictures are not, and how near is measured."""

import io
from dataclasses import replace
from itertools import combinations

import networkx
import numpy as np
import pytest
from PIL import Image, ImageOps

from cnn_core.data.pictures.drawn_flowers import LABELS, drawn_flower
from cnn_core.data.pictures.duplicates import (
    clusters,
    duplicate_groups,
    find_duplicates,
    snapshot_duplicates,
)
from cnn_core.data.pictures.hash_index import GREATEST, near_pairs
from cnn_core.data.pictures.measure import measure
from tests.data.snapshots import made_picture, plain_snapshot


def _recompressed(picture):
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=50)
    return Image.open(io.BytesIO(file.getvalue()))


def _trimmed(picture):
    width, height = picture.size
    return picture.crop((2, 2, width - 2, height - 2))


COPIES = {
    "recompressed": _recompressed,
    "half as large": lambda picture: picture.resize((80, 80)),
    "mirrored": lambda picture: _recompressed(ImageOps.mirror(picture)),
    "squashed": lambda picture: picture.resize((160, 110)),
    "trimmed": _trimmed,
}


def _seen(number, picture):
    """What intake would write down of a picture."""
    phash, mirrored, brightness, contrast = measure(np.asarray(picture.convert("RGB")))
    return made_picture(
        number, "drawn", phash=phash, mirrored_phash=mirrored, brightness=brightness,
        contrast=contrast, width=picture.width, height=picture.height,
    )  # fmt: skip


@pytest.fixture(scope="module")
def flowers():
    return [drawn_flower(label, number) for number in range(5) for label in LABELS]


@pytest.fixture(scope="module")
def seen(flowers):
    return [_seen(number, flower) for number, flower in enumerate(flowers)]


def test_different_pictures_are_no_duplicates(seen):
    assert clusters(seen) == tuple(range(len(seen)))


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_found_and_nothing_else(flowers, seen, kind):
    copies = [_seen(100 + number, COPIES[kind](flowers[number])) for number in (3, 17, 22)]
    numbers = clusters([*seen, *copies])
    groups = duplicate_groups(numbers, range(len(numbers)))
    assert set(groups) == {(3, 25), (17, 26), (22, 27)}


def test_the_one_pair_of_sunflowers_is_found(data_home):
    """Every pair of the folder was looked at: this photo is there twice, edited."""
    files = sorted((data_home / "flower_photos" / "sunflowers").glob("*.jpg"))
    pictures = []
    for number, file in enumerate(files):
        with Image.open(file) as picture:
            picture.draft("RGB", (160, 160))
            pictures.append(_seen(number, picture))
    groups = duplicate_groups(clusters(pictures), range(len(pictures)))
    found = [{files[place].name for place in group} for group in groups]
    assert found == [{"14741866338_bdc8bfc8d5_n.jpg", "14925398301_55a180f919_n.jpg"}]


def test_equal_bytes_are_together_whatever_they_show():
    blank = [made_picture(number, "roses", contrast=0.0, like=0) for number in range(3)]
    twice = made_picture(9, "tulips", contrast=0.0, sha256=blank[1].sha256)
    assert clusters([*blank, twice]) == (0, 1, 2, 1)


def test_pictures_that_all_look_alike_are_not_put_together():
    """Handwriting, icons, X-rays: hashes scatter around one, and chance alone makes them near."""
    rng = np.random.default_rng(2)
    flips = [sum(1 << int(bit) for bit in rng.permutation(64)[:8]) for _ in range(300)]
    alike = [made_picture(n, "x", like=0, flip=flip) for n, flip in enumerate(flips)]
    near = sum(
        (int(a.phash, 16) ^ int(b.phash, 16)).bit_count() <= 8 for a, b in combinations(alike, 2)
    )
    found = find_duplicates(alike)
    assert near > 100  # a fixed limit of 8 bits would have taken these for duplicates
    assert (found.rule.limit, found.rule.measured) == (-1, True)
    assert len(set(found.clusters)) > 290


def test_where_hashes_lie_close_what_else_is_known_has_to_agree():
    """As X-rays do: hashes 20 bits apart, of every brightness."""
    rng = np.random.default_rng(5)
    alike = [
        made_picture(
            n, "x", like=0, flip=sum(1 << int(bit) for bit in rng.permutation(64)[:12]),
            brightness=float(rng.uniform(0.2, 0.8)), contrast=float(rng.uniform(0.1, 0.3)),
        )
        for n in range(300)
    ]  # fmt: skip
    same, brighter = replace(alike[0], sha256="a" * 64), replace(alike[1], sha256="b" * 64)
    brighter = replace(brighter, brightness=(alike[1].brightness + 0.3) % 1)
    nearly = [
        replace(each, phash=f"{int(each.phash, 16) ^ 0b11111:016x}") for each in (same, brighter)
    ]
    found = find_duplicates([*alike, *nearly])
    assert found.rule.limit < 5 <= found.rule.agreeing
    assert found.clusters[300] == found.clusters[0]
    assert found.clusters[301] == max(found.clusters)


def test_burst_pictures_do_not_switch_the_search_off():
    """Where every picture comes six times, likeness of the copies says nothing about chance."""
    bursts = [
        made_picture(6 * shot + take, "x", like=shot, flip=1 << take)
        for shot in range(40)
        for take in range(6)
    ]
    assert clusters(bursts) == tuple(shot for shot in range(40) for _ in range(6))


def test_clusters_are_those_of_comparing_all_with_all():
    rng = np.random.default_rng(3)
    pictures = [
        made_picture(
            n, "x", like=int(rng.integers(60)), mirrored_phash=f"{int(rng.integers(2**63)):016x}",
            flip=sum(1 << int(bit) for bit in rng.permutation(64)[: rng.integers(7)]),
        )
        for n in range(150)
    ]  # fmt: skip
    for number in range(0, 30, 3):  # the mirror image of another one
        image, back = pictures[number].mirrored_phash, pictures[number + 30].phash
        pictures.append(made_picture(200 + number, "x", phash=image))
        pictures.append(made_picture(300 + number, "x", mirrored_phash=back))
    found = find_duplicates(pictures)
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(pictures)))
    for (i, a), (j, b) in combinations(enumerate(pictures), 2):
        views = [(a.phash, b.phash), (a.phash, b.mirrored_phash), (a.mirrored_phash, b.phash)]
        bits = min((int(x, 16) ^ int(y, 16)).bit_count() for x, y in views)
        agree = (a.width, a.brightness, a.contrast) == (b.width, b.brightness, b.contrast)
        if bits <= found.rule.limit or (agree and bits <= found.rule.agreeing):
            graph.add_edge(i, j)
    expected = {frozenset(group) for group in networkx.connected_components(graph)}
    groups: dict[int, set[int]] = {}
    for place, number in enumerate(found.clusters):
        groups.setdefault(number, set()).add(place)
    assert {frozenset(group) for group in groups.values()} == expected
    assert 1 < len(expected) < 150


@pytest.mark.parametrize("limit", [0, 3, 5, GREATEST])
def test_the_index_finds_every_pair_within_the_limit(limit):
    rng = np.random.default_rng(limit)
    table = rng.integers(0, 2**64, size=400, dtype=np.uint64)
    queries = table[:200].copy()
    for row in range(200):
        for bit in rng.permutation(64)[: row % 13]:
            queries[row] ^= np.uint64(1 << int(bit))
    bits = np.bitwise_count(queries[:, None] ^ table[None])
    found = {
        (int(q), int(t), int(d))
        for some in near_pairs(queries, table, limit)
        for q, t, d in zip(*some, strict=True)
    }
    assert found == {(int(q), int(t), int(bits[q, t])) for q, t in np.argwhere(bits <= limit)}
    assert len(found) > 10


def test_a_snapshot_is_searched_once_and_forgotten_with_it():
    snapshot = plain_snapshot(roses=3, tulips=3)
    assert snapshot_duplicates(snapshot) is snapshot_duplicates(snapshot)
    other = plain_snapshot(roses=2, tulips=2)  # of the same id
    assert len(snapshot_duplicates(other).clusters) == 4


def test_no_pictures_make_no_clusters():
    assert clusters([]) == ()
