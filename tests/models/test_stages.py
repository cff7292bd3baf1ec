"""Every backbone, cut wherever it may be: the parts are the whole; the front stays as it is."""

import itertools
from functools import partial

import pytest
import torch
from torch import nn

from cnn_core.errors import ConfigError, WeightsError
from cnn_core.models.cuts import BLOCKS, SQUARE, cut_of, front_macs, front_shape
from cnn_core.models.fine_tuning import (
    BACKBONES,
    MADE_FOR_32,
    WITH_HIDDEN_LAYERS,
    assemble,
    build_fine_tuned,
    new_layers,
    validate_fine_tuning,
)
from cnn_core.models.registry import build_model, model_row
from cnn_core.models.stages import front_and_rest, stages

FROZEN_MODES = ("frozen", "last-block")


def drawn(row_id, *, head=False, seed=0):
    """Tensors for the registry's network, drawn so that activations neither die nor explode."""
    with torch.device("meta"):
        wanted = build_model(row_id).state_dict()
    draw = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, tensor in wanted.items():
        replaced = name.startswith(model_row(row_id).head) and not head
        if replaced or name.endswith("num_batches_tracked"):
            continue
        value = torch.randn(tensor.shape, generator=draw)
        if value.dim() > 1:
            value *= (2 / value[0].numel()) ** 0.5
        tensors[name] = 1 + 0.1 * value.abs() if value.dim() == 1 else value
    return tensors


def count(counted, layer, inputs, outputs):
    """Be a hook that appends the layer's multiply-accumulates."""
    counted.append(outputs.numel() * layer.weight[0].numel())


def test_backbones_are_the_registrys():
    assert tuple(BLOCKS) == (*BACKBONES, *MADE_FOR_32)
    assert all(model_row(name).channels == 3 for name in BACKBONES)
    assert all(model_row(name).resize == SQUARE for name in BACKBONES)


@pytest.mark.parametrize("row_id", BACKBONES)
def test_the_stages_in_order_are_the_network(row_id):
    row = model_row(row_id)
    network = assemble(row, head="light", num_classes=5, base=drawn(row_id), seed=0).eval()
    pixels = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = network(pixels)
        maps = pixels
        for _, stage in stages(network, row_id):
            maps = stage(maps)
    assert expected.shape == (2, 5)
    assert not torch.allclose(expected[0], expected[1])
    assert torch.equal(maps, expected)


@pytest.mark.parametrize(("row_id", "mode"), [*itertools.product(BACKBONES, FROZEN_MODES)])
def test_what_crosses_the_cut_is_as_stated(row_id, mode):
    heads = ("light", *(("original",) if row_id in WITH_HIDDEN_LAYERS else ()))
    for head in heads:
        with torch.device("meta"):
            network = build_fine_tuned(model_row(row_id), head=head, num_classes=7)
            front, rest = front_and_rest(network, row_id, mode, head)
            counted = []
            for layer in front.modules():
                if isinstance(layer, nn.Conv2d | nn.Linear):
                    layer.register_forward_hook(partial(count, counted))
            maps = front(torch.empty(1, 3, 224, 224))
            assert rest(maps).shape == (1, 7)
        assert tuple(maps.shape[1:]) == front_shape(row_id, mode, head)
        assert sum(counted) == front_macs(row_id, mode, head)


@pytest.mark.parametrize("row_id", BACKBONES)
@pytest.mark.parametrize("head", ["light", "reference"])
def test_the_rest_has_the_networks_names(row_id, head):
    with torch.device("meta"):
        network = build_fine_tuned(model_row(row_id), head=head, num_classes=3)
        whole = {name: id(tensor) for name, tensor in network.named_parameters()}
        _, everything = front_and_rest(network, row_id, "all", head)
        _, some = front_and_rest(network, row_id, "last-block", head)
    assert [*everything.state_dict()] == [*network.state_dict()]
    assert {name: id(tensor) for name, tensor in everything.named_parameters()} == whole
    names = {name for name, _ in some.named_parameters()}
    assert {name for name in whole if name.startswith(new_layers(model_row(row_id), head))} < names
    assert names < {*whole}


