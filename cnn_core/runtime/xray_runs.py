"""A study as runs: film set, audit and plan found again, one request a fold and one to be served.

A red audit has to be acknowledged, and is made where there is none. Without torch, but for an audit
that has to be made: a page asks before it offers Start.
"""

import functools
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from cnn_core.errors import CnnLabError, DataError, UnknownNameError
from cnn_core.results.config import TrainConfig
from cnn_core.results.films import FilmProgress, FilmSet
from cnn_core.results.from_plain import from_plain
from cnn_core.results.pictures import Plan, Selection
from cnn_core.results.runs import DatasetInfo, RunRecord
from cnn_core.results.xray_audit import XrayAudit
from cnn_core.results.xray_plan import FilmSelection, StudyPlan
from cnn_core.runtime.files import make_folder, write_whole
from cnn_core.runtime.kept_audits import kept_audit
from cnn_core.runtime.picture_runs import describe_plan
from cnn_core.runtime.rows import new_run_id
from cnn_core.runtime.store import RunRequest
from cnn_core.settings import Settings
from cnn_core.training.recipe import FILMS
from cnn_core.xray.plan import study_digest, study_plan
from cnn_core.xray.run_plans import run_plan

if TYPE_CHECKING:
    from cnn_core.data.films.store import FilmStore

Progress = Callable[[FilmProgress], None]

RECIPE = "xray-triage"
FILM_SET, STUDY = "film_set", "study"
"""Under these names a run's provenance says of which film set and study it is."""

_HINT = "Bring the films again, or choose another set."


def film_store(settings: Settings) -> "FilmStore":
    """Return where film sets are kept."""
    from cnn_core.data.films.store import FilmStore

    return FilmStore(settings.pictures / "films")


def require_acknowledged(audit: XrayAudit, *, acknowledged: bool) -> None:
    """Look that nobody trains on films with a red audit without having read it.

    Raises:
        DataError: it is red and was not acknowledged; names the first flags.
    """
    red = audit.reasons("red")
    if red and not acknowledged:
        more = f" And {len(red) - 1} more." if len(red) > 1 else ""
        raise DataError(
            f"The audit of these films has {len(red)} red flag{'s' if len(red) > 1 else ''}, which "
            f"were not acknowledged: {red[0]}{more}",
            hint="Read the audit; training is possible once it is acknowledged (--acknowledge), "
            "and the flags stay on every score.",
        )


def plan_of_study(settings: Settings, selection: FilmSelection, seed: int) -> StudyPlan:
    """Return the plan of a study of audited films, kept beside the film set.

    Raises:
        UnknownNameError: there is no such film set.
        DataError: it was not audited, its red audit is not acknowledged, or there are too few
            patients.
        ConfigError: a number of folds that is none.
    """
    films = film_store(settings)
    film_set = films.load(selection.film_set)
    audit = kept_audit(films, film_set.id)
    if audit is None:
        raise DataError("These films were not audited yet.", hint="Audit them first.")
    require_acknowledged(audit, acknowledged=selection.acknowledged)
    plan = _study_plan(settings, film_set.id, audit.groups, selection.folds, seed)
    path = films.path(film_set.id, f"plan-{plan.id[:16]}")
    if not path.exists():
        make_folder(path.parent)
        write_whole(path, json.dumps(asdict(plan)).encode())
    return plan


@functools.lru_cache(maxsize=4)
def _study_plan(
    settings: Settings, film_set: str, groups: tuple[int, ...], folds: int, seed: int
) -> StudyPlan:
    return study_plan(film_store(settings).load(film_set), groups, folds=folds, seed=seed)


