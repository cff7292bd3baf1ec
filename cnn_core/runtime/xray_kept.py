"""What an earlier evaluation of a study left: one at a time, and a look that stays as it was."""

import contextlib
import dataclasses
from collections.abc import Iterator

import filelock

from cnn_core.errors import StorageError
from cnn_core.models.weights_file import sha256_of
from cnn_core.results.films import FilmProgress
from cnn_core.results.xray_plan import Scored
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime.files import WEIGHTS_FILE, make_folder
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_judging import Decided, Study
from cnn_core.runtime.xray_locked import openings
from cnn_core.runtime.xray_runs import Progress
from cnn_core.xray.calibration import at_temperature

REFITTED = (
    "Temperature, threshold or sets were found anew after the locked test was opened: its figures "
    "are of decisions that were not frozen before that look."
)
ANOTHER = (
    "An earlier look at the locked test was at another served model than today's: what it found is "
    "left out."
)

LOST = "What an earlier look at the locked test found cannot be read, and is left out."


@contextlib.contextmanager
def evaluating(store: RunStore, group: str, progress: Progress) -> Iterator[None]:
    """Keep other evaluations of a study waiting, or wait for one that is under way.

    The system releases the lock when the process ends, however it ends.

    Raises:
        StorageError: the folder of the locks cannot be written.
    """
    lock = filelock.FileLock(make_folder(store.folder / "locks") / f"study-{group}.lock")
    try:
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            stage = "Waiting: this study is being evaluated elsewhere"
            progress(FilmProgress(stage=stage, done=0, total=1, seconds=0.0))
            lock.acquire()
    except OSError as exc:
        raise StorageError(
            f"The study cannot be kept to one evaluation at a time ({exc.strerror}).",
            hint="Set CNN_LAB_RUNS to a folder that you can write to.",
        ) from exc
    try:
        yield
    finally:
        lock.release()


def earlier_look(
    study: Study, decided: Decided, before: StudyResult | None, kept: Scored | None
) -> tuple[Scored | None, Decided]:
    """Return what an earlier look at the locked films found, at today's temperature; None without.

    Args:
        study: as it is now.
        decided: now; gets a note where it is another decision than that of the look.
        before: what was kept of the study.
        kept: what was said of the locked films then, at the temperature of `before`; None where
            it cannot be read.
    """
    if before is None or before.locked is None:
        return None, decided
    if kept is None:
        return None, _noted(decided, LOST)
    if not _same_model(study, before):
        return None, _noted(decided, ANOTHER)
    found = (decided.temperature, decided.point.threshold, decided.sets.quantiles)
    if REFITTED in before.warnings or found != (
        before.temperature,
        before.operating_point.threshold,
        before.conformal.quantiles,
    ):
        decided = _noted(decided, REFITTED)
    if decided.temperature == before.temperature:
        return kept, decided
    # log p = logits / before + c: divided by decided / before, it is logits / decided + c.
    said = at_temperature(kept.probabilities, decided.temperature / before.temperature)
    return dataclasses.replace(kept, probabilities=said), decided


def _same_model(study: Study, before: StudyResult) -> bool:
    """Return whether today's served weights are those of a look that is written down."""
    if study.served is None or study.served.id != before.run:
        return False
    weights = sha256_of(study.store.run_folder(study.served.id) / WEIGHTS_FILE)
    return weights in {opening.weights for opening in openings(study.films, study.plan)}


def _noted(decided: Decided, note: str) -> Decided:
    return dataclasses.replace(decided, notes=(*decided.notes, note))
