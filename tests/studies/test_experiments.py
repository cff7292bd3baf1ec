"""One seed of each experiment at its smallest, run as the page and the studies run it.

Twenty seeds on the real data are `python -m studies experiments`; what came is in
recorded/experiments and docs/results.md. Here: it runs anywhere, without data or download.
"""

import dataclasses
import importlib
import math
import re

import pytest
import torch

from cnn_core.concepts.registry import EXPERIMENTS, find_experiment
from cnn_core.concepts.settings import with_values
from cnn_core.errors import DataError
from cnn_core.results.trials import Trials
from cnn_core.runtime import queue
from cnn_core.runtime.devices import remember_devices
from cnn_core.runtime.execute import execute
from cnn_core.runtime.experiment_data import open_data
from cnn_core.runtime.experiments import THREADS, build_experiment_request, standing_of
from cnn_core.runtime.recorded_experiments import recorded_experiment
from cnn_core.runtime.store import RunStore
from cnn_core.settings import Settings
from studies import experiments as study

SMALLEST = {
    "convolutions": {"data": "digits", "images": "50", "steps": "20", "judged": "100"},
    "lenet-1998": {"data": "digits", "images": "100", "epochs": "1", "judged": "100"},
    "stacked-kernels": {"data": "digits", "images": "100", "epochs": "1", "channels": "4"},
    "network-costs": {"networks": "lenet5,googlenet-cifar-tiny", "batches": "1", "passes": "3"},
    "little-data": {
        "data": "drawn-flowers", "arms": "frozen,random,small", "images": "5", "slow_images": "5",
        "side": "64", "steps": "5", "judged": "5", "small_steps": "1",
    },
    "residual": {
        "data": "digits", "depths": "8", "fit_depths": "8", "bare_depth": "8", "steps": "2",
        "images": "64", "width": "4",
    },
}  # fmt: skip
SENTENCES = re.compile(r"[A-Z0-9].*[^.,;: ]\.")
NO_SENTENCE = re.compile(r"\bnan\b|\binf\b|\bNone\b|[{}]|  |\.\.|,,| [,;.]|\(\)|[+-]0\.0+\b")
MEASURED = ("network-costs",)  # times of this machine, that differ from one run to the next


@pytest.fixture(autouse=True)
def _one_thread():
    """As runs have it: the last bits depend on the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


def test_each_experiment_has_its_smallest():
    assert tuple(SMALLEST) == EXPERIMENTS


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_one_seed(name, tmp_path, monkeypatch):
    _run_one_seed(name, tmp_path, monkeypatch, "cpu")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_one_seed_on_a_gpu(name, tmp_path, monkeypatch):
    _run_one_seed(name, tmp_path, monkeypatch, "cuda")


def _run_one_seed(name, tmp_path, monkeypatch, device):
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path))
    monkeypatch.delenv("CNN_LAB_DATA", raising=False)
    settings = Settings.from_environment()
    store = RunStore(settings.runs)
    remember_devices(settings.runs)
    experiment = find_experiment(name)
    assert study.PRESET in experiment.presets
    assert experiment.presets[study.PRESET].seeds == 20
    chosen = with_values(experiment.presets["quick"], {"seeds": "1", **SMALLEST[name]})
    request = build_experiment_request(
        settings, experiment=name, preset="custom", chosen=chosen, owner="ada", device=device
    )
    run_id = store.create(request)[0].id
    assert queue.claim(store) == run_id
    assert execute(store, run_id).status == "finished"
    trials = standing_of(store, run_id).trials
    planned = experiment.plan(chosen)
    assert [(each.arm, each.condition, each.seed) for each in trials.done] == [
        (each.arm, each.condition, each.seed) for each in planned
    ]
    assert all(trial.figures for trial in trials.done)
    for done in (trials, Trials(trials.done[:1]), Trials()):
        reading = experiment.read(chosen, done)
        _is_well_said(reading)
        assert reading.answer == ""  # one seed decides nothing
        if name not in MEASURED:
            assert {each.verdict for each in reading.claims} <= {"cannot be told", "not measured"}
    if name not in MEASURED and device == "cpu":
        _is_a_function_of_its_arguments(settings, experiment, chosen, trials)


def _is_well_said(reading):
    for said in (reading.headline, *reading.meaning, *(each.sentence for each in reading.claims)):
        assert SENTENCES.fullmatch(said), said
        assert not NO_SENTENCE.search(said), said
        assert said.count("(") == said.count(")"), said


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_study_on_record_is_read_in_sentences_whole_and_in_part(name):
    found = recorded_experiment(name)
    if found is None:
        pytest.skip(f"no study of {name} is on record")
    experiment, done = find_experiment(name), found.trials.done
    few, parts = _of_seeds(done, 2), (_of_seeds(done, 3), Trials(done[: len(done) // 3]))
    assert len(few.seeds) == 2
    for trials in (found.trials, few, *parts):
        reading = experiment.read(found.settings, trials)
        _is_well_said(reading)
        assert reading.answer == "" or experiment.answer(reading.answer)
        differences = [each.difference for each in reading.claims if each.difference]
        assert trials is not few or not any(each.apart for each in differences)


def _of_seeds(done, many):
    return Trials(tuple(each for each in done if each.seed < many))


def test_a_recording_that_cannot_be_read_is_not_written(tmp_path, monkeypatch):
    found = recorded_experiment("convolutions")
    monkeypatch.setattr(study, "record_runs", lambda *_, **__: b"no recording")
    with pytest.raises(DataError):
        study.write(RunStore(tmp_path / "runs"), found.record, tmp_path / "out", command="")
    assert not (tmp_path / "out").exists()


def _is_a_function_of_its_arguments(settings, experiment, chosen, trials):
    """The last trial, alone: as it was after all the others."""
    device = torch.device("cpu")
    module = importlib.import_module(experiment.trials)
    prepared = module.prepare(chosen, open_data(settings, experiment, chosen), device)
    run = module.run_trial(experiment.plan(chosen)[-1], chosen, prepared)
    while True:
        try:
            assert math.isfinite(next(run).loss)
        except StopIteration as ended:
            figures = ended.value
            break
    last = trials.done[-1]
    told = dict(zip(last.names, last.figures, strict=True))
    for name, value in figures.items():
        if "second" not in name and math.isfinite(value):
            assert told[name] == value, name


def test_settings_of_a_study_are_of_twenty_seeds_and_quick_ones_of_few():
    for name in EXPERIMENTS:
        presets = find_experiment(name).presets
        assert set(presets) == {"quick", "full", "study"}
        assert presets["quick"].seeds <= presets["full"].seeds <= presets["study"].seeds == 20
        assert all(dataclasses.is_dataclass(each) for each in presets.values())
