"""Files of weights: read, checked and loaded; every bad one is told in a sentence."""

import json
import os
import pickle
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import get_model

from cnn_core.errors import WeightsError
from cnn_core.models.registry import MODELS, build_model, model_row
from cnn_core.models.weights import fitting_tensors, load_weights, weights_state

LENET = model_row("lenet5")
OF_TORCHVISION = [row for row in MODELS.values() if any(source.url for source in row.weights)]


@pytest.fixture
def tensors():
    """A LeNet-5's weights, drawn anew."""
    torch.manual_seed(3)
    return build_model("lenet5").state_dict()


@pytest.fixture
def network():
    torch.manual_seed(4)
    return build_model("lenet5")


class RunsACommand:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def safetensors_bytes(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def filled(tensors, name, value):
    return tensors | {name: torch.full_like(tensors[name], value)}


def without(tensors, prefix):
    return {name: value for name, value in tensors.items() if not name.startswith(prefix)}


def cut(tensors, path, kept):
    save_file(tensors, path)
    path.write_bytes(path.read_bytes()[:kept])


def cut_state_dict(tensors, path):
    torch.save(tensors, path)
    path.write_bytes(path.read_bytes()[:2_000])


BAD_SAFETENSORS = {
    "empty": (lambda t, p: p.write_bytes(b""), "header would be 0 bytes long in a file of 0 bytes"),
    "truncated": (lambda t, p: cut(t, p, 100_000), "it is truncated (expected 178,"),
    "truncated header": (lambda t, p: cut(t, p, 300), "in a file of 300 bytes"),
    "header of 2^40": (
        lambda t, p: p.write_bytes(struct.pack("<Q", 2**40) + b"{}" * 20),
        "header would be 1,099,511,627,776 bytes long in a file of 48 bytes",
    ),
    "no JSON": (lambda t, p: p.write_bytes(safetensors_bytes(b"\xff{{{{")), "header is damaged"),
    "a list": (lambda t, p: p.write_bytes(safetensors_bytes([1])), "header is damaged"),
    "deep": (lambda t, p: p.write_bytes(safetensors_bytes(b"[" * 99_999)), "header is damaged"),
    "no offsets": (
        lambda t, p: p.write_bytes(safetensors_bytes({"conv1.bias": {"shape": [6]}})),
        "header is damaged",
    ),
    "overlapping": (
        lambda t, p: p.write_bytes(
            safetensors_bytes(
                {n: {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} for n in "ab"}, b"1234"
            )
        ),
        "it is damaged",
    ),
    "trailing bytes": (
        lambda t, p: (save_file(t, p), p.write_bytes(p.read_bytes() + b"\0" * 7)),
        "has bytes after its last tensor",
    ),
    "NaN": (
        lambda t, p: save_file(filled(t, "fc1.bias", torch.nan), p),
        "but fc1.bias holds others",
    ),
    "Inf": (
        lambda t, p: save_file(
            filled({n: v.half() for n, v in t.items()}, "conv1.bias", torch.inf), p
        ),
        "expected finite numbers, but conv1.bias holds others",
    ),
    "integers": (
        lambda t, p: save_file(t | {"fc1.bias": t["fc1.bias"].int()}, p),
        "expected fc1.bias of real numbers, but got torch.int32",
    ),
    "another network": (
        lambda t, p: save_file({f"features.{name}": value for name, value in t.items()}, p),
        "got 10 that it does not have ('features.conv1.bias')",
    ),
    "one name more": (
        lambda t, p: save_file(t | {"extra": torch.zeros(2)}, p),
        "got 1 that it does not have ('extra')",
    ),
    "one name less": (
        lambda t, p: save_file(without(t, "conv2.bias"), p),
        "but 1 of 10 are missing ('conv2.bias')",
    ),
    "half a classifier": (lambda t, p: save_file(without(t, "fc2"), p), "but 2 of 10 are missing"),
    "no tensors": (lambda t, p: save_file({}, p), "but 10 of 10 are missing"),
    "another shape": (
        lambda t, p: save_file(t | {"conv1.weight": torch.zeros(6, 3, 5, 5)}, p),
        "expected conv1.weight of shape (6, 1, 5, 5), but got (6, 3, 5, 5)",
    ),
    "another class count": (
        lambda t, p: save_file(
            t | {"fc3.weight": torch.zeros(5, 84), "fc3.bias": torch.zeros(5)}, p
        ),
        "expected 10 classes of LeNet-5, but got 5",
    ),
}
BAD_STATE_DICTS = {
    "empty": (lambda t, p: p.write_bytes(b""), "truncated or damaged"),
    "garbage": (lambda t, p: p.write_bytes(bytes(range(256)) * 9), "damaged"),
    "truncated": (cut_state_dict, "truncated or damaged"),
    "a list": (lambda t, p: torch.save([*t.values()], p), "expected names with tensors, but got a"),
    "a checkpoint": (lambda t, p: torch.save({"model": t}, p), "expected names with tensors"),
    "a whole network": (lambda t, p: torch.save(build_model("lenet5"), p), "more than tensors"),
    "features alone": (
        lambda t, p: torch.save(without(t, "fc"), p),
        "expected all of LeNet-5, but the classifier is missing",
    ),
}
BAD = [
    *((f"{name}.safetensors", *bad) for name, bad in BAD_SAFETENSORS.items()),
    *((f"{name}.pth", *bad) for name, bad in BAD_STATE_DICTS.items()),
]


@pytest.mark.parametrize(("name", "write", "sentence"), BAD, ids=[bad[0] for bad in BAD])
def test_bad_files_are_refused_whole(tmp_path, network, tensors, name, write, sentence):
    before = {key: value.clone() for key, value in network.state_dict().items()}
    path = tmp_path / name
    write(tensors, path)
    with pytest.raises(WeightsError) as caught:
        load_weights(network, LENET, path)
    message = caught.value.message
    assert message.startswith(f"{name} cannot be used: ")
    assert sentence in message
    assert message.endswith(".")
    assert len(message) < 200
    assert "\n" not in message
    assert str(tmp_path) not in message
    assert caught.value.hint
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


@pytest.mark.parametrize("name", ["gone.safetensors", "gone.pth", "notes.txt", "gone"])
def test_a_file_that_is_not_there_or_no_weights(tmp_path, network, name):
    if name == "notes.txt":
        (tmp_path / name).write_text("weights")
    with pytest.raises(WeightsError, match=f"^{name} cannot be used: ") as caught:
        load_weights(network, LENET, tmp_path / name)
    assert ("cannot be read" in caught.value.message) == (name != "notes.txt")


@pytest.mark.parametrize("as_torch", [True, False])
def test_a_pickle_that_runs_a_command_runs_nothing(tmp_path, network, as_torch):
    proof, path = tmp_path / "proof", tmp_path / "weights.pth"
    evil = RunsACommand(f"touch {proof}")
    if as_torch:
        torch.save({"conv1.bias": evil}, path)
    else:
        path.write_bytes(pickle.dumps(evil, protocol=2))
    with pytest.raises(WeightsError, match="damaged or holds more than tensors"):
        load_weights(network, LENET, path)
    assert not proof.exists()
    pickle.loads(pickle.dumps(evil))
    assert proof.exists(), "it would have run"


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt", ".PTH"])
def test_whole_weights(tmp_path, network, tensors, suffix):
    path = tmp_path / f"mine{suffix}"
    (save_file if suffix == ".safetensors" else torch.save)(tensors, path)
    state = load_weights(network, LENET, path)
    assert all(torch.equal(value, tensors[name]) for name, value in network.state_dict().items())
    assert state.kind == "trained"
    assert state.sentence.startswith(f"A file of yours, mine{suffix};")
    assert len(state.sha256) == 64
    assert state == weights_state(LENET, path)


def test_half_precision_becomes_float32_to_the_bit(tmp_path, network, tensors):
    path = tmp_path / "half.safetensors"
    halves = {name: value.half() for name, value in tensors.items()}
    save_file(halves, path)
    load_weights(network, LENET, path)
    for name, value in network.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, halves[name].float())


