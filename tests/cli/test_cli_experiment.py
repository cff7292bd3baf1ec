"""`experiment`: listed, run, shown again, resumed, exported; what is refused in a sentence."""

import csv
import dataclasses
import io
import json

import pytest

from cnn_core.concepts import registry
from cnn_core.concepts.registry import EXPERIMENTS
from cnn_core.results.trial_events import TrialDone
from cnn_core.runtime.experiments import build_experiment_request, events_of
from cnn_core.settings import Settings
from tests.runtime import tiny_experiment
from tests.runtime.tiny_experiment import EXPERIMENT, ID, TinySettings

SMALL = ("--seeds", "2", "--set", "steps=3", "sizes=10,20")
ONE = ("--seeds", "1", "--set", "steps=1", "sizes=10")


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(registry._ROWS, ID, tiny_experiment.__name__)


def test_without_a_name_they_are_listed(lab):
    said = lab("experiment")
    assert said.code == 0
    assert all(f"\n{name} (" in f"\n{said.out}" for name in EXPERIMENTS)
    rows = lab("experiment", "--json").json
    assert [row["id"] for row in rows] == list(EXPERIMENTS)
    assert all(row["question"].endswith("?") for row in rows)
    assert next(row for row in rows if row["id"] == "convolutions")["data"]["digits"] is True


def test_one_is_run_and_said_as_one_object(lab, store):
    said = lab("experiment", ID, *SMALL, "--seed", "3", "--json")
    assert said.code == 0
    body = said.json
    assert (body["id"], body["status"], body["preset"]) == (ID, "finished", "custom")
    assert body["settings"] == {
        "data": "digits", "rate": 1.0, "seed": 3, "seeds": 2, "sizes": [10, 20], "steps": 3,
    }  # fmt: skip
    assert body["trials"] == {"done": 8, "planned": 8}
    assert len(body["figures"]) == 2 * 2 * 2  # arms, conditions, figures
    row = body["figures"][0]
    assert (row["arm"], row["condition"], row["figure"]) == ("pixels", "10", "accuracy")
    assert (row["n"], list(row["by_seed"])) == (2, ["3", "4"])
    assert row["interval"] is None  # two seeds have none
    (claim,) = body["reading"]["claims"]
    assert claim["share"]["of"] == 2
    assert body["reading"]["text"] == "No, it sees no neighbours."
    assert "trial 8/8" in said.err
    record = store.get(body["run"])
    assert (record.recipe, record.config.seed, record.owner) == (ID, 3, "terminal")

    again = lab("experiment", ID, *SMALL, "--seed", "3")
    assert again.code == 0
    assert "has the same settings" in again.err
    assert again.out.startswith(f"{record.id}: finished, 8 of 8 trials, under a second\n")
    assert "Pixels shuffled, 20: accuracy " in again.out
    assert "- holds: The order of the pixels" in again.out
    anew = lab("experiment", ID, *SMALL, "--seed", "3", "--again", "--json").json
    assert anew["run"] != record.id
    assert anew["figures"] == body["figures"]


def test_an_experiment_among_the_runs(lab, store, tmp_path):
    run = lab("experiment", ID, *ONE, "--json").json["run"]
    listed = lab("runs").out
    assert "2/2 trials" in listed
    (row,) = lab("runs", "--json").json
    assert row["trials"] == {"done": 2, "planned": 2}
    shown = lab("show", run, "--json").json
    assert shown["config"]["sizes"] == [10]
    command = f"python -m cnn_core experiment {ID} --quick --seeds 1 --set steps=1 sizes=10"
    assert shown["command"] == command
    assert "The order of the pixels" in lab("show", run).out

    out = tmp_path / "files"
    files = lab("export", run, "--out", str(out), "--json").json["files"]
    names = ["curves.csv", "experiment.json", "run.json", "trials.csv"]
    assert sorted(path.rpartition("/")[2] for path in files) == names
    table = list(csv.DictReader(io.StringIO((out / "trials.csv").read_text())))
    done = [event for event in events_of(store, run) if isinstance(event, TrialDone)]
    assert [float(each["accuracy"]) for each in table] == [each.figures[0] for each in done]
    assert json.loads((out / "experiment.json").read_text())["figures"]
    assert lab("resume", run).code == 1  # it has finished


