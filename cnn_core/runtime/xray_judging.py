"""The steps of judging a study: scores gathered, decided on, gated, and run down the whole path.

Calibration and decision never share a patient, and the locked films are in none of it.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.films.store import FilmStore, film_pixels
from cnn_core.errors import RunStateError, WeightsError
from cnn_core.results.films import FilmProgress, FilmSet
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_audit import XrayAudit
from cnn_core.results.xray_decision import ConformalSets, Gate, GateRow, OperatingPoint, PathResult
from cnn_core.results.xray_evaluation import Evaluation
from cnn_core.results.xray_plan import Scored, StudyPlan
from cnn_core.runtime.kept_gate import GATE_FILE, write_gate
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_runs import Progress
from cnn_core.runtime.xray_scored import chosen, judged_scored, together
from cnn_core.settings import Settings
from cnn_core.xray.calibration import at_temperature
from cnn_core.xray.conformal import sets_of
from cnn_core.xray.cross_fitting import cross_fitted, found_on
from cnn_core.xray.decision import path_result, triage
from cnn_core.xray.evaluate import evaluation
from cnn_core.xray.gate import passed
from cnn_core.xray.operating_point import NORMAL
from cnn_core.xray.subgroups import COLUMNS

if TYPE_CHECKING:
    from cnn_core.runtime.film_network import FilmNetwork

CROSS_VALIDATION, LOCKED = "cross-validation", "locked test"
OUT_OF_FOLD = "out-of-fold scores (cross-fitted)"


@dataclass(frozen=True, kw_only=True)
class Study:
    """What an evaluation works on."""

    settings: Settings
    store: RunStore
    films: FilmStore
    film_set: FilmSet
    plan: StudyPlan
    audit: XrayAudit
    folds: tuple[RunRecord, ...]
    served: RunRecord | None
    rows: dict[int, int]
    draws: int
    progress: Progress

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """Those that have finished, folds first."""
        return (*self.folds, self.served) if self.served else self.folds

    @property
    def folder(self) -> Path:
        """Where what is found is kept."""
        return self.store.run_folder((self.served or self.folds[0]).id)

    def having(self, scored: Scored, *roles: str) -> NDArray[np.bool_]:
        """Return which of the films have one of these roles, bool `(N,)`."""
        role = dict(zip(self.plan.films, self.plan.roles, strict=True))
        return np.array([role[film] in roles for film in scored.films.tolist()], dtype=bool)

    def evaluated(self, scored: dict[str, Scored], what: str) -> Evaluation | None:
        """Return what is said of a model on the films of `what`; None where there are none."""
        if what not in scored:
            return None
        given = {
            name: self.film_set.column(name) for name in COLUMNS if name in self.film_set.columns
        }
        films = scored[what].films.tolist()
        columns = {name: [values[film] for film in films] for name, values in given.items()}
        return evaluation(
            scored[what],
            self.plan.classes,
            "locked test" if what == LOCKED else "cross-validation",
            columns=columns,
            draws=self.draws,
        )


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What was found on the films to calibrate on.

    Attributes:
        routine: which of the out-of-fold films are, bool `(N,)`, each by what the other folds give;
            None where films of their own were there to decide on.
        notes: what has to be said of it, a sentence each.
    """

    temperature: float
    point: OperatingPoint
    sets: ConformalSets
    prior: NDArray[np.float64]
    approximate: bool
    routine: NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()


def tell(study: Study, stage: str, *, done: bool = False) -> None:
    """Tell what is being done now."""
    study.progress(FilmProgress(stage=stage, done=int(done), total=1, seconds=0.0))


def _without_embeddings(scored: Scored) -> Scored:
    empty = np.zeros((len(scored.films), 0), dtype=np.float32)
    return dataclasses.replace(scored, embeddings=empty)


def out_of_fold_scores(study: Study) -> Scored | None:
    """Return what each fold's model said of its own films, together; None without folds."""
    found = [
        _without_embeddings(judged_scored(study.store, run, study.plan, study.rows))
        for run in study.folds
    ]
    return together(found) if found else None


def calibration_scores(study: Study) -> Scored | None:
    """Return what the served model said of the films to calibrate on; None where none is served."""
    if study.served is None:
        return None
    try:
        return judged_scored(study.store, study.served, study.plan, study.rows)
    except WeightsError:
        if study.folds:
            return None
        raise


