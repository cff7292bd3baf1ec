"""Heat maps against captum, hooks written here, loops and finite differences, for every network."""

import copy

import numpy as np
import pytest
import torch
from captum.attr import GuidedBackprop, IntegratedGradients, LayerGradCam
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.explain.attribution import heat_map, pictures_needed
from cnn_core.explain.grad_cam import last_maps_layer
from cnn_core.explain.guided_backpropagation import guided_backpropagation
from cnn_core.explain.integrated_gradients import integrated_gradients
from cnn_core.explain.occlusion import occlusion, window_positions
from cnn_core.explain.prediction import predict
from cnn_core.results.inspection import METHODS
from tests.explain.slim import NAMES, picture, slim
from tests.explain.test_ablation import trace, unchanged

LAST_MAPS = {
    "lenet5": "conv2",
    "lenet5-1998": "c3",
    "alexnet": "features.10",
    "alexnet-2012": "features.12",
    "vgg16": "features.28",
    "googlenet": "inception5b",
    "resnet18": "layer4.1",
    "resnet34": "layer4.2",
    "resnet50": "layer4.2",
    "squeezenet1_1": "classifier.1",
    "efficientnet-lite0": "conv_head",
}


@pytest.fixture(scope="module", params=NAMES)
def case(request):
    """Name, network, picture of a network that never changes, and its most probable class."""
    network, inputs = slim(request.param), picture(request.param, height=72, width=68)
    return request.param, network, inputs, int(network(inputs).argmax())


class InPlace(nn.Module):
    """Writes over its maps as it goes, or does not, and uses ReLUs of every form."""

    def __init__(self, inplace: bool) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.inplace = inplace
        self.first, self.second, self.third = (nn.Conv2d(c, 3, 3) for c in (1, 3, 3))
        self.relu = nn.ReLU(inplace=inplace)

    def forward(self, images):
        maps = self.relu(self.first(images))
        maps = F.relu6(self.second(maps), inplace=self.inplace)
        maps = self.third(maps)
        maps = maps.relu_() if self.inplace else torch.relu(maps)
        return maps.mean(dim=(2, 3))


def close(found, expected, share: float = 1e-4) -> None:
    expected = np.asarray(expected)
    np.testing.assert_allclose(found, expected, rtol=0, atol=share * np.abs(expected).max())
    assert np.abs(expected).max() > 0


def test_grad_cam_is_that_of_hooks_written_here(case):
    name, network, inputs, target = case
    found, layer = heat_map(network, inputs, "grad-cam", target)
    assert layer == LAST_MAPS[name]
    assert found.dtype == np.float32
    assert found.shape == tuple(inputs.shape[2:])

    copied, kept = copy.deepcopy(network), []
    copied.get_submodule(layer).register_forward_hook(lambda _m, _i, out: kept.append(out))
    output = copied(inputs.clone().requires_grad_())[0, target]
    (gradient,) = torch.autograd.grad(output, kept[0])
    maps = kept[0][0].detach().numpy()
    alpha = gradient[0].numpy().mean(axis=(1, 2))
    cam = np.maximum(np.einsum("k,khw->hw", alpha, maps), 0)
    size = tuple(inputs.shape[2:])
    close(found, F.interpolate(torch.from_numpy(cam)[None, None], size, mode="bilinear")[0, 0])


def test_grad_cam_of_an_early_layer_is_captums():
    network, inputs = slim("alexnet"), picture("alexnet")
    found, layer = heat_map(network, inputs, "grad-cam", 7, "features.3")
    copied = copy.deepcopy(network)
    maps = LayerGradCam(copied, copied.features[3]).attribute(
        inputs.clone().requires_grad_(), target=7, relu_attributions=True
    )
    close(found, F.interpolate(maps, tuple(inputs.shape[2:]), mode="bilinear")[0, 0].detach())
    assert layer == "features.3"


def test_guided_backpropagation_is_that_of_module_hooks(case):
    name, network, inputs, target = case
    found, layer = heat_map(network, inputs, "guided-backpropagation", target)
    assert layer == ""
    copied = WithModules(network) if name == "lenet5" else copy.deepcopy(network)
    for module in copied.modules():
        if isinstance(module, nn.ReLU | nn.ReLU6):
            module.inplace = False
            module.register_full_backward_hook(lambda _m, grads, _out: (grads[0].clamp(min=0),))
    given = inputs.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(copied(given)[0, target], given)
    close(found, gradient[0].sum(0))


class WithModules(nn.Module):
    """LeNet-5 with its functional ReLUs as modules."""

    def __init__(self, lenet: nn.Module) -> None:
        super().__init__()
        self.lenet, self.relus = lenet, nn.ModuleList(nn.ReLU() for _ in range(4))

    def forward(self, images):
        maps = self.relus[0](F.max_pool2d(self.lenet.conv1(images), 2))
        maps = self.relus[1](F.max_pool2d(self.lenet.conv2(maps), 2))
        units = self.relus[2](self.lenet.fc1(maps.flatten(1)))
        return self.lenet.fc3(self.relus[3](self.lenet.fc2(units)))


