"""Two processes that train together, against one that trains alone.

This file is also the program that each of the two runs: `python test_distributed.py RANK FOLDER`.
"""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import distributed, nn

from cnn_core.data.images import Dataset, ImageSet
from cnn_core.errors import CnnLabError
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import EpochDone, LayersSeen, RunFinished, StepsDone
from cnn_core.training.augment import augment
from cnn_core.training.distributed import (
    ALONE,
    World,
    difference_from_one_process,
    join,
    leave,
    steps_until_due,
)
from cnn_core.training.fit import fit
from cnn_core.training.state import new_state
from cnn_core.training.tensors import split_examples

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
PLAIN = TrainConfig(epochs=2, batch_size=32, learning_rate=3e-3)
CONFIGS = {
    # 238 images: parts of 16 and 17, and of 3 and 4
    "uneven": dataclasses.replace(PLAIN, batch_size=33, epochs=3),
    # the last batch is a single image
    "fewer than two": dataclasses.replace(PLAIN, batch_size=79, epochs=3, optimizer="sgd"),
    "augmented": dataclasses.replace(PLAIN, batch_size=33, shift=2, rotation=8.0, scale=0.1),
    "averaged": dataclasses.replace(PLAIN, averaging=0.9, schedule="one-cycle"),
    "1998": dataclasses.replace(PLAIN, model="lenet5-1998"),
    "weighted": dataclasses.replace(
        PLAIN, batch_size=33, class_weights="balanced", label_smoothing=0.1
    ),
    # the last batch is a single image, whose layers are looked at
    "measured": dataclasses.replace(PLAIN, batch_size=79, train_sample=60, watch=2),
    "impatient": dataclasses.replace(PLAIN, epochs=6, learning_rate=1e-12, patience=1),
    "diverging": dataclasses.replace(PLAIN, learning_rate=1e12, optimizer="sgd"),
}
ENDING_EARLY = ("impatient", "diverging")
STOPPED_AT = 5


