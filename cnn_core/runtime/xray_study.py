"""A study judged: cross-validation, operating point, sets, gate, the whole path, the locked test.

What is found lies in the folder of the served run (of the first fold, where none is served):
`study.json`, what was said of each film, and the gate. Reading it is free of torch.
"""

import dataclasses
import json

from cnn_core.errors import DataError, RunStateError
from cnn_core.results.from_plain import from_plain
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_plan import Scored
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.files import write_whole
from cnn_core.runtime.film_audit import audited
from cnn_core.runtime.groups import runs_of
from cnn_core.runtime.kept_audits import kept_audit
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_judging import (
    CROSS_VALIDATION,
    LOCKED,
    Study,
    calibration_scores,
    decide,
    gate_and_locked,
    out_of_fold_scores,
    tell,
    whole_path,
)
from cnn_core.runtime.xray_runs import Progress, film_store, study_of
from cnn_core.runtime.xray_scored import read_scored, write_scored
from cnn_core.runtime.xray_words import told_of
from cnn_core.settings import Settings
from cnn_core.xray.intervals import DRAWS
from cnn_core.xray.run_plans import rows_of_places

STUDY_FILE = "study.json"
SCORED_FILE = "study.safetensors"


def study_runs(store: RunStore, group: str) -> tuple[tuple[RunRecord, ...], RunRecord | None]:
    """Return the finished runs of a study's folds, by fold, and of the served model."""
    finished = [run for run in runs_of(store, group) if run.status == "finished"]
    newest = {run.config.fold: run for run in sorted(finished, key=lambda run: run.created)}
    served = newest.pop(0, None)
    return tuple(newest[fold] for fold in sorted(newest)), served


def read_study(store: RunStore, group: str) -> StudyResult | None:
    """Return what was found of a study; None where it was not evaluated, or by another version.

    Raises:
        UnknownNameError: that is not the id of a group.
    """
    folds, served = study_runs(store, group)
    for run in [served, *folds]:
        if run is not None:
            try:
                text = (store.run_folder(run.id) / STUDY_FILE).read_bytes()
                return from_plain(StudyResult, json.loads(text))
            except (OSError, ValueError, DataError):
                continue
    return None


def study_scored(store: RunStore, group: str) -> dict[str, Scored]:
    """Return what was said of each film, by "cross-validation" and "locked test".

    Probabilities are those that are decided by: at the prior, divided by the temperature.

    Raises:
        WeightsError: the file is damaged.
    """
    folds, served = study_runs(store, group)
    for run in [served, *folds]:
        if run is not None:
            found = read_scored(store.run_folder(run.id) / SCORED_FILE)
            if found:
                return found
    return {}


def evaluate_study(
    settings: Settings,
    store: RunStore,
    group: str,
    *,
    open_locked: bool = False,
    progress: Progress = lambda progress: None,
    draws: int = DRAWS,
) -> StudyResult:
    """Judge the finished runs of a study, keep what was found, and return it.

    Args:
        settings: for the homes.
        store: where the runs are.
        group: the study's.
        open_locked: whether the locked films are looked at (again), which is counted for ever.
            Without it, what an earlier look found of the same model stays.
        progress: told how far it has come.
        draws: of each bootstrap.

    Raises:
        RunStateError: none of its runs has finished, or there is no served model to open the locked
            test with.
        CnnLabError: films, plan or weights are gone.
    """
    study = _study(settings, store, group, draws, progress)
    if open_locked and study.served is None:
        raise RunStateError(
            "The locked test is for the served model, which has not finished training.",
            hint="Wait for it, or resume it; the folds never see the locked films.",
        )
    calibrating = calibration_scores(study)
    decided, out_of_fold = decide(study, out_of_fold_scores(study), calibrating)
    gate, rows, seen = gate_and_locked(study, decided, calibrating, open_locked=open_locked)
    before = None if open_locked else read_study(store, group)
    if before is not None and before.locked is not None:
        seen = study_scored(store, group).get(LOCKED)
    scored: dict[str, Scored] = {}
    if out_of_fold is not None:
        tell(study, "Cross-validation: figures and intervals")
        scored[CROSS_VALIDATION] = out_of_fold
    cross_validation = study.evaluated(scored, CROSS_VALIDATION)
    if seen is not None:
        tell(study, "Locked test: figures and intervals")
        scored[LOCKED] = seen
    locked = study.evaluated(scored, LOCKED)
    result = StudyResult(
        plan=study.plan.id,
        film_set=study.film_set.id,
        run=study.served.id if study.served else "",
        fold_runs=tuple(run.id for run in study.folds),
        classes=study.plan.classes,
        prior=tuple(decided.prior.tolist()),
        temperature=decided.temperature,
        cross_validation=cross_validation,
        locked=locked,
        operating_point=decided.point,
        conformal=decided.sets,
        gate=rows,
        path=whole_path(study, decided, gate, out_of_fold, seen),
        **told_of(study, decided, cross_validation, locked),
    )
    folder = study.folder
    write_scored(folder / SCORED_FILE, scored)
    text = json.dumps(dataclasses.asdict(result), allow_nan=False, ensure_ascii=False)
    write_whole(folder / STUDY_FILE, text.encode())
    tell(study, "Done", done=True)
    return result


def _study(
    settings: Settings, store: RunStore, group: str, draws: int, progress: Progress
) -> Study:
    folds, served = study_runs(store, group)
    if not folds and served is None:
        raise RunStateError(
            "No run of this study has finished yet, so there is nothing to judge.",
            hint="Wait for the runs, or resume them.",
        )
    film_set, plan = study_of(settings, served or folds[0])
    films = film_store(settings)
    audit = kept_audit(films, film_set.id) or audited(settings, film_set, progress=progress)
    rows = rows_of_places(plan, film_set, films.pictures.load(film_set.snapshot))
    return Study(
        settings=settings,
        store=store,
        films=films,
        film_set=film_set,
        plan=plan,
        audit=audit,
        folds=folds,
        served=served,
        rows=rows,
        draws=draws,
        progress=progress,
    )
