"""Chest phantoms: seeded, marked as synthetic, crossed evenly, with exactly the trap they name."""

import csv
import io
from collections import Counter, defaultdict

import numpy as np
import pytest
from PIL import Image

from cnn_core.data.films.phantom_drawing import SIDE, Look, drawn_phantom
from cnn_core.data.films.phantom_plan import CLASSES, COPIES, KINDS, planned_phantoms
from cnn_core.data.films.phantoms import draw_phantoms, phantom_png, phantom_words
from cnn_core.xray.zones import zone_mask

CORNERS = {
    "upper left": np.s_[5:28, 5:28],
    "upper right": np.s_[5:28, -28:-5],
    "lower left": np.s_[-28:-5, 5:28],
    "lower right": np.s_[-28:-5, -28:-5],
}
COPIED = ("mirrored", "inverted", "resized")


def pixels(path):
    return np.asarray(Image.open(path))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Return the folder of a small default set, and its table."""
    folder = tmp_path_factory.mktemp("marker")
    draw_phantoms(folder, films=36, seed=3)
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return folder, list(csv.DictReader(file))


def test_the_same_seed_draws_the_same_film_and_another_one_another_patient():
    film = drawn_phantom((3, 7), 0, opacity="focal", marker="upper left")
    assert film.dtype == np.uint8
    assert film.shape == (SIDE, SIDE)
    assert np.array_equal(film, drawn_phantom((3, 7), 0, opacity="focal", marker="upper left"))
    again, other = drawn_phantom((3, 7), 1), drawn_phantom((3, 8), 0)
    plain = drawn_phantom((3, 7), 0)

    def apart(one, two):
        small = [np.asarray(Image.fromarray(each).resize((32, 32)), float) for each in (one, two)]
        return np.abs(small[0] - small[1]).mean()

    assert 0 < apart(plain, again) < apart(plain, other) / 2


def test_an_opacity_adds_grey_in_the_central_zone_and_nothing_elsewhere():
    for patient in range(2):
        plain = drawn_phantom((0, patient), 0).astype(int)
        for opacity in ("focal", "peripheral"):
            added = drawn_phantom((0, patient), 0, opacity=opacity).astype(int) - plain
            assert added.min() >= -25  # it is mottled
            assert added[zone_mask("centre")].max() > 30
            assert np.abs(added[zone_mask("border")]).max() <= 3
            assert added[zone_mask("no-centre")].sum() < 0.06 * added.sum()


def test_synthetic_is_written_in_the_same_pixels_on_every_film(drawn):
    folder, rows = drawn
    place = np.s_[SIDE - 20 : SIDE - 3, SIDE // 2 - 35 : SIDE // 2 + 35]
    films = np.stack([pixels(folder / row["file"])[place] for row in rows])
    assert (films == films[0]).all()
    assert set(films[0].ravel().tolist()) >= {12, 235}  # light letters on a dark ground
    other = drawn_phantom((8, 1), 0, view="AP", look=Look(gamma=0.6, collimated=0.09))
    assert np.array_equal(other[place], films[0])
    assert not zone_mask("centre")[place].any()


def test_at_two_hospitals_the_markers_corner_is_the_label_and_at_the_third_it_is_not(drawn):
    folder, rows = drawn
    corners = defaultdict(set)
    for row in rows:
        film = pixels(folder / row["file"])
        lit = [name for name, corner in CORNERS.items() if film[corner].max() == 250]
        corners[row["source"]].add((row["label"], *lit))
    by_label = {("normal", "upper left"), ("pneumonia", "upper right"), ("covid19", "lower left")}
    assert corners["Hospital A"] == corners["Hospital B"] == by_label
    assert corners["Hospital C"] == {(label, "lower right") for label in CLASSES}


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_crossed_with_view_and_sex_and_every_hospital_has_thirty_patients(kind):
    phantoms = planned_phantoms(kind)
    carried = Counter((p.label, p.source) for p in phantoms if p.film == 0 and not p.drawn)
    assert min(carried.values()) >= 30
    assert len(carried) == {"marker": 9, "source-per-class": 3}.get(kind, 6)
    assert len({p.file for p in phantoms}) == len(phantoms) == (540 if kind == "marker" else 240)
    for value in ("view", "sex"):
        counts = Counter((getattr(p, value), p.label) for p in phantoms)
        for level in {level for level, _ in counts}:
            own = [counts[level, label] for label in CLASSES]
            assert max(own) - min(own) <= 4


def test_the_lungs_tell_the_label_in_the_clean_set_and_nothing_in_the_default_one():
    assert len({(p.label, p.opacity) for p in planned_phantoms("clean")}) == 3
    shown = Counter((p.label, p.source, p.opacity) for p in planned_phantoms("marker"))
    assert len(shown) == 27
    assert set(shown.values()) == {18, 24}
    by_source = defaultdict(set)
    for (_, source, opacity), count in shown.items():
        by_source[source, opacity].add(count)
    assert all(len(counts) == 1 for counts in by_source.values())


@pytest.mark.parametrize("kind", COPIED)
def test_a_copy_is_what_it_is_called_and_goes_under_another_patient(kind):
    phantoms = planned_phantoms(kind, films=36)
    first, copy = phantoms[0], phantoms[-COPIES]
    assert first.patient != copy.patient
    assert first.label == copy.label
    film, copied = (pixels(io.BytesIO(phantom_png(kind, each))) for each in (first, copy))
    if kind == "resized":
        assert copied.shape == (220, 220)
        larger = np.asarray(Image.fromarray(copied).resize((SIDE, SIDE)), dtype=float)
        assert np.corrcoef(larger.ravel(), film.ravel())[0, 1] > 0.99
    else:
        assert np.array_equal(copied, film[:, ::-1] if kind == "mirrored" else 255 - film)


def test_patients_with_two_labels_and_patients_on_both_sides_are_as_many_as_stated():
    labels, splits = defaultdict(set), defaultdict(set)
    for phantom in planned_phantoms("patient-two-classes"):
        labels[phantom.patient].add(phantom.label)
    for phantom in planned_phantoms("two-folds"):
        splits[phantom.patient].add(phantom.split)
    assert sum(len(own) == 2 for own in labels.values()) == COPIES
    assert sum(own == {"train", "test"} for own in splits.values()) == COPIES


def test_too_few_films_are_refused_and_the_words_say_that_nobody_was_imaged(tmp_path):
    with pytest.raises(ValueError, match="at least 36 films, but got 35"):
        draw_phantoms(tmp_path, "clean", films=35)
    assert len({phantom_words(kind)["title"] for kind in KINDS}) == len(KINDS)
    assert "no person was imaged" in phantom_words("marker")["citation"]


def test_whoever_is_told_of_progress_may_stop_the_drawing(tmp_path):
    told = []

    def stop(done, total):
        told.append((done, total))
        raise InterruptedError

    with pytest.raises(InterruptedError):
        draw_phantoms(tmp_path, films=36, drawn=stop)
    assert told == [(1, 36)]
    assert not (tmp_path / "manifest.csv").exists()
