"""What a study's served model is held against later, kept from what it said of the study's films.

Of films that the model was not trained on, one a patient goes into the reference of the watch over
drift: those that its temperature was set on, and the locked ones once they were looked at. Those
that threshold, sets and the gate's limit were set on are refused less often than others by
construction: they go in only where fewer than `FEWEST_REFERENCE` patients remain without them. Free
of torch.
"""

import numpy as np
from numpy.typing import NDArray

from cnn_core.results.monitoring import DriftSample
from cnn_core.results.xray_decision import Gate
from cnn_core.results.xray_plan import Scored
from cnn_core.runtime.triage_reference import (
    REFERENCE_FILE,
    projected,
    projection_matrix,
    reference_arrays,
    write_reference,
)
from cnn_core.runtime.xray_judging import Decided, Study, at_decided
from cnn_core.runtime.xray_scored import chosen, judged_scored, together
from cnn_core.xray.conformal import sets_of
from cnn_core.xray.decision import triage
from cnn_core.xray.drift import FEWEST_REFERENCE
from cnn_core.xray.gate import kept_films, looks
from cnn_core.xray.operating_point import NORMAL, triage_score

_SOURCE = "source"


def keep_reference(
    study: Study, decided: Decided, gate: Gate, calibrating: Scored, locked: Scored | None
) -> None:
    """Keep labels and sources of the films that a gate knows, and films to notice change by.

    Args:
        study: with a served model; its folder is written to.
        decided: what films are decided by.
        gate: of the served model.
        calibrating: what it said of the films to calibrate on, at temperature 1.
        locked: what it said of the locked films, as they are decided on; None: never looked at.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
        WeightsError: what the served run said of its films is missing or damaged.
    """
    if study.served is None:
        return
    trained = judged_scored(study.store, study.served, study.plan, study.rows, "train")
    source, classes = study.film_set.column(_SOURCE), study.plan.classes
    kept = kept_films(len(trained.films), study.plan.seed).tolist()
    known = [(classes[trained.labels[row]], source[trained.films[row]]) for row in kept]
    held = at_decided(calibrating, decided.temperature)
    scored = held if locked is None else together([held, locked])
    matrix = projection_matrix(gate.known.shape[1])
    sample = _sample(study, decided, gate, _to_compare_with(study, scored), matrix)
    write_reference(study.folder / REFERENCE_FILE, reference_arrays(known, sample, matrix))


def _to_compare_with(study: Study, scored: Scored) -> Scored:
    """Return the films that no limit was set on; all, where these are too few patients."""
    others = chosen(scored, ~study.having(scored, "decide"))
    return others if len(np.unique(others.patients)) >= FEWEST_REFERENCE else scored


def _sample(
    study: Study, decided: Decided, gate: Gate, scored: Scored, matrix: NDArray[np.float32]
) -> DriftSample:
    rows = _one_a_patient(scored.patients, study.plan.seed)
    films = [study.film_set.films[place] for place in scored.films[rows].tolist()]
    embeddings, said = scored.embeddings[rows], scored.probabilities[rows]
    looked = looks(gate, embeddings)
    refused = looked.altered | looked.far
    normal = study.plan.classes.index(NORMAL) if NORMAL in study.plan.classes else None
    routine = triage(
        said,
        sets_of(said, decided.sets),
        ~refused,
        None if normal is None else decided.point.threshold,
        normal=normal or 0,
    )
    return DriftSample(
        scores=np.where(refused, np.nan, triage_score(said, study.plan.classes)),
        distances=looked.distances,
        brightness=np.array([film.brightness for film in films]),
        contrast=np.array([film.contrast for film in films]),
        projections=projected(embeddings, matrix),
        referred=~routine,
        refused=refused,
    )


def _one_a_patient(patients: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Return a film of each patient, drawn, ascending: windows hold a patient once too."""
    order = np.random.default_rng(seed).permutation(len(patients))
    return np.sort(order[np.unique(patients[order], return_index=True)[1]])
