"""Checkpoints: whole or not at all, believed only by their checksum, and bit for bit."""

import dataclasses
import hashlib
import itertools
import json

import numpy as np
import pytest
import safetensors
import torch

from cnn_core.data.images import Dataset, ImageSet, fingerprint
from cnn_core.errors import WeightsError
from cnn_core.models.registry import model_row
from cnn_core.results.config import OPTIMIZERS, TrainConfig
from cnn_core.results.events import EpochDone, RunFinished, StepsDone
from cnn_core.runtime.checkpoints import (
    load_checkpoint,
    save_checkpoint,
    sweep_checkpoints,
)
from cnn_core.training import timing
from cnn_core.training.fit import fit
from cnn_core.training.state import Progress, new_state
from cnn_core.training.tensors import split_examples

CPU = torch.device("cpu")
CONFIG = TrainConfig(epochs=3, batch_size=32, learning_rate=3e-3, validation_share=0.1)
# 8 steps an epoch: mid-epoch twice, an epoch's last step before its validation, after a
# validation, the run's last step, and after its last validation.
STOPS = [3, 5, 8, (1, "validated"), 13, 24, (3, "validated")]


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def dataset():
    draw = np.random.default_rng(0)
    parts = []
    for count in (280, 40):
        labels = np.arange(count, dtype=np.int64) % 10
        images = draw.integers(0, 120, (count, 28, 28), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[2 * label : 2 * label + 6, 4:24] += 120
        parts.append(ImageSet(images, labels, tuple("0123456789")))
    return Dataset("bars", "bars", "", False, fingerprint(*parts), *parts)


@pytest.fixture
def begin(dataset):
    def begin(config):
        splits = split_examples(
            dataset,
            model_row("lenet5"),
            share=config.validation_share,
            seed=config.seed,
            device=CPU,
        )
        return new_state("lenet5", config, num_classes=10, device=CPU), splits

    return begin


def trained(begin, steps=10, **changes):
    """A state after some steps, with a best epoch."""
    config = dataclasses.replace(CONFIG, **changes)
    state, splits = begin(config)
    for event in fit(state, splits, config):
        state.stop = isinstance(event, StepsDone) and event.step >= steps
    return state, splits, config


def where(event):
    if isinstance(event, StepsDone):
        return event.step
    return (event.epoch, "validated") if isinstance(event, EpochDone) else None


def curve(events):
    """What must be the same: losses, validation, the test; no durations."""
    kept = []
    for event in events:
        if isinstance(event, StepsDone):
            kept.append(("step", event.step, event.losses, event.learning_rate))
        elif isinstance(event, EpochDone):
            kept.append(("epoch", event.train_loss, event.valid_loss, event.valid_accuracy))
        elif isinstance(event, RunFinished) and event.status == "finished":
            kept.append(("test", event.test_loss, event.test_accuracy, event.best_epoch))
    return kept


CASES = [
    *itertools.product(("adam", "sgd"), [(0, 0.0, 0.0), (2, 0.0, 0.9), (1, 12.0, 0.0)]),
    ("adamw", (0, 0.0, 0.0)),
]


@pytest.mark.parametrize(("optimizer", "changes"), CASES)
def test_resuming_is_bit_for_bit(begin, tmp_path, monkeypatch, optimizer, changes):
    """One run stopped and taken up from disk at every kind of place, against one left in peace."""
    monkeypatch.setattr(timing, "WINDOW_SECONDS", 0.0)
    shift, rotation, averaging = changes
    config = dataclasses.replace(
        CONFIG,
        optimizer=optimizer,
        schedule="one-cycle",
        weight_decay=0.01,
        shift=shift,
        rotation=rotation,
        averaging=averaging,
        select="auroc" if optimizer == "adamw" else "accuracy",
    )
    peaceful, splits = begin(config)
    expected = curve(fit(peaceful, splits, config))

    events, saved = [], None
    for stop in [*STOPS, None]:
        state, splits = begin(config)
        if saved is not None:
            with torch.no_grad():  # nothing may come from anywhere but the checkpoint
                for parameter in [*state.model.parameters(), *state.scored.parameters()]:
                    parameter.add_(1.0)
            load_checkpoint(tmp_path / saved[0], saved[1], state)
        for event in fit(state, splits, config):
            events.append(event)
            if stop is not None and where(event) == stop:
                saved = save_checkpoint(tmp_path, state)
                state.stop = True
    assert curve(events) == expected
    assert sum(isinstance(event, RunFinished) for event in events) == len(STOPS) + 1
    for name, tensor in peaceful.model.state_dict().items():
        assert torch.equal(tensor, state.model.state_dict()[name]), name
        assert torch.equal(peaceful.scored.state_dict()[name], state.scored.state_dict()[name]), (
            name
        )
    assert torch.equal(peaceful.test_logits, state.test_logits)
    assert state.progress.images_seen == peaceful.progress.images_seen == 3 * 252


def layout(tensor):
    """The strides that matter: those of dimensions longer than one."""
    return [step for step, size in zip(tensor.stride(), tensor.shape, strict=True) if size > 1]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_slots_come_back_in_their_parameters_layout(begin, tmp_path, optimizer):
    """Fused optimizers walk both as flat memory: in another layout they would mix up weights."""
    state, _, config = trained(begin, optimizer=optimizer)
    name, digest = save_checkpoint(tmp_path, state)
    again, _ = begin(config)
    load_checkpoint(tmp_path / name, digest, again)
    weight = again.model.conv2.weight
    assert not weight.is_contiguous()  # channels_last: else this test could not fail
    slots = 0
    for before, after in zip(state.model.parameters(), again.model.parameters(), strict=True):
        for slot, value in state.optimizer.state[before].items():
            loaded = again.optimizer.state[after][slot]
            assert torch.equal(loaded, value)
            if value.shape == after.shape:
                assert layout(loaded) == layout(after) == layout(value)
                slots += 1
    assert slots == {"adam": 20, "adamw": 20, "sgd": 10}[optimizer]


def test_a_checkpoint_keeps_the_whole_state(begin, tmp_path):
    state, _, config = trained(begin, steps=10)
    name, digest = save_checkpoint(tmp_path, state)
    again, _ = begin(config)
    load_checkpoint(tmp_path / name, digest, again)
    assert again.progress == state.progress
    assert again.progress.best_epoch == 1
    assert again.best_weights.keys() == state.best_weights.keys()
    for key, tensor in state.best_weights.items():
        assert torch.equal(again.best_weights[key], tensor)
    for key, tensor in state.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[key], tensor)
    with safetensors.safe_open(tmp_path / name, framework="pt") as file:
        assert json.loads(file.metadata()["progress"])["step"] == state.progress.step


