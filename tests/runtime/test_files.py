"""Files of a run's folder: written whole or not at all; predictions read back or said damaged."""

import os

import numpy as np
import pytest
import torch

from cnn_core.errors import StorageError, WeightsError
from cnn_core.runtime.checkpoints import save_predictions, save_tensors
from cnn_core.runtime.files import make_folder, read_probabilities, write_whole


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch, failing):
    path = tmp_path / "weights.safetensors"
    write_whole(path, b"old")

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if failing == "fsync" else (type(path), "replace")), fail)
    with pytest.raises(StorageError, match="No space left on device") as caught:
        write_whole(path, b"new")
    assert "CNN_LAB_RUNS" in caught.value.hint
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StorageError, match=r"weights\.safetensors could not be written"):
        write_whole(tmp_path / "gone" / "weights.safetensors", b"new")
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="folder for runs cannot be made"):
        make_folder(tmp_path / "file" / "run")


def test_files_have_the_permissions_of_any_other(tmp_path):
    write_whole(tmp_path / "a", b"x")
    (tmp_path / "b").write_bytes(b"x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_predictions_are_probabilities(tmp_path):
    logits = torch.tensor([[0.0, 0.0], [1.0, 3.0]])
    save_predictions(tmp_path / "predictions.safetensors", logits)
    read = read_probabilities(tmp_path / "predictions.safetensors")
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, [[0.5, 0.5], [0.1192029, 0.8807971]], atol=1e-6)


def test_damaged_predictions_are_said(tmp_path):
    path = tmp_path / "predictions.safetensors"
    for payload in (None, b"", b"\xff" * 100):
        if payload is not None:
            path.write_bytes(payload)
        with pytest.raises(WeightsError, match="missing or damaged"):
            read_probabilities(path)
    save_tensors(path, {"other": torch.zeros(1)}, {})
    with pytest.raises(WeightsError, match="missing or damaged"):
        read_probabilities(path)