def pictures(count, seed):
    """A bright square in a place of its own for each class, under noise."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.int64) % 10
    images = draw.integers(0, 100, (count, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = 3 + 12 * (label // 5), 1 + 5 * (label % 5)
        image[row : row + 8, column : column + 5] += 150
    return ImageSet(images, labels, tuple("0123456789"))


def begin(config):
    network = config.model or "lenet5"
    dataset = Dataset(
        name="squares",
        source="squares",
        location="",
        official=False,
        fingerprint="",
        train=pictures(260, 1),
        test=pictures(60, 2),
    )
    splits = split_examples(
        dataset, model_row(network), share=config.validation_share, seed=config.seed, device=CPU
    )
    return new_state(network, config, num_classes=10, device=CPU), splits


def course(config, world, *, stop_at=0, end_at=0):
    """Train; return what came of it as JSON values: at `stop_at` it stops, at `end_at` it dies."""
    torch.set_num_threads(1)
    state, splits = begin(config)
    told = {"losses": [], "windows": [], "accuracies": [], "measured": [], "looks": []}
    for event in fit(state, splits, config, world):
        if isinstance(event, StepsDone):
            told["losses"] += event.losses
            told["windows"].append(len(event.losses))
            told["images"] = told.get("images", 0) + event.images
            state.stop = bool(stop_at) and event.step >= stop_at
            if end_at and event.step >= end_at:
                os._exit(9)
        elif isinstance(event, EpochDone):
            told["accuracies"].append(event.valid_accuracy)
            told["measured"].append([event.running_accuracy, event.train_accuracy])
        elif isinstance(event, LayersSeen):
            told["looks"].append([event.step, *event.gradient_norms, *event.update_ratios])
        elif isinstance(event, RunFinished):
            told |= {"status": event.status, "step": event.step, "test": event.test_accuracy}
    told["names"] = list(state.model.state_dict())
    told["weights"] = torch.cat([p.detach().flatten() for p in state.model.parameters()]).tolist()
    told["scored"] = torch.cat([p.detach().flatten() for p in state.scored.parameters()]).tolist()
    return told


def main(rank, folder):
    """Be one of the two processes; write down what it saw."""
    store = distributed.FileStore(str(folder / "meeting"), 2)
    world = join(store, rank=rank, size=2, device="cpu")
    told = {name: course(config, world) for name, config in CONFIGS.items()}
    for asking in (0, 1):
        told[f"stopped by {asking}"] = course(PLAIN, world, stop_at=STOPPED_AT * (rank == asking))
    report = folder / f"{rank}.json"
    report.write_text(json.dumps(told))
    try:
        course(PLAIN, world, end_at=STOPPED_AT * rank)
    except CnnLabError as exc:
        told["left alone"] = exc.message
        report.write_text(json.dumps(told))
    leave()


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What rank 0 and rank 1 saw, and how their processes ended."""
    folder = tmp_path_factory.mktemp("ranks")
    ranks = [
        subprocess.Popen(
            [sys.executable, __file__, str(rank), str(folder)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    try:
        errors = [process.communicate(timeout=120)[1] for process in ranks]
    finally:
        for process in ranks:
            process.kill()
    assert [process.returncode for process in ranks] == [0, 9], errors
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]


@pytest.mark.parametrize("name", [name for name in CONFIGS if name not in ENDING_EARLY])
def test_two_processes_train_as_one(seen, name):
    alone, (zero, one) = course(CONFIGS[name], ALONE), (rank[name] for rank in seen)
    assert len(zero["losses"]) == len(alone["losses"]) > 5
    assert zero["losses"] == pytest.approx(alone["losses"], abs=1e-4)
    assert zero["losses"] == one["losses"]
    assert zero["weights"] == one["weights"]
    assert zero["scored"] == pytest.approx(alone["scored"], abs=1e-3)
    assert zero["accuracies"] == pytest.approx(alone["accuracies"], abs=1 / 22)
    assert zero["test"] == pytest.approx(alone["test"], abs=1 / 60)
    assert zero["images"] == alone["images"] == 238 * CONFIGS[name].epochs
    assert zero["names"] == alone["names"]  # one process can load what two have saved


def test_two_processes_measure_as_one(seen):
    alone, (zero, one) = course(CONFIGS["measured"], ALONE), (rank["measured"] for rank in seen)
    running, scored = zip(*zero["measured"], strict=True)
    expected = zip(*alone["measured"], strict=True)
    assert running == pytest.approx(next(expected), abs=2 / 238)
    assert scored == pytest.approx(next(expected), abs=1 / 60)
    assert zero["measured"] == one["measured"]
    assert [look[0] for look in zero["looks"]] == [2, 4, 6, 8]
    for look, own in zip(zero["looks"], alone["looks"], strict=True):
        assert look == pytest.approx(own, rel=1e-2)


def test_both_see_that_the_run_diverges(seen):
    alone = course(CONFIGS["diverging"], ALONE)
    for rank in seen:
        assert rank["diverging"]["status"] == "diverged"
        assert rank["diverging"]["step"] == alone["step"]
        assert rank["diverging"]["losses"] == pytest.approx(alone["losses"], rel=1e-3)


def test_both_run_out_of_patience_after_the_same_epoch(seen):
    for rank in seen:
        assert rank["impatient"]["status"] == "finished"
        assert rank["impatient"]["step"] == 16  # two epochs of six: nothing was learned
    assert seen[0]["impatient"]["accuracies"] == seen[1]["impatient"]["accuracies"]


@pytest.mark.parametrize("asking", [0, 1])
def test_a_stop_that_one_asks_for_stops_both(seen, asking):
    zero, one = (rank[f"stopped by {asking}"] for rank in seen)
    assert zero["status"] == one["status"] == "stopped"
    assert STOPPED_AT <= zero["step"] == one["step"] < 16
    assert zero["weights"] == one["weights"]


def test_windows_end_at_the_same_step(seen):
    zero, one = (rank["uneven"]["windows"] for rank in seen)
    assert zero == one
    assert zero[0] == 1


def test_one_that_is_left_alone_says_so(seen):
    assert seen[0]["left alone"] == (
        "Another of the 2 processes of this run ended, or stopped answering."
    )


# What needs no second process


@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [1, 2, 5, 64, 238])
def test_shards_hold_every_image_once_and_weigh_it_equally(size, count):
    weights = np.zeros(count)
    for rank in range(size):
        rows, weight = World(rank=rank, size=size).shard(count)
        part = np.arange(count)[rows]
        assert len(part) >= 1
        weights[rows] += weight / len(part) / size  # a mean over the part, then over the processes
    assert weights == pytest.approx(np.full(count, 1 / count))


def test_a_shard_is_augmented_as_it_is_in_the_whole_batch():
    images = torch.from_numpy(pictures(10, 3).images)[:, None]

    def distorted(images, **part):
        draw = torch.Generator().manual_seed(5)
        return augment(images, shift=2, rotation=9.0, scale=0.2, shear=9.0, generator=draw, **part)

    rows = slice(4, 7)
    part = distorted(images[rows], rows=rows, batch_size=10)
    assert torch.equal(part, distorted(images)[rows])
    assert not torch.equal(part, distorted(images[rows]))


def test_a_world_of_one_has_nothing_beside_the_network():
    model = nn.Linear(2, 2)
    assert ALONE.replica(model) is model
    assert ALONE.mean([1.0, 2.0]) == [1.0, 2.0]
    assert ALONE.largest(3, 4) == [3, 4]
    assert not distributed.is_initialized()


def test_a_network_with_batch_norm_says_so():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    sentence = difference_from_one_process(model, 2)
    assert sentence.startswith("BatchNorm (1 layers) takes its statistics from each process's part")
    assert difference_from_one_process(model, 1) == ""
    assert difference_from_one_process(nn.Sequential(nn.GroupNorm(1, 2)), 2) == ""


def test_other_errors_are_not_taken_for_a_lost_process():
    with pytest.raises(RuntimeError, match="shapes"), World(size=2).failures_in_words():
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    with pytest.raises(RuntimeError, match="closed"), ALONE.failures_in_words():
        raise RuntimeError("Connection closed by peer")


def test_the_next_window_is_at_most_twice_as_long():
    assert steps_until_due(1, 1e-6, 0.1) == 2
    assert steps_until_due(100, 0.1, 0.1) == 100
    assert steps_until_due(100, 0.2, 0.1) == 50


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
