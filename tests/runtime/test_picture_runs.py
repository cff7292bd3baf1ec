"""A run on a person's own pictures, whole: looked at once, trained, judged, opened, taken up again.

EfficientNet-Lite0 (its weights come with a package) on two dozen drawn flowers.
"""

import dataclasses

import numpy as np
import pytest
import safetensors
import torch

from cnn_core.data.pictures.drawn_flowers import LABELS
from cnn_core.data.pictures.flowers import take_drawn_flowers
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import ConfigError, DataError, StorageError, WeightsError
from cnn_core.models.preprocess import prepare
from cnn_core.results.events import Preparing, RateFound, RunFinished, RunStarted, StepsDone
from cnn_core.results.inspection import ModelChoice
from cnn_core.results.pictures import Decision, Selection
from cnn_core.runtime import queue, weights
from cnn_core.runtime.begin import begin
from cnn_core.runtime.execute import execute
from cnn_core.runtime.extract import pixels_of
from cnn_core.runtime.features import FeatureCache
from cnn_core.runtime.files import JUDGED_FILE, WEIGHTS_FILE
from cnn_core.runtime.folder_costs import FolderSizes, alternative, estimate
from cnn_core.runtime.judging import read_judged
from cnn_core.runtime.networks import load, resolve
from cnn_core.runtime.picture_runs import network_at_hand, read_plan
from cnn_core.runtime.stopping import StopFlag
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.submit import build_request
from cnn_core.settings import Settings
from cnn_core.training.recipes import find_recipe
from tests.runtime.trained_here import trained_here

