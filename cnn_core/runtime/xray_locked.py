"""The locked test: films that no run has seen, and the list of every look at them.

The list is appended to and never rewritten. It belongs to the film set and to which of its films
are locked, whatever the folds and settings: another study of the same films goes on with it. A look
is written down before a film is scored, so that one that fails counts too. Loads torch.
"""

import json
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from cnn_core.data.films.store import FilmStore, film_pixels
from cnn_core.errors import DataError, StorageError
from cnn_core.results.films import FilmProgress, FilmSet
from cnn_core.results.from_plain import from_plain
from cnn_core.results.pictures import Plan
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_plan import Scored, StudyPlan
from cnn_core.results.xray_study import Opening
from cnn_core.runtime.xray_scored import corrected, rows_scored, shares_of
from cnn_core.xray.calibration import at_temperature
from cnn_core.xray.plan import locked_digest

if TYPE_CHECKING:
    from cnn_core.runtime.film_network import FilmNetwork

_STAGE = "The served model looks at the locked films"


def openings(films: FilmStore, plan: StudyPlan) -> tuple[Opening, ...]:
    """Return every look at the locked films of this plan, the first one first.

    Raises:
        DataError: the list is damaged: it cannot be said how often they were looked at.
    """
    path = films.path(plan.film_set, f"openings-{locked_digest(plan)[:16]}")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return tuple(from_plain(Opening, json.loads(line)) for line in lines)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, DataError) as exc:
        raise DataError(
            "The list of openings of the locked test is damaged.",
            hint="Bring the films again under another seed: these locked films count as seen.",
        ) from exc


def write_opening(films: FilmStore, plan: StudyPlan, opening: Opening) -> None:
    """Add a look to the list.

    Raises:
        StorageError: it cannot be written; then nothing may be scored.
    """
    path = films.path(plan.film_set, f"openings-{locked_digest(plan)[:16]}")
    line = json.dumps({"at": opening.at, "weights": opening.weights}) + "\n"
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:
        raise StorageError(
            f"The opening of the locked test could not be written down ({exc.strerror}).",
            hint="Make room on the disk; the locked test stays closed until then.",
        ) from exc


def open_locked_test(
    films: FilmStore,
    film_set: FilmSet,
    study: StudyPlan,
    record: RunRecord,
    plan: Plan,
    network: "FilmNetwork",
    *,
    temperature: float,
    progress: Callable[[FilmProgress], None],
) -> Scored:
    """Score the locked films once, with everything frozen, and write the look down before.

    Args:
        films: where the films are.
        film_set: of the study.
        study: its plan.
        record: the served run.
        plan: what that run saw.
        network: that run's.
        temperature: by which its logits are divided.
        progress: told how many films were scored.

    Raises:
        DataError: no film is locked, or a picture is gone.
        StorageError: the look cannot be written down.
    """
    rows = np.flatnonzero(np.array(study.roles) == "locked")
    if not len(rows):
        raise DataError("This study has no locked film.", hint="Bring more patients.")
    began = time.monotonic()
    write_opening(films, study, Opening(at=time.time(), weights=network.sha256))

    def tell(done: int) -> None:
        seconds = time.monotonic() - began
        progress(
            FilmProgress(
                stage=_STAGE,
                done=done,
                total=len(rows),
                seconds=seconds,
                seconds_left=seconds / done * (len(rows) - done) if done else None,
            )
        )

    chosen = [film_set.films[study.films[row]] for row in rows.tolist()]
    said, embeddings = network.ask((film_pixels(films, film) for film in chosen), tell)
    return rows_scored(
        study,
        rows,
        fold=0,
        probabilities=at_temperature(corrected(said, plan, record), temperature),
        prior=shares_of(plan),
        embeddings=embeddings,
    )
