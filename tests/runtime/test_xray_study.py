"""A study as one group of runs, and what is said of it: with runs finished by hand, no network."""

import dataclasses

import numpy as np
import pytest

from cnn_core.errors import ConfigError, DataError, RunStateError, UnknownNameError
from cnn_core.results.xray_study import Opening
from cnn_core.runtime.groups import create_group
from cnn_core.runtime.kept_audits import keep_audit
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_locked import openings, write_opening
from cnn_core.runtime.xray_runs import film_store, study_of
from cnn_core.runtime.xray_scored import corrected, judged_scored, shares_of
from cnn_core.runtime.xray_study import evaluate_study, read_study, study_scored
from cnn_core.settings import Settings
from cnn_core.xray.run_plans import rows_of_places
from tests.film_sets import red_audit, stored_film_set
from tests.film_studies import finish, requests_of

DRAWS = 20


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    home = tmp_path_factory.mktemp("study")
    return Settings.from_environment({"CNN_LAB_HOME": str(home)})


@pytest.fixture(scope="module")
def films(settings):
    made = stored_film_set(film_store(settings), patients=50, films_each=2, drawn=False)
    keep_audit(film_store(settings), red_audit(made))
    return made


@pytest.fixture(scope="module")
def study(settings, films):
    """The store, the group and its records; each fold's model is right about six times in ten."""
    store = RunStore(settings.runs)
    records, _ = create_group(store, requests_of(settings, films))
    for record in records:
        if record.config.fold:
            finish(store, record)
    return store, records[0].group, records


def test_a_red_audit_has_to_be_acknowledged(settings, films):
    with pytest.raises(DataError, match=r"1 red flag, which were not acknowledged: All from one\."):
        requests_of(settings, films, acknowledged=False)


def test_a_study_is_one_group_of_folds_and_the_served_model(settings, films):
    requests = requests_of(settings, films)
    assert [request.config.fold for request in requests] == [1, 2, 3, 0]
    assert {request.config.folds for request in requests} == {3}
    assert len({request.group for request in requests}) == 1
    assert len({request.dataset.fingerprint for request in requests}) == 4
    assert len({request.same_key for request in requests}) == 4
    assert {request.dataset.source for request in requests} == {"films"}
    assert [request.name for request in requests][2:] == [
        "Clinic, fold 3 of 3",
        "Clinic, served model",
    ]


def test_the_same_study_is_the_same_runs(settings, films):
    keys = [[request.same_key for request in requests_of(settings, films)] for _ in range(2)]
    assert keys[0] == keys[1]


def test_no_run_sees_a_locked_film(settings, films, study):
    _, _, records = study
    _, plan = study_of(settings, records[0])
    locked = {
        films.films[film].picture
        for film, role in zip(plan.films, plan.roles, strict=True)
        if role == "locked"
    }
    assert len(locked) == 60
    for record in records:
        assert not locked & set(read_plan(record.dataset).sha256)


def test_scores_find_their_films_though_the_snapshot_is_in_another_order(settings, films, study):
    store, _, records = study
    _, plan = study_of(settings, records[0])
    rows = rows_of_places(plan, films, film_store(settings).pictures.load(films.snapshot))
    said = judged_scored(store, records[0], plan, rows)
    assert [films.classes[label] for label in said.labels] == [
        films.films[film].label for film in said.films
    ]
    assert set(np.array(plan.folds)[said.films]) == {1}


@pytest.fixture(scope="module")
def result(settings, study):
    store, group, _ = study
    return evaluate_study(settings, store, group, draws=DRAWS)


def test_what_is_said_of_folds_alone(result, study, films):
    _, _, records = study
    assert result.run == ""
    assert result.fold_runs == tuple(record.id for record in records[:3])
    found = result.cross_validation
    assert (found.films, found.patients) == (240, 120)
    assert len(found.folds) == 3
    assert found.macro_auroc.value == pytest.approx(np.mean(found.folds))
    assert result.locked is None
    assert result.gate == ()
    assert result.model == "EfficientNet-Lite0"
    assert sum(result.prior) == pytest.approx(1)
    assert result.patients["all"] == (50, 50, 50)
    assert result.patients["locked"] == (10, 10, 10)
    assert result.red == ("All from one.",)
    assert result.audit_level == "red"
    assert result.trained_on == {}  # no model is served
    assert result.openings == ()


