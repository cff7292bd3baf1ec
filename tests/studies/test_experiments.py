"""One seed of each experiment at its smallest, run as the page and the studies run it.

Twenty seeds on the real data are `python -m studies experiments`; what came is in
recorded/experiments and docs/results.md. Here: it runs anywhere, without data or download.
"""

import dataclasses
import importlib
import math

import pytest
import torch

from cnn_core.concepts.registry import EXPERIMENTS, find_experiment
from cnn_core.concepts.settings import with_values
from cnn_core.results.trials import Trials
from cnn_core.runtime import queue
from cnn_core.runtime.devices import remember_devices
from cnn_core.runtime.execute import execute
from cnn_core.runtime.experiment_data import open_data
from cnn_core.runtime.experiments import THREADS, build_experiment_request, standing_of
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
        said = [reading.headline, *reading.meaning, *(each.sentence for each in reading.claims)]
        assert all(sentence.endswith((".", "?", ":", ")")) for sentence in said), said
        assert not any("nan" in sentence.split() for sentence in said)
        assert reading.answer == "" or experiment.answer(reading.answer)
    assert experiment.read(chosen, Trials()).answer == ""
    if name not in MEASURED and device == "cpu":
        _is_a_function_of_its_arguments(settings, experiment, chosen, trials)


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
