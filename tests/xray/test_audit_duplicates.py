"""Copies of films: found as they are, inverted, mirrored, resized; what joins and what does not."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from cnn_core.data.films.canonical import canonical, film_hashes
from cnn_core.data.films.phantom_drawing import drawn_phantom
from cnn_core.results.films import SIDE
from cnn_core.xray.audit import groups_of
from cnn_core.xray.audit.duplicate_flags import duplicate_flags
from cnn_core.xray.audit.duplicates import (
    MOST_PAIRS,
    NEAR,
    REVIEW,
    found_copies,
    groups_from,
    hash_words,
)
from tests.film_sets import film_set, of_films


def hashed(film, pixels, **changed):
    """Return the film with the picture and hashes of `pixels`, uint8."""
    picture = canonical(pixels.astype(np.float32) / 255)
    plain, inverted, mirrored = film_hashes(picture, pixels.shape[1], pixels.shape[0])
    name = f"{abs(hash(picture.tobytes())):064x}"
    return dataclasses.replace(
        film,
        phash=plain,
        inverted_phash=inverted,
        mirrored_phash=mirrored,
        sha256=name,
        picture=name,
        **changed,
    )


@pytest.fixture(scope="module")
def drawn():
    """Six phantoms of six patients, and a set of them."""
    pixels = [drawn_phantom((0, patient), 0) for patient in range(6)]
    films = [hashed(film, own) for film, own in zip(film_set(2).films, pixels, strict=True)]
    return pixels, films


def altered(pixels, how):
    """Return a copy of a film as the trap has it."""
    if how == "mirrored":
        return np.ascontiguousarray(pixels[:, ::-1])
    if how == "inverted":
        return 255 - pixels
    return np.asarray(Image.fromarray(pixels).resize((220, 220), Image.Resampling.LANCZOS))


@pytest.mark.parametrize(
    ("how", "kind"), [("mirrored", "mirrored"), ("inverted", "inverted"), ("resized", "near")]
)
def test_a_copy_under_another_patient_is_found_and_joined(drawn, how, kind):
    pixels, films = drawn
    copy = hashed(films[0], altered(pixels[0], how), patient="somebody else", name="copy.png")
    found = of_films([*films, copy])
    copies = found_copies(found)
    pairs = copies.pairs
    assert [(pair.first, pair.second) for pair in pairs if pair.kind != "review"] == [(0, 6)]
    assert next(pair.kind for pair in pairs if pair.kind != "review") == kind
    groups = groups_of(found)
    assert groups[0] == groups[6]
    assert len(set(groups.tolist())) == 6
    levels = {flag.name: flag.level for flag in duplicate_flags(copies, embedded=False)}
    name = {"near": "near-duplicates"}.get(kind, f"{kind}-duplicates")
    assert levels[name] == levels["copies-under-two-patients"] == "amber"
    assert levels["crops-and-turns"] == "not judged"


def test_different_patients_are_no_copies(drawn):
    _, films = drawn
    assert len(set(groups_of(of_films(films)).tolist())) == len(films)


def test_a_copy_with_another_label_is_red_unless_the_patient_is_the_same(drawn):
    pixels, films = drawn
    other = hashed(films[0], pixels[0], label="covid19", name="copy.png")
    strange = dataclasses.replace(other, patient="somebody else")

    def level(copy):
        found = of_films([*films, copy])
        flags = duplicate_flags(found_copies(found), embedded=True)
        return next(flag.level for flag in flags if flag.name == "copies-with-two-labels")

    assert level(other) == "amber"
    assert level(strange) == "red"
    assert level(dataclasses.replace(other, label="normal")) == "green"


def test_blocks_compare_all_with_all(monkeypatch):
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (1_100, 256))
    bits[1_050] = bits[3]
    bits[1_050, :40] ^= 1
    bits[700] = bits[600]
    bits[700, :41] ^= 1
    names = [f"{int(''.join(map(str, row)), 2):064x}" for row in bits.tolist()]
    films = [
        dataclasses.replace(film, phash=name, inverted_phash="0" * 64, mirrored_phash="0" * 64)
        for film, name in zip(film_set(367).films, names, strict=False)
    ]
    monkeypatch.setattr("cnn_core.xray.audit.duplicates._CELLS", 300 * len(films))
    copies = found_copies(of_films(films))
    found = [(pair.first, pair.second, pair.kind, pair.distance) for pair in copies.pairs]
    assert found == [(3, 1_050, "near", 40.0), (600, 700, "review", 41.0)]
    assert {kind: count for kind, count in copies.counts.items() if count} == {
        "near": 1,
        "review": 1,
    }
    assert (NEAR, REVIEW) == (40, 56)


def test_a_pair_for_review_joins_nothing_and_a_hash_of_another_length_is_refused():
    first, second = film_set(1).films[:2]
    names = {41: f"{(1 << 41) - 1:064x}", 40: f"{(1 << 40) - 1:064x}"}
    for bits, together in names.items():
        plain = dataclasses.replace(first, phash="0" * 64)
        other = dataclasses.replace(second, phash=together)
        assert len(set(groups_of(of_films([plain, other])).tolist())) == 1 + (bits > NEAR)
    with pytest.raises(ValueError, match="64 hexadecimal"):
        hash_words(["ab"])


def test_thousands_of_alike_films_are_counted_and_joined_and_the_nearest_pairs_kept():
    base = film_set(167, classes=("normal", "covid19"), films_each=1).films
    names = [f"{(1 << (place % 5)) - 1:064x}" for place in range(len(base))]  # 0 to 4 bits apart
    films = [
        dataclasses.replace(film, phash=name, inverted_phash="f" * 64, mirrored_phash="f" * 64)
        for film, name in zip(base, names, strict=True)
    ]
    found = of_films(films)
    copies = found_copies(found, np.eye(len(films)))
    every = len(films) * (len(films) - 1) // 2
    assert copies.counts["near"] == every
    assert len(copies.pairs) == MOST_PAIRS
    assert {pair.distance for pair in copies.pairs} == {0.0}  # there are more of them
    assert set(groups_of(found).tolist()) == {0}
    flags = {flag.name: flag.value for flag in duplicate_flags(copies, embedded=True)}
    assert flags["near-duplicates"] == flags["copies-under-two-patients"] == every
    assert flags["copies-with-two-labels"] == 167 * 167


def test_films_of_a_patient_are_one_group_and_nameless_films_their_own():
    found = film_set(3, films_each=2)
    assert np.bincount(groups_of(found)).tolist() == [2] * 9
    nameless = of_films([dataclasses.replace(film, patient="") for film in found.films])
    assert len(set(groups_of(nameless).tolist())) == 18


def test_equal_bytes_or_pictures_are_exact_copies():
    first, second, third = film_set(1).films
    again = dataclasses.replace(third, picture=first.picture)
    pairs = found_copies(of_films([first, second, again])).pairs
    assert [(pair.first, pair.second, pair.kind) for pair in pairs] == [(0, 2, "exact")]


def test_embeddings_show_a_person_films_of_different_patients_that_look_alike():
    found = film_set(2, films_each=2)
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(12, 64)).astype(np.float32)
    embeddings[1] = embeddings[0]  # the same patient: together anyway
    embeddings[5] = 3 * embeddings[2] + 0.01 * embeddings[3]
    copies = found_copies(found, embeddings)
    pairs = copies.pairs
    assert [(pair.first, pair.second, pair.kind) for pair in pairs] == [(2, 5, "crop")]
    assert 0 <= pairs[0].distance < 0.01
    assert np.bincount(groups_from(found, copies)).tolist() == [2] * 6
    with pytest.raises(ValueError, match="12 embeddings"):
        found_copies(found, embeddings[:3])


def test_pictures_have_the_side_that_hashes_are_made_for(drawn):
    pixels, _ = drawn
    assert canonical(pixels[0].astype(np.float32) / 255).shape == (SIDE, SIDE)