def test_what_cannot_be_guaranteed_is_approximate_and_said(result):
    assert "Approximate (cross-fitted)" in result.operating_point.sentence
    assert "Approximate (cross-fitted)" in result.conformal.sentence
    assert sum(result.conformal.calibration) == 3 * 35  # "fit" and "decide": 70 % of 50 each
    assert min(result.conformal.calibration[1:]) < 36
    assert result.operating_point.threshold is None
    assert result.path.on == "out-of-fold scores (cross-fitted)"
    assert result.path.referral.value == 1.0
    said = " ".join(result.warnings)
    assert "No served model has finished" in said
    assert "where 30 are needed" in said
    assert "drawn by a program" in said
    assert "The locked test was never opened." in said


def test_it_is_kept_with_the_run(result, study):
    store, group, _ = study
    assert read_study(store, group) == result
    scored = study_scored(store, group)
    assert list(scored) == ["cross-validation"]
    found = scored["cross-validation"]
    assert found.probabilities.sum(axis=1) == pytest.approx(np.ones(240))
    assert found.prior == pytest.approx(np.array(result.prior))
    named = found.probabilities.argmax(axis=1)
    assert result.cross_validation.accuracy.value == (named == found.labels).mean()


def test_a_fold_that_is_missing_is_said(settings, films):
    store = RunStore(settings.runs)
    records, _ = create_group(store, requests_of(settings, films))
    group = records[0].group
    with pytest.raises(RunStateError, match="No run of this study has finished"):
        evaluate_study(settings, store, group)
    assert read_study(store, group) is None
    for record in records[:2]:
        finish(store, record)
    found = evaluate_study(settings, store, group, draws=DRAWS)
    assert len(found.fold_runs) == 2
    assert any(each.startswith("1 of 3 folds have not finished") for each in found.warnings)


def test_the_locked_test_is_for_a_served_model(settings, study):
    store, group, records = study
    films = film_store(settings)
    with pytest.raises(RunStateError, match="locked test is for the served model"):
        evaluate_study(settings, store, group, open_locked=True, draws=DRAWS)
    assert openings(films, study_of(settings, records[0])[1]) == ()


def test_openings_are_appended_to_and_belong_to_the_films_whatever_the_folds(settings, films):
    store = film_store(settings)
    few, more = (
        study_of(settings, create_group(RunStore(settings.runs), requests)[0][0])[1]
        for requests in (requests_of(settings, films), requests_of(settings, films, folds=4))
    )
    assert few.id != more.id
    looks = [Opening(at=float(at), weights=weights) for at, weights in ((1, "a"), (2, "b"))]
    write_opening(store, few, looks[0])
    write_opening(store, more, looks[1])
    assert openings(store, few) == openings(store, more) == tuple(looks)
    path = next(store.path(films.id, "audit").parent.glob("*.openings-*"))
    path.write_text("{}\n")
    with pytest.raises(DataError, match="list of openings of the locked test is damaged"):
        openings(store, few)
    path.unlink()


def test_weighed_classes_are_brought_to_the_shares_of_the_films(study):
    _, _, records = study
    plan = read_plan(records[0].dataset)
    plan = dataclasses.replace(plan, labels=(0, 0, 1, 2), parts=("train",) * 4)
    assert shares_of(plan).tolist() == [0.5, 0.25, 0.25]
    even = np.full((1, 3), 1 / 3)
    config = dataclasses.replace(records[0].config, class_weights="balanced")
    weighed = dataclasses.replace(records[0], config=config)
    assert corrected(even, plan, records[0])[0] == pytest.approx(even[0])
    assert corrected(even, plan, weighed)[0] == pytest.approx([0.5, 0.25, 0.25])


def test_what_no_study_is_made_of(settings, films, study):
    _, _, records = study
    other = dataclasses.replace(records[0], provenance={})
    with pytest.raises(UnknownNameError, match="belongs to no chest X-ray study"):
        study_of(settings, other)
    with pytest.raises(ConfigError, match="0 folds or 2 to 10, but 1"):
        requests_of(settings, films, folds=1)
    with pytest.raises(UnknownNameError, match="No film set begins"):
        requests_of(settings, films, film_set="0" * 64)
