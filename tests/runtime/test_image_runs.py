"""Fine-tuning on a labelled image set, whole: shares, features, scratch, opened, taken up again.

EfficientNet-Lite0 (its weights come with a package) and the smallest GoogLeNet, on a folder of
CIFAR-10's form.
"""

import dataclasses

import numpy as np
import pytest
import safetensors
import torch

from cnn_core.data.parts import parts_of
from cnn_core.models.preprocess import prepare
from cnn_core.results.events import Preparing, RunStarted, StepsDone
from cnn_core.results.inspection import ModelChoice
from cnn_core.runtime import queue, weights
from cnn_core.runtime.begin import begin
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.execute import execute
from cnn_core.runtime.features import FeatureCache
from cnn_core.runtime.files import PREDICTIONS_FILE, WEIGHTS_FILE
from cnn_core.runtime.image_costs import estimate
from cnn_core.runtime.networks import load, resolve
from cnn_core.runtime.stopping import StopFlag
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request
from cnn_core.training import timing
from tests.runtime.image_set import FROZEN, RECIPE, SCRATCH, image_homes
from tests.runtime.trained_here import trained_here


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return image_homes(tmp_path_factory.mktemp("image-set"))


@pytest.fixture(autouse=True)
def environment(home, monkeypatch):
    """The environment of a worker: it names the homes."""
    for name in ("data", "weights", "runs", "pictures", "features"):
        monkeypatch.setenv(f"CNN_LAB_{name.upper()}", str(getattr(home, name)))


def request(home, config, **options):
    return build_request(
        home,
        recipe=RECIPE.id,
        preset="custom",
        config=config,
        owner="ada",
        device="cpu",
        launcher="self",
        **options,
    )


@pytest.fixture(scope="module")
def train(home):
    """Queue and train a run; return its record and its events."""

    def train(config, on_event=None, stop=None, **changes):
        store = RunStore(home.runs)
        asked = request(home, dataclasses.replace(config, **changes))
        return trained_here(store, asked, on_event=on_event, stop=stop)

    return train


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def frozen(train, kept):
    """A finished run of the frozen recipe, the same for all tests."""
    if "frozen" not in kept:
        kept["frozen"] = train(FROZEN)
    return kept["frozen"]


@pytest.fixture
def scratch(train, kept, monkeypatch):
    """A finished run from scratch whose events tell of each step."""
    if "scratch" not in kept:
        monkeypatch.setattr(timing, "WINDOW_SECONDS", 0.0)
        kept["scratch"] = train(SCRATCH)
    return kept["scratch"]


def losses(events):
    return [loss for event in events if isinstance(event, StepsDone) for loss in event.losses]


def looked(events):
    """The last word on what the frozen part did."""
    return [event for event in events if isinstance(event, Preparing)][-1]


def tensors(path):
    with safetensors.safe_open(path, framework="pt") as file:
        names = file.keys()
        return {name: file.get_tensor(name) for name in names}, file.metadata()


def test_a_frozen_network_looks_once_and_its_last_layer_learns(home, frozen):
    record, events = frozen
    assert record.status == "finished"
    data = record.dataset
    assert (data.train_size, data.valid_size, data.test_size) == (40, 10, 20)
    assert (data.source, data.official) == ("cifar10", False)
    seen = looked(events)
    assert (seen.done, seen.total, seen.cached) == (40 * 2 + 10 + 20, 40 * 2 + 10 + 20, 0)
    assert seen.what == "EfficientNet-Lite0 looks at the pictures"
    assert record.name == "EfficientNet-Lite0 on CIFAR-10, custom, seed 0"
    kept, told = tensors(home.runs / record.id / WEIGHTS_FILE)
    assert {name: tuple(tensor.shape) for name, tensor in kept.items()} == {
        "classifier.bias": (10,),
        "classifier.weight": (10, 1280),
    }
    base = weights.resolve(home, resolve(home, ModelChoice(name="efficientnet-lite0")).row)
    assert (told["base"], told["model"], told["mode"], told["head"]) == (
        base.state.sha256,
        "efficientnet-lite0",
        "frozen",
        "light",
    )


