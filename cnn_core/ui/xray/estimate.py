"""What a study would be and cost, said before Start: nothing is written for it."""

import functools
from pathlib import Path

from cnn_core.data.films.store import FilmStore
from cnn_core.results.config import TrainConfig
from cnn_core.results.pictures import Plan
from cnn_core.results.xray_plan import StudyPlan
from cnn_core.runtime.film_costs import study_estimate
from cnn_core.runtime.folder_costs import sizes_of
from cnn_core.settings import Settings
from cnn_core.ui.xray.state import RECIPE, Chosen
from cnn_core.xray.plan import study_plan
from cnn_core.xray.run_plans import run_plan


@functools.lru_cache(maxsize=4)
def _plans(
    home: Path, film_set: str, groups: tuple[int, ...], folds: int, seed: int, share: float
) -> tuple[StudyPlan, tuple[Plan, ...]]:
    store = FilmStore(home)
    films = store.load(film_set)
    study = study_plan(films, groups, folds=folds, seed=seed)
    snapshot = store.pictures.load(films.snapshot)
    return study, tuple(
        run_plan(study, films, fold, share, seed, snapshot=snapshot)
        for fold in (*range(1, study.fold_count + 1), 0)
    )


def study_for(
    chosen: Chosen, groups: tuple[int, ...], folds: int, config: TrainConfig
) -> tuple[StudyPlan, tuple[Plan, ...]]:
    """Return who would see which film: the study's plan, and that of each run, the served one last.

    Args:
        chosen: the films that are open.
        groups: of the audit.
        folds: 0 or 2 to 10.
        config: of the runs.

    Raises:
        DataError: too few patients of a class.
        ConfigError: a number of folds that is none.
    """
    return _plans(
        chosen.store.home,
        chosen.film_set.id,
        groups,
        folds,
        config.seed,
        config.validation_share,
    )


def cost_of(settings: Settings, plans: tuple[Plan, ...], config: TrainConfig) -> str:
    """Return what the runs would cost together, in words.

    Raises:
        ConfigError: the network cannot be fine-tuned so.
    """
    sizes = [sizes_of(plan) for plan in plans]
    return study_estimate(settings, sizes, config, recipe=RECIPE).sentence


def roles_text(study: StudyPlan) -> str:
    """Return how many patients have which role, in a line.

    >>> study = StudyPlan(id="", film_set="", title="", classes=("a", "b"), films=(0, 1, 2),
    ...     labels=(0, 1, 0), groups=(0, 1, 2), patients=(0, 1, 1), roles=("fit", "decide",
    ...     "locked"), folds=(1, 2, 0), fold_count=2, approximate=False, seed=0)
    >>> roles_text(study)
    'Patients: 1 to fit, 1 to calibrate, 1 locked away; 2 folds over those that are not locked.'
    """
    patients = {
        role: {p for p, its in zip(study.patients, study.roles, strict=True) if its == role}
        for role in ("fit", "temperature", "decide", "locked")
    }
    calibrate = len(patients["temperature"] | patients["decide"])
    folds = (
        f"{study.fold_count} folds over those that are not locked"
        if study.fold_count
        else "no folds"
    )
    return (
        f"Patients: {len(patients['fit']):,} to fit, {calibrate:,} to calibrate, "
        f"{len(patients['locked']):,} locked away; {folds}."
    )
