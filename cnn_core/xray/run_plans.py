"""What each run of a study sees: train, valid and test of a fold or of the served model. Pure."""

import dataclasses
from collections import defaultdict, deque

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.pictures.plan import plan_digest
from cnn_core.data.pictures.splitting import split_groups
from cnn_core.errors import ConfigError, DataError
from cnn_core.results.films import FilmSet
from cnn_core.results.pictures import Part, Plan, Snapshot
from cnn_core.results.xray_plan import StudyPlan
from cnn_core.xray.splits import Integers


def training_films(plan: StudyPlan, fold: int) -> NDArray[np.bool_]:
    """Return which of the plan's films the run of a fold (0: the served model) learns from."""
    roles, folds = np.array(plan.roles), np.array(plan.folds)
    if fold == 0:
        return np.asarray(roles == "fit")
    return np.asarray((roles != "locked") & (folds != fold))


def run_plan(
    plan: StudyPlan,
    film_set: FilmSet,
    fold: int,
    validation_share: float,
    seed: int,
    *,
    snapshot: Snapshot | None = None,
) -> Plan:
    """Return what the run of a fold sees: train, valid (whole groups), test; no locked film.

    Args:
        plan: the study's.
        film_set: of which it is.
        fold: 1 to `plan.fold_count`: this fold is the test, all others are learnt from; 0: the
            served model, which learns from "fit", and is tested on what it is calibrated with.
        validation_share: of the training films, kept to stop early by, 0.01 to 0.5.
        seed: of that part.
        snapshot: of the films' pictures, to look each one up; None takes the film set's order.

    Raises:
        ConfigError: there is no such fold.
        DataError: another film set's plan, or a picture that the snapshot does not have.
    """
    if plan.film_set != film_set.id:
        raise DataError("The plan is of another film set than this.", hint="Make a plan of it.")
    if not 0 <= fold <= plan.fold_count:
        raise ConfigError(
            f"fold must be between 0 and {plan.fold_count}, but it is {fold}.",
            hint="0 is the served model.",
        )
    training = training_films(plan, fold)
    roles, folds = np.array(plan.roles), np.array(plan.folds)
    testing = (folds == fold) if fold else np.isin(roles, ("temperature", "decide"))
    labels, groups = np.array(plan.labels), np.array(plan.groups)
    parts = np.full(len(labels), "", dtype=object)
    parts[testing & (roles != "locked")] = "test"
    parts[training] = split_groups(
        labels[training],
        groups[training],
        valid_share=validation_share,
        test_share=0.0,
        seed=seed,
    )
    _validate_parts(plan, labels, parts)
    chosen = np.flatnonzero(parts != "")
    places = _places(film_set, snapshot)
    order = sorted(chosen.tolist(), key=lambda place: places[plan.films[place]])
    named: list[Part] = [parts[place] for place in order]
    made = Plan(
        id="",
        snapshot=film_set.snapshot,
        title=plan.title,
        classes=plan.classes,
        pictures=tuple(places[plan.films[place]] for place in order),
        sha256=tuple(film_set.films[plan.films[place]].picture for place in order),
        labels=tuple(plan.labels[place] for place in order),
        parts=tuple(named),
        clusters=tuple(plan.groups[place] for place in order),
        decisions=(),
        grouped=True,
        seed=seed,
        valid_share=float(validation_share),
        test_share=0.0,
        notes=plan.notes,
    )
    return dataclasses.replace(made, id=plan_digest(made))


def rows_of_places(plan: StudyPlan, film_set: FilmSet, snapshot: Snapshot) -> dict[int, int]:
    """Return the row of the study's plan that each place of the snapshot stands for.

    Raises:
        DataError: a picture that the snapshot does not have.
    """
    places = _places(film_set, snapshot)
    return {places[film]: row for row, film in enumerate(plan.films)}


def _validate_parts(plan: StudyPlan, labels: Integers, parts: NDArray[np.object_]) -> None:
    for part, name in (("train", "training"), ("valid", "validation")):
        there = np.bincount(labels[parts == part], minlength=len(plan.classes))
        if not there.all():
            missing = plan.classes[int(np.argmin(there))]
            raise DataError(
                f"Every class needs films in training and in validation, but {missing} has none "
                f"in {name}.",
                hint="Bring more patients of it, or take fewer folds.",
            )


def _places(film_set: FilmSet, snapshot: Snapshot | None) -> list[int]:
    """Return the place of each film's picture in the snapshot, each taken once."""
    if snapshot is None:
        return list(range(len(film_set.films)))
    waiting: dict[tuple[str, str], deque[int]] = defaultdict(deque)
    for place, picture in enumerate(snapshot.pictures):
        waiting[picture.sha256, picture.label].append(place)
    try:
        return [waiting[film.picture, film.label].popleft() for film in film_set.films]
    except IndexError as exc:
        raise DataError(
            "The pictures of this film set are not those of its snapshot.",
            hint="Take the films in again.",
        ) from exc
