"""What a triage model is held against later: kept whole, of films it was not trained on."""

import numpy as np
import pytest

from cnn_core.errors import WeightsError
from cnn_core.results.monitoring import DriftSample
from cnn_core.results.triage import PROJECTION
from cnn_core.runtime import study_reference
from cnn_core.runtime.groups import create_group
from cnn_core.runtime.kept_audits import keep_audit
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.study_reference import keep_reference
from cnn_core.runtime.triage_reference import (
    REFERENCE_FILE,
    known_of,
    projected,
    projection_matrix,
    projection_of,
    read_reference,
    reference_arrays,
    reference_of,
    write_reference,
)
from cnn_core.runtime.xray_judging import calibration_scores, decide, out_of_fold_scores
from cnn_core.runtime.xray_runs import film_store
from cnn_core.runtime.xray_scored import judged_scored
from cnn_core.runtime.xray_study import _study
from cnn_core.xray.gate import fit_gate
from tests.film_sets import red_audit, stored_film_set
from tests.film_studies import finish, requests_of

KNOWN = [("normal", "A"), ("covid19", ""), ("normal", "Klinik Süd")]


def sample(count=5):
    draw = np.random.default_rng(0)
    return DriftSample(
        scores=np.array([np.nan, *draw.random(count - 1)]),
        distances=draw.random(count),
        brightness=draw.random(count),
        contrast=draw.random(count),
        projections=draw.normal(size=(count, PROJECTION)).astype(np.float32),
        referred=draw.random(count) < 0.5,
        refused=np.arange(count) == 0,
    )


def test_it_is_kept_as_it_was(tmp_path):
    given, matrix = sample(), projection_matrix(8)
    write_reference(tmp_path / REFERENCE_FILE, reference_arrays(KNOWN, given, matrix))
    arrays = read_reference(tmp_path / REFERENCE_FILE)
    assert list(known_of(arrays)) == KNOWN
    assert np.array_equal(projection_of(arrays), matrix)
    for name, values in vars(reference_of(arrays)).items():
        assert np.array_equal(values, getattr(given, name), equal_nan=values.dtype.kind == "f")
        assert values.dtype == getattr(given, name).dtype


def test_a_damaged_or_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(WeightsError, match="missing or damaged"):
        read_reference(tmp_path / REFERENCE_FILE)
    write_reference(tmp_path / REFERENCE_FILE, {"projection": np.zeros(2, np.float32)})
    with pytest.raises(WeightsError, match="missing or damaged"):
        read_reference(tmp_path / REFERENCE_FILE)


def test_a_projection_keeps_distances_of_directions_on_average():
    points = np.random.default_rng(1).normal(size=(60, 1280)).astype(np.float32)
    matrix = projection_matrix(1280)
    assert np.array_equal(matrix, projection_matrix(1280))
    assert projected(7 * points, matrix) == pytest.approx(projected(points, matrix), abs=1e-5)
    directions = points / np.linalg.norm(points, axis=1, keepdims=True)
    few = projected(points, matrix)
    ratios = [
        np.linalg.norm(few[a] - few[b]) / np.linalg.norm(directions[a] - directions[b])
        for a in range(60)
        for b in range(a)
    ]
    assert np.mean(ratios) == pytest.approx(1, abs=0.1)


def test_a_study_keeps_its_own_of_films_that_the_model_was_not_trained_on(settings, monkeypatch):
    films = stored_film_set(film_store(settings), patients=50, films_each=2, drawn=False)
    keep_audit(film_store(settings), red_audit(films))
    store = RunStore(settings.runs)
    records, _ = create_group(store, requests_of(settings, films))
    for record in records:
        finish(store, record)
    study = _study(settings, store, records[0].group, 20, lambda progress: None)
    held = calibration_scores(study)
    decided, _ = decide(study, out_of_fold_scores(study), held)
    trained = judged_scored(store, study.served, study.plan, study.rows, "train")
    gate = fit_gate(trained.embeddings, [-trained.embeddings], held.embeddings)

    keep_reference(study, decided, gate, held, None)
    arrays = read_reference(study.folder / REFERENCE_FILE)
    known, kept = known_of(arrays), reference_of(arrays)
    sources = films.column("source")
    assert list(known) == [
        (study.plan.classes[label], sources[film])
        for label, film in zip(trained.labels, trained.films, strict=True)
    ]
    assert len(kept.scores) == len(set(held.patients.tolist())) < len(held.films)
    assert np.array_equal(np.isnan(kept.scores), kept.refused)
    assert kept.referred[kept.refused].all()
    brightness = {films.films[place].brightness for place in held.films}
    assert set(kept.brightness.tolist()) <= brightness

    keep_reference(study, decided, gate, held, trained)  # as if these were locked films
    more = reference_of(read_reference(study.folder / REFERENCE_FILE))
    assert len(more.scores) == len(set(held.patients.tolist()) | set(trained.patients.tolist()))

    # without those that limits were set on, where enough patients remain
    undecided = set(held.patients[study.having(held, "temperature")].tolist())
    assert undecided < set(held.patients.tolist())
    for fewest in (len(undecided), len(undecided) + 1):
        monkeypatch.setattr(study_reference, "FEWEST_REFERENCE", fewest)
        keep_reference(study, decided, gate, held, None)
        kept = reference_of(read_reference(study.folder / REFERENCE_FILE))
        wanted = undecided if fewest == len(undecided) else set(held.patients.tolist())
        rows = np.isin(held.patients, list(wanted))
        assert len(kept.scores) == len(wanted)
        shown = {films.films[place].brightness for place in held.films[rows]}
        assert set(kept.brightness.tolist()) <= shown
