"""Weights added by hand: checked first, kept whole or not at all."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from cnn_core.errors import StorageError, WeightsError
from cnn_core.models.registry import build_model
from cnn_core.models.weights import load_weights
from cnn_core.runtime.weights import add, resolve
from tests.runtime.weights.small_file import FILE, drawn, left, put


def test_adding_a_known_file_keeps_its_name(settings, row, published, tmp_path):
    file = put(tmp_path / "renamed.safetensors", published)
    found = add(settings, "lenet5", file)
    assert left(settings) == [FILE]
    assert found.path.read_bytes() == published
    assert found.state.sentence == "As published."


@pytest.mark.parametrize("whole", [True, False])
def test_a_state_dict_is_kept_as_safetensors(settings, row, tmp_path, whole):
    file, tensors = tmp_path / "mine.pth", drawn(6)
    torch.save({name: t for name, t in tensors.items() if whole or "fc" not in name}, file)
    found = add(settings, "lenet5", file)
    assert found.path == settings.weights / "added-lenet5.safetensors"
    assert found.state.kind == ("trained" if whole else "features")
    assert all(torch.equal(value, tensors[name]) for name, value in load_file(found.path).items())
    network = build_model("lenet5")
    assert load_weights(network, row, found.path) == found.state
    assert torch.equal(network.conv1.weight, tensors["conv1.weight"])


def test_names_of_another_package_are_kept_under_the_networks(settings, tmp_path):
    with torch.device("meta"):
        wanted = build_model("alexnet-2012").state_dict()
    values = {
        name.removeprefix("features."): torch.zeros(value.shape, dtype=torch.half)
        for name, value in wanted.items()
        if name.startswith("features.")
    }
    torch.save(values, tmp_path / "mine.pt")
    found = add(settings, "alexnet-2012", tmp_path / "mine.pt")
    assert found.state.kind == "features"
    assert {f"features.{name}" for name in values} == set(load_file(found.path))


def test_a_bad_file_changes_nothing(settings, row, tmp_path):
    file = tmp_path / "mine.safetensors"
    save_file(drawn(7), file)
    before = add(settings, "lenet5", file)
    save_file({"conv1.weight": torch.zeros(3)}, file)
    with pytest.raises(WeightsError, match=r"mine.safetensors cannot be used: "):
        add(settings, "lenet5", file)
    assert resolve(settings, row) == before
    assert left(settings) == ["added-lenet5.safetensors"]


def test_a_folder_that_cannot_be_made(settings, row, tmp_path):
    file = tmp_path / "mine.safetensors"
    save_file(drawn(7), file)
    settings.weights.write_text("a file")
    with pytest.raises(StorageError, match="The weights folder cannot be written") as caught:
        add(settings, "lenet5", file)
    assert "CNN_LAB_WEIGHTS" in caught.value.hint
    assert str(tmp_path) not in caught.value.message
