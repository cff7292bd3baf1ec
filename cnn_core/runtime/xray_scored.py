"""What the runs of a study said of films: read from their folders, or asked of the served network.

Free of torch. Probabilities belong to the shares of
the classes among the films that a run was trained on: where the run weighed classes alike, they are
corrected to them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save as serialise

from cnn_core.errors import DataError, WeightsError
from cnn_core.results.pictures import Part, Plan
from cnn_core.results.prevalences import reweighted
from cnn_core.results.runs import RunRecord
from cnn_core.results.xray_plan import Scored, StudyPlan
from cnn_core.runtime.files import JUDGED_FILE, write_whole
from cnn_core.runtime.judging import read_judged
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.store import RunStore

_FIELDS = ("films", "labels", "patients", "folds", "probabilities", "prior", "embeddings")
Pictures = NDArray[np.uint8]
Floats = NDArray[np.float64]


def shares_of(plan: Plan, part: Part = "train") -> Floats:
    """Return the share of each class among the films of a part, float64 `(C,)`."""
    own = [label for label, its in zip(plan.labels, plan.parts, strict=True) if its == part]
    counts = np.bincount(np.array(own, dtype=np.int64), minlength=len(plan.classes))
    return np.asarray(counts / max(1, counts.sum()), dtype=np.float64)


def corrected(probabilities: Floats, plan: Plan, record: RunRecord) -> Floats:
    """Return what a run said, at the prior `shares_of(plan)`, float64 `(N, C)`.

    A run that weighs classes alike learns them at a uniform prior.
    """
    shares = shares_of(plan)
    if record.config.class_weights != "balanced":
        return probabilities.astype(np.float64)
    return reweighted(probabilities, np.full(len(shares), 1 / len(shares)), shares)


def judged_scored(
    store: RunStore,
    record: RunRecord,
    study: StudyPlan,
    rows: Mapping[int, int],
    part: Part = "test",
) -> Scored:
    """Return what a finished run said of the films of one of its parts.

    Args:
        store: where the run is.
        record: a finished run of the study.
        study: its plan.
        rows: of the plan, by place in the snapshot (`run_plans.rows_of_places`).
        part: "test" are the films that it was not trained on.

    Raises:
        WeightsError: what it said is missing or damaged.
        DataError: its plan is gone, or of other films.
    """
    plan = read_plan(record.dataset)
    try:
        judged = read_judged(store.run_folder(record.id) / JUDGED_FILE, (part,))[part]
    except KeyError as exc:
        raise WeightsError(
            f"Run {record.id} said nothing of its {part} films.", hint="Train the study again."
        ) from exc
    try:
        at = np.array([rows[int(place)] for place in judged.pictures], dtype=np.int64)
    except KeyError as exc:
        raise DataError(
            f"Run {record.id} was trained on other films than this study's.",
            hint="Train the study again.",
        ) from exc
    return rows_scored(
        study,
        at,
        fold=record.config.fold,
        probabilities=corrected(judged.probabilities.astype(np.float64), plan, record),
        prior=shares_of(plan),
        embeddings=judged.embeddings,
    )


def rows_scored(
    study: StudyPlan,
    rows: NDArray[np.int64],
    *,
    fold: int,
    probabilities: Floats,
    prior: Floats,
    embeddings: NDArray[np.float32],
) -> Scored:
    """Return what a model said of some rows of a study's plan, int64 `(N,)`."""
    return Scored(
        films=np.array(study.films, dtype=np.int64)[rows],
        labels=np.array(study.labels, dtype=np.int64)[rows],
        patients=np.array(study.patients, dtype=np.int64)[rows],
        folds=np.full(len(rows), fold, dtype=np.int64),
        probabilities=probabilities,
        prior=prior,
        embeddings=embeddings,
    )


def together(scored: Sequence[Scored]) -> Scored:
    """Return what several models said as one, at the mean of their priors; at least one."""

    def joined(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(each, name) for each in scored])

    arrays = {name: joined(name) for name in _FIELDS if name != "prior"}
    widths = {each.embeddings.shape[1:] for each in scored}
    if len(widths) > 1:
        raise ValueError(f"expected embeddings of one length, but got {sorted(widths)}.")
    prior = np.mean([each.prior for each in scored], axis=0)
    return Scored(prior=prior, **arrays)  # type: ignore[arg-type]


def chosen(scored: Scored, keep: NDArray[np.bool_]) -> Scored:
    """Return the films for which `keep`, bool `(N,)`, holds."""
    arrays = {name: getattr(scored, name)[keep] for name in _FIELDS if name != "prior"}
    return Scored(prior=scored.prior, **arrays)


def write_scored(path: Path, scored: Mapping[str, Scored]) -> None:
    """Keep what was said of films, by what it is, whole or not at all.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    arrays = {
        f"{what}.{name}": np.ascontiguousarray(getattr(each, name))
        for what, each in scored.items()
        for name in _FIELDS
    }
    write_whole(path, serialise(arrays))


def read_scored(path: Path) -> dict[str, Scored]:
    """Return what `write_scored` kept; nothing where there is no such file.

    Raises:
        WeightsError: the file is damaged.
    """
    if not path.exists():
        return {}
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = dict.fromkeys(key.rpartition(".")[0] for key in file.keys())  # noqa: SIM118
            return {
                what: Scored(**{name: file.get_tensor(f"{what}.{name}") for name in _FIELDS})
                for what in names
            }
    except (OSError, safetensors.SafetensorError) as exc:
        raise WeightsError(
            "What was said of the films of this study is damaged.", hint="Evaluate it again."
        ) from exc
