"""A trained model as a triage model: torch's answers to the last digits, or nothing at all."""

import copy
import dataclasses
import json

import numpy as np
import pytest
import torch

from cnn_core.errors import StorageError, UnknownNameError, WeightsError
from cnn_core.models.cuts import BLOCKS
from cnn_core.models.fine_tuning import build_fine_tuned
from cnn_core.models.registry import model_row
from cnn_core.models.stages import stages
from cnn_core.results.monitoring import DriftSample
from cnn_core.runtime import triage_export
from cnn_core.runtime.film_network import FilmNetwork, module_of_arrays
from cnn_core.runtime.triage_description import DESCRIPTION_FILE, FILES
from cnn_core.runtime.triage_export import (
    STEPS,
    compare,
    export_model,
    torch_networks,
    with_last_block_at_random,
)
from cnn_core.runtime.triage_model import read_model
from cnn_core.runtime.triage_reference import projection_matrix, reference_arrays
from cnn_core.runtime.triage_sources import TriageSource
from cnn_core.settings import Settings
from cnn_core.training.film_views import film_view
from cnn_core.xray.gate import fit_gate, passed
from tests.charts.study_sample import CLASSES, study

ROW = model_row("alexnet")  # fewer layers to write than any other
OFFSET = np.array([0.5, -0.25, 0.0], np.float32)


def pictures():
    draw = np.random.default_rng(3)
    for _ in range(3):
        yield draw.integers(0, 256, (320, 320), dtype=np.uint8)


@pytest.fixture(scope="module")
def source():
    """A network from random weights, and a gate of what it makes of drawn noise."""
    torch.manual_seed(0)
    with torch.device("meta"):
        empty = build_fine_tuned(ROW, head="light", num_classes=3)
    arrays = {name: 0.03 * torch.randn(each.shape) for name, each in empty.state_dict().items()}
    arrays = {name: tensor.numpy() for name, tensor in arrays.items()}
    network = module_of_arrays(ROW, "light", 3, arrays)
    made = FilmNetwork(ROW, network, "light", "0" * 64)
    _, seen = made.ask(pictures())
    gate = fit_gate(seen[:2], [seen[2:] + 1], seen)
    none = np.zeros(0)
    sample = DriftSample(
        **dict.fromkeys(("scores", "distances", "brightness", "contrast"), none),
        projections=np.zeros((0, 16), np.float32),
        referred=none.astype(bool),
        refused=none.astype(bool),
    )
    known = [("normal", "A"), ("covid19", "")]
    return TriageSource(
        title="Clinic A",
        synthetic=False,
        network=made,
        head="light",
        offset=OFFSET,
        result=study(),
        gate=gate,
        held=reference_arrays(known, sample, projection_matrix(seen.shape[1])),
        sha256="1" * 64,
        pictures=pictures,
    )


@pytest.fixture(scope="module")
def exported(source, tmp_path_factory):
    """The folder, and what was said meanwhile."""
    folder, told = tmp_path_factory.mktemp("export") / "model", []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(triage_export, "source_of", lambda settings, name: source)
        export_model(settings_of(folder), "any", folder, lambda *said: told.append(said))
    return folder, told


def settings_of(folder):
    return Settings.from_environment({"CNN_LAB_HOME": str(folder.parent / "home")})


def seen_views():
    return np.stack([film_view(each, ROW, "0" * 64, 0) for each in pictures()])


def test_all_that_triage_needs_is_in_one_folder(exported, source):
    folder, told = exported
    assert {path.name for path in folder.iterdir()} == {*FILES, DESCRIPTION_FILE}
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    assert told == [*((n, 4, step) for n, step in enumerate(STEPS)), (4, 4, "")]
    model = read_model(folder)
    assert (model.title, model.synthetic, model.row.id) == ("Clinic A", False, "alexnet")
    assert model.known == (("normal", "A"), ("covid19", ""))
    assert model.classes == CLASSES
    assert 0 < model.parity <= 1e-4
    described = json.loads((folder / DESCRIPTION_FILE).read_text())
    assert described["parity"]["films"] == 3
    assert described["source"] == source.sha256


def test_it_answers_as_the_network_does_at_the_prior(exported, source):
    model, views = read_model(exported[0]), seen_views()
    network, randomised = torch_networks(source)
    with torch.inference_mode():
        expected = network(torch.from_numpy(views)).numpy() + OFFSET
        by_chance = randomised(torch.from_numpy(views)).numpy() + OFFSET
    seen = model.ask(views)
    np.testing.assert_allclose(seen.logits, expected, atol=1e-4)
    np.testing.assert_allclose(model.ask_random(views).logits, by_chance, atol=1e-4)
    said, embeddings = source.network.ask(pictures())
    np.testing.assert_allclose(seen.embeddings, embeddings, rtol=1e-5, atol=1e-5)
    assert passed(model.gate, seen.embeddings).tolist() == passed(source.gate, embeddings).tolist()
    raised = np.exp(seen.logits - OFFSET)
    np.testing.assert_allclose(raised / raised.sum(axis=1, keepdims=True), said, atol=1e-6)


def test_another_network_is_refused(exported, source):
    model, (network, randomised) = read_model(exported[0]), torch_networks(source)
    assert compare(model, (network, randomised), OFFSET, seen_views()).films == 3
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.classifier.bias[0] += 3e-4
    for pair, offset in (
        ((other, randomised), OFFSET),
        ((network, other), OFFSET),
        ((network, randomised), OFFSET * np.float32("nan")),
    ):
        with pytest.raises(WeightsError, match="ONNX Runtime answers otherwise than torch"):
            compare(model, pair, offset, seen_views())


def test_only_last_block_and_head_are_at_random_and_always_the_same(source):
    network = torch_networks(source)[0]
    before, state = copy.deepcopy(network.state_dict()), torch.random.get_rng_state()
    first, second = (with_last_block_at_random(network, ROW, 1).state_dict() for _ in range(2))
    assert torch.equal(state, torch.random.get_rng_state())
    parts = stages(network, ROW.id)
    last = {
        id(p) for _, part in (parts[len(BLOCKS[ROW.id]) - 1], parts[-1]) for p in part.parameters()
    }
    for name, parameter in network.named_parameters():
        assert torch.equal(parameter, before[name])
        assert torch.equal(first[name], second[name])
        assert torch.equal(first[name], before[name]) == (id(parameter) not in last)


def test_what_cannot_be_exported_leaves_nothing(source, tmp_path, monkeypatch):
    settings = settings_of(tmp_path / "model")
    hidden = dataclasses.replace(source, head="reference")
    monkeypatch.setattr(triage_export, "source_of", lambda settings, name: hidden)
    with pytest.raises(WeightsError, match="Clinic A has head=reference"):
        export_model(settings, "any", tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "letter.txt").write_text("mine")
    with pytest.raises(StorageError, match="model is there already and is not empty"):
        export_model(settings_of(tmp_path / "model"), "demonstration", tmp_path / "model")
    assert [path.name for path in tmp_path.rglob("*")] == ["model", "letter.txt"]


def test_a_study_that_is_none_is_said(tmp_path):
    with pytest.raises(UnknownNameError):
        export_model(settings_of(tmp_path / "model"), "../other", tmp_path / "model")
