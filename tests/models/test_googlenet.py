"""GoogLeNet's auxiliary heads, and its stems for 32x32, against torchvision and the paper."""

from functools import partial

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import GoogLeNet

from cnn_core.data.datasets import SOURCES
from cnn_core.errors import ConfigError, WeightsError
from cnn_core.models.cifar_rows import CIFAR_ROWS, seeing_cifar
from cnn_core.models.cuts import backbone_macs, backbone_shape, front_macs, front_shape
from cnn_core.models.fine_tuning import (
    MADE_FOR_32,
    assemble,
    build_fine_tuned,
    validate_auxiliary,
    validate_fine_tuning,
)
from cnn_core.models.registry import build_model, class_names, model_row
from cnn_core.models.stages import WithAuxiliary, front_and_rest, main_logits, stages
from cnn_core.models.weights import fitting_tensors, load_weights

TINY = model_row("googlenet-cifar-tiny")
GOOGLENET = model_row("googlenet")
# conv 512 (528) * 128 and its two by the batch norm, 2048 * 1024 + 1024, 1024 * 10 + 10
AUXILIARY_PARAMETERS = 2 * (2 * 128 + 2048 * 1024 + 1024 + 10_250) + (512 + 528) * 128


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # two that wait for each other are slow beside other processes
    yield
    torch.set_num_threads(before)


def pictures(side, count=2):
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def tensors():
    """Those of the tiny network with its auxiliary heads, for 1,000 classes, as if trained."""
    torch.manual_seed(3)
    network = build_model(TINY.id, num_classes=1000, auxiliary=True)
    network.train()
    _, rest = front_and_rest(network, TINY.id, "scratch", "light")
    with torch.no_grad():
        rest(pictures(32, 8))  # so that the statistics are not those of a fresh one
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


@pytest.fixture(scope="module")
def both():
    """Ours and torchvision's GoogLeNet with auxiliary heads and the same weights."""
    torch.manual_seed(0)
    theirs = GoogLeNet(num_classes=10, aux_logits=True, transform_input=True, init_weights=False)
    with torch.device("meta"):
        ours = build_model("googlenet", num_classes=10, auxiliary=True)
    ours.load_state_dict(theirs.state_dict(), assign=True)
    for network in (ours, theirs):
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 0.0  # both may be run in any order
    return ours, theirs


def test_all_three_heads_are_torchvisions(both):
    ours, theirs = both
    _, rest = front_and_rest(ours, "googlenet", "all", "light")
    found = []
    for network in (rest, theirs):
        network.train()
        torch.manual_seed(7)  # dropout of each head, in the order in which they run
        with torch.no_grad():
            found.append(network(pictures(64)))
    mine, published = found
    assert isinstance(mine, WithAuxiliary)
    assert main_logits(mine) is mine.logits
    first, second = mine.auxiliary
    assert torch.allclose(mine.logits, published.logits, rtol=1e-4, atol=1e-5)
    assert torch.allclose(first, published.aux_logits1, rtol=1e-4, atol=1e-5)
    assert torch.allclose(second, published.aux_logits2, rtol=1e-4, atol=1e-5)


def test_evaluation_leaves_the_auxiliary_heads_out(both):
    ours, theirs = both
    _, rest = front_and_rest(ours, "googlenet", "all", "light")
    called = []
    heads = (ours.aux1, ours.aux2)
    handles = [head.register_forward_hook(lambda *_: called.append(1)) for head in heads]
    with torch.inference_mode():
        mine, published = (network.eval()(pictures(64)) for network in (rest, theirs))
        assert torch.equal(mine, ours.eval()(pictures(64)))
        embedded, _ = rest.with_embeddings(pictures(64))
    for handle in handles:
        handle.remove()
    assert torch.allclose(mine, published, rtol=1e-4, atol=1e-5)
    assert torch.equal(embedded, mine)
    assert not called


