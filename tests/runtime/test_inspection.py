"""The inspector: right answers to many at once, computed once, and no torch before it is needed."""

import dataclasses
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from cnn_core.errors import WeightsError
from cnn_core.models.registry import OFFERED
from cnn_core.results.inspection import ModelChoice
from cnn_core.runtime import answers
from cnn_core.runtime.inspection import Inspector
from cnn_core.runtime.recent import Recent

ROOT = Path(__file__).parents[2]
LENET = ModelChoice(name="lenet5")
RANDOM = ModelChoice(name="lenet5", weights="random", seed=3)
PHOTOS = ModelChoice(name="squeezenet1_1", weights="random")
PATIENCE = 120


def noise(seed, height=40, width=50):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def inspector(settings):
    return Inspector(settings, device="cpu")


@pytest.fixture
def counted(monkeypatch):
    """Count how often feature maps are computed."""
    from cnn_core.explain import activations

    calls, compute = [], activations.feature_maps

    def feature_maps(*arguments):
        calls.append(arguments[2])
        return compute(*arguments)

    monkeypatch.setattr(activations, "feature_maps", feature_maps)
    return calls


def the_model(inspector, choice):
    with inspector._answers._cache.borrow(inspector._resolve(choice)) as model:
        return model


def conv1_by_hand(model, prepared):
    with torch.no_grad():
        maps = torch.nn.functional.conv2d(
            torch.tensor(prepared.normalised)[None], model.conv1.weight, model.conv1.bias
        )
    return maps[0].numpy()


