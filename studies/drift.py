"""Does the watch over drift keep quiet, and does it notice? On phantoms and on held-out films.

Phantoms that no model was trained on go through the model for synthetic films, as they are and
altered in each way; windows are drawn from them and held against the model's own reference. Films
that the demonstration model was not fitted on, one a patient, go the same way, against a reference
of 300 drawn from the same films: for these, CNN_LAB_HOME is where `python -m studies
xray_demonstration --runs` kept them, and CNN_LAB_DATA has chest_xray; else "not tested". A shift is
found if the alarm goes off within the first three windows of altered cases.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.films.decoding import decode_for_triage
from cnn_core.data.films.phantom_plan import planned_phantoms
from cnn_core.data.films.raster import read_raster
from cnn_core.data.films.shifts import ShiftKind, shift_title, shifted
from cnn_core.errors import CnnLabError
from cnn_core.results.from_plain import from_plain
from cnn_core.results.metrics import wilson_interval
from cnn_core.results.monitoring import WINDOW, DriftReport, DriftSample, LoggedCase
from cnn_core.results.xray_plan import StudyPlan
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.drift_simulation import drawn_grey, film_file, simulated_case
from cnn_core.runtime.threads import usable_cores
from cnn_core.runtime.triage_model import TriageModel
from cnn_core.runtime.triage_models import DEMONSTRATION, PHANTOMS, make_ready, model_for
from cnn_core.runtime.xray_runs import film_store
from cnn_core.settings import Settings
from cnn_core.xray.drift import LEVEL, LOCAL_REFERENCE, sample_of, taken, watch
from cnn_core.xray.intervals import one_each

QUIET_WINDOWS, WITHIN = 200, 3
MOST_FALSE, LEAST_FOUND = 1.0, 0.95
SHIFTS: tuple[tuple[ShiftKind, float, bool], ...] = (
    ("gamma", 1.5, True),
    ("blur", 2.0, True),
    ("other source", 1.0, True),
    ("noise", 0.05, False),
    ("linear contrast", 0.7, False),
)
"""Kind, amount, and whether it has to be found."""
_FRESH = 640_007  # seed of the phantoms: nobody trained on these

Grey = NDArray[np.float32]
HeldOut = tuple[list[bytes], NDArray[np.int64], NDArray[np.str_]]


def measure(runs: int = 20, trials: int = 100, films: int = 300) -> dict[str, Any]:
    """Return what the watch does on both kinds of films, and whether the bars hold.

    Args:
        runs: of 200 quiet windows each.
        trials: of each shift.
        films: phantoms that windows are drawn from.
    """
    settings = Settings.from_environment(os.environ)
    parts = {"phantoms": _phantoms(settings, runs, trials, films)}
    model = _model(settings, DEMONSTRATION)
    try:
        held = held_out(settings, model.result)
    except CnnLabError as exc:
        print(f"Radiographs are not tested. {exc.message}", file=sys.stderr)
    else:
        parts["radiographs"] = _radiographs(model, held, runs, trials)
    return {
        "bars": {
            "false alarms in 200 quiet windows, at most": MOST_FALSE,
            "found within three windows, at least": LEAST_FOUND,
        },
        "holds": all(part["holds"] for part in parts.values()),
        "radiographs": "not tested: no study of the demonstration model's films here",
        **parts,
    }


def _phantoms(settings: Settings, runs: int, trials: int, films: int) -> dict[str, Any]:
    model = _model(settings, PHANTOMS)
    plan = planned_phantoms("clean", films=films, seed=_FRESH)

    def greys() -> Iterator[Grey]:
        return (drawn_grey(phantom, _FRESH) for phantom in plan)

    own = model.reference
    if own is None:
        raise CnnLabError("The model for synthetic films has no reference.")
    pool = seen_as(model, greys)
    altered = {(kind, amount): seen_as(model, greys, kind, amount) for kind, amount, _ in SHIFTS}
    return _judged(lambda rng: own, pool, altered, runs, trials) | {
        "films": films,
        "reference": f"the model's own, {len(own.referred)} phantoms",
        "seconds of 100 windows": _seconds(own, pool),
    }


def _radiographs(model: TriageModel, held: HeldOut, runs: int, trials: int) -> dict[str, Any]:
    found, patients, sources = held
    one = one_each(patients)

    def greys() -> Iterator[Grey]:
        return (read_raster(found[place], "JPEG")[0] for place in one)

    pool = seen_as(model, greys)
    altered = {(kind, amount): seen_as(model, greys, kind, amount) for kind, amount, _ in SHIFTS}
    judged = _judged(lambda rng: _drawn(pool, LOCAL_REFERENCE, rng), pool, altered, runs, trials)
    first, second = (np.flatnonzero(sources[one] == name) for name in _larger_first(sources[one]))
    home, elsewhere = taken(pool, first), taken(pool, second)
    moved = _found(lambda rng: _drawn(home, LOCAL_REFERENCE, rng), home, elsewhere, trials)
    return judged | {
        "films": len(one),
        "reference": f"{LOCAL_REFERENCE} drawn from the same films",
        "another hospital": {
            "from": f"{_larger_first(sources[one])[0]}, {len(first)} patients",
            "to": f"{_larger_first(sources[one])[1]}, {len(second)} patients",
            **moved,
        },
        "holds": judged["holds"] and moved["found within three windows"] >= LEAST_FOUND,
    }


def _model(settings: Settings, choice: str) -> TriageModel:
    make_ready(settings, choice, lambda done, total, what: None)
    return model_for(settings, choice)


def held_out(settings: Settings, result: StudyResult) -> HeldOut:
    """Return the files that a study's model was not fitted on, their patients and sources.

    Raises:
        CnnLabError: the films or the plan of the study are not on this machine.
    """
    store = film_store(settings)
    film_set = store.load(result.film_set)
    path = store.path(film_set.id, f"plan-{result.plan[:16]}")
    if not path.exists():
        raise CnnLabError("The plan of the study is not on this machine.")
    plan = from_plain(StudyPlan, json.loads(path.read_bytes()))
    folder = settings.data / "chest_xray"
    files = {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in folder.rglob("*.jpg")}
    source = film_set.column("source")
    rows = [
        (files[film_set.films[film].sha256].read_bytes(), patient, source[film])
        for film, patient, role in zip(plan.films, plan.patients, plan.roles, strict=True)
        if role != "fit" and film_set.films[film].sha256 in files
    ]
    if not rows:
        raise CnnLabError("The films of the study are not on this machine.")
    payloads, patients, sources = zip(*rows, strict=True)
    return list(payloads), np.array(patients), np.array(sources)


def _larger_first(sources: NDArray[np.str_]) -> list[str]:
    names, counts = np.unique(sources, return_counts=True)
    return [str(names[place]) for place in np.argsort(-counts)[:2]]


def seen_as(
    model: TriageModel,
    greys: Callable[[], Iterator[Grey]],
    kind: ShiftKind | None = None,
    amount: float = 0.0,
) -> DriftSample:
    """Return what a model says of films, altered if a kind is named: the way of every film."""

    def case(numbered: tuple[int, Grey]) -> LoggedCase:
        number, grey = numbered
        film = grey if kind is None else shifted(grey, kind, amount, seed=number)
        return simulated_case(model, decode_for_triage(film_file(film)), number)

    with ThreadPoolExecutor(usable_cores()) as pool:
        return sample_of(list(pool.map(case, enumerate(greys()))))


def _drawn(sample: DriftSample, cases: int, rng: np.random.Generator) -> DriftSample:
    return taken(sample, rng.integers(len(sample.referred), size=cases))


Reference = Callable[[np.random.Generator], DriftSample]


def _judged(
    reference: Reference,
    pool: DriftSample,
    altered: dict[tuple[ShiftKind, float], DriftSample],
    runs: int,
    trials: int,
) -> dict[str, Any]:
    """Return what the watch does on quiet windows and after each shift."""
    quiet = _quiet(reference, pool, runs)
    shifts: dict[str, Any] = {}
    for kind, amount, asked in SHIFTS:
        found = _found(reference, pool, altered[kind, amount], trials)
        shifts[shift_title(kind, amount)] = {"has to be found": asked, **found}
    holds = quiet["false alarms in 200 windows"] <= MOST_FALSE and all(
        each["found within three windows"] >= LEAST_FOUND
        for each in shifts.values()
        if each["has to be found"]
    )
    return {"quiet": quiet, "shifts": shifts, "holds": holds}


def _quiet(reference: Reference, pool: DriftSample, runs: int) -> dict[str, Any]:
    alarms, changed, tests = [], 0, []
    for run in range(runs):
        rng = np.random.default_rng([run, 1])
        report = watch(reference(rng), _drawn(pool, QUIET_WINDOWS * WINDOW, rng), seed=run)
        alarms.append(sum(window.alarm for window in report.windows))
        changed += sum(window.changed for window in report.windows)
        tests.append(_by_test(report))
    return {
        "runs": runs,
        "windows": runs * QUIET_WINDOWS,
        "changed windows": changed / (runs * QUIET_WINDOWS),
        "false alarms in 200 windows": float(np.mean(alarms)),
        "runs with more than one": int(np.sum(np.array(alarms) > 1)),
        "changed by test": _mean(tests),
    }


def _found(
    reference: Reference, pool: DriftSample, altered: DriftSample, trials: int
) -> dict[str, Any]:
    """Return how often an alarm goes off in three altered windows, and by which tests.

    And within 300 altered cases where the first of them comes anywhere in a window.
    """
    aligned, anywhere, tests = 0, 0, []
    for trial in range(trials):
        rng = np.random.default_rng([trial, 2])
        known = reference(rng)
        report = watch(known, _drawn(altered, WITHIN * WINDOW, rng), seed=trial)
        aligned += any(window.alarm for window in report.windows)
        tests.append(_by_test(report))
        before = int(rng.integers(1, WINDOW))
        parts = (_drawn(pool, before, rng), _drawn(altered, WITHIN * WINDOW - before, rng))
        fields = DriftSample.__dataclass_fields__
        joined = {f: np.concatenate([getattr(part, f) for part in parts]) for f in fields}
        report = watch(known, DriftSample(**joined), seed=trial)
        anywhere += any(window.alarm for window in report.windows)
    return {
        "trials": trials,
        "found within three windows": aligned / trials,
        "interval": list(wilson_interval(aligned, trials)),
        "found in the window where it begins or the two after": anywhere / trials,
        "windows changed by test": _mean(tests),
    }


def _by_test(report: DriftReport) -> dict[str, float]:
    codes = [test.code for test in report.windows[0].tests]
    hits = [[test.adjusted <= LEVEL for test in window.tests] for window in report.windows]
    return dict(zip(codes, np.mean(hits, axis=0).tolist(), strict=True))


def _mean(found: list[dict[str, float]]) -> dict[str, float]:
    return {code: round(float(np.mean([each[code] for each in found])), 4) for code in found[0]}


def _seconds(reference: DriftSample, pool: DriftSample) -> float:
    cases = _drawn(pool, 100 * WINDOW, np.random.default_rng(0))
    began = time.perf_counter()
    watch(reference, cases, seed=99)
    return round(time.perf_counter() - began, 2)
