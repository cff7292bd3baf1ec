"""Does the watch over drift keep quiet, and does it notice? Radiographs: `... drift_films`.

Films of patients on whom the demonstration model was not fitted, nor its threshold, sets and gate
set, one a patient, go through it as they are and altered in each way, and windows are drawn from
them as in `studies.drift`, against a reference of 300 drawn from the same films anew for each run
and trial. CNN_LAB_HOME is where `python -m studies xray_demonstration --runs`
kept them, and CNN_LAB_DATA has chest_xray. Another source: films of the larger hospital are the
reference, and those of the other come in, with the labels that it carries.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.films.raster import read_raster
from cnn_core.errors import CnnLabError
from cnn_core.results.from_plain import from_plain
from cnn_core.results.xray_plan import StudyPlan
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.triage_model import TriageModel
from cnn_core.runtime.triage_models import DEMONSTRATION
from cnn_core.runtime.xray_runs import film_store
from cnn_core.settings import Settings
from cnn_core.xray.drift import LOCAL_REFERENCE, taken
from cnn_core.xray.intervals import one_each
from studies.drift import (
    ANEW,
    BARS,
    LEAST_FOUND,
    SHIFTS,
    Grey,
    found_after,
    judged,
    ready_model,
    redrawn,
    seen_as,
)

HeldOut = tuple[list[bytes], NDArray[np.int64], NDArray[np.str_]]


def measure(runs: int = 20, trials: int = 100) -> dict[str, Any]:
    """Return what the watch does on radiographs, and whether the bars hold.

    Args:
        runs: of 200 quiet windows each.
        trials: of each shift.

    Raises:
        CnnLabError: the films or the plan of the study are not on this machine.
    """
    settings = Settings.from_environment(os.environ)
    model = ready_model(settings, DEMONSTRATION)
    return on_radiographs(model, held_out(settings, model.result), runs, trials)


def on_radiographs(model: TriageModel, held: HeldOut, runs: int, trials: int) -> dict[str, Any]:
    """Return the same of these files, patients and sources."""
    found, patients, sources = held
    one = one_each(patients)

    def greys() -> Iterator[Grey]:
        return (read_raster(found[place], "JPEG")[0] for place in one)

    pool = seen_as(model, greys)
    altered = {(kind, amount): seen_as(model, greys, kind, amount) for kind, amount, _ in SHIFTS}
    said = judged(redrawn(pool, LOCAL_REFERENCE), pool, altered, runs, trials)
    names = larger_first(sources[one])
    first, second = (np.flatnonzero(sources[one] == name) for name in names)
    home, elsewhere = taken(pool, first), taken(pool, second)
    moved = found_after(redrawn(home, LOCAL_REFERENCE), home, elsewhere, trials)
    return {
        "bars": BARS,
        "films": len(one),
        "reference": f"{LOCAL_REFERENCE} of these films, {ANEW}",
        **said,
        "another hospital": {
            "from": f"{names[0]}, {len(first)} patients",
            "to": f"{names[1]}, {len(second)} patients",
            **moved,
        },
        "holds": said["holds"] and moved["found within three windows"] >= LEAST_FOUND,
    }


def held_out(settings: Settings, result: StudyResult) -> HeldOut:
    """Return the files that nothing of a study's model was fitted or set on, but the temperature.

    With their patients and sources.

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
        if role not in ("fit", "decide") and film_set.films[film].sha256 in files
    ]
    if not rows:
        raise CnnLabError("The films of the study are not on this machine.")
    payloads, patients, sources = zip(*rows, strict=True)
    return list(payloads), np.array(patients), np.array(sources)


def larger_first(sources: NDArray[np.str_]) -> list[str]:
    """Return the names of the two largest sources."""
    names, counts = np.unique(sources, return_counts=True)
    return [str(names[place]) for place in np.argsort(-counts)[:2]]