RECIPE = find_recipe("vgg16-folder")
CONFIG = dataclasses.replace(
    RECIPE.presets["light"].config,
    model="efficientnet-lite0",
    epochs=3,
    batch_size=8,
    learning_rate=1e-2,
    schedule="constant",
    views=2,
    validation_share=0.25,
    test_share=0.25,
    precision="float32",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Homes with a snapshot of 24 drawn flowers of three kinds."""
    folder = tmp_path_factory.mktemp("own-pictures")
    return Settings(
        data=folder,
        weights=folder / "weights",
        runs=folder / "runs",
        pictures=folder / "pictures",
        features=folder / "features",
    )


@pytest.fixture(scope="module")
def snapshot(home):
    return take_drawn_flowers(PictureStore(home.pictures), each=8, labels=LABELS[:3])


@pytest.fixture
def environment(home, monkeypatch):
    """The environment of a worker: it names the homes."""
    for name in ("data", "weights", "runs", "pictures", "features"):
        monkeypatch.setenv(f"CNN_LAB_{name.upper()}", str(getattr(home, name)))


@pytest.fixture
def train(home, snapshot, environment):
    """Queue and train a run; return its record and its events."""

    def train(decisions=(), on_event=None, stop=None, **changes):
        store = RunStore(home.runs)
        request = build_request(
            home,
            recipe=RECIPE.id,
            preset="custom",
            config=dataclasses.replace(CONFIG, **changes),
            owner="ada",
            device="cpu",
            selection=Selection(snapshot=snapshot.id, decisions=tuple(decisions)),
            launcher="self",
        )
        return trained_here(store, request, on_event=on_event, stop=stop)

    return train


@pytest.fixture(scope="module")
def kept():
    """What the first run left for the tests after it."""
    return {}


@pytest.fixture
def first(train, kept):
    """A finished run, the same for all tests."""
    if "first" not in kept:
        kept["first"] = train()
    return kept["first"]


def looked(events):
    """The last word on what the frozen part did before the first step."""
    before = events[: [type(event) for event in events].index(RunStarted)]
    return [event for event in before if isinstance(event, Preparing)][-1]


def losses(events):
    return [loss for event in events if isinstance(event, StepsDone) for loss in event.losses]


def test_a_run_looks_trains_and_is_judged(home, first):
    record, events = first
    assert record.status == "finished"
    kinds = [type(event) for event in events]
    assert kinds[0] is Preparing
    assert kinds[-1] is RunFinished
    assert kinds.count(RunStarted) == 1
    start = kinds.index(RunStarted)
    assert Preparing in kinds[start:]
    seen = looked(events)
    assert (seen.done, seen.total, seen.cached) == (24 + 12, 24 + 12, 0)
    assert seen.what == "EfficientNet-Lite0 looks at the pictures"
    assert record.dataset.name == "Drawn flowers"
    assert record.name == "EfficientNet-Lite0 on Drawn flowers, custom, seed 0"


def test_the_file_of_weights_has_what_was_trained_and_names_the_rest(home, first):
    record, _ = first
    with safetensors.safe_open(home.runs / record.id / WEIGHTS_FILE, framework="numpy") as file:
        assert sorted(file.keys()) == ["classifier.bias", "classifier.weight"]
        told = file.metadata()
    assert told["model"] == "efficientnet-lite0"
    assert told["head"] == "light"
    row = resolve(home, ModelChoice(name="efficientnet-lite0")).row
    assert told["base"] == weights.resolve(home, row).state.sha256


def test_the_inspector_opens_the_whole_network(home, first):
    record, _ = first
    network = resolve(home, ModelChoice(name=f"run:{record.id}"))
    assert network.classes == LABELS[:3]
    judged = read_judged(home.runs / record.id / JUDGED_FILE)["test"]
    snapshot = PictureStore(home.pictures).load(read_plan(record.dataset).snapshot)
    sha256 = snapshot.pictures[judged.pictures[0]].sha256
    pixels = prepare(pixels_of(PictureStore(home.pictures), sha256), network.row).normalised
    with torch.inference_mode():
        probabilities = load(network)(torch.from_numpy(pixels)[None]).softmax(1)[0].numpy()
    assert np.allclose(probabilities, judged.probabilities[0], atol=1e-4)


def test_the_same_pictures_are_looked_at_once(first, train):
    excluded = [Decision(picture=0, action="exclude")]
    _, events = train(decisions=excluded, epochs=1, learning_rate=1e-3)
    again = looked(events)
    assert again.cached >= 23  # all but mirror images of pictures that came into training
    assert again.done == again.total


def test_without_the_cache_the_losses_are_the_same(home, first, train):
    held = [entry.pictures for entry in FeatureCache(home.features, 10**9).entries()]
    record, events = train(cache="off", epochs=1)
    assert record.status == "finished"
    assert isinstance(events[0], RunStarted)
    assert len(losses(events)) == 2
    assert np.allclose(losses(events), losses(first[1])[:2], atol=1e-5)
    assert held == [entry.pictures for entry in FeatureCache(home.features, 10**9).entries()]


def test_stopped_while_it_looks_and_taken_up_again(home, train, snapshot, monkeypatch):
    monkeypatch.setattr("cnn_core.runtime.begin_pictures.CPU_BATCH", 4)
    stop = StopFlag()

    def ask(event):
        stop.asked = True

    record, events = train(on_event=ask, stop=stop, mode="last-block", views=1, epochs=1)
    assert record.status == "stopped"
    assert {type(event) for event in events} == {Preparing}
    store = RunStore(home.runs)
    store.requeue(record.id, launcher="self")
    queue.claim(store, run_id=record.id)
    assert execute(store, record.id).status == "finished"
    events = [event for _, event in store.events(record.id)]
    assert (looked(events).cached, looked(events).done) == (4, 24)


def test_the_rate_that_was_found_is_the_rate(first, train):
    record, events = train(rate_finder="on", epochs=1)
    assert record.status == "finished"
    (found,) = [event for event in events if isinstance(event, RateFound)]
    (steps, *_) = [event for event in events if isinstance(event, StepsDone)]
    assert steps.learning_rate == pytest.approx(found.suggestion)


def test_a_network_that_learns_from_pixels_gets_squares(home, first, environment):
    examples = {}
    for cache in ("on", "off"):
        config = dataclasses.replace(CONFIG, mode="scratch", cache=cache)
        begun = begin(RECIPE.id, config, first[0].dataset, "cpu", settings=home)
        assert begun.metadata["base"] == ""
        (examples[cache],) = begun.splits.valid.evaluation_batches()
        train = begun.splits.train
        batch = train.training_batch(torch.arange(4), config, step=1, rows=slice(1, 3))
        assert batch.shape == (2, 3, 224, 224)
    assert torch.equal(examples["on"], examples["off"])
    plan = read_plan(first[0].dataset)
    place = plan.parts.index("valid")
    store = PictureStore(home.pictures)
    row = resolve(home, ModelChoice(name="efficientnet-lite0")).row
    middle = prepare(pixels_of(store, plan.sha256[place]), row).normalised
    assert np.allclose(examples["on"][0].numpy(), middle, atol=2.1 / 255 / 0.5)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"model": "lenet5"}, ConfigError, "cannot be fine-tuned"),
        (
            {"model": "googlenet-cifar", "mode": "scratch"},
            ConfigError,
            "made for pictures of 32x32",
        ),
        ({"head": "original"}, ConfigError, "no layers fc6 and fc7"),
        ({"model": ""}, WeightsError, "No weights of VGG-16"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_it_is_queued(train, changes, error, words):
    with pytest.raises(error, match=words):
        train(**changes)


def test_features_that_cannot_fit_are_refused_before_it_is_queued(home, snapshot):
    small = dataclasses.replace(home, features_bytes=1_000)
    with pytest.raises(StorageError, match="limited to"):
        build_request(
            small,
            recipe=RECIPE.id,
            preset="custom",
            config=dataclasses.replace(CONFIG, mode="last-block"),
            owner="ada",
            device="cpu",
            selection=Selection(snapshot=snapshot.id),
        )


def test_no_selection_is_said(home):
    with pytest.raises(DataError, match="none were chosen"):
        build_request(home, recipe=RECIPE.id, preset="custom", config=CONFIG, owner="ada")


def test_the_embedded_network_stands_in_where_nothing_else_was_asked_for(home):
    config, said = network_at_hand(home, RECIPE, dataclasses.replace(CONFIG, model=""))
    assert config.model == "efficientnet-lite0"
    assert "No weights of VGG-16" in said
    assert network_at_hand(home, RECIPE, CONFIG) == (CONFIG, "")


def test_the_estimate_knows_what_is_kept_and_how_runs_here_went(home, first):
    plan = read_plan(first[0].dataset)
    known = FolderSizes(train=12, valid=6, test=6, classes=3, pictures=plan.sha256)
    config = dataclasses.replace(CONFIG, views=1)
    kept = estimate(home, known, config)
    assert kept.cached_share == 1
    assert kept.measured_here
    assert "as runs here went" in kept.sentence
    assert "100 % of what the frozen part makes is kept" in kept.sentence
    fresh = estimate(home, FolderSizes(train=1_000, valid=200, test=200, classes=3), config)
    assert fresh.cached_share == 0
    assert fresh.seconds > kept.seconds
    assert fresh.disk_bytes > 1_400 * 1_280 * 4
    assert alternative(home, known, config) is None