def test_features_alone_leave_the_classifier_as_it_was(tmp_path, network, tensors):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    path = tmp_path / "features.safetensors"
    save_file(without(tensors, "fc"), path)
    state = load_weights(network, LENET, path)
    assert state.kind == "features"
    assert "convolutions alone" in state.sentence
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name] if name.startswith("fc") else tensors[name])


def test_the_bundled_lenet_is_known_by_its_checksum(tmp_path, network):
    from cnn_core.models.bundled import bundled_lenet5_path

    path = tmp_path / "under-another-name.safetensors"
    path.write_bytes(bundled_lenet5_path().read_bytes())
    state = load_weights(network, LENET, path)
    assert (state.kind, state.sentence) == ("trained", LENET.weights[0].sentence)
    assert state.licence == "CC-BY-4.0"
    assert state.sha256 == LENET.weights[0].sha256


def test_a_changed_file_is_looked_at_again(tmp_path, tensors):
    path = tmp_path / "mine.safetensors"
    save_file(tensors, path)
    first = weights_state(LENET, path)
    save_file(without(tensors, "fc"), path)
    second = weights_state(LENET, path)
    assert (first.kind, second.kind) == ("trained", "features")
    assert first.sha256 != second.sha256


def published_names_and_shapes(name):
    """As torchvision's file has them: GoogLeNet with its auxiliary heads, none with counters."""
    options = {"aux_logits": True, "init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        theirs = get_model(name, weights=None, **options).state_dict()
    return {key: t.shape for key, t in theirs.items() if "num_batches_tracked" not in key}


@pytest.mark.parametrize("row", OF_TORCHVISION, ids=lambda row: row.id)
@pytest.mark.parametrize("part", ["whole", "features"])
def test_files_of_torchvisions_names_and_shapes(tmp_path, row, part):
    with torch.device("meta"):
        network = build_model(row.id)
    value = torch.tensor(0.25)  # every tensor of the file is this number, seen many times
    shapes = published_names_and_shapes(row.id)
    whole = {key: value.expand(shape) for key, shape in shapes.items()}
    path = tmp_path / row.weights[0].filename
    torch.save(whole if part == "whole" else without(whole, row.head), path)
    found, kind = fitting_tensors(network, row, path)
    assert kind == ("trained" if part == "whole" else "features")
    wanted = {key for key in network.state_dict() if "num_batches_tracked" not in key}
    assert set(found) == {key for key in wanted if part == "whole" or not key.startswith(row.head)}
    assert any(key.startswith("aux1.") for key in whole) == (row.id == "googlenet")


def test_a_file_of_torchvisions_name_is_loaded_but_not_taken_for_it(tmp_path):
    row = model_row("squeezenet1_1")
    path = tmp_path / row.weights[0].filename
    value = torch.tensor(0.25)
    shapes = published_names_and_shapes(row.id)
    torch.save({key: value.expand(shape) for key, shape in shapes.items()}, path)
    network = build_model(row.id)
    state = load_weights(network, row, path)
    assert state.sentence.startswith(f"A file of yours, {path.name};")
    assert all((tensor == 0.25).all() for tensor in network.state_dict().values())


def test_messages_name_no_folder(tmp_path):
    missing = Path(tmp_path / "secret" / "gone.safetensors")
    with pytest.raises(WeightsError) as caught:
        weights_state(LENET, missing)
    assert "secret" not in caught.value.message
