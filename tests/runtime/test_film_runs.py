"""Runs on films: looked at once for all folds, altered as films are, chosen by AUROC, resumed.

EfficientNet-Lite0 (its weights come with a package) on a dozen drawn films.
"""

import dataclasses
import hashlib
import io

import numpy as np
import pytest
import torch
from PIL import Image

from cnn_core.data.pictures.manifest import plan_digest, snapshot_id
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import DataError
from cnn_core.models.registry import model_row
from cnn_core.results.events import EpochDone, Preparing, RunFinished, RunStarted
from cnn_core.results.films import SIDE
from cnn_core.results.pictures import PictureFile, Plan, Snapshot
from cnn_core.runtime import queue
from cnn_core.runtime.begin import begin
from cnn_core.runtime.execute import execute
from cnn_core.runtime.export import reproduce_command
from cnn_core.runtime.features import FeatureCache
from cnn_core.runtime.files import JUDGED_FILE, JUDGEMENT_FILE
from cnn_core.runtime.film_costs import study_estimate
from cnn_core.runtime.film_pictures import films
from cnn_core.runtime.folder_costs import sizes_of
from cnn_core.runtime.judging import read_judged, read_judgement
from cnn_core.runtime.picture_runs import describe_plan
from cnn_core.runtime.stopping import StopFlag
from cnn_core.runtime.store import RunRequest, RunStore
from cnn_core.runtime.ways import chance_of, ways_of
from cnn_core.runtime.xray_runs import FILM_SET
from cnn_core.settings import Settings
from cnn_core.training.film_examples import FilmPictures
from cnn_core.training.film_views import film_view
from cnn_core.training.recipes import FILMS, find_recipe
from tests.runtime.trained_here import trained_here
from tests.training.film_pictures import film

RECIPE = find_recipe("xray-triage")
CLASSES = ("normal", "covid19", "pneumonia")
CONFIG = dataclasses.replace(
    RECIPE.presets["frozen"].config,
    model="efficientnet-lite0",
    epochs=2,
    batch_size=4,
    views=2,
    precision="float32",
    train_sample=0,
)
ROW = model_row("efficientnet-lite0")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    return Settings(
        data=folder,
        weights=folder / "weights",
        runs=folder / "runs",
        pictures=folder / "pictures",
        features=folder / "features",
    )


def put(store, grey):
    """Put a picture into the store; return its digest."""
    packed = io.BytesIO()
    Image.fromarray(grey).save(packed, "PNG")
    sha256 = hashlib.sha256(packed.getvalue()).hexdigest()
    path = store.object_path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed.getvalue())
    return sha256


@pytest.fixture(scope="module")
def snapshot(home):
    """Twelve films, four of each class."""
    store, files = PictureStore(home.pictures / "films"), []
    for number in range(12):
        sha256 = put(store, film(number))
        files.append(
            PictureFile(
                sha256=sha256,
                size=store.object_path(sha256).stat().st_size,
                name=f"{number:02d}.png",
                label=CLASSES[number % 3],
                part="",
                width=SIDE,
                height=SIDE,
                phash="0" * 16,
                mirrored_phash="0" * 16,
                brightness=0.5,
                contrast=0.2,
            )
        )
    taken = Snapshot(id="", title="Drawn films", classes=CLASSES, pictures=tuple(files))
    taken = dataclasses.replace(taken, id=snapshot_id(taken))
    store.save(taken)
    return taken


@pytest.fixture(scope="module")
def plan_of(home, snapshot):
    """Return the plan of a fold, and the data set that it is: four films in each part."""

    def plan_of(fold):
        parts = np.roll(["test"] * 4 + ["valid"] * 4 + ["train"] * 4, 4 * fold).tolist()
        plan = Plan(
            id="",
            snapshot=snapshot.id,
            title=snapshot.title,
            classes=CLASSES,
            pictures=tuple(range(12)),
            sha256=tuple(each.sha256 for each in snapshot.pictures),
            labels=tuple(CLASSES.index(each.label) for each in snapshot.pictures),
            parts=tuple(parts),
            clusters=tuple(range(12)),
            decisions=(),
            grouped=True,
            seed=0,
            valid_share=0.3,
            test_share=0.3,
        )
        plan = dataclasses.replace(plan, id=plan_digest(plan))
        path = PictureStore(home.pictures / "films").save_plan(plan)
        return plan, dataclasses.replace(describe_plan(plan, path), source=FILMS)

    return plan_of


@pytest.fixture
def environment(home, monkeypatch):
    """The environment of a worker: it names the homes."""
    for name in ("data", "weights", "runs", "pictures", "features"):
        monkeypatch.setenv(f"CNN_LAB_{name.upper()}", str(getattr(home, name)))


@pytest.fixture
def train(home, plan_of, environment):
    """Queue and train a run; return its record and its events."""

    def train(fold=1, stop=None, on_event=None, **changes):
        store = RunStore(home.runs)
        request = RunRequest(
            recipe=RECIPE.id,
            preset="custom",
            config=dataclasses.replace(CONFIG, fold=fold, **changes),
            dataset=plan_of(fold)[1],
            device="cpu",
            owner="ada",
            provenance={"threads": "1"},
            launcher="self",
        )
        return trained_here(store, request, on_event=on_event, stop=stop)

    return train


@pytest.fixture(scope="module")
def kept():
    return {}


@pytest.fixture
def first(train, kept):
    """A finished run of fold 1, the same for all tests."""
    if "first" not in kept:
        kept["first"] = train()
    return kept["first"]


