"""What has to be said beside the figures of a study: red flags, warnings, patients, versions."""

from collections import Counter, defaultdict
from typing import TypedDict

import numpy as np

from cnn_core.models.registry import model_row
from cnn_core.results.chance import percent
from cnn_core.results.films import MISSING, FilmSet, reason_to_count
from cnn_core.results.xray_audit import Level
from cnn_core.results.xray_evaluation import Evaluation
from cnn_core.results.xray_study import Opening
from cnn_core.runtime.xray_judging import OUT_OF_FOLD, Decided, Study
from cnn_core.runtime.xray_locked import openings
from cnn_core.training.recipes import find_recipe, network_of
from cnn_core.xray.operating_point import NORMAL
from cnn_core.xray.plan import source_of_films
from cnn_core.xray.splits import patients_by_class

TOO_GOOD = 0.95
"""From this macro-averaged AUROC on, a leak is the first explanation."""
NOT_STATED = "not stated"

_MOST_REASONS = 20
_VERSIONS = ("python", "torch", "torchvision", "numpy", "scikit-learn", "commit", "processor")


class Told(TypedDict):
    """Those fields of `StudyResult` that are words, counts and what was found before."""

    model: str
    openings: tuple[Opening, ...]
    audit_level: Level
    red: tuple[str, ...]
    unseen: str
    warnings: tuple[str, ...]
    trained_on: dict[str, int]
    patients: dict[str, tuple[int, ...]]
    excluded: dict[str, int]
    versions: dict[str, str]


def told_of(
    study: Study,
    decided: Decided,
    cross_validation: Evaluation | None,
    locked: Evaluation | None,
) -> Told:
    """Return what stands beside the figures."""
    record = study.served or study.folds[0]
    seen = openings(study.films, study.plan)
    return Told(
        model=model_row(network_of(find_recipe(record.recipe), record.config)).title,
        openings=seen,
        audit_level=study.audit.level,
        red=study.audit.reasons("red"),
        unseen=study.audit.unseen,
        warnings=tuple(_warnings(study, decided, cross_validation, locked, seen)),
        trained_on=_trained_on(study),
        patients=_patients(study),
        excluded=excluded_films(study.film_set),
        versions={
            name: record.provenance[name] for name in _VERSIONS if record.provenance.get(name)
        },
    )


def _warnings(
    study: Study,
    decided: Decided,
    cross_validation: Evaluation | None,
    locked: Evaluation | None,
    seen: tuple[Opening, ...],
) -> list[str]:
    plan, told = study.plan, list(study.plan.notes)
    shares = ", ".join(
        f"{name} {percent(share)}"
        for name, share in zip(plan.classes, decided.prior.tolist(), strict=True)
    )
    told.append(f"Probabilities assume the shares of the classes in the training films: {shares}.")
    told.extend(decided.notes)
    for evaluated in (cross_validation, locked):
        area = None if evaluated is None else evaluated.macro_auroc.value
        if evaluated is not None and area is not None and area >= TOO_GOOD:
            told.append(
                f"The macro-averaged AUROC of the {evaluated.what} is {area:.3f}: from "
                f"{TOO_GOOD:.2f} on, look for the leak before anything else."
            )
    missing = plan.fold_count - len(study.folds)
    if missing:
        told.append(
            f"{missing} of {plan.fold_count} folds have not finished: the cross-validation is of "
            "the others."
        )
    if study.served is None:
        told.append("No served model has finished: there is no gate and no locked test.")
    if decided.approximate and not plan.approximate:
        told.append(
            "Temperature, operating point and sets are from out-of-fold scores: approximate "
            "(cross-fitted)."
        )
    if plan.approximate and not decided.approximate:
        told.append(
            "No fold has finished, so nothing takes the place of the half to decide on: operating "
            "point and sets are from it, small as it is."
        )
    if NORMAL not in plan.classes:
        told.append(f"There is no path: no class is called {NORMAL}.")
    elif locked is None and cross_validation is not None:
        told.append(f"The whole path is on {OUT_OF_FOLD}, without the gate.")
    if study.film_set.synthetic:
        told.append("These films were drawn by a program: no figure here is of patients.")
    told.append(said_of_openings(seen))
    return told


def said_of_openings(seen: tuple[Opening, ...]) -> str:
    """Return how often the locked test was opened, a sentence."""
    if not seen:
        return "The locked test was never opened."
    times = "once" if len(seen) == 1 else f"{len(seen)} times"
    models = len({opening.weights for opening in seen})
    more = "" if models == 1 else f", with {models} different models"
    return f"The locked test was opened {times}{more}."


def _trained_on(study: Study) -> dict[str, int]:
    """Return how many patients of each source the served model was fitted on; {} without one."""
    if study.served is None:
        return {}
    sources = source_of_films(study.film_set)
    patients: dict[str, set[int]] = defaultdict(set)
    for film, patient, role in zip(
        study.plan.films, study.plan.patients, study.plan.roles, strict=True
    ):
        if role == "fit":
            source = sources[film]
            patients[NOT_STATED if source == MISSING else source].add(patient)
    return {source: len(patients[source]) for source in sorted(patients)}


def _patients(study: Study) -> dict[str, tuple[int, ...]]:
    plan = study.plan
    labels, numbers = np.array(plan.labels), np.array(plan.patients)
    roles, size = np.array(plan.roles), len(plan.classes)
    counts = {
        role: patients_by_class(labels[roles == role], numbers[roles == role], size)
        for role in ("fit", "temperature", "decide", "locked")
    }
    return {"all": patients_by_class(labels, numbers, size), **counts}


def excluded_films(film_set: FilmSet) -> dict[str, int]:
    """Return how many files were left out by reason, without the names of any."""
    counts = Counter(reason_to_count(rejected.reason) for rejected in film_set.rejected)
    shown = dict(counts.most_common(_MOST_REASONS))
    rest = sum(counts.values()) - sum(shown.values())
    return shown | ({"other reasons": rest} if rest else {})
