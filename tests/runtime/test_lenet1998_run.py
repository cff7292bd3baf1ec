"""Runs of LeNet-5 of 1998: named, told apart, taken up bit for bit, and read in the browser."""

import dataclasses

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from cnn_core.data.datasets import open_dataset
from cnn_core.errors import UnknownNameError
from cnn_core.models.registry import build_model, model_row
from cnn_core.results.events import EpochDone, RunFinished, StepsDone
from cnn_core.runtime import queue
from cnn_core.runtime.execute import execute
from cnn_core.runtime.export import reproduce_command, weights_path
from cnn_core.runtime.files import PREDICTIONS_FILE, read_probabilities
from cnn_core.runtime.rows import config_from_json
from cnn_core.runtime.stopping import StopFlag
from cnn_core.runtime.submit import build_request, estimate_seconds
from cnn_core.training import timing
from cnn_core.training.recipes import find_recipe

RECIPE = find_recipe("lenet5-mnist")
CONFIG = dataclasses.replace(RECIPE.presets["1998"].config, epochs=1, batch_size=128)


@pytest.fixture
def request_1998(settings):
    """Make a request on the bundled digits; keywords replace fields of the configuration."""

    def request_1998(preset="custom", **changes):
        request = build_request(
            settings,
            recipe="lenet5-mnist",
            preset=preset,
            config=dataclasses.replace(CONFIG, **changes),
            owner="ada",
            source="digits",
        )
        return dataclasses.replace(request, provenance=request.provenance | {"threads": "1"})

    return request_1998


def claimed(store, request):
    record, _ = store.create(request)
    assert queue.claim(store) == record.id
    return record.id


def curve(store, run_id):
    kept = []
    for _, event in store.events(run_id):
        if isinstance(event, StepsDone):
            kept += event.losses
        elif isinstance(event, EpochDone):
            kept += [event.train_loss, event.valid_loss, event.valid_accuracy]
        elif isinstance(event, RunFinished) and event.status == "finished":
            kept += [event.test_loss, event.test_accuracy]
    return kept


def test_stopped_and_taken_up_again_is_bit_for_bit(store, request_1998, monkeypatch):
    monkeypatch.setattr(timing, "WINDOW_SECONDS", 0.0)
    peaceful = claimed(store, request_1998())
    assert execute(store, peaceful).status == "finished"
    run_id, stop = claimed(store, request_1998()), StopFlag()

    def ask(event):
        stop.asked = isinstance(event, StepsDone) and event.step == 5

    assert execute(store, run_id, on_event=ask, stop=stop).status == "stopped"
    store.requeue(run_id)
    assert queue.claim(store) == run_id
    record = execute(store, run_id)
    assert record.status == "finished"
    assert curve(store, run_id) == curve(store, peaceful)
    weights = [load_file(weights_path(store, each)) for each in (run_id, peaceful)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])

    network = build_model("lenet5-1998", num_classes=10).eval()
    network.load_state_dict(weights[0])
    test = open_dataset("digits", store.folder).test
    pixels = -0.1 + 1.275 * torch.tensor(test.images)[:, None] / 255
    with torch.no_grad():
        probabilities = torch.softmax(network(pixels), dim=1).numpy()
    read = read_probabilities(store.folder / run_id / PREDICTIONS_FILE)
    np.testing.assert_allclose(read, probabilities, atol=1e-4)
    assert (read.argmax(axis=1) == test.labels).mean() == record.test_accuracy
    today = dataclasses.replace(CONFIG, model="")
    assert estimate_seconds(store, "lenet5-mnist", CONFIG, "cpu", source="digits") > 0
    assert estimate_seconds(store, "lenet5-mnist", today, "cpu", source="digits") is None


def test_runs_are_named_and_told_apart_by_their_network(request_1998):
    old, today = request_1998("1998"), request_1998(model="")
    title = model_row("lenet5-1998").title
    assert old.name.startswith(f"{title} on ")
    assert not today.name.startswith(title)
    assert old.same_key != today.same_key == request_1998(model="lenet5").same_key


def test_a_network_that_there_is_not_is_refused_before_the_queue(request_1998):
    with pytest.raises(UnknownNameError, match="no network named 'lenet6'") as caught:
        request_1998(model="lenet6")
    assert "lenet5-1998" in caught.value.hint


def test_the_command_makes_the_network_again(store, request_1998):
    preset, _ = store.create(request_1998("1998"))
    assert "--preset 1998 " in reproduce_command(preset)
    assert "model=" not in reproduce_command(preset)
    custom, _ = store.create(request_1998())
    assert " model=lenet5-1998" in reproduce_command(custom)


def test_a_configuration_from_before_there_was_a_choice_is_read():
    text = '{"epochs": 5, "batch_size": 256, "learning_rate": 0.006, "schedule": "one-cycle"}'
    today = RECIPE.presets["fast"].config
    assert config_from_json(text) == dataclasses.replace(today, train_sample=0)
