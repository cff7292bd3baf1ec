"""What is said of a model: against scikit-learn, and that scores of folds are never pooled."""

from dataclasses import fields, replace

import numpy as np
import pytest
from sklearn import metrics

from cnn_core.charts.film_rows import fold_rows
from cnn_core.results.xray_plan import Scored
from cnn_core.xray.evaluate import evaluation
from cnn_core.xray.subgroups import age_group

CLASSES = ("normal", "covid19", "pneumonia")
DRAWS = 40


def scored(films_each=1, *, folds=3, tilt=0.0, seed=0):
    """Return scores of 120 patients; `tilt` moves every other fold's scores towards class 0."""
    draw = np.random.default_rng(seed)
    patients = np.repeat(np.arange(120), films_each)
    labels = patients % 3
    fold = 1 + patients % folds if folds else np.zeros(len(labels), np.int64)
    logits = draw.normal(0, 1, (len(labels), 3)) + 1.2 * np.eye(3)[labels]
    logits[:, 0] += tilt * (fold % 2)
    said = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Scored(
        films=np.arange(len(labels)),
        labels=labels,
        patients=patients,
        folds=fold,
        probabilities=said,
        prior=np.full(3, 1 / 3),
        embeddings=np.zeros((len(labels), 0), np.float32),
    )


def judged(given, what="cross-validation", columns=None):
    return evaluation(given, CLASSES, what, columns=columns or {}, draws=DRAWS)


@pytest.fixture(scope="module")
def tilted():
    given = scored(folds=4, tilt=4.0)
    return given, judged(given)


def one_against_rest(given, label, places=slice(None)):
    return metrics.roc_auc_score(given.labels[places] == label, given.probabilities[places, label])


def test_areas_are_means_over_folds(tilted):
    given, found = tilted
    folds = [given.folds == fold for fold in np.unique(given.folds)]
    each = [np.mean([one_against_rest(given, c, places) for c in range(3)]) for places in folds]
    pooled = np.mean([one_against_rest(given, c) for c in range(3)])
    assert found.folds == pytest.approx(each)
    assert found.macro_auroc.value == pytest.approx(np.mean(each))
    assert abs(pooled - np.mean(each)) > 0.02  # what pooling would have said
    for label, row in enumerate(found.classes):
        expected = np.mean([one_against_rest(given, label, places) for places in folds])
        assert row.auroc.value == pytest.approx(expected)
        expected = np.mean(
            [
                metrics.average_precision_score(
                    given.labels[places] == label, given.probabilities[places, label]
                )
                for places in folds
            ]
        )
        assert row.average_precision.value == pytest.approx(expected, abs=1e-6)


def test_counts_are_those_of_scikit_learn(tilted):
    given, found = tilted
    named = given.probabilities.argmax(axis=1)
    assert np.array_equal(found.confusion, metrics.confusion_matrix(given.labels, named))
    assert found.accuracy.value == pytest.approx(metrics.accuracy_score(given.labels, named))
    assert found.macro_f1.value == pytest.approx(
        metrics.f1_score(given.labels, named, average="macro"), abs=1e-6
    )
    for label, row in enumerate(found.classes):
        true, said = given.labels == label, named == label
        expected = {
            "sensitivity": metrics.recall_score(true, said),
            "specificity": metrics.recall_score(~true, ~said),
            "precision": metrics.precision_score(true, said),
            "npv": metrics.precision_score(~true, ~said),
            "f1": metrics.f1_score(true, said),
        }
        for name, value in expected.items():
            measured = getattr(row, name)
            assert measured.value == pytest.approx(value, abs=1e-6), name
            assert measured.interval[0] < value < measured.interval[1], name


def test_the_mean_roc_curve_has_the_mean_area(tilted):
    _, found = tilted
    for row in found.classes:
        x, y = np.array(row.roc.x), np.array(row.roc.y)
        assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
        assert (np.diff(x) >= 0).all()
        assert (np.diff(y) >= 0).all()
        assert np.trapezoid(y, x) == pytest.approx(row.auroc.value, abs=0.02)


def test_a_fold_that_is_missing_does_not_renumber_the_others():
    given = scored(folds=4)
    kept = given.folds != 2
    found = judged(
        replace(
            given,
            **{
                each.name: getattr(given, each.name)[kept]
                for each in fields(given)
                if each.name != "prior"
            },
        )
    )
    assert found.fold_numbers == (1, 3, 4)
    expected = np.mean([one_against_rest(given, label, given.folds == 3) for label in range(3)])
    assert found.folds[1] == pytest.approx(expected)
    assert [row.name for row in fold_rows(found)] == ["fold 1", "fold 3", "fold 4", "mean"]


def test_one_model_has_no_folds():
    given = scored(folds=0)
    found = judged(given, "locked test")
    assert found.folds == ()
    expected = metrics.roc_auc_score(given.labels, given.probabilities, multi_class="ovr")
    assert found.macro_auroc.value == pytest.approx(expected)
    assert len(found.classes[0].roc.x) <= 400


def test_films_of_one_patient_widen_intervals():
    """Four copies of each film tell no more than one."""
    alone, four = scored(folds=0), scored(folds=0)
    copies = Scored(
        **{
            name: np.repeat(getattr(alone, name), 4, axis=0)
            for name in ("films", "labels", "patients", "folds", "probabilities", "embeddings")
        },
        prior=four.prior,
    )
    first, second = (judged(each, "locked test") for each in (alone, copies))
    assert second.films == 4 * first.films
    assert second.patients == first.patients
    for figure in ("macro_auroc", "accuracy"):
        one, other = getattr(first, figure).interval, getattr(second, figure).interval
        assert other[1] - other[0] > 0.75 * (one[1] - one[0])


def test_subgroups_below_twenty_patients_are_not_estimable():
    given = scored(folds=0)
    sources = ["A" if patient < 105 else "B" for patient in given.patients]
    ages = ["", "17", "45", "80"] * 30
    found = judged(given, "locked test", {"source": sources, "age": ages, "other": sources})
    rows = {(row.column, row.level): row for row in found.subgroups}
    assert set(rows) == {
        *(("source", level) for level in "AB"),
        *(("age", level) for level in ("missing", "below 18", "40 to 59", "from 75")),
    }
    small = rows["source", "B"]
    assert small.auroc.value is small.sensitivity.value is small.specificity.value is None
    assert small.auroc.note == "not estimable: 15 patients"
    inside = np.array(sources) == "A"
    sick = given.labels[inside] != 0
    expected = metrics.roc_auc_score(sick, 1 - given.probabilities[inside, 0])
    assert rows["source", "A"].auroc.value == pytest.approx(expected)
    assert rows["source", "A"].sensitivity.films == sick.sum()


@pytest.mark.parametrize(
    ("age", "group"), [("-3", "missing"), ("nan", "missing"), ("75", "from 75")]
)
def test_odd_ages(age, group):
    assert age_group(age) == group