def test_the_front_stays_in_evaluation_mode_and_learns_nothing():
    row = model_row("resnet18")
    network = assemble(row, head="light", num_classes=3, base=drawn("resnet18"), seed=0)
    front, rest = front_and_rest(network, "resnet18", "last-block", "light")
    before = {name: tensor.clone() for name, tensor in front.state_dict().items()}
    front.train()
    rest.train()
    rest(front(torch.randn(4, 3, 64, 64))).sum().backward()
    assert all(torch.equal(tensor, before[name]) for name, tensor in front.state_dict().items())
    assert not any(module.training for module in front.modules())
    assert not any(parameter.requires_grad for parameter in front.parameters())
    assert all(parameter.grad is not None for parameter in rest.parameters())


def test_an_embedding_is_the_same_whatever_learns():
    row = model_row("resnet18")
    network = assemble(row, head="light", num_classes=3, base=drawn("resnet18"), seed=0).eval()
    pixels = torch.randn(2, 3, 64, 64)
    found = []
    with torch.inference_mode():
        for mode in ("frozen", "last-block", "all"):
            front, rest = front_and_rest(network, "resnet18", mode, "light")
            logits, embedding = rest.with_embeddings(front(pixels))
            assert torch.equal(logits, network(pixels))
            found.append(embedding)
    assert found[0].shape == (2, 512)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_new_layers_are_drawn_from_the_seed_alone():
    row, base = model_row("resnet18"), drawn("resnet18")
    first, again, other = (
        assemble(row, head="reference", num_classes=3, base=base, seed=seed).state_dict()
        for seed in (1, 1, 2)
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert {name for name in first if not torch.equal(first[name], other[name])} == {
        name for name in first if name.startswith("fc.")
    }
    assert torch.equal(first["layer4.1.conv2.weight"], base["layer4.1.conv2.weight"])


def test_what_a_run_trained_counts_before_the_base():
    row, base = model_row("resnet18"), drawn("resnet18")
    own = {"fc.weight": torch.ones(3, 512), "fc.bias": torch.zeros(3)}
    network = assemble(row, head="light", num_classes=3, base=base, own=own)
    assert torch.equal(network.fc.weight, own["fc.weight"])
    with pytest.raises(WeightsError, match=r"fc.weight is missing"):
        assemble(row, head="light", num_classes=3, base=base)
    with pytest.raises(WeightsError, match=r"fc.weight of shape \(4, 512\), but got \(3, 512\)"):
        assemble(row, head="light", num_classes=4, base=base, own=own)


def test_the_original_head_needs_its_hidden_layers():
    row = model_row("alexnet")
    base = drawn("alexnet", head=True)
    network = assemble(row, head="original", num_classes=3, base=base, seed=0)
    assert torch.equal(network.classifier[1].weight, base["classifier.1.weight"])
    assert network.classifier[6].weight.shape == (3, 4096)
    alone = {name: tensor for name, tensor in base.items() if name.startswith("features")}
    with pytest.raises(WeightsError, match="fc6 and fc7 of AlexNet"):
        assemble(row, head="original", num_classes=3, base=alone, seed=0)


@pytest.mark.parametrize(
    ("row_id", "mode", "head", "said"),
    [
        ("lenet5", "frozen", "light", "LeNet-5 cannot be fine-tuned"),
        ("vgg16", "half", "light", "mode must be one of frozen, last-block, all, scratch"),
        ("vgg16", "frozen", "heavy", "head must be one of light, reference, original"),
        ("googlenet", "frozen", "original", "GoogLeNet has no layers fc6 and fc7"),
    ],
)
def test_what_cannot_be_is_said(row_id, mode, head, said):
    with pytest.raises(ConfigError, match=said):
        validate_fine_tuning(model_row(row_id), mode, head)


def test_the_cut_moves_with_the_mode():
    assert [cut_of("resnet18", mode, "light") for mode in ("frozen", "last-block", "all")] == [
        6,
        4,
        0,
    ]