def test_torch_is_imported_by_what_asks_a_network_and_nothing_before():
    code = """
import json, sys
import numpy as np
from cnn_core.results.inspection import ModelChoice
from cnn_core.runtime.inspection import Inspector
from cnn_core.settings import Settings
inspector = Inspector(Settings.from_environment())
names = [name for name, _, _ in inspector.networks()]
inspector.prepare(ModelChoice(name="alexnet"), np.zeros((30, 40, 3), np.uint8))
inspector.cache_state(), inspector.free(), inspector.free_for_training("cuda:0")
print(json.dumps([names, sorted({"torch", "torchvision"} & {*sys.modules})]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names, loaded = json.loads(done.stdout)
    assert names == list(OFFERED)
    assert loaded == []


def test_ten_sessions_at_once_get_each_the_answer_to_its_own_picture(inspector):
    pictures = [inspector.prepare(RANDOM, noise(seed)) for seed in range(10)]
    together = threading.Barrier(len(pictures))

    def session(prepared):
        together.wait(PATIENCE)
        maps = inspector.maps(RANDOM, prepared, "conv1").before
        predicted = inspector.predict(LENET, prepared).probabilities
        return maps, predicted

    with ThreadPoolExecutor(len(pictures)) as pool:
        answers = list(pool.map(session, pictures))
    model, trained = the_model(inspector, RANDOM), the_model(inspector, LENET)
    for prepared, (maps, predicted) in zip(pictures, answers, strict=True):
        np.testing.assert_allclose(maps, conv1_by_hand(model, prepared), atol=1e-5)
        with torch.no_grad():
            logits = trained(torch.tensor(prepared.normalised)[None])
        np.testing.assert_allclose(predicted, logits.softmax(1)[0].numpy(), atol=1e-5)
    state = inspector.cache_state()
    assert state.misses == 2
    assert {entry.choice for entry in state.entries} == {LENET, RANDOM}
    assert all(entry.in_use == 0 for entry in state.entries)


def test_what_was_asked_lately_is_not_computed_again(inspector, counted):
    prepared = inspector.prepare(LENET, noise(0))
    first = inspector.maps(LENET, prepared, "conv1")
    assert inspector.maps(LENET, inspector.prepare(LENET, noise(0)), "conv1") is first
    assert counted == ["conv1"]
    inspector.maps(LENET, inspector.prepare(LENET, noise(1)), "conv1")
    inspector.maps(RANDOM, prepared, "conv1")
    inspector.maps(LENET, prepared, "conv2")
    assert counted == ["conv1", "conv1", "conv1", "conv2"]


def test_ten_who_ask_the_same_at_once_have_it_computed_once(inspector, counted):
    prepared = inspector.prepare(LENET, noise(0))
    together = threading.Barrier(10)

    def session(_):
        together.wait(PATIENCE)
        return inspector.maps(LENET, prepared, "conv1")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(session, range(10)))
    assert all(answer is answers[0] for answer in answers)
    assert counted == ["conv1"]


def test_shared_answers_cannot_be_changed(inspector):
    prepared = inspector.prepare(LENET, noise(0))
    before = inspector.filters(LENET, "conv1").kernels
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        inspector.maps(LENET, prepared, "conv1").before[0] = 0


def test_recent_answers_stay_within_their_budget():
    recent = Recent(budget_bytes=10_000)
    for number in range(5):
        recent.keep(number, np.zeros(3_900, np.uint8))
    assert [number for number in range(5) if recent.get(number) is not None] == [3, 4]
    assert recent.keep("large", np.ones(20_000, np.uint8)).sum() == 20_000
    assert recent.get("large") is None
    assert recent.get(3) is not None
    recent.keep(5, np.zeros(3_900, np.uint8))
    assert recent.get(4) is None


def test_a_small_view_does_not_keep_a_large_array_alive():
    large = np.zeros((1_000, 1_000), np.float32)
    assert Recent(budget_bytes=10_000).keep("view", large[:1]).base is None


def test_random_weights_are_those_of_their_seed_and_leave_the_generator_alone(inspector):
    torch.manual_seed(11)
    expected = torch.rand(1)
    torch.manual_seed(11)
    kernels = {
        seed: inspector.filters(dataclasses.replace(RANDOM, seed=seed), "conv1").kernels
        for seed in (0, 1)
    }
    assert torch.rand(1) == expected
    assert not np.array_equal(kernels[0], kernels[1])
    inspector.free()
    again = inspector.filters(dataclasses.replace(RANDOM, seed=1), "conv1").kernels
    assert again is not kernels[1]
    assert np.array_equal(again, kernels[1])


def test_a_network_says_which_weights_it_has_and_names_classes_only_if_trained(inspector):
    trained, random = inspector.describe(LENET), inspector.describe(RANDOM)
    assert trained.weights.kind == "trained"
    assert trained.classes == tuple("0123456789")
    assert trained.parameters == random.parameters == 44_426
    assert [layer.name for layer in trained.layers if layer.of_interest] == ["conv1", "conv2"]
    assert random.weights.kind == "untrained"
    assert "ntrained" in random.weights.sentence
    assert random.classes == ()


def test_a_network_without_a_trained_classifier_names_nothing(inspector):
    with pytest.raises(WeightsError, match="no trained classifier"):
        inspector.predict(RANDOM, inspector.prepare(RANDOM, noise(0)))


def test_lenet_gets_the_digit_and_other_pictures_as_they_are(inspector):
    page = np.full((200, 300, 3), 250, np.uint8)
    page[60:140, 200:212] = 20  # a one, far from the middle
    prepared = inspector.prepare(LENET, page)
    columns = np.flatnonzero(prepared.crop[..., 0].max(axis=0) > 127)
    assert 12 <= columns.mean() <= 15
    assert inspector.predict(LENET, prepared).top(1)[0][1] == "1"
    blank = inspector.prepare(LENET, np.full((200, 300, 3), 250, np.uint8))
    assert (blank.crop == 250).all()
    photo = inspector.prepare(PHOTOS, page)
    assert photo.crop.shape == (224, 224, 3)


def test_asking_changes_nothing_in_the_network(inspector):
    prepared = inspector.prepare(LENET, noise(0))
    model = the_model(inspector, LENET)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    inspector.describe(LENET)
    inspector.maps(LENET, prepared, "conv1")
    inspector.receptive_field(LENET, "conv1", 2, 2)
    inspector.arithmetic(LENET, prepared, "conv1", (0, 1, 1))
    inspector.visualise_channel(LENET, "conv1", 0, steps=1)
    inspector.attribute(LENET, prepared, "grad-cam", 3)
    inspector.strongest_patches(LENET, "conv1", 0, [("noise", noise(0))])
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    for module in model.modules():
        assert not module.training
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert not module._backward_hooks


def test_the_sanity_check_is_against_other_random_weights(inspector, monkeypatch):
    from cnn_core.explain import attribute

    pairs = []

    def note(model, random_model, *_arguments, **_options):
        pairs.append([network.conv1.weight[0, 0].tolist() for network in (model, random_model)])
        return "attribution"

    monkeypatch.setattr(attribute, "attribute", note)
    prepared = inspector.prepare(RANDOM, noise(0))
    assert inspector.attribute(RANDOM, prepared, "occlusion", 0) == "attribution"
    assert inspector.attribute(LENET, prepared, "occlusion", 0) == "attribution"
    assert all(mine != random for mine, random in pairs)


def test_a_picture_that_was_cancelled_is_not_shown_to_others(inspector):
    half = inspector.visualise_channel(RANDOM, "conv1", 0, steps=2, cancelled=lambda: True)
    whole = inspector.visualise_channel(RANDOM, "conv1", 0, steps=2)
    assert not np.array_equal(half, whole)
    assert inspector.visualise_channel(RANDOM, "conv1", 0, steps=2) is whole


def test_free_lets_go_of_networks_and_answers(inspector, counted):
    prepared = inspector.prepare(LENET, noise(0))
    inspector.maps(LENET, prepared, "conv1")
    inspector.free_for_training("cuda:0")  # a run on another device needs nothing of this one
    inspector.free_for_training("cpu")
    assert [entry.choice for entry in inspector.cache_state().entries] == [LENET]
    inspector.free()
    assert inspector.cache_state().entries == ()
    inspector.maps(LENET, prepared, "conv1")
    assert counted == ["conv1", "conv1"]


def test_a_run_on_the_gpu_takes_the_room_of_networks_there(settings, monkeypatch):
    there = Inspector(settings, device="cuda")
    freed = []
    monkeypatch.setattr(there, "free", lambda: freed.append("free"))
    there.free_for_training("cpu")
    assert freed == []
    there.free_for_training("cuda:0")
    assert freed == ["free"]


def test_threads_are_set_once(monkeypatch):
    given = []
    monkeypatch.setattr(torch, "set_num_threads", given.append)
    answers.load_torch.cache_clear()
    answers.load_torch()
    answers.load_torch()
    assert given == [answers.usable_cores()]
