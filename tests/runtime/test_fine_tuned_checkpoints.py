"""A fine-tuned network goes on bit for bit; one checkpoint stays, the best weights apart."""

import hashlib

import pytest
import torch

from cnn_core.errors import StorageError, WeightsError
from cnn_core.results.events import EpochDone, StepsDone
from cnn_core.runtime import checkpoints
from cnn_core.runtime.checkpoints import (
    clear_checkpoints,
    load_checkpoint,
    save_checkpoint,
    save_tensors,
    settle_checkpoint,
    sweep_checkpoints,
)
from cnn_core.runtime.room import disk_is_full
from cnn_core.training import timing
from cnn_core.training.fit import fit
from cnn_core.training.state import Progress
from tests.training.backbone import base_tensors, begin, settings


@pytest.fixture(scope="module")
def base():
    return base_tensors()


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch):
    torch.set_num_threads(1)
    monkeypatch.setattr(timing, "WINDOW_SECONDS", 0.0)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    "changes",
    [
        {"head": "reference", "class_weights": "balanced"},
        {"mode": "all", "unfreeze_epochs": 1, "optimizer": "sgd", "patience": 5},
    ],
    ids=["dropout", "unfreezing"],
)
def test_resuming_is_bit_for_bit(base, tmp_path, changes):
    config = settings(epochs=2, **changes)
    whole, splits = begin(config, base)
    expected = list(fit(whole, splits, config))[-1]
    state, splits = begin(config, base)
    for event in fit(state, splits, config):
        state.stop = isinstance(event, StepsDone) and event.step == 6
    name, digest = save_checkpoint(tmp_path, state)
    settle_checkpoint(tmp_path, name, state)
    assert names(tmp_path) == ["best-0001.safetensors", name]
    again, splits = begin(config, base)
    load_checkpoint(tmp_path / name, digest, again)
    assert again.progress.step == 6
    last = list(fit(again, splits, config))[-1]
    assert last.test_loss == expected.test_loss
    for key, tensor in whole.best_weights.items():
        assert torch.equal(again.best_weights[key], tensor)


def test_one_checkpoint_is_kept_with_the_best_weights_it_names(base, tmp_path):
    config = settings(epochs=3, learning_rate=1e-2)
    state, splits = begin(config, base)
    for event in fit(state, splits, config):
        if isinstance(event, EpochDone):
            name, _ = save_checkpoint(tmp_path, state)
            before = names(tmp_path)
            settle_checkpoint(tmp_path, name, state)
            best = f"best-{state.progress.best_epoch:04d}.safetensors"
            assert names(tmp_path) == [best, name]
            assert len(before) <= 4
    sweep_checkpoints(tmp_path, Progress())
    assert names(tmp_path) == []
    save_checkpoint(tmp_path, state)
    clear_checkpoints(tmp_path, state)
    assert names(tmp_path) == []


def test_damaged_best_weights_are_not_believed(base, tmp_path):
    config = settings(epochs=1)
    state, splits = begin(config, base)
    list(fit(state, splits, config))
    name, digest = save_checkpoint(tmp_path, state)
    (best,) = tmp_path.glob("best-*")
    content = bytearray(best.read_bytes())
    content[-1] ^= 1
    best.chmod(0o644)
    best.write_bytes(content)
    fresh, _ = begin(config, base)
    with pytest.raises(WeightsError, match=r"best-0001.safetensors is damaged"):
        load_checkpoint(tmp_path / name, digest, fresh)
    assert fresh.progress == Progress()


def test_large_files_are_the_same_written_from_the_tensors(tmp_path, monkeypatch):
    tensors = {"a": torch.randn(50, 3), "b": torch.arange(4)}
    small = save_tensors(tmp_path / "small", tensors, {"run": "1"})
    monkeypatch.setattr(checkpoints, "_IN_MEMORY", 0)
    large = save_tensors(tmp_path / "large", tensors, {"run": "1"})
    assert (tmp_path / "large").read_bytes() == (tmp_path / "small").read_bytes()
    assert large == small == hashlib.sha256((tmp_path / "large").read_bytes()).hexdigest()
    assert names(tmp_path) == ["large", "small"]


def test_a_disk_that_is_full_is_known_by_its_number(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "_IN_MEMORY", 0)

    def full(*arguments, **options):
        raise checkpoints.safetensors.SafetensorError(
            "Error while serializing: I/O error: No space left on device (os error 28)"
        )

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(StorageError, match="weights could not be written") as caught:
        save_tensors(tmp_path / "weights", {"a": torch.zeros(3)}, {})
    assert disk_is_full(caught.value)
    assert names(tmp_path) == []