def plan_films(
    settings: Settings, selection: Selection | FilmSelection | None, config: TrainConfig
) -> tuple[Plan, DatasetInfo, dict[str, str]]:
    """Return the plan of one run of a study, saved; what the run keeps of it; its provenance.

    Args:
        settings: for the home of the films.
        selection: of an audited film set.
        config: with seed, fold and share for validation.

    Raises:
        DataError: no film set was chosen.
        CnnLabError: see `plan_of_study` and `run_plan`.
    """
    if not isinstance(selection, FilmSelection):
        raise DataError(
            "This recipe trains on chest X-ray films, but none were chosen.",
            hint="Name a folder or zip of films: --data DIR.",
        )
    films = film_store(settings)
    study = plan_of_study(settings, selection, config.seed)
    film_set = films.load(study.film_set)
    plan = run_plan(
        study,
        film_set,
        config.fold,
        config.validation_share,
        config.seed,
        snapshot=films.pictures.load(film_set.snapshot),
    )
    described = replace(describe_plan(plan, films.pictures.save_plan(plan)), source=FILMS)
    return plan, described, {FILM_SET: film_set.id, STUDY: study.id}


def study_requests(
    settings: Settings,
    selection: FilmSelection,
    config: TrainConfig,
    *,
    owner: str,
    device: str = "auto",
    preset: str = "custom",
    launcher: str = "worker",
    progress: Progress = lambda progress: None,
) -> list[RunRequest]:
    """Return what has to be queued for a study: folds 1 to k, then the served model; one group.

    Args:
        settings: for the homes.
        selection: film set, folds, and whether its red flags are acknowledged.
        config: of every run; its fold and folds are not looked at.
        owner: digest of the owner's token.
        device: "auto", "cpu", "cuda", "cuda:1".
        preset: a label to keep.
        launcher: see `RunRequest`.
        progress: told how far an audit that has to be made has come.

    Raises:
        DataError: the audit is red and not acknowledged, or there are too few patients.
        CnnLabError: what `submit.build_request` raises.
    """
    from cnn_core.runtime.film_audit import audited
    from cnn_core.runtime.submit import build_request

    film_set = film_store(settings).load(selection.film_set)
    if kept_audit(film_store(settings), film_set.id) is None:
        audited(settings, film_set, progress=progress)
    made = plan_of_study(settings, selection, config.seed).fold_count
    group = new_run_id(RECIPE)
    return [
        build_request(
            settings,
            recipe=RECIPE,
            preset=preset,
            config=replace(config, fold=fold, folds=selection.folds),
            owner=owner,
            device=device,
            group=group,
            launcher=launcher,
            selection=selection,
            name=run_name(film_set.title, fold, made),
        )
        for fold in (*range(1, made + 1), 0)
    ]


def run_name(title: str, fold: int, folds: int) -> str:
    """Return what a run of a study is called.

    >>> run_name("Clinic A", 2, 5), run_name("Clinic A", 0, 5)
    ('Clinic A, fold 2 of 5', 'Clinic A, served model')
    """
    return f"{title}, fold {fold} of {folds}" if fold else f"{title}, served model"


def study_of(settings: Settings, record: RunRecord) -> tuple[FilmSet, StudyPlan]:
    """Return the film set and the plan of the study that a run belongs to.

    Raises:
        UnknownNameError: the run is of no study, or its film set is gone.
        DataError: the plan is missing or damaged.
    """
    named = record.provenance.get(STUDY, ""), record.provenance.get(FILM_SET, "")
    if not all(named):
        raise UnknownNameError(
            f"Run {record.id} belongs to no chest X-ray study.",
            hint="Choose a run of xray-triage.",
        )
    films = film_store(settings)
    film_set = films.load(named[1])
    try:
        text = films.path(film_set.id, f"plan-{named[0][:16]}").read_bytes()
        plan = from_plain(StudyPlan, json.loads(text))
        if study_digest(plan) != named[0]:
            raise ValueError("another plan")
    except (OSError, ValueError, CnnLabError) as exc:
        raise DataError(
            "The plan of this study (who sees which patient) is missing or damaged.", hint=_HINT
        ) from exc
    return film_set, plan
