"""What is said beside a study's figures goes by what was decided, not by what was planned."""

import dataclasses

import pytest

from cnn_core.runtime.groups import create_group
from cnn_core.runtime.kept_audits import keep_audit, kept_audit
from cnn_core.runtime.report_words import methods
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_judging import (
    CROSS_VALIDATION,
    Study,
    calibration_scores,
    decide,
    out_of_fold_scores,
)
from cnn_core.runtime.xray_runs import film_store, study_of
from cnn_core.runtime.xray_words import told_of
from cnn_core.settings import Settings
from cnn_core.xray.conformal import APPROXIMATE
from cnn_core.xray.run_plans import rows_of_places
from tests.charts import film_sample
from tests.charts import study_sample as sample
from tests.film_sets import red_audit, stored_film_set
from tests.runtime.test_xray_study import finish, requests_of


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A study of which the served model has finished and no fold; the plan is approximate."""
    home = tmp_path_factory.mktemp("words")
    settings = Settings.from_environment({"CNN_LAB_HOME": str(home)})
    films = film_store(settings)
    film_set = stored_film_set(films, patients=30, drawn=False)
    keep_audit(films, red_audit(film_set))
    store = RunStore(settings.runs)
    record = create_group(store, requests_of(settings, film_set))[0][-1]
    finish(store, record)
    plan = study_of(settings, record)[1]
    return Study(
        settings=settings,
        store=store,
        films=films,
        film_set=film_set,
        plan=plan,
        audit=kept_audit(films, film_set.id),
        folds=(),
        served=record,
        rows=rows_of_places(plan, film_set, films.pictures.load(film_set.snapshot)),
        draws=20,
        progress=lambda _: None,
    )


def test_without_a_fold_nothing_is_said_to_be_cross_fitted(served):
    decided, _ = decide(served, out_of_fold_scores(served), calibration_scores(served))
    assert served.plan.approximate
    assert not decided.approximate
    assert APPROXIMATE not in decided.point.sentence
    said = " ".join(told_of(served, decided, None, None)["warnings"])
    assert "where 30 are needed: out-of-fold scores are to take its place" in said
    assert "No fold has finished, so nothing takes the place of the half to decide on" in said
    kept = sample.study(operating_point=decided.point)
    assert "cross-fitted): from" not in " ".join(
        methods(kept, film_sample.film_set(), film_sample.plan(approximate=True), None)
    )


def test_what_is_cross_fitted_is_so_in_the_report_whatever_was_planned():
    point = sample.study().operating_point
    crossed = dataclasses.replace(point, sentence=point.sentence + APPROXIMATE)
    said = methods(
        sample.study(operating_point=crossed), film_sample.film_set(), film_sample.plan(), None
    )
    assert any("approximate (cross-fitted): from out-of-fold scores" in line for line in said)


def test_without_a_normal_class_there_is_no_path_and_it_is_said(served):
    scored = calibration_scores(served)
    found = served.evaluated({CROSS_VALIDATION: scored}, CROSS_VALIDATION)
    decided, _ = decide(served, None, scored)
    named = told_of(served, decided, found, None)["warnings"]
    assert any(each.startswith("The whole path is on") for each in named)
    plan = dataclasses.replace(served.plan, classes=("healthy", *served.plan.classes[1:]))
    said = told_of(dataclasses.replace(served, plan=plan), decided, found, None)["warnings"]
    assert "There is no path: no class is called normal." in said
    assert not any(each.startswith("The whole path") for each in said)