def decide(
    study: Study, out_of_fold: Scored | None, calibrating: Scored | None
) -> tuple[Decided, Scored | None]:
    """Return temperature, operating point and sets, and the out-of-fold scores at the temperature.

    Temperature on one part of the patients, all else on the other: halves of "calibrate" scored by
    the served model; or out-of-fold scores, where those are too few (or nothing is served).
    """
    approximate = out_of_fold is not None and (study.plan.approximate or calibrating is None)
    source = out_of_fold if approximate else calibrating
    if source is None:
        raise RunStateError("There are no scores to calibrate on.", hint="Train the study again.")
    deciding = ("decide", "fit") if approximate else ("decide",)
    first, second = study.having(source, "temperature"), study.having(source, *deciding)
    classes = study.plan.classes
    found = found_on(source, first, second, classes, approximate=approximate)
    judged = approximate and NORMAL in classes
    decided = Decided(
        temperature=found.temperature,
        point=found.point,
        sets=found.sets,
        prior=source.prior,
        approximate=approximate,
        routine=cross_fitted(source, first, second, classes) if judged else None,
        notes=(found.note,) if found.note else (),
    )
    return decided, None if out_of_fold is None else at_decided(out_of_fold, found.temperature)


def at_decided(scored: Scored, temperature: float) -> Scored:
    """Return what was said at temperature 1 as it is decided on."""
    said = at_temperature(scored.probabilities, temperature)
    return dataclasses.replace(scored, probabilities=said)


def gate_and_locked(
    study: Study,
    network: "FilmNetwork | None",
    decided: Decided,
    calibrating: Scored | None,
    *,
    open_locked: bool,
) -> tuple[Gate | None, tuple[GateRow, ...], Scored | None]:
    """Return the served model's gate, how it fares by kind, and the locked films if asked for.

    Nothing of the three where no model is served. Loads torch.
    """
    if study.served is None or network is None or calibrating is None:
        return None, (), None
    from cnn_core.runtime.served_scores import as_served
    from cnn_core.runtime.xray_gate import study_gate
    from cnn_core.runtime.xray_locked import open_locked_test

    trained = judged_scored(study.store, study.served, study.plan, study.rows, "train")
    tried, limiting = (
        chosen(calibrating, study.having(calibrating, role)) for role in ("temperature", "decide")
    )
    gate, rows = study_gate(
        study.settings,
        study.film_set.films,
        lambda film: film_pixels(study.films, film),
        network,
        trained=as_served(study, network, trained),
        tried=tried,
        calibration=limiting,
        seed=study.plan.seed,
        progress=study.progress,
    )
    write_gate(study.folder / GATE_FILE, gate)
    if not open_locked:
        return gate, rows, None
    seen = open_locked_test(
        study.films,
        study.film_set,
        study.plan,
        study.served,
        read_plan(study.served.dataset),
        network,
        temperature=decided.temperature,
        progress=study.progress,
    )
    return gate, rows, seen


def whole_path(
    study: Study,
    decided: Decided,
    gate: Gate | None,
    out_of_fold: Scored | None,
    locked: Scored | None,
) -> PathResult | None:
    """Return what the whole path misses on the locked films, else out of fold; None without either.

    Out of fold there is no gate: it is of the served model, which has seen most of these films.
    And no film is judged by what was found on it: by what the other folds give, or, where the
    decision has films of its own, these are left out.
    """
    scored, on = (locked, LOCKED) if locked is not None else (out_of_fold, OUT_OF_FOLD)
    classes = study.plan.classes
    if scored is None or NORMAL not in classes:
        return None
    if locked is None and decided.routine is not None:
        return path_result(
            scored.labels, scored.patients, decided.routine, classes, on=on, draws=study.draws
        )
    if locked is None:
        scored = chosen(scored, study.having(scored, "fit"))
    through = np.ones(len(scored.films), dtype=bool)
    if locked is not None and gate is not None:
        through = passed(gate, locked.embeddings)
    routine = triage(
        scored.probabilities,
        sets_of(scored.probabilities, decided.sets),
        through,
        decided.point.threshold,
        normal=classes.index(NORMAL),
    )
    return path_result(scored.labels, scored.patients, routine, classes, on=on, draws=study.draws)
