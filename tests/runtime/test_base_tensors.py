"""What fine-tuning begins with: a file's auxiliary heads where they are to be trained."""

import dataclasses

import pytest
import torch

from cnn_core.models.registry import build_model, model_row
from cnn_core.results.config import TrainConfig
from cnn_core.runtime import weights
from cnn_core.runtime.base_tensors import base_tensors
from cnn_core.settings import Settings

ROW = model_row("googlenet-cifar-tiny")
CONFIG = TrainConfig(epochs=1, batch_size=8, learning_rate=1e-3, mode="all", head="light")


@pytest.fixture
def settings(tmp_path):
    return Settings(data=tmp_path / "data", weights=tmp_path / "weights", runs=tmp_path / "runs")


@pytest.mark.parametrize("has_heads", [True, False])
@pytest.mark.parametrize("wanted", [0.3, 0.0])
def test_auxiliary_heads_of_a_file_come_along_where_they_are_trained(
    settings, tmp_path, has_heads, wanted
):
    torch.manual_seed(0)
    state = build_model(ROW.id, auxiliary=has_heads).state_dict()
    torch.save(state, tmp_path / "own.pth")
    assert weights.add(settings, ROW.id, tmp_path / "own.pth").state.kind == "trained"
    base, told = base_tensors(settings, ROW, dataclasses.replace(CONFIG, auxiliary=wanted))
    heads = {name for name in base if name.startswith(ROW.auxiliary)}
    assert bool(heads) == (has_heads and wanted > 0)
    assert all(torch.equal(base[name], state[name]) for name in base)
    assert base.keys() - heads == {n for n in state if not n.startswith(ROW.auxiliary)}
    assert told["model"] == ROW.id
