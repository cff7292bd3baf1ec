"""A study judged: cross-validation, operating point, sets, gate, the whole path, the locked test.

What is found lies in the folder of the served run (of the first fold, where none is served):
`study.json`, what was said of each film, and the gate. `study.json` names the file of scores that
it belongs to, and is written after it: both are always of one evaluation. Reading is free of torch.
"""

import contextlib
import dataclasses
import json
import secrets
from pathlib import Path

from cnn_core.errors import DataError, RunStateError, WeightsError
from cnn_core.results.from_plain import from_plain
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_plan import Scored
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.files import write_whole
from cnn_core.runtime.film_audit import audited
from cnn_core.runtime.groups import runs_of
from cnn_core.runtime.kept_audits import kept_audit
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.study_reference import keep_reference
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
from cnn_core.runtime.xray_kept import earlier_look, evaluating
from cnn_core.runtime.xray_runs import Progress, film_store, study_of
from cnn_core.runtime.xray_scored import read_scored, write_scored
from cnn_core.runtime.xray_words import told_of
from cnn_core.settings import Settings
from cnn_core.xray.intervals import DRAWS
from cnn_core.xray.run_plans import rows_of_places

STUDY_FILE = "study.json"
_SCORED = "study*.safetensors"


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
    kept = _kept(store, group)
    return None if kept is None else kept[1]


def _kept(store: RunStore, group: str) -> tuple[Path, StudyResult] | None:
    """Return what was found of a study, and the folder that it lies in."""
    folds, served = study_runs(store, group)
    for run in [served, *folds]:
        if run is not None:
            folder = store.run_folder(run.id)
            try:
                text = (folder / STUDY_FILE).read_bytes()
                return folder, from_plain(StudyResult, json.loads(text))
            except (OSError, ValueError, DataError):
                continue
    return None


def study_scored(store: RunStore, group: str) -> dict[str, Scored]:
    """Return what was said of each film, by "cross-validation" and "locked test".

    Probabilities are those that are decided by: at the prior, divided by the temperature.

    Raises:
        WeightsError: the file is damaged.
    """
    kept = _kept(store, group)
    return {} if kept is None else read_scored(kept[0] / Path(kept[1].scored).name)


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
    study_runs(store, group)  # raises where there is no such group
    with evaluating(store, group, progress):
        study = _study(settings, store, group, draws, progress)
        return _evaluated(study, group, open_locked=open_locked)


def _evaluated(study: Study, group: str, *, open_locked: bool) -> StudyResult:
    if open_locked and study.served is None:
        raise RunStateError(
            "The locked test is for the served model, which has not finished training.",
            hint="Wait for it, or resume it; the folds never see the locked films.",
        )
    calibrating, network = calibration_scores(study), None
    if study.served is not None and calibrating is not None:
        from cnn_core.runtime.film_network import run_network
        from cnn_core.runtime.served_scores import as_served

        network = run_network(study.settings, study.served)
        calibrating = as_served(study, network, calibrating)
    decided, out_of_fold = decide(study, out_of_fold_scores(study), calibrating)
    gate, rows, seen = gate_and_locked(
        study, network, decided, calibrating, open_locked=open_locked
    )
    if not open_locked:
        kept: dict[str, Scored] = {}
        with contextlib.suppress(WeightsError):  # then it is said that a look is lost
            kept = study_scored(study.store, group)
        before = read_study(study.store, group)
        seen, decided = earlier_look(study, decided, before, kept.get(LOCKED))
    if gate is not None and calibrating is not None:
        keep_reference(study, decided, gate, calibrating, seen)
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
    result = _keep(study.folder, result, scored)
    tell(study, "Done", done=True)
    return result


def _keep(folder: Path, result: StudyResult, scored: dict[str, Scored]) -> StudyResult:
    """Keep both, under a new name the scores, and return what is kept."""
    result = dataclasses.replace(result, scored=f"study-{secrets.token_hex(6)}.safetensors")
    write_scored(folder / result.scored, scored)
    text = json.dumps(dataclasses.asdict(result), allow_nan=False, ensure_ascii=False)
    write_whole(folder / STUDY_FILE, text.encode())
    for path in folder.glob(_SCORED):
        if path.name != result.scored:
            path.unlink(missing_ok=True)
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