@pytest.mark.parametrize("row", CIFAR_ROWS, ids=lambda row: row.id)
def test_shapes_work_and_parameters_at_32(row):
    side, wide = (16 if row.id.endswith("-16") else 8), backbone_shape(row.id, 32)[0]
    with torch.device("meta"):
        network, macs, maps = build_model(row.id, num_classes=10).eval(), [], {}
        for name, module in network.named_modules():
            if isinstance(module, nn.Conv2d):
                module.register_forward_hook(partial(count, macs))
            if name.startswith(("maxpool", "inception5b")):
                module.register_forward_hook(partial(keep, maps, name))
        assert network(torch.empty(2, 3, 32, 32)).shape == (2, 10)
    assert sum(macs) == 2 * backbone_macs(row.id, 32)
    assert maps["maxpool2"] == (192 * wide // 1024, side, side)
    assert maps["inception5b"] == (wide, side // 4, side // 4)
    assert sum(parameter.numel() for parameter in network.parameters()) == row.parameters


def count(macs, layer, _inputs, outputs):
    macs.append(outputs.numel() * layer.weight[0].numel())


def keep(maps, name, _layer, _inputs, outputs):
    maps[name] = tuple(outputs.shape[1:])


@pytest.mark.parametrize(
    ("row_id", "own", "heads"),
    [
        ("googlenet", 5_610_154, AUXILIARY_PARAMETERS),
        ("googlenet-cifar", 5_602_474, AUXILIARY_PARAMETERS),
        (TINY.id, 90_450, 70_516),
    ],
)
def test_the_auxiliary_heads_are_counted(row_id, own, heads):
    with torch.device("meta"):
        whole = build_model(row_id, num_classes=10, auxiliary=True)
    named = {name: parameter.numel() for name, parameter in whole.named_parameters()}
    assert sum(size for name, size in named.items() if name.startswith("aux")) == heads
    assert sum(named.values()) == own + heads


def test_the_stages_are_the_network(tensors):
    network = assemble(TINY, head="light", num_classes=10, base=tensors, seed=0).eval()
    maps = pictures(32)
    with torch.inference_mode():
        for _, stage in stages(network, TINY.id):
            maps = stage(maps)
        assert torch.equal(maps, network(pictures(32)))


@pytest.mark.parametrize("auxiliary", [True, False])
def test_a_file_with_auxiliary_heads_fits_with_and_without_them(tensors, tmp_path, auxiliary):
    path = tmp_path / "own.safetensors"
    save_file(tensors, path)
    network = build_model(TINY.id, num_classes=1000, auxiliary=auxiliary)
    found, kind = fitting_tensors(network, TINY, path)
    assert kind == "trained"
    assert found.keys() == network.state_dict().keys()
    load_weights(network, TINY, path)
    assert all(torch.equal(value, tensors[name]) for name, value in network.state_dict().items())


def test_a_file_without_auxiliary_heads_fits_too(tensors, tmp_path):
    path = tmp_path / "plain.safetensors"
    save_file({n: t for n, t in tensors.items() if not n.startswith(TINY.auxiliary)}, path)
    network = build_model(TINY.id, num_classes=1000, auxiliary=True)
    found, _ = fitting_tensors(network, TINY, path)
    drawn = assemble(TINY, head="light", num_classes=5, base=found, seed=1, auxiliary=True)
    assert not any(tensor.is_meta for tensor in drawn.state_dict().values())
    again = assemble(TINY, head="light", num_classes=5, base=found, seed=1, auxiliary=True)
    assert torch.equal(drawn.aux1.fc1.weight, again.aux1.fc1.weight)
    assert drawn.aux1.fc1.weight.abs().sum() > 0


def test_of_the_heads_only_what_depends_on_the_classes_is_drawn_anew(tensors):
    given = {name: tensor.clone() for name, tensor in tensors.items()}
    with_heads, without = (
        assemble(TINY, head="light", num_classes=5, base=given, seed=4, auxiliary=auxiliary)
        for auxiliary in (True, False)
    )
    found = with_heads.state_dict()
    drawn = {name for name in found if found[name].shape != tensors[name].shape}
    assert drawn == {
        f"{head}.{part}" for head in ("fc", "aux1.fc2", "aux2.fc2") for part in ("weight", "bias")
    }
    assert all(torch.equal(found[name], tensors[name]) for name in found.keys() - drawn)
    assert torch.equal(with_heads.fc.weight, without.fc.weight)  # drawn first
    assert not hasattr(without, "aux1")


def test_what_a_run_keeps_is_used_without_its_auxiliary_heads():
    torch.manual_seed(0)
    own = build_fine_tuned(TINY, head="light", num_classes=10, auxiliary=True).state_dict()
    network = assemble(TINY, head="light", num_classes=10, base={}, own=own)
    assert network.state_dict().keys() == {n for n in own if not n.startswith(TINY.auxiliary)}
    lacking = {name: tensor for name, tensor in own.items() if name != "aux1.conv.conv.weight"}
    with pytest.raises(WeightsError, match=r"aux1.conv.conv.weight is missing"):
        assemble(TINY, head="light", num_classes=10, base={}, own=lacking, auxiliary=True)


@pytest.mark.parametrize("row_id", ["googlenet", "resnet18"])
@pytest.mark.parametrize("head", ["light", "reference"])
def test_dropout_comes_before_the_head_and_changes_no_name(row_id, head):
    with torch.device("meta"):
        plain = build_fine_tuned(model_row(row_id), head=head, num_classes=10)
        dropping = build_fine_tuned(model_row(row_id), head=head, num_classes=10, dropout=0.35)
    assert dropping.state_dict().keys() == plain.state_dict().keys()
    parts = dict(stages(dropping, row_id))
    (first, *_) = parts["hidden" if head == "reference" else "head"]
    assert isinstance(first, nn.Dropout)
    assert first.p == 0.35
    own = [each.p for each in plain.modules() if isinstance(each, nn.Dropout)]
    assert 0.35 not in own


def test_the_networks_for_32_are_trained_from_scratch_alone():
    assert tuple(row.id for row in CIFAR_ROWS) == MADE_FOR_32
    validate_fine_tuning(TINY, "scratch", "light")
    for mode in ("frozen", "last-block", "all"):
        with pytest.raises(ConfigError, match=f"expected mode=scratch, but got mode={mode}"):
            validate_fine_tuning(TINY, mode, "light")
    assert front_shape("efficientnet-lite0", "frozen", "light", 96) == (1280,)
    assert front_macs("googlenet", "last-block", "light", 96) == 254_131_200
    with pytest.raises(ConfigError, match="224 or 96 pixels a side, but got 100"):
        front_macs("googlenet", "frozen", "light", 100)


@pytest.mark.parametrize(
    ("row_id", "mode", "said"),
    [
        ("resnet18", "all", "ResNet-18 has no auxiliary heads"),
        ("googlenet", "frozen", "got mode=frozen"),
        ("googlenet", "last-block", "got mode=last-block"),
    ],
)
def test_auxiliary_heads_need_a_googlenet_that_learns_as_a_whole(row_id, mode, said):
    with pytest.raises(ConfigError, match=said):
        validate_auxiliary(model_row(row_id), mode, 0.3)
    validate_auxiliary(model_row(row_id), mode, 0.0)
    if mode == "all":
        with pytest.raises(ConfigError, match=said):
            build_model(row_id, auxiliary=True)


def test_the_classes_are_those_of_the_data():
    assert class_names(TINY) == SOURCES["cifar10"].classes
    assert seeing_cifar(GOOGLENET, 96).mean == TINY.mean
    assert seeing_cifar(TINY, 96) == TINY
