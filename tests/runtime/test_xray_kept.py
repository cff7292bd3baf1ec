"""An earlier look at the locked test: what stays of it when a study is evaluated again."""

import dataclasses
import threading

import numpy as np
import pytest

from cnn_core.models.weights_file import sha256_of
from cnn_core.results.xray_study import Opening
from cnn_core.runtime import xray_study
from cnn_core.runtime.files import JUDGED_FILE, WEIGHTS_FILE
from cnn_core.runtime.groups import create_group
from cnn_core.runtime.kept_audits import keep_audit
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.xray_judging import LOCKED
from cnn_core.runtime.xray_kept import ANOTHER, LOST, REFITTED, evaluating
from cnn_core.runtime.xray_locked import write_opening
from cnn_core.runtime.xray_runs import film_store, study_of
from cnn_core.runtime.xray_study import evaluate_study, read_study, study_scored
from cnn_core.settings import Settings
from cnn_core.xray.calibration import at_temperature
from tests.film_sets import red_audit, stored_film_set
from tests.film_studies import finish, requests_of

DRAWS = 10


@pytest.fixture
def study(tmp_path):
    """Settings, store, group and served run of a study whose locked test was opened at T = 2."""
    settings = Settings.from_environment({"CNN_LAB_HOME": str(tmp_path)})
    films = stored_film_set(film_store(settings), patients=12, drawn=False)
    keep_audit(film_store(settings), red_audit(films))
    store = RunStore(settings.runs)
    records, _ = create_group(store, requests_of(settings, films))
    group, served = records[0].group, records[-1]
    for record in records:
        finish(store, record)
    folder = store.run_folder(served.id)
    (folder / JUDGED_FILE).unlink()  # a served model that is not asked: no network is needed
    (folder / WEIGHTS_FILE).write_bytes(b"weights")
    _, plan = study_of(settings, served)
    weights = sha256_of(folder / WEIGHTS_FILE)
    write_opening(film_store(settings), plan, Opening(at=1.0, weights=weights))
    found = evaluate_study(settings, store, group, draws=DRAWS)
    assert found.temperature == 1.0
    assert REFITTED not in found.warnings
    look = study_scored(store, group)["cross-validation"]
    at_two = dataclasses.replace(look, probabilities=at_temperature(look.probabilities, 2.0))
    before = dataclasses.replace(found, temperature=2.0, locked=found.cross_validation)
    xray_study._keep(folder, before, {LOCKED: at_two})
    return settings, store, group, served, look


def test_scores_of_a_look_are_brought_to_the_temperature_of_today_and_that_is_said(study):
    settings, store, group, _, look = study
    for _ in range(2):
        found = evaluate_study(settings, store, group, draws=DRAWS)
        kept = study_scored(store, group)[LOCKED].probabilities
        assert kept == pytest.approx(look.probabilities, abs=1e-9)
        assert found.locked.calibration.brier == pytest.approx(
            found.cross_validation.calibration.brier
        )
        assert REFITTED in found.warnings


def test_scores_of_other_weights_are_left_out(study):
    settings, store, group, served, _ = study
    (store.run_folder(served.id) / WEIGHTS_FILE).write_bytes(b"trained again")
    found = evaluate_study(settings, store, group, draws=DRAWS)
    assert found.locked is None
    assert ANOTHER in found.warnings
    assert list(study_scored(store, group)) == ["cross-validation"]


def test_a_look_that_cannot_be_read_is_said_and_does_not_stop_an_evaluation(study):
    settings, store, group, served, _ = study
    kept = read_study(store, group).scored
    (store.run_folder(served.id) / kept).write_bytes(b"damaged")
    found = evaluate_study(settings, store, group, draws=DRAWS)
    assert LOST in found.warnings
    assert found.locked is None


def test_a_result_and_its_scores_are_of_one_evaluation(study, monkeypatch):
    settings, store, group, served, _ = study
    before, scored = read_study(store, group), study_scored(store, group)

    def full(path, payload):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(xray_study, "write_whole", full)  # the scores are there, the result is not
        with pytest.raises(OSError, match="No space"):
            evaluate_study(settings, store, group, draws=DRAWS)
    assert read_study(store, group) == before
    again = study_scored(store, group)
    assert np.array_equal(again[LOCKED].probabilities, scored[LOCKED].probabilities)
    evaluate_study(settings, store, group, draws=DRAWS)
    left = list(store.run_folder(served.id).glob("study*.safetensors"))
    assert [path.name for path in left] == [read_study(store, group).scored]


def test_a_second_evaluation_waits_for_the_first_and_finds_what_it_kept(study):
    settings, store, group, _, _ = study
    waits, found = threading.Event(), []

    def told(progress):
        if progress.stage.startswith("Waiting"):
            waits.set()

    def second():
        found.append(evaluate_study(settings, store, group, progress=told, draws=DRAWS))

    thread = threading.Thread(target=second)
    with evaluating(store, group, told):
        thread.start()
        assert waits.wait(60)
        assert found == []
        kept = dataclasses.replace(read_study(store, group), locked=None)
        folder = xray_study._kept(store, group)[0]
        xray_study._keep(folder, kept, {})
    thread.join(60)
    assert found[0].locked is None  # as kept by the first, though it had a look when it began
