"""What is known of the open study: its result and the scored films, read once for all sessions."""

import functools
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_evaluation import Evaluation
from cnn_core.results.xray_plan import Scored, StudyPlan
from cnn_core.results.xray_study import Opening, StudyResult
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_locked import openings
from cnn_core.runtime.xray_runs import film_store, study_of
from cnn_core.runtime.xray_study import STUDY_FILE, read_study, study_scored
from cnn_core.runtime.xray_study import study_runs as finished_runs
from cnn_core.runtime.xray_words import said_of_openings
from cnn_core.settings import Settings
from cnn_core.ui.lab import Laboratory


@dataclass(frozen=True, eq=False, kw_only=True)
class Judged:
    """A study that was evaluated.

    Attributes:
        result: everything that is said of it.
        scored: what was said of each film, by `Evaluation.what`.
    """

    result: StudyResult
    scored: dict[str, Scored]

    @property
    def evaluations(self) -> dict[str, Evaluation]:
        """The evaluations that were made, by what they are on."""
        made = (self.result.cross_validation, self.result.locked)
        return {each.what: each for each in made if each is not None}


def judged_study(lab: Laboratory, group: str) -> Judged | None:
    """Return what is known of a study, with every look at its locked films until now.

    None where it was not evaluated, or other runs of it have finished since.

    Raises:
        CnnLabError: its films, its plan, or the list of openings are gone or damaged.
    """
    folds, served = finished_runs(lab.store, group)
    found = _judged(lab.store.folder, group, _stamp(lab.store, group))
    if found is None:
        return None
    of_runs = found.result.run, found.result.fold_runs
    if of_runs != (served.id if served else "", tuple(run.id for run in folds)):
        return None
    plan = _plan(lab.settings, lab.store.folder, (served or folds[0]).id)
    seen = openings(film_store(lab.settings), plan)
    return replace(found, result=with_openings(found.result, seen))


def with_openings(result: StudyResult, seen: tuple[Opening, ...]) -> StudyResult:
    """Return a result with these looks at the locked films; another study's of them count too."""
    then, now = said_of_openings(result.openings), said_of_openings(seen)
    warnings = tuple(now if line == then else line for line in result.warnings)
    return replace(result, openings=seen, warnings=warnings)


@functools.lru_cache(maxsize=4)
def _plan(settings: Settings, home: Path, run_id: str) -> StudyPlan:
    return study_of(settings, RunStore(home, examine=False).get(run_id))[1]


def _stamp(store: RunStore, group: str) -> tuple[int, ...]:
    """Return when the results that are kept of a study's runs were written."""
    folds, served = finished_runs(store, group)
    stamps = []
    for run in [served, *folds]:
        if run is not None:
            path = store.run_folder(run.id) / STUDY_FILE
            stamps.append(path.stat().st_mtime_ns if path.exists() else 0)
    return tuple(stamps)


@functools.lru_cache(maxsize=4)
def _judged(home: Path, group: str, stamp: tuple[int, ...]) -> Judged | None:
    del stamp  # the cache's key
    store = RunStore(home, examine=False)
    result = read_study(store, group)
    return None if result is None else Judged(result=result, scored=study_scored(store, group))


def study_records(store: RunStore, group: str) -> list[RunRecord]:
    """Return the finished runs of a study, the served one first."""
    folds, served = finished_runs(store, group)
    return [*([served] if served else []), *folds]


def films_of_cell(scored: Scored, true: int, predicted: int) -> NDArray[np.int64]:
    """Return the films of a cell of the confusion matrix, the surest first, int64 `(M,)`."""
    said = scored.probabilities.argmax(axis=1)
    rows = np.flatnonzero((scored.labels == true) & (said == predicted))
    order = np.argsort(-scored.probabilities[rows].max(axis=1), kind="stable")
    return np.asarray(scored.films[rows[order]], dtype=np.int64)


def failures(scored: Scored) -> NDArray[np.int64]:
    """Return the films that were taken for another class, the surest first, int64 `(M,)`."""
    said = scored.probabilities.argmax(axis=1)
    rows = np.flatnonzero(said != scored.labels)
    order = np.argsort(-scored.probabilities[rows].max(axis=1), kind="stable")
    return np.asarray(scored.films[rows[order]], dtype=np.int64)
