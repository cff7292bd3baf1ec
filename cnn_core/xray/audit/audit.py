"""Audit a film set before anything is trained on it: six parts, one verdict a flag.

Pure but for reading the pictures, one at a time, so that memory does not grow with their number
(20 KB a film remain). Free of torch; may run in any thread or process.
"""

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.films.store import FilmStore, film_pixels
from cnn_core.results.films import FilmSet
from cnn_core.results.xray_audit import AuditFlag, BlindScore, XrayAudit, Zone
from cnn_core.xray.audit.associations import association_flags, associations, validate_classes
from cnn_core.xray.audit.blind import (
    FoldScores,
    Material,
    blind_flag,
    blind_score,
    features_of,
    file_columns,
    fold_scores,
    table_columns,
    too_few_patients,
)
from cnn_core.xray.audit.columns import Column
from cnn_core.xray.audit.duplicate_flags import duplicate_flags
from cnn_core.xray.audit.duplicates import found_copies, groups_from
from cnn_core.xray.audit.flags import ordered
from cnn_core.xray.audit.patients import cross_label_patients, images_a_patient, patient_flags
from cnn_core.xray.audit.shortcut import MASKED, nothing_to_judge, skill_flag, skill_left
from cnn_core.xray.audit.sources import (
    leave_one_out,
    shared_sources,
    single_source,
    source_flags,
    source_rows,
    unseen_sentence,
    within_sources,
)
from cnn_core.xray.audit.told import Report, Told
from cnn_core.xray.small_model import MODEL_WORDS
from cnn_core.xray.zones import zones_pixels

DRAWS = 1_000
ZONES_SEEN: tuple[Zone, ...] = ("full", *MASKED)
_MODELS = len(ZONES_SEEN) + 3  # the table, the file, and those of the sources together


def audit_films(
    film_set: FilmSet,
    store: FilmStore,
    *,
    embeddings: NDArray[np.floating] | None = None,
    model_auroc: float | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Report = lambda _: None,
) -> XrayAudit:
    """Audit a film set: duplicates, patients, associations, no picture, shortcut, sources.

    Args:
        film_set: of the store.
        store: where its pictures are.
        embeddings: what a network says of each film `(N, D)`; without them crops and turns are not
            looked for, and the audit says so.
        model_auroc: macro-averaged AUROC (patient-grouped) of a trained model, to be compared with
            what table and file tell; the small model stands in for it.
        draws: of each bootstrap.
        seed: of folds and draws.
        progress: is told how far it is.

    Raises:
        DataError: fewer than two classes.
        StorageError: a picture is gone.
    """
    begun = time.monotonic()
    validate_classes(film_set)
    told = Told(progress, len(film_set.films), _MODELS)
    copies = found_copies(film_set, embeddings)
    groups = groups_from(film_set, copies)
    material = _material(film_set, groups, draws, seed)
    columns = associations(film_set)
    cross_label = cross_label_patients(film_set, groups.tolist())
    pixels = zones_pixels(told.looked_at(_pictures(film_set, store)), ZONES_SEEN)
    table, file = table_columns(film_set), file_columns(film_set)
    few = too_few_patients(material)
    zones = {} if few else {z: told.fitted(fold_scores(pixels[z], material)) for z in ZONES_SEEN}
    scores = {zone: blind_score(zone, found, material) for zone, found in zones.items()}
    image = scores.get("full")
    by_table = told.fitted(None if few else _blind("table", table, material))
    by_file = told.fitted(None if few else _blind("file", file, material))
    skill = skill_left(zones, material) if zones else ()
    rows = within_sources(film_set, source_rows(film_set, material), pixels["full"], material)
    alone = single_source(rows, material.classes) if rows else {"": ()}
    left_out = () if alone else leave_one_out(film_set, rows, pixels["full"], material)
    shared = () if alone else shared_sources(film_set, rows, material)
    told.fitted(rows)
    flags: list[AuditFlag] = [
        *duplicate_flags(copies, embedded=embeddings is not None),
        *patient_flags(film_set, groups.tolist(), cross_label),
        *association_flags(columns, film_set),
        blind_flag("table", by_table, image=image, model_auroc=model_auroc),
        blind_flag("file", by_file, image=image, model_auroc=model_auroc),
        *([skill_flag(each) for each in skill] or [nothing_to_judge()]),
        *source_flags(film_set, rows, material.classes, left_out, shared),
    ]
    blind = [by_table, by_file, *scores.values()]
    return XrayAudit(
        film_set=film_set.id,
        flags=ordered(flags),
        pairs=copies.pairs,
        pair_counts=copies.counts,
        groups=tuple(groups.tolist()),
        cross_label_patients=cross_label,
        images_a_patient=images_a_patient(film_set),
        associations=columns,
        blind=tuple(score for score in blind if score is not None),
        skill=skill,
        sources=rows,
        left_out=left_out,
        unseen=unseen_sentence(left_out, shared),
        model=MODEL_WORDS,
        seconds=time.monotonic() - begun,
    )


def _material(film_set: FilmSet, groups: NDArray[np.int64], draws: int, seed: int) -> Material:
    """Return labels and groups; classes without a film do not count."""
    there = {film.label for film in film_set.films}
    classes = tuple(name for name in film_set.classes if name in there)
    labels = np.array([classes.index(film.label) for film in film_set.films], dtype=np.int64)
    return Material(labels=labels, groups=groups, classes=classes, draws=draws, seed=seed)


def _pictures(film_set: FilmSet, store: FilmStore) -> Iterator[NDArray[np.uint8]]:
    for film in film_set.films:
        yield film_pixels(store, film)


def _blind(what: str, columns: tuple[Column, ...], material: Material) -> BlindScore | None:
    if not columns:
        return None
    scores: FoldScores = fold_scores(features_of(columns), material)
    return blind_score(what, scores, material, [column.name for column in columns])
