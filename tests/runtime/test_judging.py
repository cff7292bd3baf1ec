"""A run is judged with its best weights, what is found is kept whole, and damage is told."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core.errors import WeightsError
from cnn_core.models.stages import Rest
from cnn_core.results.events import Preparing
from cnn_core.results.judgement import Judgement
from cnn_core.results.pictures import Plan
from cnn_core.runtime import queue
from cnn_core.runtime.files import JUDGED_FILE, JUDGEMENT_FILE
from cnn_core.runtime.judging import (
    judge_run,
    read_judged,
    read_judgement,
    write_judged,
    write_judgement,
)
from cnn_core.training.examples import CachedViews
from cnn_core.training.state import TrainState, weights_on_cpu
from cnn_core.training.tensors import Splits
from tests.results.judged_parts import judged

CLASSES = ("rose", "tulip", "daisy")
SIZES = {"train": 45, "valid": 24, "test": 12}


@dataclass
class Begun:
    plan: Plan
    splits: Splits


class Tiny(nn.Module):
    """A block of a backbone and a head, with dropout and running statistics."""

    def __init__(self):
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(3, 8, 1), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(8, 3)
        )


@pytest.fixture(scope="module")
def begun():
    """Maps (N, views, 3, 4, 4) of three classes, each with a brightness of its own."""
    random, splits, parts, labels = np.random.default_rng(0), {}, [], []
    for part, size in SIZES.items():
        own = np.arange(size) % 3
        maps = random.normal(size=(size, 2, 3, 4, 4)) + 1.5 * own[:, None, None, None, None]
        splits[part] = CachedViews(
            features=maps.astype(np.float32), labels=torch.tensor(own, dtype=torch.int64)
        )
        parts += [part] * size
        labels += own.tolist()
    order = random.permutation(len(parts)) * 2  # a plan keeps the snapshot's order, not the parts'
    whole = sorted(zip(order.tolist(), parts, labels, strict=True))
    plan = Plan(
        id="a" * 64,
        snapshot="b" * 64,
        title="flowers",
        classes=CLASSES,
        pictures=tuple(place for place, _, _ in whole),
        sha256=tuple(f"{place:064x}" for place, _, _ in whole),
        labels=tuple(label for _, _, label in whole),
        parts=tuple(part for _, part, _ in whole),
        clusters=tuple(range(len(whole))),
        decisions=(),
        grouped=True,
        seed=0,
        valid_share=0.3,
        test_share=0.15,
    )
    return Begun(plan=plan, splits=Splits(**splits))


@pytest.fixture
def state():
    """A network at its last step, whose best weights are others."""
    torch.manual_seed(0)
    network = Tiny()
    parts = [("block", network.block), ("head", network.head)]
    rest = Rest(network, parts, backbone=1)
    best = {name: tensor + 0.1 for name, tensor in weights_on_cpu(rest).items()}
    optimizer = torch.optim.Adam(rest.parameters())
    rest.train()
    return TrainState(model=rest, optimizer=optimizer, best_weights=best)


@pytest.fixture
def new_record(store, new_run):
    from tests.runtime.conftest import DATASET

    def new_record(mode="frozen", fingerprint="a" * 64, **changes):
        dataset = dataclasses.replace(DATASET, source="pictures", fingerprint=fingerprint)
        run = new_run(recipe="vgg16-folder", dataset=dataset, mode=mode, head="light", **changes)
        return store.get(run)

    return new_record


def test_every_picture_is_judged_with_the_best_weights_in_evaluation_mode(
    store, new_record, begun, state
):
    record, before = new_record(), weights_on_cpu(state.model)
    judgement = judge_run(store, record, begun, state, lambda event: None)
    found = read_judged(store.run_folder(record.id) / JUDGED_FILE)
    assert {part: len(each.labels) for part, each in found.items()} == SIZES
    own = dict(zip(begun.plan.pictures, begun.plan.parts, strict=True))
    for part, each in found.items():
        assert [own[place] for place in each.pictures] == [part] * SIZES[part]

    network = Tiny().eval()
    network.load_state_dict(state.best_weights)
    maps = torch.tensor(begun.splits.valid.features[:, 0])
    with torch.inference_mode():
        features = network.block(maps)
        said = torch.softmax(network.head(features), dim=1)
    np.testing.assert_allclose(found["valid"].probabilities, said, atol=1e-5)
    np.testing.assert_allclose(found["valid"].embeddings, features.mean(dim=(2, 3)), atol=1e-5)
    assert judgement.scores[1].correct == int((said.argmax(1) == begun.splits.valid.labels).sum())

    after = weights_on_cpu(state.model)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(module.training for module in state.model.modules())


def test_what_is_kept_is_what_was_found(store, new_record, begun, state):
    record = new_record()
    judgement = judge_run(store, record, begun, state, lambda event: None)
    assert read_judgement(store.run_folder(record.id) / JUDGEMENT_FILE) == judgement
    assert [score.part for score in judgement.scores] == ["train", "valid", "test"]
    assert [each.id for each in judgement.baselines] == ["most-frequent", "nearest-neighbours"]
    assert [each.images_a_class for each in judgement.curve] == [3, 7, 15]
    assert judgement.reading[0].kind == "score"
    assert judgement.classes == CLASSES


def test_its_progress_is_told_from_nothing_to_all(store, new_record, begun, state):
    told = []
    judge_run(store, new_record(), begun, state, told.append)
    assert all(isinstance(each, Preparing) for each in told)
    looked = [each for each in told if "looks at every picture" in each.what]
    assert (looked[0].done, looked[-1].done, looked[-1].total) == (0, 81, 81)
    assert told[-1].done == told[-1].total == 20


def test_without_test_pictures_there_is_no_test_score(store, new_record, begun, state):
    nothing = CachedViews(
        features=np.empty((0, 1, 3, 4, 4), dtype=np.float32),
        labels=torch.empty(0, dtype=torch.int64),
    )
    splits = dataclasses.replace(begun.splits, test=nothing)
    record = new_record()
    judgement = judge_run(store, record, Begun(begun.plan, splits), state, lambda event: None)
    assert [score.part for score in judgement.scores] == ["train", "valid"]
    assert set(read_judged(store.run_folder(record.id) / JUDGED_FILE)) == {"train", "valid"}


@pytest.mark.parametrize(
    ("changes", "compared"),
    [
        ({}, True),
        ({"mode": "all"}, False),
        ({"fingerprint": "c" * 64}, False),
        ({"model": "alexnet"}, False),
    ],
)
def test_a_finished_run_from_scratch_on_the_same_plan_is_a_baseline(
    store, new_record, begun, state, changes, compared
):
    other = new_record(**{"mode": "scratch", "seed": 3, **changes})
    valid = begun.splits.valid.labels.numpy()
    places = zip(begun.plan.pictures, begun.plan.parts, strict=True)
    theirs = judged(valid, np.eye(3)[np.zeros_like(valid)])
    theirs = dataclasses.replace(
        theirs, pictures=np.array([place for place, part in places if part == "valid"])
    )
    write_judged(store.run_folder(other.id) / JUDGED_FILE, {"valid": theirs})
    queue.end(store, other.id, "finished")
    judgement = judge_run(store, new_record(), begun, state, lambda event: None)
    found = [each for each in judgement.baselines if each.id == "from-scratch"]
    assert bool(found) == compared
    if compared:
        assert found[0].accuracy == 8 / 24
        assert found[0].sentence.startswith("The same network, trained from random weights, is")


def test_a_part_alone_can_be_read(tmp_path):
    path = tmp_path / JUDGED_FILE
    parts = {part: judged([0, 1], [[1, 0], [0, 1]], part=part) for part in ("train", "valid")}
    write_judged(path, parts)
    found = read_judged(path, ("valid", "test"))
    assert list(found) == ["valid"]
    assert found["valid"].part == "valid"
    assert found["valid"].labels.dtype == found["valid"].pictures.dtype == np.int64
    assert found["valid"].probabilities.dtype == found["valid"].embeddings.dtype == np.float32


@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_damage_is_told_in_a_sentence(tmp_path, damage):
    judgement = Judgement(
        classes=CLASSES, scores=(), baselines=(), curve=(), curve_sentence="", reading=()
    )
    for name, read, write in (
        (
            JUDGED_FILE,
            read_judged,
            lambda path: write_judged(path, {"valid": judged([0], [[1.0]])}),
        ),
        (JUDGEMENT_FILE, read_judgement, lambda path: write_judgement(path, judgement)),
    ):
        path = tmp_path / name
        if damage == "cut":
            write(path)
            path.write_bytes(path.read_bytes()[:-40])
        elif damage == "other":
            path.write_bytes(b'{"classes": []}')
        with pytest.raises(WeightsError, match="missing or damaged"):
            read(path)