def test_a_larger_share_adds_pictures_to_what_was_looked_at(frozen, train):
    _, events = train(FROZEN, data_share=0.8, epochs=1)
    seen = looked(events)
    # the pictures of the smaller share are among those of the larger one; some of them have come
    # into training since, and miss their mirror image
    assert seen.total == 64 * 2 + 16 + 20
    assert seen.cached >= 40 + 10 + 20
    assert seen.done == seen.total


def test_without_the_cache_the_losses_are_the_same(home, frozen, train):
    held = [entry.pictures for entry in FeatureCache(home.features, 10**9).entries()]
    record, events = train(FROZEN, cache="off", epochs=1)
    assert record.status == "finished"
    assert isinstance(events[0], RunStarted)
    assert np.allclose(losses(events), losses(frozen[1])[:5], atol=1e-4)
    assert held == [entry.pictures for entry in FeatureCache(home.features, 10**9).entries()]


def test_the_inspector_opens_what_was_trained(home, frozen, scratch):
    dataset = cached_dataset("cifar10", home.data)
    for record, size in ((frozen[0], 96), (scratch[0], 32)):
        network = resolve(home, ModelChoice(name=f"run:{record.id}"))
        assert network.classes[:2] == ("airplane", "automobile")
        assert network.row.input_size == size
        model = load(network)
        config = record.config
        parts = parts_of(
            dataset,
            data_share=config.data_share,
            validation_share=config.validation_share,
            seed=config.seed,
        )
        images = dataset.test.images[parts.test]
        seen = np.stack([prepare(image, network.row).normalised for image in images])
        with torch.inference_mode():
            said = model(torch.from_numpy(seen)).softmax(1)
        kept, _ = tensors(home.runs / record.id / PREDICTIONS_FILE)
        # the inspector enlarges bytes, which rounds; training enlarges numbers
        assert torch.allclose(said, kept["probabilities"], atol=0.02 if size > 32 else 1e-4)


def test_from_scratch_the_whole_network_learns_and_auxiliary_heads_are_not_kept(home, scratch):
    record, events = scratch
    assert record.status == "finished"
    (started,) = [event for event in events if isinstance(event, RunStarted)]
    kept, told = tensors(home.runs / record.id / WEIGHTS_FILE)
    assert not [name for name in kept if name.startswith("aux")]
    learned = sum(t.numel() for name, t in kept.items() if name.endswith(("weight", "bias")))
    assert learned == resolve(home, ModelChoice(name=f"run:{record.id}")).row.parameters
    assert started.parameters > learned  # with the auxiliary heads
    assert told["base"] == ""
    assert len(losses(events)) == 2 * 3


def test_stopped_between_two_steps_and_taken_up_it_ends_bit_for_bit(
    home, scratch, train, monkeypatch
):
    monkeypatch.setattr(timing, "WINDOW_SECONDS", 0.0)
    stop = StopFlag()

    def ask(event):
        stop.asked = isinstance(event, StepsDone) and event.step == 4

    record, _ = train(SCRATCH, on_event=ask, stop=stop)
    assert (record.status, record.steps_done) == ("stopped", 4)
    store = RunStore(home.runs)
    store.requeue(record.id, launcher="self")
    queue.claim(store, run_id=record.id)
    assert execute(store, record.id).status == "finished"
    assert losses([event for _, event in store.events(record.id)]) == losses(scratch[1])
    ours, theirs = (tensors(home.runs / run.id / WEIGHTS_FILE)[0] for run in (record, scratch[0]))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_the_estimate_knows_what_is_kept_and_how_runs_here_went(home, frozen):
    found = estimate(home, frozen[0].dataset, FROZEN)
    assert found.cached_share == 1
    assert found.measured_here
    assert found.sentence.startswith("50 % of it: about ")
    assert "as runs here went" in found.sentence


def test_a_frozen_front_stays_as_it_was_to_the_bit(home, frozen):
    config = dataclasses.replace(FROZEN, mode="last-block")
    begun = begin(RECIPE.id, config, frozen[0].dataset, "cpu", settings=home)
    before = {name: each.clone() for name, each in begun.state.front.state_dict().items()}
    begun.state.model.train()
    batch = begun.splits.train.training_batch(torch.arange(8), config, step=1, rows=slice(None))
    assert batch.shape == (8, 192, 3, 3)
    begun.state.model(batch).sum().backward()
    assert all(torch.equal(before[n], each) for n, each in begun.state.front.state_dict().items())
    assert not any(p.requires_grad for p in begun.state.front.parameters())
