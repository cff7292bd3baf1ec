"""What is in the store, on the terminal: `runs`, `show`, `export`, `resume`, `stop`."""

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from cnn_core.cli import doctor as doctor_module
from cnn_core.cli.main import build_parser, main
from cnn_core.cli.train import configurations
from cnn_core.results.config import OPTIMIZERS, SCHEDULES, TrainConfig
from cnn_core.results.events import event_from_json
from cnn_core.results.runs import STATUSES, DatasetInfo
from cnn_core.runtime import queue
from cnn_core.runtime.database import transaction
from cnn_core.runtime.export import reproduce_command
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.settings import Settings
from cnn_core.training.recipes import RECIPES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home with one finished run of one epoch; its id."""
    home = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNN_LAB_HOME", str(home))
        watched = ["--set", "train_sample=100", "watch=3"]
        main(["train", "lenet5-mnist", "--data", "digits", "--epochs", "1", *watched])
        run_id = RunStore(Settings.from_environment().runs).list()[0].id
    return home, run_id


@pytest.fixture
def run_id(trained, monkeypatch):
    """The finished run, in the home that the commands see."""
    monkeypatch.setenv("CNN_LAB_HOME", str(trained[0]))
    return trained[1]


@pytest.fixture
def queued(homes):
    """A run that waits, in a fresh home."""
    request = RunRequest(
        recipe="lenet5-mnist",
        preset="fast",
        config=TrainConfig(epochs=1, batch_size=64, learning_rate=1e-3),
        dataset=DatasetInfo(
            name="MNIST",
            source="mnist",
            location="",
            fingerprint="f",
            official=True,
            train_size=1,
            valid_size=1,
            test_size=1,
        ),
        device="cpu",
        owner="ada",
        provenance={},
    )
    return RunStore(Settings.from_environment().runs).create(request)[0].id


def test_no_runs_yet(lab):
    said = lab("runs")
    assert said.code == 0
    assert "python -m cnn_core train lenet5-mnist" in said.out
    assert lab("runs", "--json").json == []


def test_the_list(lab, run_id):
    (row,) = lab("runs", "--json").json
    assert set(row) >= {"run", "recipe", "status", "created", "test_accuracy"}
    assert (row["run"], row["recipe"], row["status"]) == (run_id, "lenet5-mnist", "finished")
    assert row["status"] in STATUSES
    assert 0 <= row["test_accuracy"] <= 1
    header, line = lab("runs").out.splitlines()
    assert header.split()[:3] == ["run", "status", "preset"]
    assert line.split()[:3] == [run_id, "finished", "fast"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "RUN", "--json"],
        ["show", "--json", "RUN"],
        ["--json", "show", "RUN"],
        ["runs", "show", "RUN", "--json"],
        ["runs", "--json", "show", "RUN"],
        ["--json", "runs", "show", "RUN"],
    ],
)
def test_show_understands_json_wherever_it_stands(lab, run_id, arguments):
    said = lab(*(run_id if word == "RUN" else word for word in arguments))
    assert said.code == 0
    told = said.json
    assert told["run"] == run_id
    assert told["config"]["epochs"] == 1
    assert told["provenance"]["torch"]
    assert told["command"].startswith("python -m cnn_core train lenet5-mnist")
    assert "location" not in told["dataset"]


def test_show_for_a_person(lab, run_id):
    said = lab("show", run_id)
    assert f"run: {run_id}\n" in said.out
    assert "  fingerprint: " in said.out
    assert re.search(r"epoch 1: training loss [\d.]+, training [\d.]+ %, validation ", said.out)


def test_export_writes_what_can_be_read_again(lab, run_id, tmp_path):
    out = tmp_path / "new" / "folder"
    said = lab("runs", "export", run_id, "--out", str(out), "--json")
    assert said.code == 0
    files = {Path(path).name for path in said.json["files"]}
    assert files == {path.name for path in out.iterdir()}
    assert json.loads((out / "run.json").read_text())["run"] == run_id
    assert len(list(csv.DictReader((out / "epochs.csv").open()))) == 1
    steps = list(csv.DictReader((out / "steps.csv").open()))
    assert [int(row["step"]) for row in steps] == [1, 2, 3, 4, 5, 6]
    looks = list(csv.DictReader((out / "layers.csv").open()))
    assert [(row["step"], row["layer"]) for row in looks[:2]] == [("3", "conv1"), ("3", "conv2")]
    assert {row["step"] for row in looks} == {"3", "6"}
    assert load_file(out / "weights.safetensors")["conv1.weight"].shape == (6, 1, 5, 5)
    lines = (out / "events.jsonl").read_text().splitlines()
    assert type(event_from_json(lines[-1])).__name__ == "RunFinished"
    assert lab("export", run_id, "--out", str(out)).code == 0  # again, over the old ones


def test_export_writes_an_event_file_where_tensorboard_is(lab, run_id, tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    files = lab("export", run_id, "--out", str(tmp_path), "--tensorboard", "--json").json["files"]
    (events,) = (Path(path) for path in files if "tfevents" in path)
    assert events.parent == tmp_path / run_id
    assert events.stat().st_size > 0
    assert len(files) == 7


def test_export_to_where_nothing_can_be_written(lab, run_id, tmp_path):
    (tmp_path / "file").touch()
    said = lab("export", run_id, "--out", str(tmp_path / "file" / "folder"))
    assert said.code == 1
    assert said.err.startswith("error: The folder folder cannot be made (")
    assert "CNN_LAB_RUNS" not in said.err


def test_a_run_that_has_not_begun_has_nothing_to_export(lab, queued, tmp_path):
    said = lab("export", queued, "--out", str(tmp_path / "out"))
    assert said.code == 1
    assert "has not begun" in said.err
    assert not (tmp_path / "out").exists()


def test_stop(lab, queued, store):
    said = lab("stop", queued, "--json")
    assert said.code == 0
    assert said.json["status"] == "stopped"
    store.requeue(queued)
    queue.claim(store)
    queue.record_process(store, queued, os.getpid())
    assert lab("runs", "stop", queued).out == f"{queued}: asked to stop\n"
    assert store.get(queued).stop_requested


def test_listing_marks_lost_runs(lab, queued, store):
    queue.claim(store)
    with transaction(store.database) as db:
        db.execute("UPDATE runs SET heartbeat = 1.0")
    assert lab("runs", "--json").json[0]["status"] == "interrupted"


# The command that makes a run again

CONFIGS = st.builds(
    TrainConfig,
    epochs=st.integers(1, 1_000),
    batch_size=st.integers(1, 8_192),
    learning_rate=st.floats(1e-12, 1e12),
    optimizer=st.sampled_from(OPTIMIZERS),
    schedule=st.sampled_from(SCHEDULES),
    weight_decay=st.floats(0, 1),
    shift=st.integers(0, 8),
    rotation=st.floats(0, 45),
    validation_share=st.floats(0.01, 0.5),
    seed=st.integers(0, 2**31 - 1),
)


@pytest.fixture
def record(queued, store):
    return store.get(queued)


def parsed(text):
    words = shlex.split(text)
    assert words[:3] == ["python", "-m", "cnn_core"]
    return build_parser().parse_args(words[3:])


@pytest.mark.parametrize("preset", [*RECIPES["lenet5-mnist"].presets, "custom"])
def test_the_command_gives_the_same_configuration(record, preset):
    @hypothesis.settings(max_examples=30)
    @given(CONFIGS)
    def check(config):
        options = parsed(reproduce_command(replace(record, preset=preset, config=config)))
        assert configurations(options) == [config]
        assert options.recipe == record.recipe
        assert options.data is None

    check()


def test_the_command_of_a_preset_is_short(record):
    config = RECIPES["lenet5-mnist"].presets["reference"].config
    command = reproduce_command(replace(record, preset="reference", config=config))
    assert command == "python -m cnn_core train lenet5-mnist --preset reference --seed 0"


def test_the_command_names_data_that_is_not_the_recipes(lab, run_id, store):
    command = lab("show", run_id, "--json").json["command"]
    options = parsed(command)
    assert options.data == "digits"
    assert configurations(options) == [store.get(run_id).config]


# The boundary


def test_a_bug_is_logged_under_an_id(lab, monkeypatch, caplog):
    def fail(options):
        raise KeyError("a bug")

    monkeypatch.setattr(doctor_module, "doctor", fail)
    said = lab("doctor")
    assert said.code == 1
    assert said.out == ""
    (line,) = [line for line in said.err.splitlines() if line.startswith("error: ")]
    error_id = line.partition("(id ")[2][:8]
    assert f"error {error_id}" in caplog.text


def test_ctrl_c_outside_a_run_is_no_traceback(lab, monkeypatch):
    def interrupt(options):
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor_module, "doctor", interrupt)
    said = lab("doctor")
    assert (said.code, said.err) == (130, "stopped\n")


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
def test_a_reader_that_has_gone_is_no_error(run_id, trained):
    process = subprocess.Popen(
        [sys.executable, "-m", "cnn_core", "show", run_id],
        cwd=ROOT,
        env={**os.environ, "CNN_LAB_HOME": str(trained[0])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    with process.stderr as errors:
        assert errors.read() == ""
    assert process.wait(timeout=120) == 0
