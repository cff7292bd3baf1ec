"""Every network of the registry is covered by being listed."""

import pytest
import torch

from cnn_core.errors import UnknownNameError
from cnn_core.models.registry import MODELS, build_model, model_row


@pytest.mark.parametrize("row", MODELS.values(), ids=lambda row: row.id)
def test_rows_say_what_is_built(row):
    assert MODELS[row.id] is row
    with torch.device("meta"):  # shapes without numbers
        model = build_model(row.id).eval()
        images = torch.zeros(2, row.channels, row.input_size, row.input_size)
        assert model(images).shape == (2, row.num_classes)
        assert build_model(row.id, num_classes=7).eval()(images).shape == (2, 7)
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    assert sum(parameter.numel() for parameter in trainable) == row.parameters
    assert len(row.mean) == len(row.std) == row.channels
    assert row.resize >= row.input_size
    names = [name for name, _ in model.named_modules()]
    assert [names.index(layer) for layer in row.layers] == sorted(map(names.index, row.layers))
    assert any(name.startswith(row.head) for name in model.state_dict())
    assert row.citation
    assert row.licence


def test_the_same_seed_builds_the_same_weights():
    built = []
    for seed in (4, 4, 5):
        torch.manual_seed(seed)
        built.append(build_model("lenet5", num_classes=10).state_dict())
    assert all(torch.equal(built[0][name], built[1][name]) for name in built[0])
    assert not torch.equal(built[0]["fc1.weight"], built[2]["fc1.weight"])


@pytest.mark.parametrize("name", ["lenet6", "", "../lenet5"])
def test_an_unknown_network_is_named(name):
    with pytest.raises(UnknownNameError, match="There is no network named") as caught:
        model_row(name)
    assert "lenet5" in caught.value.hint
