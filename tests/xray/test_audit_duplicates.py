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
    NEAR,
    REVIEW,
    duplicate_pairs,
    groups_from,
    hash_words,
    near_hashes,
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
    pairs = duplicate_pairs(found)
    assert [(pair.first, pair.second) for pair in pairs if pair.kind != "review"] == [(0, 6)]
    assert next(pair.kind for pair in pairs if pair.kind != "review") == kind
    groups = groups_of(found)
    assert groups[0] == groups[6]
    assert len(set(groups.tolist())) == 6
    levels = {flag.name: flag.level for flag in duplicate_flags(found, pairs, embedded=False)}
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
        flags = duplicate_flags(found, duplicate_pairs(found), embedded=True)
        return next(flag.level for flag in flags if flag.name == "copies-with-two-labels")

    assert level(other) == "amber"
    assert level(strange) == "red"
    assert level(dataclasses.replace(other, label="normal")) == "green"


def test_blocks_compare_all_with_all():
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (1_100, 256))
    bits[1_050] = bits[3]
    bits[1_050, :40] ^= 1
    bits[700] = bits[600]
    bits[700, :41] ^= 1
    names = [f"{int(''.join(map(str, row)), 2):064x}" for row in bits.tolist()]
    words = hash_words(names)
    found = [
        (int(a), int(b), int(apart))
        for block in near_hashes(words, words, 56)
        for a, b, apart in zip(*block, strict=True)
    ]
    assert sorted(found) == [(3, 1_050, 40), (600, 700, 41)]
    films = [
        dataclasses.replace(film, phash=name, inverted_phash="0" * 64, mirrored_phash="0" * 64)
        for film, name in zip(film_set(367).films, names, strict=False)
    ]
    kinds = {(pair.first, pair.second): pair.kind for pair in duplicate_pairs(of_films(films))}
    assert kinds == {(3, 1_050): "near", (600, 700): "review"}
    assert (NEAR, REVIEW) == (40, 56)


def test_a_pair_for_review_joins_nothing_and_a_hash_of_another_length_is_refused():
    films = film_set(2).films
    pairs = duplicate_pairs(of_films(films))
    review = [
        dataclasses.replace(pair, kind="review")
        for pair in [*pairs, *duplicate_pairs(of_films([films[0], films[0]]))]
    ]
    assert len(set(groups_from(of_films(films), review).tolist())) == 6
    with pytest.raises(ValueError, match="64 hexadecimal"):
        hash_words(["ab"])


def test_films_of_a_patient_are_one_group_and_nameless_films_their_own():
    found = film_set(3, films_each=2)
    assert np.bincount(groups_of(found)).tolist() == [2] * 9
    nameless = of_films([dataclasses.replace(film, patient="") for film in found.films])
    assert len(set(groups_of(nameless).tolist())) == 18


def test_equal_bytes_or_pictures_are_exact_copies():
    first, second, third = film_set(1).films
    again = dataclasses.replace(third, picture=first.picture)
    pairs = duplicate_pairs(of_films([first, second, again]))
    assert [(pair.first, pair.second, pair.kind) for pair in pairs] == [(0, 2, "exact")]


def test_embeddings_show_a_person_films_of_different_patients_that_look_alike():
    found = film_set(2, films_each=2)
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(12, 64)).astype(np.float32)
    embeddings[1] = embeddings[0]  # the same patient: together anyway
    embeddings[5] = 3 * embeddings[2] + 0.01 * embeddings[3]
    pairs = duplicate_pairs(found, embeddings)
    assert [(pair.first, pair.second, pair.kind) for pair in pairs] == [(2, 5, "crop")]
    assert 0 <= pairs[0].distance < 0.01
    assert np.bincount(groups_from(found, pairs)).tolist() == [2] * 6
    with pytest.raises(ValueError, match="12 embeddings"):
        duplicate_pairs(found, embeddings[:3])


def test_pictures_have_the_side_that_hashes_are_made_for(drawn):
    pixels, _ = drawn
    assert canonical(pixels[0].astype(np.float32) / 255).shape == (SIDE, SIDE)
