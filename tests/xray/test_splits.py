"""Who sees which patient: the properties that every split has, and what it refuses."""

import numpy as np
import pytest

from cnn_core.errors import ConfigError, DataError
from cnn_core.xray.plan import locked_digest, study_plan
from cnn_core.xray.run_plans import run_plan
from cnn_core.xray.splits import joined, split_folds
from tests.film_sets import CLASSES, film, film_set, of_films

ROLES = ("fit", "temperature", "decide", "locked")


def plan_of(films, *, folds=5, seed=0, groups=None):
    groups = range(len(films.films)) if groups is None else groups
    return study_plan(films, groups, folds=folds, seed=seed)


def patients(plan, chosen):
    labels, numbers = np.array(plan.labels), np.array(plan.patients)
    return [
        len(np.unique(numbers[chosen & (labels == label)])) for label in range(len(plan.classes))
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("films_each", [1, 4])
def test_sixty_twenty_twenty_by_patient_and_class_and_source(seed, films_each):
    films = film_set(100, films_each)
    plan = plan_of(films, seed=seed)
    roles, sources = np.array(plan.roles), np.array(films.column("source"))
    for role, share in zip(ROLES, (60, 10, 10, 20), strict=True):
        assert patients(plan, roles == role) == [share] * 3
        for source in ("A", "B"):
            assert patients(plan, (roles == role) & (sources == source)) == [share / 2] * 3


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_ever_divided(seed):
    draw = np.random.default_rng(seed)
    films = film_set(20, 3)
    groups = np.arange(len(films.films))
    for first, second in draw.integers(0, len(groups), (15, 2)):  # duplicates tie patients together
        groups[first] = groups[second]
    plan = plan_of(films, seed=seed, groups=groups, folds=3)
    whole = joined(groups, plan.patients)
    for numbers in (whole, plan.patients, groups):
        pairs = set(zip(np.asarray(numbers).tolist(), plan.roles, plan.folds, strict=True))
        assert len(pairs) == len(np.unique(numbers))
    for fold in range(plan.fold_count + 1):
        run = run_plan(plan, films, fold, 0.2, seed)
        assert len(set(zip(run.clusters, run.parts, strict=True))) == len(set(run.clusters))


@pytest.mark.parametrize("count", [5, 7, 10, 33])
def test_both_halves_to_calibrate_on_have_patients(count):
    roles = plan_of(film_set(count), folds=2).roles
    assert 0 < roles.count("temperature") <= roles.count("decide") <= 1 + roles.count("temperature")


def test_a_patient_in_two_groups_joins_them():
    assert joined([5, 6, 7, 8], [1, 1, 2, 3]).tolist() == [0, 0, 1, 2]


def test_locked_films_are_in_no_run_and_do_not_depend_on_the_folds():
    films = film_set(40, 2)
    plans = [plan_of(films, folds=folds) for folds in (0, 2, 5)]
    assert len({plan.id for plan in plans}) == 3
    assert len({locked_digest(plan) for plan in plans}) == 1
    locked = {
        film for film, role in zip(plans[0].films, plans[0].roles, strict=True) if role == "locked"
    }
    assert len(locked) == 48
    for plan in plans:
        for fold in range(plan.fold_count + 1):
            assert not locked & set(run_plan(plan, films, fold, 0.15, 0).pictures)
    assert locked_digest(plan_of(films, seed=1)) != locked_digest(plans[0])


def test_each_film_that_is_not_locked_is_tested_once():
    films = film_set(30)
    plan = plan_of(films)
    tested = []
    for fold in range(1, plan.fold_count + 1):
        run = run_plan(plan, films, fold, 0.15, 0)
        tested += [
            place for place, part in zip(run.pictures, run.parts, strict=True) if part == "test"
        ]
    free = [place for place, role in enumerate(plan.roles) if role != "locked"]
    assert sorted(tested) == free


def test_the_served_model_learns_from_fit_and_is_tested_on_calibrate():
    films = film_set(40)
    plan = plan_of(films)
    run = run_plan(plan, films, 0, 0.15, 0)
    roles = {"train": {"fit"}, "valid": {"fit"}, "test": {"temperature", "decide"}}
    for place, part in zip(run.pictures, run.parts, strict=True):
        assert plan.roles[place] in roles[part]
    assert run.count("valid") == round(0.15 * plan.roles.count("fit"))


@pytest.mark.parametrize("seed", range(10))
def test_every_fold_holds_two_patients_of_every_class(seed):
    """Groups of very different sizes, where scikit-learn leaves folds without a class."""
    draw = np.random.default_rng(seed)
    films = []
    for label, count in (("normal", 30), ("covid19", 7), ("pneumonia", 12)):
        for patient in range(count):
            films += [
                film(len(films), label, patient=f"{label}{patient}")
                for _ in range(int(draw.integers(1, 12)))
            ]
    plan = plan_of(of_films(films), seed=seed)
    assert 2 <= plan.fold_count <= 5
    for fold in range(1, plan.fold_count + 1):
        assert min(patients(plan, np.array(plan.folds) == fold)) >= 2
    if plan.fold_count < 5:
        assert plan.notes[0].startswith(f"{plan.fold_count} folds instead of 5")


def test_the_same_seed_gives_the_same_plan_and_another_one_another():
    films = film_set(20)
    assert plan_of(films).id == plan_of(films).id != plan_of(films, seed=1).id


def test_patients_with_two_labels_are_counted_and_kept_together():
    films = film_set(20)
    both = [film(900, "normal", patient="both"), film(901, "covid19", patient="both")]
    plan = plan_of(of_films([*films.films, *both]))
    assert plan.roles[-1] == plan.roles[-2]
    assert plan.folds[-1] == plan.folds[-2]
    assert any(note.startswith("1 patient has films with different labels") for note in plan.notes)


def test_films_without_a_patient_are_their_own_and_it_is_said():
    plan = plan_of(of_films([film(n, label) for n, label in enumerate(CLASSES * 10)]))
    assert len(set(plan.patients)) == 30
    assert any("patient leakage not excluded" in note for note in plan.notes)


def test_few_patients_make_guarantees_approximate():
    """Of a disease 36 are needed to decide on, of the normal 30: a tenth of all."""
    few, enough = plan_of(film_set(350)), plan_of(film_set(370))
    assert (few.approximate, enough.approximate) == (True, False)
    assert any("35 patients of covid19, where 36 are needed" in note for note in few.notes)
    assert not plan_of(film_set(350), folds=0).approximate  # nothing could take their place


@pytest.mark.parametrize(
    ("films", "folds", "error", "said"),
    [
        (film_set(4), 5, DataError, "at least 5 patients of every class, but normal has 4"),
        (film_set(9), 1, ConfigError, "0 folds or 2 to 10, but 1"),
        (film_set(9), 11, ConfigError, "0 folds or 2 to 10, but 11"),
        (film_set(9, classes=("normal",)), 5, DataError, "at least 2 classes"),
    ],
)
def test_what_is_refused(films, folds, error, said):
    with pytest.raises(error, match=said):
        plan_of(films, folds=folds)


def copies(classes=("normal", "covid19"), *, groups=20, each=9, patient=str):
    """Return films that are `each` near-duplicates of one another, and the audit's groups."""
    films = [
        film(number * each + place, label, patient=patient(number * each + place))
        for number, label in enumerate(label for label in classes for _ in range(groups))
        for place in range(each)
    ]
    return of_films(films, classes), np.repeat(np.arange(len(classes) * groups), each)


@pytest.mark.parametrize(
    ("patient", "said"),
    [
        (lambda place: "", "360 films name no patient: near-duplicates count as one patient, each"),
        (str, "360 patients by name count as 40: near-duplicates under two names"),
    ],
)
def test_near_duplicates_are_one_patient_in_every_count(patient, said):
    """360 films of 40: 36 films of covid19 to decide on are 4 patients, and guarantee nothing."""
    films, groups = copies(patient=patient)
    plan = plan_of(films, groups=groups, folds=2)
    deciding = np.array(plan.roles) == "decide"
    assert deciding.sum() == 36
    assert patients(plan, deciding) == [2, 2]
    assert plan.patients == plan.groups == tuple(groups.tolist())
    assert plan.approximate
    assert any(note.startswith(said) for note in plan.notes)
    assert any("2 patients of normal, where 30 are needed" in note for note in plan.notes)


def test_copies_of_few_patients_are_refused_however_many_films_they_are():
    films, groups = copies(groups=4, each=30)
    with pytest.raises(DataError, match="of every class, but normal has 4"):
        plan_of(films, groups=groups)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("many", "common"), [(15, 100), (40, 12)])