def test_guided_backpropagation_is_captums():
    network, inputs = slim("vgg16"), picture("vgg16")
    found, _ = heat_map(network, inputs, "guided-backpropagation", 3)
    given = inputs.clone().requires_grad_()
    close(found, GuidedBackprop(copy.deepcopy(network)).attribute(given, 3)[0].sum(0).detach())


def test_without_a_relu_it_is_the_gradient_of_finite_differences():
    network, inputs = slim("lenet5-1998").double(), picture("lenet5-1998").double()
    heat = guided_backpropagation(network, inputs, 4)
    step = 1e-5 * torch.randn(inputs.shape, dtype=torch.float64)
    change = network(inputs + step)[0, 4] - network(inputs - step)[0, 4]
    assert (heat * step[0, 0]).sum() * 2 == pytest.approx(change.item(), rel=1e-6)


def test_integrated_gradients_are_captums(case):
    _, network, inputs, target = case
    found = integrated_gradients(network, inputs, target, steps=8).numpy()
    expected = IntegratedGradients(network).attribute(
        inputs, torch.zeros_like(inputs), target, n_steps=8, method="riemann_middle"
    )
    close(found, expected[0].sum(0), share=2e-3)


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "vgg16", "resnet18"])
def test_integrated_gradients_are_complete(name):
    network, inputs = slim(name), picture(name)
    outputs = network(torch.cat([inputs, torch.zeros_like(inputs)]))
    difference = outputs[0] - outputs[1]
    target = int(difference.abs().argmax())
    heat, _ = heat_map(network, inputs, "integrated-gradients", target)
    assert heat.sum() == pytest.approx(difference[target].item(), rel=0.02)


def test_occlusion_is_that_of_a_loop(case):
    _, network, inputs, target = case
    found = occlusion(network, inputs, target, windows=2)
    height, width = (side // 2 for side in inputs.shape[2:])
    whole, falls = predict(network, inputs)[target], {}
    for top in (0, height // 2, height):
        for left in (0, width // 2, width):
            covered = inputs.clone()
            covered[0, :, top : top + height, left : left + width] = 0
            falls[top, left] = whole - predict(network, covered)[target]
    for row, column in ((0, 0), (height // 2, width // 4), (height, width), (-1, 3)):
        row %= inputs.shape[2]
        over = [
            fall
            for (top, left), fall in falls.items()
            if top <= row < top + height and left <= column < left + width
        ]
        assert found[row, column] == pytest.approx(np.mean(over), rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("side", [1, 5, 28, 97, 224, 227])
def test_windows_reach_every_pixel_and_stay_inside(side):
    window, begins = window_positions(side)
    reached = {pixel for begin in begins for pixel in range(begin, begin + window)}
    assert reached == set(range(side))
    assert sorted(set(begins)) == begins


@pytest.mark.parametrize("method", METHODS)
def test_relus_may_work_in_place(method):
    inputs = torch.randn(1, 1, 12, 12, generator=torch.Generator().manual_seed(5))
    found, layer = heat_map(InPlace(True).eval(), inputs, method, 1, progress=None)
    expected, _ = heat_map(InPlace(False).eval(), inputs, method, 1)
    close(found, expected, share=1e-6)
    assert layer == ("third" if method == "grad-cam" else "")


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_the_network_is_left_as_it_was(method, frozen):
    network, inputs = slim("lenet5").requires_grad_(not frozen), picture("lenet5")
    before, given, done = trace(network), inputs.clone(), []
    with torch.inference_mode():  # as a caller may be
        heat, _ = heat_map(network, inputs, method, 2, progress=lambda *state: done.append(state))
    assert unchanged(network, before)
    assert torch.equal(inputs, given)
    assert heat.shape == (28, 28)
    assert done == sorted(done)
    assert done[-1][0] == done[-1][1]
    assert pictures_needed(method, inputs) > 0


@pytest.mark.parametrize(
    ("method", "target", "layer", "error", "words"),
    [
        ("smooth-grad", 0, "", UnknownNameError, "no method named 'smooth-grad'"),
        ("grad-cam", 0, "conv9", UnknownNameError, "no layer named 'conv9'"),
        ("grad-cam", 0, "fc1", ConfigError, "needs a layer with maps"),
        ("grad-cam", 10, "", ConfigError, "classes 0 to 9, but got 10"),
        ("guided-backpropagation", -1, "", ConfigError, "classes 0 to 9, but got -1"),
        ("integrated-gradients", 10, "", ConfigError, "classes 0 to 9, but got 10"),
        ("occlusion", 10, "", ConfigError, "classes 0 to 9, but got 10"),
    ],
)
def test_what_is_not_there_is_refused_and_no_hook_stays(method, target, layer, error, words):
    network = slim("lenet5")
    before = trace(network)
    with pytest.raises(error, match=words):
        heat_map(network, picture("lenet5"), method, target, layer)
    assert unchanged(network, before)


def test_a_network_without_maps_has_no_grad_cam():
    with pytest.raises(ConfigError, match="needs a convolution with maps"):
        last_maps_layer(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), torch.zeros(1, 1, 2, 2))
