"""Naive beside honest: on arrays whose answer is known, and on a small set of phantoms."""

import io

import numpy as np
import pytest
from PIL import Image

from cnn_core.data.films.canonical import canonical
from cnn_core.data.films.phantom_plan import planned_phantoms
from cnn_core.data.films.phantoms import phantom_png
from cnn_core.results.films import Film, FilmFile, FilmSet
from cnn_core.xray.protocols import PROTOCOL_ZONES, protocols
from cnn_core.xray.zones import zones_pixels

CLASSES = ("normal", "pneumonia", "covid19")
ANY_FILE = FilmFile(
    bytes=9, format="PNG", mode="L", bits=8, compression="deflate", width=320, height=320
)


def film_set(labels, sources, patients):
    films = tuple(
        Film(
            name=f"{place}.png",
            label=CLASSES[label],
            patient=str(patient),
            sha256=f"{place:064x}",
            picture=f"{place:064x}",
            values=(source,),
            file=ANY_FILE,
            phash="",
            inverted_phash="",
            mirrored_phash="",
            brightness=0.5,
            contrast=0.2,
        )
        for place, (label, source, patient) in enumerate(
            zip(labels, sources, patients, strict=True)
        )
    )
    return FilmSet(
        id="a" * 64,
        title="made up",
        classes=CLASSES,
        columns=("source",),
        films=films,
        snapshot="b" * 64,
        labels=(),
        patients_known=True,
    )


def looks_and_marker(*, hospitals=3, a_cell=30, size=300):
    """Return labels, sources, patients, and pixels: a patient's looks, and a marker outside."""
    rng = np.random.default_rng(6)
    patients = np.repeat(np.arange(3 * hospitals * a_cell), 2)
    labels = (patients % 3).astype(np.int64)
    places = patients // 3 % hospitals
    looks = rng.normal(size=(patients.max() + 1, size))[patients]
    looks = 0.5 + 0.1 * looks + rng.normal(0, 0.01, looks.shape)
    marker = np.eye(3)[labels] * (places < 2)[:, None]  # at the third hospital it means nothing
    nothing = np.zeros_like(marker)
    pixels = {
        "full": np.hstack([looks, marker]).astype(np.float32),
        "no-centre": np.hstack([0 * looks, marker]).astype(np.float32),
        "centre": np.hstack([looks, nothing]).astype(np.float32),
    }
    return labels, [f"Hospital {'ABCD'[place]}" for place in places], patients, pixels


def at(found, **wanted):
    hits = [
        score
        for score in found.scores
        if all(getattr(score, name) == value for name, value in wanted.items())
    ]
    (score,) = hits
    return score


@pytest.fixture(scope="module")
def marked():
    labels, sources, patients, pixels = looks_and_marker()
    told = []
    found = protocols(
        film_set(labels, sources, patients), pixels, patients, draws=30, progress=told.append
    )
    return found, told


def test_every_way_of_asking_is_there_once_and_progress_reaches_the_end(marked):
    found, told = marked
    ways = {(score.grouped, score.zone, score.unseen) for score in found.scores}
    assert len(ways) == len(found.scores) == 12
    assert {zone for _, zone, _ in ways} == set(PROTOCOL_ZONES)
    assert [each.done for each in told] == list(range(13))
    assert {each.total for each in told} == {12}
    assert told[-1].seconds_left == 0


def test_the_naive_score_is_near_one_and_the_honest_one_near_chance(marked):
    found, _ = marked
    naive, honest = found.scores[found.naive], found.scores[found.honest]
    assert (naive.grouped, naive.zone, naive.unseen) == (False, "full", False)
    assert (honest.grouped, honest.zone, honest.unseen) == (True, "centre", True)
    assert naive.auroc > 0.97
    assert 0.4 < honest.auroc < 0.6
    assert honest.interval[0] < 0.5 < honest.interval[1]
    assert "The honest score cannot be told from chance" in found.sentence
    assert f"macro AUROC {naive.auroc:.2f} (" in found.sentence


