"""`read`: the verdict, its evidence, what to try and what was tried, in sentences and as JSON."""

import json

import pytest

from cnn_core.cli.main import main
from cnn_core.runtime import queue
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.settings import Settings
from tests.results.told_curves import CONFIG, told_history, told_record


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path))
    return RunStore(Settings.from_environment().runs)


def kept(store, valid, train, **provenance):
    """Put a finished run with these curves into the store; return its id."""
    told, record = told_history(valid, train=train), told_record()
    run, _ = store.create(
        RunRequest(
            recipe="lenet5-mnist", preset="fast", config=CONFIG, dataset=record.dataset,
            device="cpu", owner="me", provenance=provenance, name=record.name,
        )
    )  # fmt: skip
    for event in (told.started, *told.epochs):
        store.append(run.id, event)
    queue.end(store, run.id, "finished")
    return run.id


def test_a_run_is_read_in_sentences(store, capsys):
    run = kept(store, [0.8] * 10, [0.95] * 10)
    assert main(["read", run]) == 0
    said = capsys.readouterr().out
    assert "overfitting: It overfits: 95 % of the training pictures are right" in said
    assert "+ generalisation gap" in said
    assert "try: Shift, turn and stretch the training pictures." in said
    assert "python -m cnn_core train lenet5-mnist --preset fast" in said


def test_as_json_it_is_one_object_with_figures_thresholds_and_what_was_tried(store, capsys):
    base = kept(store, [0.8] * 10, [0.95] * 10)
    after = kept(store, [0.9] * 10, [0.95] * 10, counter_of=base, change="augmentation")
    assert main(["--json", "read", base]) == 0
    body = json.loads(capsys.readouterr().out)
    assert (body["kind"], body["runs"], body["seeds"]) == ("overfitting", [base], 1)
    gap = body["evidence"][0]
    assert (gap["id"], gap["threshold"], gap["holds"]) == ("gap", 0.02, True)
    assert body["proposals"][0]["changes"] == {"shift": 1, "rotation": 10.0, "scale": 0.1}
    (tried,) = body["tried"]
    assert (tried["change"], tried["before"], tried["after"]) == ("augmentation", [base], [after])
    gap = next(each for each in tried["differences"] if each["id"] == "gap")
    assert (gap["mean"], gap["low"]) == (pytest.approx(-0.1), None)


def test_a_run_that_is_not_there_is_one_sentence(store, capsys):
    assert main(["read", "lenet5-mnist-0101-nobody"]) == 1
    assert capsys.readouterr().err.startswith("error: There is no run")