def test_one_that_was_stopped_is_resumed_and_shown(lab, store, tmp_path):
    request = build_experiment_request(
        Settings.from_environment(),
        experiment=ID,
        preset="custom",
        chosen=TinySettings(seeds=1, steps=1, sizes=(10,)),
        owner="ada",
        said="worse",
    )
    run = store.create(request)[0].id
    store.request_stop(run)
    shown = lab("show", run)
    assert (shown.code, "Nothing is known yet." in shown.out) == (0, True)
    refused = lab("export", run, "--out", "files")
    assert (refused.code, "has not begun" in refused.err) == (1, True)
    body = lab("resume", run, "--json").json
    assert (body["status"], body["trials"]) == ("finished", {"done": 2, "planned": 2})
    assert body["said"] == {"id": "worse", "text": "Yes, it gets worse."}
    shown = lab("show", run).out
    assert "You said: Yes, it gets worse.\nIt was: No, it sees no neighbours." in shown
    lab("export", run, "--out", str(tmp_path / "files"))
    for name in ("experiment.json", "run.json"):  # files are passed on
        assert '"said"' not in (tmp_path / "files" / name).read_text()


def test_what_is_meant_for_trainings_says_that_it_is_none(lab, tmp_path):
    run = lab("experiment", ID, *ONE, "--json").json["run"]
    for command in (
        ("read", run),
        ("take-away", run),
        ("export", run, "--out", str(tmp_path), "--tensorboard"),
        ("predict", run, str(tmp_path / "picture.png")),
        ("inspect", run, str(tmp_path / "picture.png"), "--out", str(tmp_path)),
    ):
        said = lab(*command)
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith(f"error: Run {run} is an experiment: ")
    refused = lab("train", "lenet5-mnist", "--data", "digits", "--set", "experiment={}")
    assert refused.code == 1
    assert "experiment is no setting of a training." in refused.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("alchemy",), "There is no experiment named 'alchemy'"),
        ((ID, "--set", "colour=red"), "There is no setting named 'colour'"),
        ((ID, "--set", "steps"), "--set expects key=value"),
        ((ID, "--seeds", "0"), "seeds must be between 1 and 50"),
        ((ID, "--seeds", "many"), "seeds must be a whole number"),
        ((ID, "--data", "cifar10"), "does not run on 'cifar10'"),
        ((ID, "--data", "/no/such/folder"), "does not run on '/no/such/folder'"),
        ((ID, "--device", "cuda:9"), "There is no device 'cuda:9'"),
        (("network-costs", "--data", "digits"), "needs no data"),
        ((ID, "--data", "mnist"), "MNIST"),
        ((ID, *ONE, "data=mnist"), "MNIST"),
        ((ID, "--data", "."), "can run on MNIST of a folder, but that is not in"),
        (("residual", "--data", "cifar10"), "CIFAR-10"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(lab, store, arguments, said):
    answer = lab("experiment", *arguments)
    assert answer.code == 1
    assert answer.out == ""
    assert answer.err.count("error: ") == 1
    assert said in answer.err
    assert not store.list()


def test_data_that_is_not_here_gives_way_to_what_is_unless_it_was_named(lab, monkeypatch):
    quick = dataclasses.replace(EXPERIMENT.presets["quick"], data="mnist")
    changed = dataclasses.replace(EXPERIMENT, presets={**EXPERIMENT.presets, "quick": quick})
    monkeypatch.setattr(tiny_experiment, "EXPERIMENT", changed)
    said = lab("experiment", ID, *ONE, "--json")
    assert said.code == 0
    assert "MNIST is not on this machine: it runs on scikit-learn digits." in said.err
    assert said.json["settings"]["data"] == "digits"