def test_each_cue_shows_in_the_protocol_that_lets_it_in(marked):
    found, _ = marked
    known_again = at(found, grouped=False, zone="centre", unseen=False)
    kept = at(found, grouped=True, zone="centre", unseen=False)
    assert known_again.auroc > 0.8 > 0.6 > kept.auroc
    marker = at(found, grouped=True, zone="no-centre", unseen=False)
    abroad = at(found, grouped=True, zone="no-centre", unseen=True)
    assert marker.auroc > 0.9 > abroad.auroc
    assert "Hospital A 1.00, Hospital B 1.00, Hospital C 0.50" in abroad.sentence


def test_a_class_of_one_source_leaves_no_number_for_an_unseen_hospital():
    labels, _, patients, pixels = looks_and_marker(hospitals=2, size=9)
    sources = ["Hospital A" if label == 2 or patient % 2 else "Hospital B"
               for label, patient in zip(labels, patients, strict=True)]  # fmt: skip
    found = protocols(film_set(labels, sources, patients), pixels, patients, draws=10)
    unseen = [score for score in found.scores if score.unseen]
    assert all(score.auroc is None and score.interval is None for score in unseen)
    assert all("fewer than two sources have 30 patients of covid19" in s.sentence for s in unseen)
    assert not found.scores[found.honest].unseen
    assert "unseen hospital cannot be measured with these data" in found.sentence


def test_too_few_patients_to_group_are_said_and_the_rest_is_measured():
    labels, sources, patients, pixels = looks_and_marker(a_cell=4, size=9)
    groups = np.where(labels == 2, 0, patients)  # near-duplicates made one group of a class
    found = protocols(film_set(labels, sources, patients), pixels, groups, draws=10)
    kept = at(found, grouped=True, zone="full", unseen=False)
    assert kept.auroc is None
    assert "patients of every class" in kept.sentence
    assert found.scores[found.naive].auroc is None  # fewer than ten groups of covid19
    assert "not measurable" in found.sentence


def test_a_patient_of_two_hospitals_is_not_learned_from_where_patients_are_kept_together():
    labels, _, patients, pixels = looks_and_marker(hospitals=2, size=200)
    second = np.arange(len(patients)) % 2 == 1
    moved = ["Hospital B" if one else "Hospital A" for one in second]
    found = protocols(film_set(labels, moved, patients), pixels, patients, draws=10)
    parted = at(found, grouped=False, zone="centre", unseen=True)
    kept = at(found, grouped=True, zone="centre", unseen=True)
    assert parted.auroc > 0.9
    assert kept.auroc is None
    assert "a class is missing elsewhere" in kept.sentence


def test_groups_of_another_set_are_refused():
    labels, sources, patients, pixels = looks_and_marker(a_cell=2)
    with pytest.raises(ValueError, match="expected 36 groups, but got 3"):
        protocols(film_set(labels, sources, patients), pixels, [0, 1, 2])


def test_drawn_phantoms_are_scored_near_one_naively_and_no_better_than_chance_honestly():
    phantoms = planned_phantoms("marker", films=60, seed=1)
    pictures = (
        canonical(np.asarray(Image.open(io.BytesIO(phantom_png("marker", each, seed=1))),
                             dtype=np.float32) / 255)
        for each in phantoms
    )  # fmt: skip
    labels = [CLASSES.index(each.label) for each in phantoms]
    patients = [each.patient for each in phantoms]
    films = film_set(labels, [each.source for each in phantoms], patients)
    found = protocols(films, zones_pixels(pictures, PROTOCOL_ZONES), patients, draws=30)
    naive, honest = found.scores[found.naive], found.scores[found.honest]
    assert naive.auroc > 0.9
    assert honest.interval[0] < 0.5 < honest.interval[1]
    assert "fewer than two sources have 30 patients" in found.sentence