def test_a_patient_with_many_films_counts_as_one_in_the_folds(seed, many, common):
    """StratifiedGroupKFold gives such a patient a fold alone, and no division passes."""
    labels = np.repeat([0, 1], [common, 11 + many])
    groups = np.concatenate([np.arange(common + 11), np.full(many, common + 11)])
    found = split_folds(
        labels, [""] * len(labels), groups, classes=("normal", "covid19"), folds=5, seed=seed
    )
    for label, count in ((0, common), (1, 12)):
        held = [len(np.unique(groups[(found == fold) & (labels == label)])) for fold in range(1, 6)]
        assert sum(held) == count
        assert max(held) - min(held) <= 1


def test_patients_of_several_classes_are_named_where_no_folds_are_found():
    sets = [(0, 1, 2), (0, 1, 2), (1,), (0,), (0, 1, 2), (2,)]
    labels = np.array([label for own in sets for label in own])
    groups = np.repeat(np.arange(6), [len(own) for own in sets])
    with pytest.raises(DataError, match="no such division was found: 3 of 6 patients have films"):
        split_folds(labels, [""] * len(labels), groups, classes="abc", folds=5, seed=0)


def test_groups_of_other_films_are_refused():
    with pytest.raises(DataError, match=r"groups are of 3 films, but the film set has 27"):
        plan_of(film_set(9), groups=[0, 1, 2])


def test_folds_that_cannot_be_made_are_refused_with_the_class():
    labels = np.repeat([0, 1], [20, 3])
    with pytest.raises(DataError, match=r"but of rare there are 3 to divide"):
        split_folds(
            labels,
            ["A"] * 23,
            np.arange(23),
            classes=("common", "rare"),
            folds=5,
            seed=0,
        )
