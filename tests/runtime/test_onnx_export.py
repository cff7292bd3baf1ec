"""A network as ONNX: the same answers for any number of pictures, refused where they differ."""

import json

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from cnn_core.errors import WeightsError
from cnn_core.runtime.onnx_export import check_parity, export_onnx, logits_of_onnx

SHAPE = (3, 20, 20)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A network with what the backbones have: convolution, BatchNorm, dropout; and its file."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(8, 3),
    )
    network[1].running_mean.normal_()
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    export_onnx(network.train(), path, shape=SHAPE, classes=("rose", "Löwenzahn", "a|b"))
    return network, path


def pictures(count):
    return np.random.default_rng(1).normal(size=(count, *SHAPE)).astype(np.float32)


def test_answers_are_the_networks_for_one_picture_and_for_more_than_a_batch(small):
    network, path = small
    for count in (1, 11):
        parity = check_parity(network, path, pictures(count))
        assert parity.pictures == count
        assert 0 <= parity.probabilities <= 1e-6
        assert 0 <= parity.logits <= 1e-5
    with torch.inference_mode():
        expected = network(torch.from_numpy(pictures(2))).numpy()
    np.testing.assert_allclose(logits_of_onnx(path, pictures(2)), expected, atol=1e-5)


def test_the_file_is_whole_valid_and_knows_its_classes(small):
    network, path = small
    assert not network.training
    model = onnx.load(path, load_external_data=False)
    onnx.checker.check_model(model)
    assert not any(each.data_location for each in model.graph.initializer)
    metadata = {each.key: each.value for each in model.metadata_props}
    assert json.loads(metadata["classes"]) == ["rose", "Löwenzahn", "a|b"]
    assert [path.name for path in path.parent.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("value", [0.01, float("nan")])
def test_a_network_that_answers_otherwise_is_refused(small, value):
    network, path = small
    kept = network[6].bias.detach().clone()
    try:
        with torch.no_grad():
            network[6].bias[0] += value
        with pytest.raises(WeightsError, match="The ONNX file differs from the network"):
            check_parity(network, path, pictures(3))
    finally:
        with torch.no_grad():
            network[6].bias.copy_(kept)


def test_what_the_exporter_cannot_do_is_said(small, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise torch.onnx.errors.OnnxExporterError("no such operator")

    monkeypatch.setattr(torch.onnx, "export", refuse)
    with pytest.raises(WeightsError, match="cannot be written as an ONNX file"):
        export_onnx(small[0], tmp_path / "x.onnx", shape=SHAPE, classes=("a", "b", "c"))
    assert not list(tmp_path.iterdir())
