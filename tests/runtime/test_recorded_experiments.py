"""The recorded experiments that come along: whole, small, readable, of nobody's machine."""

import dataclasses
import gzip
import json

import pytest

from cnn_core.concepts import registry
from cnn_core.errors import DataError
from cnn_core.results.experiment_reading import ExperimentReading
from cnn_core.results.recorded import SUFFIX
from cnn_core.runtime.experiments import chosen_of, standing_of
from cnn_core.runtime.recorded_experiments import FOLDER, recorded_experiment
from cnn_core.runtime.store import RunStore
from studies import experiments as study
from tests.runtime import tiny_experiment
from tests.runtime.tiny_experiment import ID, TinySettings

MOST_BYTES = 300_000
PLACES = ("/home/", "/root", "/tmp", "/work", "C:\\")
FILES = sorted(FOLDER.glob(f"*{SUFFIX}"))


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(registry._ROWS, ID, tiny_experiment.__name__)


def test_a_study_is_recorded_and_read_again(settings, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    kept, out = tmp_path / "runs", tmp_path / "recorded"
    options = [ID, "--runs", str(kept), "--out", str(out), "--set", "steps=4", "sizes=10,20"]
    assert study.main(options) == 0
    found = recorded_experiment(ID, out)
    assert found.settings == TinySettings(steps=4, sizes=(10, 20))
    assert (
        found.recording.command == f"python -m studies experiments {ID} --set steps=4 sizes=10,20"
    )
    assert found.recording.data.endswith("1,437 pictures to draw from and 360 to be judged on.")
    (run,) = RunStore(kept).list()
    assert found.record.owner == found.record.dataset.location == ""
    for seen, told in zip(
        standing_of(RunStore(kept), run.id).trials.done, found.trials.done, strict=True
    ):
        assert dataclasses.asdict(told) == dataclasses.asdict(seen) | {
            "figures": pytest.approx(seen.figures, rel=1e-6),
            "losses": pytest.approx(seen.losses, rel=1e-3),
            "accuracies": pytest.approx(seen.accuracies, rel=1e-3),
            "seconds": pytest.approx(seen.seconds, rel=1e-6),
            "elapsed_seconds": pytest.approx(seen.elapsed_seconds, rel=1e-6),
        }
    assert "order (" in capsys.readouterr().out
    payload = (out / f"{ID}{SUFFIX}").read_bytes()
    assert study.main(options) == 0  # it is not run again
    assert [each.id for each in RunStore(kept).list()] == [run.id]
    assert (out / f"{ID}{SUFFIX}").read_bytes() == payload
    assert recorded_experiment("residual", out) is None

    document = json.loads(gzip.decompress(payload))
    trial = next(e for e in document["runs"][0]["events"] if e["kind"] == "TrialDone")
    trial["figures"].pop()
    (out / f"{ID}{SUFFIX}").write_bytes(gzip.compress(json.dumps(document).encode()))
    with pytest.raises(DataError, match="trial 1 should have a figure for each name"):
        recorded_experiment(ID, out)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--set", "steps=4"], "With --set it is not the study"),
        (["--set", "data=mnist", "--out", "recorded"], "MNIST"),
    ],
)
def test_nothing_but_the_study_takes_the_place_of_the_study(
    tmp_path, monkeypatch, capsys, options, said
):
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    monkeypatch.setattr(study, "FOLDER", tmp_path / "studies")
    monkeypatch.chdir(tmp_path)
    assert study.main([ID, "--runs", str(tmp_path / "runs"), *options]) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.rglob(f"*{SUFFIX}"))
    assert not RunStore(tmp_path / "runs").list()


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_recording_is_whole_and_says_what_it_is(path):
    name = path.name.removesuffix(SUFFIX)
    found = recorded_experiment(name)
    experiment, chosen = chosen_of(found.record)
    assert found.recording.id == experiment.id == name
    assert found.record.status == "finished"
    planned = {(each.arm, each.condition, each.seed) for each in experiment.plan(chosen)}
    assert {(each.arm, each.condition, each.seed) for each in found.trials.done} == planned
    assert found.recording.command.startswith(f"python -m studies experiments {name}")
    assert path.stat().st_size < MOST_BYTES
    text = gzip.decompress(path.read_bytes()).decode()
    assert not any(place in text for place in PLACES)
    reading = experiment.read(chosen, found.trials)
    assert isinstance(reading, ExperimentReading)
    assert reading.headline.endswith(".")
