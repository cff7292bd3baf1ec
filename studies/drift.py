"""Does the watch over drift keep quiet, and does it notice? Phantoms: `... drift`.

Phantoms that nothing was fitted or set on go through the model for synthetic films, as they are and
altered in each way. They stand for all that could come: in every run and trial a reference, as
large as the model's own, and windows are drawn from them anew, with replacement. (With one
reference for all runs, false alarms would be those of that reference, and no run another's proof.)
The model's own is held against quiet windows beside. A shift is found if the alarm goes off within
the first three windows of altered cases. `studies.drift_films` asks radiographs the same.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.films.decoding import decode_for_triage
from cnn_core.data.films.phantom_plan import planned_phantoms
from cnn_core.data.films.shifts import ShiftKind, shift_title, shifted
from cnn_core.errors import CnnLabError
from cnn_core.results.metrics import wilson_interval
from cnn_core.results.monitoring import WINDOW, DriftReport, DriftSample, LoggedCase
from cnn_core.runtime.drift_simulation import drawn_grey, film_file, simulated_case
from cnn_core.runtime.threads import usable_cores
from cnn_core.runtime.triage_model import TriageModel
from cnn_core.runtime.triage_models import PHANTOMS, make_ready, model_for
from cnn_core.settings import Settings
from cnn_core.xray.drift import LEVEL, sample_of, taken, watch

QUIET_WINDOWS, WITHIN = 200, 3
MOST_FALSE, LEAST_FOUND = 1.0, 0.95
BARS = {
    "false alarms in 200 quiet windows, at most": MOST_FALSE,
    "found within three windows, at least": LEAST_FOUND,
}
SHIFTS: tuple[tuple[ShiftKind, float, bool], ...] = (
    ("gamma", 1.5, True),
    ("blur", 2.0, True),
    ("other source", 1.0, True),
    ("noise", 0.05, False),
    ("linear contrast", 0.7, False),
)
"""Kind, amount, and whether it has to be found."""
ANEW = "drawn anew for each run and trial, with replacement"
_ALTERED = 300  # phantoms
_FRESH = 640_007  # seed of the phantoms: nobody trained on these

Grey = NDArray[np.float32]


def measure(runs: int = 20, trials: int = 100, films: int = 1_000) -> dict[str, Any]:
    """Return what the watch does on phantoms, and whether the bars hold.

    Args:
        runs: of 200 quiet windows each.
        trials: of each shift.
        films: phantoms that quiet windows are drawn from; altered ones from 300 of them.
    """
    model = ready_model(Settings.from_environment(os.environ), PHANTOMS)
    own = model.reference
    if own is None:
        raise CnnLabError("The model for synthetic films has no reference.")
    plan = planned_phantoms("clean", films=films, seed=_FRESH)

    def greys() -> Iterator[Grey]:
        return (drawn_grey(phantom, _FRESH) for phantom in plan)

    def few() -> Iterator[Grey]:
        return itertools.islice(greys(), _ALTERED)

    pool = seen_as(model, greys)
    altered = {(kind, amount): seen_as(model, few, kind, amount) for kind, amount, _ in SHIFTS}
    size = len(own.referred)
    return {
        "bars": BARS,
        "films": films,
        "reference": f"{size} of these phantoms, as many as the model's own, {ANEW}",
        "seconds of 100 windows": _seconds(own, pool),
        **judged(redrawn(pool, size), pool, altered, runs, trials),
        "quiet against the model's own reference": quiet_windows(lambda rng: own, pool, runs),
    }


def ready_model(settings: Settings, choice: str) -> TriageModel:
    """Return a triage model, made ready where it is not."""
    make_ready(settings, choice, lambda done, total, what: None)
    return model_for(settings, choice)


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


def drawn_from(sample: DriftSample, cases: int, rng: np.random.Generator) -> DriftSample:
    """Return so many cases of a sample, drawn with replacement."""
    return taken(sample, rng.integers(len(sample.referred), size=cases))


Reference = Callable[[np.random.Generator], DriftSample]


def redrawn(sample: DriftSample, films: int) -> Reference:
    """Return what draws a reference of so many films from a sample, another one each time."""
    return lambda rng: drawn_from(sample, films, rng)


def judged(
    reference: Reference,
    pool: DriftSample,
    altered: dict[tuple[ShiftKind, float], DriftSample],
    runs: int,
    trials: int,
) -> dict[str, Any]:
    """Return what the watch does on quiet windows and after each shift."""
    quiet = quiet_windows(reference, pool, runs)
    shifts: dict[str, Any] = {}
    for kind, amount, asked in SHIFTS:
        found = found_after(reference, pool, altered[kind, amount], trials)
        shifts[shift_title(kind, amount)] = {"has to be found": asked, **found}
    holds = quiet["false alarms in 200 windows"] <= MOST_FALSE and all(
        each["found within three windows"] >= LEAST_FOUND
        for each in shifts.values()
        if each["has to be found"]
    )
    return {"quiet": quiet, "shifts": shifts, "holds": holds}


def quiet_windows(reference: Reference, pool: DriftSample, runs: int) -> dict[str, Any]:
    """Return how often windows of unaltered cases count as changed, and set the alarm off."""
    alarms: list[int] = []
    changed, tests = 0, []
    for run in range(runs):
        rng = np.random.default_rng([run, 1])
        report = watch(reference(rng), drawn_from(pool, QUIET_WINDOWS * WINDOW, rng), seed=run)
        alarms.append(sum(window.alarm for window in report.windows))
        changed += sum(window.changed for window in report.windows)
        tests.append(_by_test(report))
    loud = int(np.count_nonzero(alarms))
    return {
        "runs": runs,
        "windows": runs * QUIET_WINDOWS,
        "changed windows": changed / (runs * QUIET_WINDOWS),
        "false alarms in 200 windows": float(np.mean(alarms)),
        "runs with more than one": int(np.sum(np.array(alarms) > 1)),
        "share of runs with any, interval": list(wilson_interval(loud, runs)),
        "changed by test": _mean(tests),
    }


def found_after(
    reference: Reference, pool: DriftSample, altered: DriftSample, trials: int
) -> dict[str, Any]:
    """Return how often an alarm goes off in three altered windows, and by which tests.

    And within 300 altered cases where the first of them comes anywhere in a window.
    """
    aligned, anywhere, tests = 0, 0, []
    for trial in range(trials):
        rng = np.random.default_rng([trial, 2])
        known = reference(rng)
        report = watch(known, drawn_from(altered, WITHIN * WINDOW, rng), seed=trial)
        aligned += any(window.alarm for window in report.windows)
        tests.append(_by_test(report))
        before = int(rng.integers(1, WINDOW))
        parts = (drawn_from(pool, before, rng), drawn_from(altered, WITHIN * WINDOW - before, rng))
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
    cases = drawn_from(pool, 100 * WINDOW, np.random.default_rng(0))
    began = time.perf_counter()
    watch(reference, cases, seed=99)
    return round(time.perf_counter() - began, 2)
