"""From a film set and its groups to the plan of a study: roles and folds of every patient.

Pure: the same film set, groups, folds and seed give the same plan, by its id.
"""

import dataclasses
import hashlib
import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cnn_core.errors import ConfigError, DataError
from cnn_core.results.films import MISSING, FilmSet
from cnn_core.results.xray_plan import StudyPlan
from cnn_core.xray.splits import (
    FEWEST_A_FOLD,
    joined,
    patient_numbers,
    patients_by_class,
    split_folds,
    split_roles,
)
from cnn_core.xray.unseen import source_of_films as source_of_films

FEWEST_TO_GUARANTEE = 36
"""Patients of a disease without whom no operating point can be guaranteed (36 of 36)."""
FEWEST_FOR_SETS = 30
"""Patients of a class without whom there are no conformal sets."""
MOST_FOLDS = 10

Integers = NDArray[np.int64]


def _validate_folds(folds: int) -> None:
    if folds != 0 and not 2 <= folds <= MOST_FOLDS:
        raise ConfigError(
            f"A study has 0 folds or 2 to {MOST_FOLDS}, but {folds} were asked for.",
            hint="Take 5 folds; 0 trains the served model alone.",
        )


def _validate_classes(film_set: FilmSet, there: Sequence[int]) -> None:
    if len(film_set.classes) < 2:
        raise DataError(
            "A study needs films of at least 2 classes, but there is only "
            f"{film_set.classes[0] if film_set.classes else 'none'}.",
            hint="Bring films of a second class.",
        )
    fewest = 2 * FEWEST_A_FOLD + 1  # one is locked away
    short = [index for index, count in enumerate(there) if count < fewest]
    if short:
        name, count = film_set.classes[short[0]], there[short[0]]
        raise DataError(
            f"A study needs at least {fewest} patients of every class, but {name} has {count}.",
            hint="Bring more patients of it (near-duplicates count as one), or leave the class "
            "out.",
        )


def study_plan(
    film_set: FilmSet, groups: Sequence[int] | Integers, *, folds: int, seed: int
) -> StudyPlan:
    """Return who sees which patient of a film set; the same arguments give the same plan.

    Patients are split once, stratified by labels and source: 60 % to fit, 20 % to calibrate, in two
    halves, 20 % locked away. What is not locked is divided into folds, each with two patients of
    every class. Where a half to calibrate on is too small for what is to be guaranteed, out-of-fold
    scores take its place (`approximate`).

    A patient is whoever cannot be told from another: films that share a name or are near-duplicates
    count as one in every number, guarantee and interval; `patients` are `groups`.

    Args:
        film_set: what was taken in.
        groups: number of each film's group `(N,)`, of the audit; groups that share a patient are
            joined.
        folds: 0 or 2 to 10.
        seed: 0 or above.

    Raises:
        ConfigError: a number of folds that is none.
        DataError: too few patients of a class, or groups of other films.
    """
    _validate_folds(folds)
    if len(groups) != len(film_set.films):
        raise DataError(
            f"The groups are of {len(groups):,} films, but the film set has "
            f"{len(film_set.films):,}.",
            hint="Audit the film set again.",
        )
    named = patient_numbers(film_set)
    patients = joined(np.asarray(groups, dtype=np.int64), named)
    number = {label: index for index, label in enumerate(film_set.classes)}
    labels = np.array([number[film.label] for film in film_set.films], dtype=np.int64)
    _validate_classes(film_set, patients_by_class(labels, patients, len(film_set.classes)))
    sources = source_of_films(film_set)
    roles = split_roles(labels, sources, patients, seed=seed)
    free = np.array([role != "locked" for role in roles])
    found = np.zeros(len(labels), dtype=np.int64)
    if folds:
        found[free] = split_folds(
            labels[free],
            [source for source, own in zip(sources, free.tolist(), strict=True) if own],
            patients[free],
            classes=film_set.classes,
            folds=folds,
            seed=seed,
        )
    deciding = np.array([role == "decide" for role in roles])
    there = patients_by_class(labels[deciding], patients[deciding], len(film_set.classes))
    short = _short(film_set.classes, there)
    plan = StudyPlan(
        id="",
        film_set=film_set.id,
        title=film_set.title,
        classes=film_set.classes,
        films=tuple(range(len(labels))),
        labels=tuple(labels.tolist()),
        groups=tuple(patients.tolist()),
        patients=tuple(patients.tolist()),
        roles=tuple(roles),
        folds=tuple(found.tolist()),
        fold_count=int(found.max(initial=0)),
        approximate=bool(short) and folds > 0,
        seed=seed,
        notes=(
            *_fold_notes(int(found.max(initial=0)), folds),
            *_patient_notes(film_set, labels, patients, named),
            *_short_notes(short, int(found.max(initial=0))),
        ),
    )
    return dataclasses.replace(plan, id=study_digest(plan))


def study_digest(plan: StudyPlan) -> str:
    """Return the SHA-256 that `plan.id` has to be: of everything in it but the id."""
    fields = dataclasses.asdict(plan)
    del fields["id"]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def locked_digest(plan: StudyPlan) -> str:
    """Return a digest of the film set and of which of its films are locked, whatever the folds."""
    locked = [film for film, role in zip(plan.films, plan.roles, strict=True) if role == "locked"]
    return hashlib.sha256(json.dumps([plan.film_set, locked]).encode()).hexdigest()


def _short(classes: Sequence[str], there: Sequence[int]) -> str:
    """Return which class has too few patients to decide on, in words; "" if none has."""
    for label, count in zip(classes, there, strict=True):
        needed = FEWEST_FOR_SETS if label == "normal" else FEWEST_TO_GUARANTEE
        if count < needed:
            return f"{count} patients of {label}, where {needed} are needed"
    return ""


def _fold_notes(made: int, asked: int) -> list[str]:
    if made == asked:
        return []
    return [
        f"{made} folds instead of {asked}: more would leave one with fewer than "
        f"{FEWEST_A_FOLD} patients of a class."
    ]


def _patient_notes(
    film_set: FilmSet, labels: Integers, patients: Integers, named: Integers
) -> list[str]:
    notes = []
    pairs = np.unique(np.stack([patients, labels], axis=1), axis=0)
    mixed = int((np.bincount(pairs[:, 0]) > 1).sum())
    if mixed:
        notes.append(
            f"{mixed} patient{'s have' if mixed > 1 else ' has'} films with different labels: "
            "counted in each class, kept in one fold."
        )
    before, after = len(np.unique(named)), len(np.unique(patients))
    unnamed = sum(film.patient == MISSING for film in film_set.films)
    if unnamed:
        notes.append(
            f"{unnamed:,} films name no patient: near-duplicates count as one patient, each other "
            f"film as one of its own, which gives {after:,} patients: patient leakage not excluded."
        )
    elif after < before:
        notes.append(
            f"{before:,} patients by name count as {after:,}: near-duplicates under two names are "
            "one patient."
        )
    return notes


def _short_notes(short: str, made: int) -> list[str]:
    if not short:
        return []
    instead = (
        "out-of-fold scores are to take its place, and every guarantee is then approximate "
        "(cross-fitted)"
        if made
        else "without folds nothing can take its place"
    )
    return [f"The half to decide on has {short}: {instead}."]
