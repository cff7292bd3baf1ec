"""Folders, zip files and uploads to a film set, and the store that keeps it."""

import io
import re
from dataclasses import replace

import numpy as np
import pytest

from cnn_core.data.films.canonical import canonical
from cnn_core.data.films.intake import take_in_films
from cnn_core.data.films.set_text import film_set_id
from cnn_core.data.films.store import FilmStore, film_pixels
from cnn_core.data.pictures.archive import ZipSource
from cnn_core.data.pictures.upload import UploadSource
from cnn_core.errors import DataError, UnknownNameError
from tests.data.films import film_files as files
from tests.data.picture_folders import left_behind, write_folder, zip_of

TABLE = (
    "file,label,patient_id,source,finding,age\n"
    "films/a.png,Normal,p1,North,No Finding,61\n"
    "films/b.png,normal,p1,South,No Finding,unknown\n"
    "films/c.dcm,COVID-19,,North,COVID-19 (PCR),\n"
    "films/d.png,covid19,12345,South,COVID-19 (PCR),40\n"
    "films/gone.png,covid19,p4,South,,\n"
)
TABLED = {
    "set/manifest.csv": TABLE.encode(),
    "set/films/a.png": files.film(1),
    "set/films/b.png": files.film(2, width=90),
    "set/films/c.dcm": files.dicom(np.rint(files.blobs(3) * 4095).astype(np.uint16)),
    "set/films/d.png": files.film(4),
    "set/films/e.png": files.film(5),
    "set/films/.hidden": b"",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return FilmStore(tmp_path_factory.mktemp("pictures") / "films")


@pytest.fixture(scope="module")
def tabled(store, tmp_path_factory):
    folder = write_folder(tmp_path_factory.mktemp("folder"), TABLED)
    seen = []
    film_set = take_in_films(store, folder, licence="CC0", progress=seen.append)
    return film_set, seen


def test_a_table_says_which_film_is_which(tabled):
    film_set, _ = tabled
    assert film_set.title == "set"
    assert film_set.classes == ("normal", "covid19")
    assert [film.name for film in film_set.films] == [
        *("films/c.dcm", "films/d.png", "films/a.png", "films/b.png")
    ]
    assert [(item.name, item.reason) for item in film_set.rejected] == [
        ("films/e.png", "manifest.csv does not name it."),
        ("films/gone.png", "manifest.csv names it, but no file came."),
    ]


def test_headers_fill_what_the_table_leaves_open(tabled):
    film_set, _ = tabled
    names = ("age", "finding", "manufacturer", "sex", "source", "study_date", "view")
    assert film_set.columns == names
    assert film_set.column("age") == ("61", "40", "61", "")
    assert film_set.column("source") == ("North", "South", "North", "South")
    assert film_set.column("view") == ("PA", "", "", "")
    assert film_set.patients_known


def test_a_patient_is_one_whether_the_table_or_a_header_names_it(tabled):
    film_set, _ = tabled
    header, same_in_table, *others = [film.patient for film in film_set.films]
    assert header == same_in_table
    assert len(set(others)) == 1
    assert others[0] != header
    assert all(len(film.patient) == 16 for film in film_set.films)


def test_the_label_table(tabled):
    film_set, _ = tabled
    rows = [(r.label, r.finding, r.films, r.patients, r.established) for r in film_set.labels]
    assert rows == [
        ("normal", "No Finding", 2, 1, ""),
        ("covid19", "COVID-19 (PCR)", 2, 1, "PCR"),
    ]


def test_pictures_are_canonical_and_in_the_order_of_the_snapshot(store, tabled):
    film_set, _ = tabled
    snapshot = store.pictures.load(film_set.snapshot)
    assert [p.sha256 for p in snapshot.pictures] == [film.picture for film in film_set.films]
    assert [p.label for p in snapshot.pictures] == [film.label for film in film_set.films]
    grey = np.rint(files.blobs(1) * 255).astype(np.float32) / np.float32(255)
    assert np.array_equal(film_pixels(store, film_set.films[2]), canonical(grey))


def test_progress_tells_how_far_and_how_long(tabled):
    _, seen = tabled
    assert (seen[0].stage, seen[0].total) == ("Listing files", 0)
    assert (seen[-1].stage, seen[-1].done, seen[-1].total) == ("Reading films", 4, 4)
    assert seen[-1].seconds_left == 0


def test_the_same_films_are_the_same_set_and_a_set_is_kept_as_it_was(store, tabled, tmp_path):
    film_set, _ = tabled
    inner = {name.removeprefix("set/"): payload for name, payload in TABLED.items()}
    again = take_in_films(store, ZipSource(zip_of(TABLED)), licence="CC0", title="Other")
    assert (again.id, again.title) == (film_set.id, "set")
    elsewhere = FilmStore(tmp_path / "films")
    upload = UploadSource((name, io.BytesIO(payload)) for name, payload in inner.items())
    other = take_in_films(elsewhere, upload, licence="CC0", owner="a" * 16)
    assert [elsewhere.is_listed(other.id, each * 16) for each in "ab"] == [True, False]
    assert store.is_listed(film_set.id, "b" * 16)
    pairs = list(zip(other.films, film_set.films, strict=True))
    assert [one.picture for one, _ in pairs] == [two.picture for _, two in pairs]
    assert other.films[0].patient != film_set.films[0].patient
    fresh = FilmStore(store.home)
    assert fresh.load(film_set.id[:12]) == film_set
    assert [(h.id, h.films, h.patients) for h in fresh.sets()] == [(film_set.id, 4, 2)]


def test_a_damaged_set_is_refused_and_not_listed(tabled, tmp_path):
    film_set, _ = tabled
    store = FilmStore(tmp_path)
    store.save(replace(film_set, title="forged", licence="none"))
    with pytest.raises(DataError, match="is damaged"):
        store.load(film_set.id)
    path = tmp_path / "sets" / f"{film_set.id}.json.gz"
    path.chmod(0o644)
    path.write_bytes(b"\x1f\x8b no gzip")
    assert store.sets() == []
    assert film_set_id(film_set) == film_set.id


@pytest.mark.parametrize("bad", ["", "..", "../../etc", "zz" * 32, "0" * 64])
def test_ids_that_are_none_are_refused(store, bad):
    with pytest.raises(UnknownNameError):
        store.load(bad)


def test_what_is_found_of_a_set_has_its_place(store, tabled):
    film_set, _ = tabled
    assert store.path(film_set.id, "audit").name == f"{film_set.id}.audit.json"
    for bad in ("../audit", "", "a/b"):
        with pytest.raises(UnknownNameError):
            store.path(film_set.id, bad)


def test_class_folders_with_parts_and_without_patients(tmp_path):
    inner = files.two_classes()
    upload = {
        **{f"train/{name}": payload for name, payload in inner.items()},
        "test/NORMAL/9.png": files.film(9),
        "test/COVID-19/text.png": b"no picture",
    }
    source = UploadSource((name, io.BytesIO(payload)) for name, payload in upload.items())
    film_set = take_in_films(FilmStore(tmp_path), source, title="Own", synthetic=True, workers=1)
    assert film_set.classes == ("normal", "covid19")
    assert film_set.column("split") == ("train", "train", "test", "train", "train")
    assert not film_set.patients_known
    assert film_set.notes[-1].startswith("Patient leakage not excluded: no film names its patient")
    assert any("another spelling" in note for note in film_set.notes)
    assert [item.name for item in film_set.rejected] == ["test/COVID-19/text.png"]
    assert film_set.synthetic


def test_the_same_image_with_two_labels_is_left_out_and_named(tmp_path):
    inner = files.two_classes(3)
    grey = np.rint(files.blobs(70) * 255).astype(np.uint8)
    inner["normal/same.png"] = inner["covid19/same.png"] = files.film(60)
    inner["normal/pixels.png"] = files.picture(grey)
    inner["covid19/pixels.png"] = files.picture(grey, compress_level=1)
    source = UploadSource((name, io.BytesIO(payload)) for name, payload in inner.items())
    film_set = take_in_films(FilmStore(tmp_path), source)
    assert len(film_set.films) == 6
    assert film_set.rejected[0].name == "covid19/pixels.png"
    assert film_set.rejected[0].reason.startswith(
        "The same image has two labels: 'covid19' here, and 'normal' as 'normal/pixels.png'."
    )
    assert any("4 films are left out because the same image" in note for note in film_set.notes)


REFUSED = {
    "one class": ({"normal/1.png": files.film(1)}, "(1 film) is all labelled 'normal'"),
    "no class folders": ({"1.png": files.film(1)}, "no class folders"),
    "nothing readable": (
        {"normal/1.png": b"x", "covid19/1.png": b"x"},
        "no film that can be used came. 2 files left out; most often: The file is not a film",
    ),
    "a label a film": (
        {f"{number}/1.png": files.film(number) for number in range(13)},
        "may have 12 classes, but the films have 13 different labels ('0', '1', '10' and 10 more)",
    ),
    "two tables": (
        {"a/manifest.csv": b"file,label\n", "b/manifest.csv": b"file,label\n"},
        "several tables side by side",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_set_that_cannot_be_used_is_refused_and_leaves_nothing(case, tmp_path):
    inner, words = REFUSED[case]
    store = FilmStore(tmp_path / "films")
    source = UploadSource([(name, io.BytesIO(payload)) for name, payload in inner.items()])
    with pytest.raises(DataError, match=re.escape(words)):
        take_in_films(store, source)
    assert store.sets() == []
    assert not (store.home / "objects").exists()
    assert left_behind(store) == []


def test_a_stop_leaves_nothing(tmp_path):
    store = FilmStore(tmp_path)
    asked = iter([False, False, True])
    source = UploadSource([(n, io.BytesIO(p)) for n, p in files.two_classes().items()])
    with pytest.raises(DataError, match="nothing of it is kept"):
        take_in_films(store, source, cancelled=lambda: next(asked))
    assert store.sets() == []
    assert left_behind(store) == []
