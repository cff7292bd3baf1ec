"""What is kept of a run's result, read once for all who look at it."""

import functools
from pathlib import Path

from cnn_core.errors import WeightsError
from cnn_core.results.judgement import Judged, Judgement
from cnn_core.results.pictures import Part
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.files import JUDGED_FILE, JUDGEMENT_FILE
from cnn_core.runtime.judging import read_judged, read_judgement
from cnn_core.ui.lab import Laboratory


def kept_judgement(lab: Laboratory, record: RunRecord) -> Judgement | None:
    """Return what is kept of the run, None while there is none.

    Raises:
        WeightsError: it is damaged, or missing though the run has finished.
    """
    path = lab.store.folder / record.id / JUDGEMENT_FILE
    if not path.exists():
        if record.status == "finished":
            raise WeightsError("The judgement of this run is missing.", hint="Train the run again.")
        return None
    return _judgement(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _judgement(path: Path, changed_ns: int) -> Judgement:
    del changed_ns  # part of the key alone: a run that was resumed is judged again
    return read_judgement(path)


def kept_predictions(lab: Laboratory, record: RunRecord, part: Part) -> Judged:
    """Return what the run said of the pictures of a part.

    Raises:
        WeightsError: it is missing or damaged.
    """
    path = lab.store.folder / record.id / JUDGED_FILE
    changed = path.stat().st_mtime_ns if path.exists() else 0
    return _judged(path, changed, part)


@functools.lru_cache(maxsize=8)
def _judged(path: Path, changed_ns: int, part: Part) -> Judged:
    del changed_ns
    found = read_judged(path, [part])
    if part not in found:
        raise WeightsError(
            "What this run said of its pictures is missing.", hint="Train the run again."
        )
    return found[part]
