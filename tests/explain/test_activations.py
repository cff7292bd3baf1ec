"""Maps against hooks written here, on a copy that nothing is done to in place."""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.explain.activations import capture, feature_maps
from cnn_core.explain.layers import layer_infos
from cnn_core.models.registry import MODELS
from tests.explain.slim import NAMES, picture, slim


class InPlace(nn.Module):
    """Convolution, BatchNorm, in-place functional ReLU; a sum in place, an in-place ReLU module."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, padding=1)
        self.bn = nn.BatchNorm2d(3)
        self.second = nn.Conv2d(3, 3, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, images):
        maps = F.relu(self.bn(self.conv(images)), inplace=True)
        maps += self.second(maps)
        return self.relu(maps)


@pytest.fixture
def in_place() -> nn.Module:
    torch.manual_seed(3)
    return InPlace().eval()


def every_output(network: nn.Module, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the first output of every module, numbers of its own."""
    network, found = copy.deepcopy(network), {}
    for path, module in network.named_modules():
        module.register_forward_hook(
            lambda _module, _inputs, output, path=path: found.setdefault(path, output.clone())
        )
    with torch.no_grad():
        network(inputs)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_maps_of_every_layer_of_interest_are_what_hooks_see(name):
    network, inputs = slim(name), picture(name)
    found = every_output(network, inputs)
    infos = layer_infos(network, tuple(inputs.shape[1:]), MODELS[name].layers)
    for info in infos:
        if not info.of_interest:
            continue
        maps = feature_maps(network, inputs, info.name)
        output = found[info.name][0]
        assert maps.before.dtype == np.float32
        assert np.array_equal(maps.before, output.numpy())
        if info.relu:  # a module's name, or of a function: LeNet-5's, behind max pooling
            after = found[info.relu][0].numpy() if info.relu in found else maps.before.clip(min=0)
            assert maps.after is not None
            assert np.array_equal(maps.after, after)
        else:
            assert maps.after is None
        if info.kind == "Conv2d":
            assert (maps.before < 0).any(), "overwritten by the ReLU that follows"


def test_an_output_is_kept_before_something_writes_over_it(in_place):
    inputs = torch.randn(1, 1, 6, 6)
    with torch.no_grad():
        conv = in_place.conv(inputs)
        rectified = F.relu(in_place.bn(conv))
        second = in_place.second(rectified)
    for layer, before, after in (
        ("conv", conv, rectified),
        ("bn", in_place.bn(conv), rectified),
        ("second", second, None),
        ("relu", F.relu(second + rectified), None),
    ):
        maps = feature_maps(in_place, inputs, layer)
        assert np.array_equal(maps.before, before[0].detach().numpy()), layer
        assert (maps.after is None) == (after is None), layer
        assert after is None or np.array_equal(maps.after, after[0].numpy())


def test_captured_outputs_are_copies_in_the_graph():
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(inplace=True), nn.Conv2d(3, 2, 1)).eval()
    inputs = torch.randn(2, 1, 6, 6, requires_grad=True)
    with capture(network, ["0", "2"]) as outputs:
        answer = network(inputs)
    assert (outputs["0"] < 0).any()
    assert torch.equal(outputs["2"], answer)
    assert outputs["2"].data_ptr() != answer.data_ptr()
    (gradient,) = torch.autograd.grad(outputs["2"][0].sum(), inputs)
    assert gradient[0].any()
    assert not gradient[1].any()


def test_the_network_runs_no_further_than_it_must():
    network, ran = slim("alexnet"), []
    for path, module in network.named_modules():
        module.register_forward_pre_hook(lambda _module, _inputs, path=path: ran.append(path))
    feature_maps(network, picture("alexnet"), "features.3")
    assert ran[-1] == "features.4"  # the ReLU that follows
    feature_maps(network, picture("alexnet"), "features.4")
    assert ran[-1] == "features.6"  # behind pooling another convolution follows: no ReLU


def test_units_are_maps_of_one_number():
    network = slim("lenet5")
    maps = feature_maps(network, picture("lenet5"), "fc1")
    assert maps.before.shape == (120, 1, 1)
    assert np.array_equal(maps.after, maps.before.clip(min=0))


def test_no_hook_stays_and_nothing_of_the_network_changes(in_place):
    before = {key: value.clone() for key, value in in_place.state_dict().items()}
    feature_maps(in_place, torch.randn(1, 1, 6, 6), "conv")
    with pytest.raises(RuntimeError), capture(in_place, ["conv", "bn"]):
        in_place(torch.randn(1, 2, 6, 6))
    with pytest.raises(RuntimeError, match="channels"):
        feature_maps(in_place, torch.randn(1, 2, 6, 6), "conv")
    with pytest.raises(UnknownNameError), capture(in_place, ["conv", "absent"]):
        pass
    assert not any(module._forward_hooks for module in in_place.modules())
    assert not any(module.training for module in in_place.modules())
    assert all(p.requires_grad and p.grad is None for p in in_place.parameters())
    assert all(torch.equal(before[key], value) for key, value in in_place.state_dict().items())


def test_each_of_many_threads_sees_its_own_picture():
    network = slim("squeezenet1_1")
    pictures = [torch.full((1, 3, 48, 48), float(level)) for level in range(6)]
    layers = ("features.0", "features.6", "classifier.1")
    alone = [feature_maps(network, p, layer) for p in pictures for layer in layers]
    with ThreadPoolExecutor(6) as pool:
        jobs = [(p, layer) for p in pictures for layer in layers]
        together = list(pool.map(lambda job: feature_maps(network, *job), jobs * 3))
    for one, other in zip(alone * 3, together, strict=True):
        assert one.layer == other.layer
        np.testing.assert_allclose(one.before, other.before, atol=1e-5)
        if one.after is not None:
            np.testing.assert_allclose(one.after, other.after, atol=1e-5)
    assert not any(module._forward_hooks for module in network.modules())


def test_what_cannot_be_done_is_said_in_a_sentence(in_place):
    one = torch.randn(1, 1, 6, 6)
    with pytest.raises(UnknownNameError, match="no layer named 'conv9'") as excinfo:
        feature_maps(in_place, one, "conv9")
    assert "conv, bn, second, relu" in excinfo.value.hint
    in_place.aside = nn.Conv2d(1, 1, 1)
    with pytest.raises(UnknownNameError, match="'aside' takes no part"):
        feature_maps(in_place.eval(), one, "aside")
    with pytest.raises(ConfigError, match=r"got \(2, 1, 6, 6\)"):
        feature_maps(in_place, torch.randn(2, 1, 6, 6), "conv")
    with pytest.raises(ConfigError, match="training mode"):
        feature_maps(in_place.train(), one, "conv")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_maps_of_a_network_on_the_gpu_are_those_of_the_cpu():
    network, inputs = slim("resnet18"), picture("resnet18")
    here = feature_maps(network, inputs, "layer2.0")
    there = feature_maps(network.cuda(), inputs.cuda(), "layer2.0")
    np.testing.assert_allclose(here.before, there.before, atol=5e-3)
    shape = tuple(inputs.shape[1:])
    assert layer_infos(network, shape) == layer_infos(network.cpu(), shape)