def test_saving_does_not_change_the_state(begin, tmp_path):
    state, _, _ = trained(begin)
    before = {name: tensor.clone() for name, tensor in state.model.state_dict().items()}
    progress = dataclasses.replace(state.progress)
    save_checkpoint(tmp_path, state)
    assert state.progress == progress
    assert not state.model.conv2.weight.is_contiguous()
    assert all(torch.equal(before[name], value) for name, value in state.model.state_dict().items())


def test_the_last_two_are_kept(begin, tmp_path):
    state, _, _ = trained(begin)
    names = []
    for step, epoch in [(8, 0), (8, 1), (16, 1), (100, 2)]:
        state.progress.step, state.progress.epoch = step, epoch
        names.append(save_checkpoint(tmp_path, state)[0])
    assert len(set(names)) == 4  # before and after a validation are two places
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[-2:])


def test_sweeping_removes_what_came_after_and_stray_halves(begin, tmp_path):
    state, _, _ = trained(begin)
    names = []
    for step in (10, 20):
        state.progress.step = step
        names.append(save_checkpoint(tmp_path, state)[0])
    (tmp_path / ".writing-0123456789abcdef").write_bytes(b"half")
    (tmp_path / "worker.log").touch()
    (tmp_path / "weights.safetensors").touch()
    sweep_checkpoints(tmp_path, dataclasses.replace(state.progress, step=10))
    kept = {names[0], "worker.log", "weights.safetensors"}
    assert {path.name for path in tmp_path.iterdir()} == kept
    sweep_checkpoints(tmp_path, Progress())
    assert {path.name for path in tmp_path.iterdir()} == kept - {names[0]}


# Damage


def snapshot(state):
    return (
        dataclasses.replace(state.progress),
        {name: tensor.clone() for name, tensor in state.model.state_dict().items()},
    )


@pytest.mark.parametrize("at", [0, 8, 300, -1])
def test_a_flipped_bit_is_found_and_changes_nothing(begin, tmp_path, at):
    state, _, config = trained(begin)
    name, digest = save_checkpoint(tmp_path, state)
    payload = bytearray((tmp_path / name).read_bytes())
    payload[at] ^= 1
    (tmp_path / name).write_bytes(payload)
    fresh, _ = begin(config)
    before, weights = snapshot(fresh)
    with pytest.raises(WeightsError, match="is damaged: its checksum differs"):
        load_checkpoint(tmp_path / name, digest, fresh)
    assert fresh.progress == before
    assert all(torch.equal(weights[key], fresh.model.state_dict()[key]) for key in weights)


@pytest.mark.parametrize("size", [0, 4, 100, 50_000])
def test_a_truncated_file_is_found(begin, tmp_path, size):
    state, _, config = trained(begin)
    name, digest = save_checkpoint(tmp_path, state)
    payload = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(payload[:size])
    with pytest.raises(WeightsError, match="its checksum differs"):
        load_checkpoint(tmp_path / name, digest, begin(config)[0])


def test_a_missing_file_is_named_without_its_folder(begin, tmp_path):
    with pytest.raises(WeightsError, match=r"checkpoint-00000001-0000.safetensors cannot be read"):
        load_checkpoint(tmp_path / "checkpoint-00000001-0000.safetensors", "", begin(CONFIG)[0])


def test_a_checkpoint_of_another_network_changes_nothing(begin, tmp_path):
    state, _, config = trained(begin)
    name, digest = save_checkpoint(tmp_path, state)
    other = new_state("lenet5", config, num_classes=7, device=CPU)
    before, weights = snapshot(other)
    with pytest.raises(WeightsError, match="is of another network"):
        load_checkpoint(tmp_path / name, digest, other)
    assert other.progress == before
    assert all(torch.equal(weights[key], other.model.state_dict()[key]) for key in weights)


def test_what_is_no_safetensors_file_is_said(begin, tmp_path):
    payload = b"\xff" * 64
    (tmp_path / "checkpoint-1.safetensors").write_bytes(payload)
    with pytest.raises(WeightsError, match="not a readable safetensors file"):
        load_checkpoint(
            tmp_path / "checkpoint-1.safetensors",
            hashlib.sha256(payload).hexdigest(),
            begin(CONFIG)[0],
        )
