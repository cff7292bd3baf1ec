"""`train` and `resume`: one JSON object, several seeds, Ctrl-C, and the real thing on MNIST."""

import json
import os
import signal
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from scipy import stats

from cnn_core.cli import train as module
from cnn_core.results.events import EpochDone, StepsDone
from cnn_core.runtime import queue
from cnn_core.runtime.database import transaction

ROOT = Path(__file__).parents[2]
DIGITS = ("train", "lenet5-mnist", "--data", "digits")
FIELDS = {
    *("run", "recipe", "preset", "dataset", "epochs", "test_accuracy", "test_interval"),
    *("train_seconds", "total_seconds", "images_per_second", "device", "seeds", "weights"),
}


def command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "cnn_core", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def check_fields(told):
    assert set(told) >= FIELDS
    assert set(told["dataset"]) == {"name", "train_size", "valid_size", "test_size", "official"}
    low, high = told["test_interval"]
    assert 0 <= low < told["test_accuracy"] < high <= 1
    assert 0 < told["train_seconds"] < told["total_seconds"]
    assert told["images_per_second"] > 0
    assert Path(told["weights"]).is_file()


def test_json_is_one_object_with_every_field():
    done = command(*DIGITS, "--epochs", "1", "--seed", "3", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    told = json.loads(done.stdout)
    check_fields(told)
    assert (told["recipe"], told["preset"], told["epochs"]) == ("lenet5-mnist", "fast", 1)
    assert (told["device"], told["seeds"], told["status"]) == ("cpu", [3], "finished")
    sizes = {"train_size": 1_317, "valid_size": 120, "test_size": 360, "official": True}
    assert told["dataset"] == {"name": "scikit-learn digits (1,797, 8x8 enlarged)", **sizes}
    assert "epoch 1/1" in done.stderr
    assert "\r" not in done.stderr  # no terminal, no redrawing


@pytest.mark.slow
def test_one_epoch_of_fast_on_mnist_passes_97_percent(mnist_home):
    """The short real training: real pictures, the recipe's own preset, in a process of its own."""
    done = command(
        *("train", "lenet5-mnist", "--preset", "fast", "--epochs", "1", "--json"),
        CNN_LAB_DATA=str(mnist_home),
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    check_fields(told)
    assert told["dataset"]["name"] == "MNIST"
    assert told["dataset"]["official"] is True
    sizes = [told["dataset"][f"{part}_size"] for part in ("train", "valid", "test")]
    assert sizes == [55_000, 5_000, 10_000]
    assert told["test_accuracy"] >= 0.97


def test_what_a_person_reads(lab, store):
    said = lab(*DIGITS, "--epochs", "2")
    assert said.code == 0
    (record,) = store.list()
    assert f"run {record.id}: scikit-learn digits" in said.err
    assert "epoch 2/2" in said.err
    score = f"{100 * record.test_accuracy:.2f} % of the test set (95 % interval"
    assert f"{record.id}: {score}" in said.out
    assert f"weights: {store.folder / record.id / 'weights.safetensors'}" in said.out
    assert record.owner == "terminal"


def test_several_seeds(lab, store):
    said = lab(*DIGITS, "--epochs", "1", "--seed", "4", "5", "--seed", "5", "6", "--json")
    told = said.json
    runs = {run.id: run for run in store.list()}
    assert told["seeds"] == [4, 5, 6]
    assert [runs[run_id].config.seed for run_id in told["runs"]] == [4, 5, 6]
    assert {run.group for run in runs.values()} == {told["group"]}
    assert told["run"] == told["runs"][-1]
    scores = [runs[run_id].test_accuracy for run_id in told["runs"]]
    assert told["test_accuracy"] == pytest.approx(statistics.fmean(scores))
    interval = stats.t.interval(0.95, 2, loc=statistics.fmean(scores), scale=stats.sem(scores))
    assert told["test_interval"] == pytest.approx([max(0.0, interval[0]), min(1.0, interval[1])])
    assert told["test_deviation"] == pytest.approx(statistics.stdev(scores))
    assert [(run["run"], run["seed"]) for run in told["per_run"]] == list(
        zip(told["runs"], told["seeds"], strict=True)
    )
    assert [run["test_accuracy"] for run in told["per_run"]] == scores
    assert told["train_seconds"] == pytest.approx(sum(run.train_seconds for run in runs.values()))
    assert f"{told['run']}/weights.safetensors" in told["weights"]
    listed = lab("runs", "--json").json
    assert {run["group"] for run in listed} == {told["group"]}
    table = lab("runs").out.splitlines()
    assert table[0].split()[-1] == "group"
    assert all(line.endswith(told["group"]) for line in table[1:])


def test_several_seeds_are_summed_up_in_a_sentence(lab, store):
    said = lab(*DIGITS, "--epochs", "1", "--seed", "4", "5")
    lines = [line for line in said.out.splitlines() if line.startswith("2 seeds: mean ")]
    (line,) = lines
    mean = statistics.fmean(run.test_accuracy for run in store.list())
    assert f"mean {100 * mean:.2f} % (95 % interval over seeds " in line


def test_every_set_counts(lab, store):
    said = lab(
        *DIGITS,
        *("--epochs", "1", "--set", "batch_size=512", "shift=1", "--set", "optimizer=sgd"),
        *("--set", "rotation=2.5", "--preset", "reference"),
    )
    assert said.code == 0
    config = store.list()[0].config
    assert (config.batch_size, config.shift, config.optimizer) == (512, 1, "sgd")
    assert (config.rotation, config.epochs, config.learning_rate) == (2.5, 1, 1e-3)


def test_an_equal_run_is_mentioned(lab, store):
    first = lab(*DIGITS, "--epochs", "1", "--json").json["run"]
    said = lab(*DIGITS, "--epochs", "1", "--json")
    assert f"note: run {first} (finished) has the same settings, seed and data." in said.err
    assert len(store.list()) == 2


def test_a_diverging_run_is_an_error_in_a_sentence(lab):
    said = lab(*DIGITS, "--set", "learning_rate=1e9", "--json")
    assert said.code == 1
    assert said.json["status"] == "diverged"
    assert said.json["test_accuracy"] is None
    assert said.json["test_interval"] is None
    errors = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "diverged at step" in errors[0]
    assert "Try a learning rate ten times lower." in errors[0]


# Signals


class Interrupting:
    """A progress line that gets a signal at the first event of a kind."""

    kind, number = StepsDone, signal.SIGINT

    def __init__(self):
        self.sent = False

    def __call__(self, event):
        if isinstance(event, self.kind) and not self.sent:
            self.sent = True
            os.kill(os.getpid(), self.number)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize(
    ("kind", "number"), [(StepsDone, signal.SIGINT), (EpochDone, signal.SIGTERM)]
)
def test_ctrl_c_stops_with_a_checkpoint_and_resume_goes_on(lab, store, monkeypatch, kind, number):
    peaceful = lab(*DIGITS, "--epochs", "3", "--json").json
    monkeypatch.setattr(module, "ProgressLine", Interrupting)
    monkeypatch.setattr(Interrupting, "kind", kind)
    monkeypatch.setattr(Interrupting, "number", number)
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    said = lab(*DIGITS, "--epochs", "3", "--seed", "0", "1")
    assert said.code == 130
    assert {each: signal.getsignal(each) for each in before} == before
    record = store.list()[0]  # the second seed was not begun
    assert (record.status, record.config.seed) == ("stopped", 0)
    assert f"resume: python -m cnn_core resume {record.id}" in said.out
    assert list((store.folder / record.id).glob("checkpoint-*.safetensors"))
    monkeypatch.undo()
    monkeypatch.setenv("CNN_LAB_RUNS", str(store.folder))
    resumed = lab("resume", record.id, "--json")
    assert resumed.code == 0
    assert resumed.json["run"] == record.id
    assert resumed.json["test_accuracy"] == peaceful["test_accuracy"]
    assert resumed.json["epochs"] == 3


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_while_waiting_for_the_device(lab, store, monkeypatch):
    first = lab(*DIGITS, "--epochs", "1", "--json").json["run"]
    with transaction(store.database) as db:
        db.execute("UPDATE runs SET status = 'running', heartbeat = 1 WHERE id = ?", (first,))
    queue.record_process(store, first, os.getpid())
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.01)
    waited = []

    def interrupt(seconds):
        waited.append(seconds)
        if len(waited) == 3:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(module.time, "sleep", interrupt)
    said = lab(*DIGITS, "--epochs", "1", "--seed", "1")
    assert said.code == 130
    assert said.err.count("waiting for cpu: 1 before this one") == 1
    record = next(run for run in store.list() if run.config.seed == 1)
    assert (record.status, record.steps_done) == ("stopped", 0)
