"""The whole audit on films with a cue planted: what it sees, what it leaves alone, what it says."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest

from cnn_core.data.films.canonical import png_of
from cnn_core.data.films.store import FilmStore
from cnn_core.errors import DataError
from cnn_core.results.from_plain import from_plain
from cnn_core.results.xray_audit import XrayAudit
from cnn_core.xray.audit import audit_films
from cnn_core.xray.audit.blind import (
    FoldScores,
    Material,
    blind_flag,
    blind_score,
    features_of,
    file_columns,
    fold_scores,
    too_few_patients,
)
from cnn_core.xray.audit.shortcut import skill_flag, skill_left
from cnn_core.xray.audit.sources import (
    NOT_MEASURABLE,
    leave_one_out,
    shared_sources,
    source_flags,
    source_rows,
    unseen_sentence,
)
from cnn_core.xray.zones import zones_pixels
from tests.film_sets import film_set, of_films
from tests.xray.planted import pictures

CLASSES = ("normal", "covid19")
ZONES = ("full", "border", "no-centre")
PATIENTS = 64


def material(patients=PATIENTS, **changed):
    labels = np.repeat([0, 1], patients)
    given = {"groups": np.arange(2 * patients), "classes": CLASSES, "draws": 100, "seed": 0}
    return Material(labels=labels, **(given | changed))


def skill(where):
    """Return the skill left of both classes by zone, a cue planted `where`."""
    given = material()
    pixels = zones_pixels(pictures(given.labels, where=where), ZONES)
    scores = {zone: fold_scores(pixels[zone], given) for zone in ZONES}
    return {(row.label, row.zone): row for row in skill_left(scores, given)}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A store, and a set in it whose border tells the label: two sources, 32 patients a class."""
    store = FilmStore(tmp_path_factory.mktemp("films"))
    labels = np.repeat([0, 1], PATIENTS)
    digests = []
    for picture in pictures(labels, where="border"):
        payload = png_of(picture)
        digests.append(hashlib.sha256(payload).hexdigest())
        path = store.pictures.object_path(digests[-1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(payload)
    return store, film_set(PATIENTS, classes=CLASSES, pictures=digests)


@pytest.fixture(scope="module")
def audited(stored):
    store, found = stored
    told = []
    return audit_films(found, store, draws=100, progress=told.append), told


def test_a_cue_in_the_lungs_is_not():
    rows = skill("centre")
    assert {row.level for row in rows.values()} == {"green"}
    assert all(row.full > 0.8 and row.interval[0] < 0.25 for row in rows.values())


def test_without_any_cue_nothing_is_judged():
    rows = skill("nowhere")
    assert {row.level for row in rows.values()} == {"not judged"}
    assert all(row.share is None and row.interval is None for row in rows.values())
    assert "cannot be told from 0.60" in skill_flag(rows["normal", "border"]).sentence


def test_a_model_that_says_the_same_of_all_zones_keeps_all_of_its_skill():
    given = material()
    rng = np.random.default_rng(0)
    said = rng.uniform(0, 0.6, len(given.labels)) + 0.4 * given.labels
    one = FoldScores(probabilities=np.c_[1 - said, said], folds=np.arange(len(said)) % 4)
    row = skill_left(dict.fromkeys(ZONES, one), given)[0]
    assert (row.share, row.interval) == (1.0, (1.0, 1.0))


def test_the_file_alone_is_red_where_it_comes_near_the_image_model():
    given = material(40)
    rng = np.random.default_rng(0)
    films = [
        dataclasses.replace(
            film, file=dataclasses.replace(film.file, bytes=int(rng.normal(size, 1_300)))
        )
        for film, size in zip(
            film_set(40, classes=CLASSES).films, np.repeat([5_000, 6_500], 40), strict=True
        )
    ]
    columns = file_columns(of_films(films, CLASSES))
    assert {column.name for column in columns} == {"size", "bytes a pixel"}
    found = blind_score("file", fold_scores(features_of(columns), given), given)
    assert found.auroc > 0.75
    image = dataclasses.replace(found, what="full", auroc=0.8, interval=(0.7, 0.9))
    assert blind_flag("file", found, image=image, model_auroc=None).level == "red"
    assert blind_flag("file", found, image=image, model_auroc=0.99).level == "amber"
    assert (
        "the trained model has 0.99"
        in blind_flag("file", found, image=image, model_auroc=0.99).sentence
    )
    low = dataclasses.replace(found, auroc=0.71, interval=(0.48, 0.8))
    beside = blind_flag("file", low, image=image, model_auroc=None)
    assert beside.level == "green"  # near, but it may be chance, and the picture is not
    assert beside.sentence.endswith("It cannot be told from chance.")
    weak = dataclasses.replace(image, auroc=0.5, interval=(0.4, 0.6))
    both = blind_flag("file", low, image=weak, model_auroc=None)
    assert (both.level, "neither can the picture" in both.sentence) == ("not judged", True)
    far = dataclasses.replace(found, auroc=0.6, interval=(0.48, 0.7))
    assert "no match for" in blind_flag("file", far, image=image, model_auroc=None).sentence


def test_files_that_do_not_differ_tell_nothing():
    assert file_columns(film_set(3)) == ()
    assert blind_flag("table", None, image=None, model_auroc=None).level == "not judged"


def test_the_whole_audit_sees_the_planted_border_and_leaves_the_rest_alone(audited):
    audit, told = audited
    levels = {flag.name: flag.level for flag in audit.flags}
    red = {name for name, level in levels.items() if level == "red"}
    assert red == {f"shortcut-{zone}-{label}" for zone in ZONES[1:] for label in CLASSES}
    assert audit.level == "red"
    row = next(row for row in audit.skill if (row.label, row.zone) == ("covid19", "border"))
    assert row.share == pytest.approx((row.masked - 0.5) / (row.full - 0.5))
    assert row.interval[0] <= row.share <= row.interval[1]
    said = skill_flag(row).sentence
    assert f"of the {row.full - 0.5:.2f} above chance" in said
    assert "does not show which cue" in said
    assert [flag.level for flag in audit.flags] == sorted(
        (flag.level for flag in audit.flags),
        key=("red", "amber", "green", "not judged").index,
    )
    assert {flag.part for flag in audit.flags} == {1, 2, 3, 4, 5, 6}
    assert all(flag.sentence.endswith(".") for flag in audit.flags)
    assert levels["sources-covid19"] == levels["unseen-hospital"] == "green"
    assert [left.source for left in audit.left_out] == ["A", "B"]
    assert all(left.auroc > 0.9 and left.films == PATIENTS for left in audit.left_out)
    assert [row.within[0].auroc > 0.9 for row in audit.sources] == [True, True]
    assert "at A" in audit.unseen
    assert told[-1].done == told[-1].total
    assert {report.stage for report in told} == {"Looking at the films", "Fitting small models"}


def test_an_audit_survives_the_way_through_json(audited):
    audit, _ = audited
    assert from_plain(XrayAudit, json.loads(json.dumps(dataclasses.asdict(audit)))) == audit


def test_a_source_a_class_cannot_stand_for_an_unseen_hospital(stored, audited):
    store, found = stored
    films = [
        dataclasses.replace(film, values=(film.values[0], film.label.upper()))
        for film in found.films
    ]
    audit = audit_films(dataclasses.replace(found, films=tuple(films)), store, draws=20)
    levels = {flag.name: flag.level for flag in audit.flags}
    red = {"sources-normal", "sources-covid19", "label-by-source", "table-alone"}
    assert red <= {name for name, level in levels.items() if level == "red"}
    assert audit.left_out == ()
    assert audit.unseen == f"Unseen hospital: {NOT_MEASURABLE}."
    scores = [
        {score.what: (score.auroc, score.by_class) for score in each.blind if score.what in ZONES}
        for each in (audit, audited[0])
    ]
    assert scores[0] == scores[1]  # the same films and seed: the same models


def test_a_set_of_a_few_patients_is_audited_as_far_as_it_can_be(stored):
    store, found = stored
    few = dataclasses.replace(found, films=(*found.films[:3], *found.films[-3:]))
    audit = audit_films(few, store, draws=20)
    levels = {flag.name: flag.level for flag in audit.flags}
    assert (audit.blind, audit.skill, audit.left_out) == ((), (), ())
    assert levels["shortcut"] == levels["file-alone"] == levels["table-alone"] == "not judged"
    assert levels["sources-normal"] == "red"


def test_without_a_source_nothing_can_be_said_of_an_unseen_one():
    unnamed = dataclasses.replace(film_set(4, classes=CLASSES), columns=("age", "ward"))
    rows = source_rows(unnamed, material(4))
    flags = source_flags(unnamed, rows, CLASSES, ())
    assert [(flag.name, flag.level) for flag in flags] == [("no-source", "red")]
    some = film_set(40, classes=CLASSES)
    films = [dataclasses.replace(film, values=("30", "")) for film in some.films[:3]]
    given = dataclasses.replace(some, films=(*films, *some.films[3:]))
    flags = source_flags(given, source_rows(given, material(40)), CLASSES, ())
    assert flags[-1].sentence == "3 of 80 films name no source; they count for none."


def test_a_site_stands_for_a_source_that_no_column_names():
    found = film_set(32, classes=CLASSES, sources=("A",))
    sites = dataclasses.replace(found, columns=("age", "site"))
    assert [(row.source, row.patients) for row in source_rows(sites, material(32))] == [
        ("A", (32, 32))
    ]
    flags = source_flags(sites, source_rows(sites, material(32)), CLASSES, ())
    assert {flag.name for flag in flags} == {"sources-normal", "sources-covid19"}


def two_devices(at_both):
    """Return films of which every patient, or those of a class, have one from each of A and B."""
    found = film_set(60, classes=CLASSES)
    groups = np.arange(120)
    for first in range(0, 120, 2):
        if found.films[first].label in at_both:
            groups[first + 1] = first
    return found, material(60, groups=groups, draws=20)


def test_sources_of_the_same_patients_cannot_be_left_out_and_the_audit_says_why():
    rng = np.random.default_rng(0)
    for at_both in (CLASSES, ("covid19",)):  # nothing is left to learn from; one class is lost
        found, given = two_devices(at_both)
        rows = source_rows(found, given)
        assert all(row.carries == CLASSES for row in rows)
        assert leave_one_out(found, rows, rng.random((120, 9)), given) == ()
        shared = shared_sources(found, rows, given)
        flag = source_flags(found, rows, CLASSES, (), shared)[-1]
        assert (flag.name, flag.level) == ("unseen-hospital", "red")
        assert "without the patients of A or B, a class is missing elsewhere" in flag.sentence
        assert flag.sentence == unseen_sentence((), shared)
    found, given = two_devices(())
    rows = source_rows(found, given)
    left_out = leave_one_out(found, rows, rng.random((120, 9)), given)
    assert [each.source for each in left_out] == ["A", "B"]
    assert shared_sources(found, rows, given) == ()


def test_a_patient_with_many_films_does_not_keep_an_audit_from_judging():
    """100 normal patients and 12 of covid19, one of them with 15 films."""
    labels = np.repeat([0, 1], [100, 26])
    groups = np.concatenate([np.arange(111), np.full(15, 111)])
    given = Material(labels=labels, groups=groups, classes=CLASSES, draws=10, seed=0)
    assert not too_few_patients(given)
    found = fold_scores(np.random.default_rng(0).random((126, 4)), given)
    assert set(found.folds.tolist()) == {1, 2, 3, 4, 5}


def test_where_no_folds_can_be_made_nothing_is_judged_and_it_is_said(stored, monkeypatch):
    def refused(*_args, **_options):
        raise DataError("Cross-validation needs at least 2 patients of every class.")

    monkeypatch.setattr("cnn_core.xray.small_model.split_folds", refused)
    found = audit_films(stored[1], stored[0], draws=10)
    flags = {flag.name: flag for flag in found.flags}
    assert not [score for score in found.blind if score is not None]
    assert flags["file-alone"].level == flags["shortcut"].level == "not judged"
    assert "two folds with all classes in each" in flags["shortcut"].sentence