def looked(events):
    before = events[: [type(event) for event in events].index(RunStarted)]
    return [event for event in before if isinstance(event, Preparing)][-1]


def epochs(events):
    return [event for event in events if isinstance(event, EpochDone)]


def test_a_run_on_films_looks_trains_and_is_judged_without_baselines(home, first):
    record, events = first
    assert record.status == "finished"
    seen = looked(events)
    assert seen.what == "EfficientNet-Lite0 looks at the films"
    assert (seen.done, seen.total, seen.cached) == (12 + 4, 12 + 4, 0)
    aurocs = [event.valid_auroc for event in epochs(events)]
    assert all(0 <= value <= 1 for value in aurocs)
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert aurocs[last.best_epoch - 1] == max(aurocs)
    folder = RunStore(home.runs).run_folder(record.id)
    judgement = read_judgement(folder / JUDGEMENT_FILE)
    assert (judgement.baselines, judgement.curve) == ((), ())
    judged = read_judged(folder / JUDGED_FILE)
    assert {part: len(each.labels) for part, each in judged.items()} == {
        "train": 4,
        "valid": 4,
        "test": 4,
    }
    assert judged["test"].embeddings.shape == (4, 1280)


def test_another_fold_computes_only_what_its_own_training_films_lack(first, train):
    _, events = train(fold=2, epochs=1)
    assert (looked(events).cached, looked(events).total) == (12, 16)


def test_the_cache_has_the_views_of_films(home, first, plan_of):
    """What the front makes of view 1 is what the module of views says, not a crop."""
    plan, dataset = plan_of(1)
    begun = begin(RECIPE.id, CONFIG, dataset, "cpu", settings=home)
    place = plan.parts.index("train")
    store = PictureStore(home.pictures / "films")
    (grey,) = films(store, ROW, plan.sha256[place], [0])
    assert np.array_equal(grey, film(place))
    seen = torch.from_numpy(film_view(grey, ROW, plan.sha256[place], 1))[None]
    with torch.inference_mode():
        expected = begun.state.front(seen)
    cached = torch.from_numpy(begun.splits.train.features[np.array([0]), np.array([1])])
    torch.testing.assert_close(cached, expected, rtol=1e-3, atol=1e-4)


def test_without_the_cache_the_epochs_are_the_same(home, first, train):
    held = [entry.pictures for entry in FeatureCache(home.features, 10**9).entries()]
    _, events = train(cache="off")
    assert isinstance(events[0], RunStarted)
    for ours, cached in zip(epochs(events), epochs(first[1]), strict=True):
        assert ours.train_loss == pytest.approx(cached.train_loss, abs=1e-4)
        assert ours.valid_auroc == cached.valid_auroc
    assert held == [entry.pictures for entry in FeatureCache(home.features, 10**9).entries()]


def test_stopped_and_taken_up_again_it_is_the_same_run(home, first, train):
    stop = StopFlag()

    def ask(event):
        stop.asked = isinstance(event, EpochDone)

    record, _ = train(stop=stop, on_event=ask, seed=0, patience=9)
    assert record.status == "stopped"
    store = RunStore(home.runs)
    store.requeue(record.id, launcher="self")
    queue.claim(store, run_id=record.id)
    assert execute(store, record.id).status == "finished"
    events = [event for _, event in store.events(record.id)]
    told = [(event.train_loss, event.valid_auroc, event.best) for event in epochs(events)]
    assert told == [(e.train_loss, e.valid_auroc, e.best) for e in epochs(first[1])]


def test_a_network_that_learns_as_a_whole_gets_films_altered_at_each_step(home, plan_of, first):
    found = {}
    for cache in ("on", "off"):
        config = dataclasses.replace(CONFIG, mode="all", cache=cache, views=4)
        begun = begin(RECIPE.id, config, plan_of(1)[1], "cpu", settings=home)
        assert isinstance(begun.splits.train, FilmPictures)
        (valid,) = begun.splits.valid.evaluation_batches()
        batch = begun.splits.train.training_batch(torch.arange(3), config, step=1, rows=slice(None))
        found[cache] = valid, batch
    assert torch.equal(found["on"][0], found["off"][0])
    assert torch.equal(found["on"][1], found["off"][1])
    place = plan_of(1)[0].parts.index("valid")
    whole = film_view(film(place), ROW, "00" * 32, 0)
    np.testing.assert_allclose(found["on"][0][0].numpy(), whole, atol=1e-6)


def test_a_picture_that_is_no_film_is_said(home):
    store = PictureStore(home.pictures / "films")
    sha256 = put(store, np.zeros((30, 40), np.uint8))
    with pytest.raises(DataError, match="a film of 320x320 pixels, but got one of 40x30"):
        films(store, ROW, sha256, [0])


def test_a_study_is_reckoned_as_runs_here_went(home, first, plan_of):
    here = study_estimate(home, [sizes_of(plan_of(1)[0])], CONFIG, device="cpu")
    assert here.measured_here
    assert here.cached_share == 1


def test_its_command_names_the_study_and_guessing_the_most_frequent_class(first):
    record = dataclasses.replace(first[0], provenance={FILM_SET: "ab" * 32})
    words = reproduce_command(record).split()
    assert words[3:8] == ["train", "xray-triage", "--preset", "frozen", "--data"]
    assert words[8:13] == ["abababababababab", "--folds", "0", "--seed", "0"]
    assert not [word for word in words if word.startswith("fold")]
    assert chance_of(record) == pytest.approx(1 / 2)
    assert ways_of(record).views
