"""What is said about the layers, against torchvision's own figures and hand-made networks."""

import pytest
import torch
import torchvision
from torch import nn

from cnn_core.explain.activations import capture
from cnn_core.explain.layers import layer_infos
from cnn_core.models.registry import MODELS, build_model
from tests.explain.slim import NAMES, picture, slim


def without_memory(name: str) -> nn.Module:
    """Return the network in its full size; all numbers of a weight are one and the same."""
    with torch.device("meta"):
        network = build_model(name, num_classes=1000)
    for module in network.modules():
        for own in (module._parameters, module._buffers):
            for key, tensor in own.items():
                if tensor is not None:
                    one = torch.zeros((), dtype=tensor.dtype).expand(tensor.shape)
                    own[key] = nn.Parameter(one) if own is module._parameters else one
    return network


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("alexnet", torchvision.models.AlexNet_Weights.IMAGENET1K_V1),
        ("vgg16", torchvision.models.VGG16_Weights.IMAGENET1K_V1),
        ("googlenet", torchvision.models.GoogLeNet_Weights.IMAGENET1K_V1),
        ("resnet18", torchvision.models.ResNet18_Weights.IMAGENET1K_V1),
        ("resnet34", torchvision.models.ResNet34_Weights.IMAGENET1K_V1),
        ("resnet50", torchvision.models.ResNet50_Weights.IMAGENET1K_V1),
        ("squeezenet1_1", torchvision.models.SqueezeNet1_1_Weights.IMAGENET1K_V1),
    ],
)
def test_work_and_parameters_are_torchvisions(name, published):
    row = MODELS[name]
    infos = layer_infos(without_memory(name), (3, 224, 224), row.layers)
    # What torchvision calls GFLOPS are multiply-accumulates.
    assert sum(info.macs for info in infos) / 1e9 == pytest.approx(published.meta["_ops"], abs=6e-4)
    assert sum(info.parameters for info in infos) == row.parameters
    assert [info.name for info in infos if info.of_interest] == list(row.layers)


@pytest.mark.parametrize("name", NAMES)
def test_shapes_are_those_of_a_run(name):
    network, inputs = slim(name), picture(name)
    found: dict[str, tuple[int, ...]] = {}
    for path, module in network.named_modules():
        module.register_forward_hook(
            lambda _module, _inputs, output, path=path: found.update({path: output.shape[1:]})
        )
    network(inputs)
    infos = layer_infos(network, tuple(inputs.shape[1:]), MODELS[name].layers)
    assert {info.name for info in infos} >= set(MODELS[name].layers)
    assert all(found[info.name] == info.shape for info in infos)


def test_lenet_of_1998_counts_as_its_paper_does():
    network = build_model("lenet5-1998", num_classes=10)
    infos = {info.name: info for info in layer_infos(network, (1, 28, 28))}
    # Section II.B: C1 has 156 parameters and 122,304 connections, 156 x 28 x 28 with the biases;
    # C3 has 1,516 and 151,600 (10 x 10 positions); C5 48,120; F6 10,164.
    assert [infos[c].parameters for c in ("c1", "s2", "c3", "s4", "c5", "f6")] == [
        *(156, 12, 1516, 32, 48120, 10164)
    ]
    assert infos["c1"].macs + 6 * 28 * 28 == 122304
    assert infos["c3"].macs + 16 * 10 * 10 == 151600
    assert infos["c5"].macs + 120 == 48120
    assert infos["c3"].kernel == (5, 5)
    assert infos["s2"].stride == (2, 2)
    assert not any(info.relu for info in infos.values())


@pytest.mark.parametrize(
    ("name", "layer", "relu"),
    [
        ("alexnet", "features.0", "features.1"),
        ("alexnet", "features.1", ""),
        ("lenet5", "conv1", "relu"),  # a function behind max pooling
        ("resnet18", "conv1", "relu"),  # a module of that name, behind BatchNorm
        ("resnet18", "layer1.0.conv1", "layer1.0.relu1"),
        ("resnet18", "layer1.0.conv2", ""),  # the ReLU behind the sum is the sum's
        ("googlenet", "conv2.conv", "conv2.relu"),
        ("googlenet", "inception3a", ""),
        ("squeezenet1_1", "classifier.1", "classifier.2"),
        ("efficientnet-lite0", "conv_stem", "bn1.act"),
        ("efficientnet-lite0", "blocks.0.0.conv_pw", ""),  # a linear bottleneck
    ],
)
def test_the_relu_that_follows_is_found(name, layer, relu):
    infos = layer_infos(slim(name), tuple(picture(name).shape[1:]), (layer,))
    assert {info.name: info.relu for info in infos}[layer] == relu


def test_what_runs_twice_counts_twice_and_what_does_nothing_is_left_out():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.Dropout(), nn.Identity())
            self.unused = nn.Conv2d(2, 2, 1)

        def forward(self, maps):
            return self.block(self.block(maps))

    infos = layer_infos(Twice(), (2, 10, 12), ("block",))
    assert [(info.name, info.kind) for info in infos] == [
        ("block.0", "Conv2d"),
        ("block", "Sequential"),
    ]
    assert infos[0].macs == 2 * 2 * 2 * 9 * 120
    assert infos[0].receptive_field == (3, 3)
    assert [info.of_interest for info in infos] == [False, True]


def test_the_network_is_left_alone():
    network = slim("efficientnet-lite0").train().requires_grad_(True)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with capture(network, ["conv_stem"]) as outputs:
        layer_infos(network, (3, 64, 64))
    assert not outputs  # it was a twin that ran, without hooks of the network's
    assert all(module.training for module in network.modules())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
    assert all(p.requires_grad and p.grad is None for p in network.parameters())
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
