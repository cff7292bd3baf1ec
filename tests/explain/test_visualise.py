"""Activation maximisation: it climbs, it can be ended, and it leaves the network as it was."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from cnn_core.errors import ConfigError, UnknownNameError  # noqa: E402
from cnn_core.explain.visualise import visualise_channel  # noqa: E402
from cnn_core.models.bundled import bundled_lenet5_path  # noqa: E402
from cnn_core.models.registry import build_model, model_row  # noqa: E402

COLOUR = {"input_shape": (3, 24, 20), "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


@pytest.fixture(scope="module")
def network():
    """In-place ReLU, batch normalisation, frozen, in evaluation mode: as the cache lends it."""
    torch.manual_seed(0)
    layers = (
        *(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True)),
        *(nn.MaxPool2d(2), nn.Conv2d(8, 6, 3), nn.ReLU(inplace=True), nn.Dropout()),
        *(nn.Flatten(), nn.Linear(480, 10)),
    )
    return nn.Sequential(*layers).eval().requires_grad_(False)


def answer(network, layer, channel, pixels, *, mean, std, **_):
    """What the layer says to a picture of uint8 (H, W, 3): its mean, by a hook of ours."""
    said = []
    handle = network.get_submodule(layer).register_forward_hook(
        lambda module, given, output: said.append(output[:, channel].mean().item())
    )
    values = (pixels.astype(np.float32) / 255 - np.float32(mean)) / np.float32(std)
    with torch.no_grad():
        network(torch.from_numpy(values).permute(2, 0, 1)[None])
    handle.remove()
    return said[0]


@pytest.mark.parametrize(("layer", "channel"), [("0", 3), ("4", 5), ("8", 7)])
def test_it_climbs_far_above_noise_and_the_start(network, layer, channel):
    start = visualise_channel(network, layer, channel, cancelled=lambda: True, **COLOUR)
    found = visualise_channel(network, layer, channel, steps=96, **COLOUR)
    noises = np.random.default_rng(0).integers(0, 256, (50, 24, 20, 3), dtype=np.uint8)
    noise = np.array([answer(network, layer, channel, one, **COLOUR) for one in noises])
    reached = answer(network, layer, channel, found, **COLOUR)
    assert reached > answer(network, layer, channel, start, **COLOUR) + 4 * noise.std()
    assert reached > noise.max() + 4 * noise.std()
    assert found.shape == (24, 20, 3)
    assert found.dtype == np.uint8


def test_lenet5_sees_the_digit_that_it_would_like_to_see():
    from safetensors.torch import load_file

    network = build_model("lenet5", num_classes=10).eval().requires_grad_(False)
    network.load_state_dict(load_file(bundled_lenet5_path()))
    row = model_row("lenet5")
    grey = {"input_shape": (1, 28, 28), "mean": row.mean, "std": row.std}
    for digit in (0, 3):
        pixels = visualise_channel(network, "fc3", digit, steps=48, **grey)
        assert (pixels == pixels[..., :1]).all()
        inputs = torch.tensor(pixels[..., 0] / 255 - row.mean[0], dtype=torch.float32) / row.std[0]
        logits = network(inputs[None, None])[0]
        assert logits.argmax() == digit
        assert logits.softmax(0)[digit] > 0.99


def test_the_seed_decides(network):
    first, again, other = (
        visualise_channel(network, "4", 0, steps=3, seed=seed, **COLOUR) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_the_network_stays_as_it_was(network):
    before = copy.deepcopy(network.state_dict())
    with torch.inference_mode():
        visualise_channel(network, "4", 0, steps=2, **COLOUR)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    for module in network.modules():
        assert not module._forward_hooks
        assert not module.training
    assert all(p.grad is None and not p.requires_grad for p in network.parameters())


def test_it_can_be_cancelled_between_steps_and_tells_how_far_it_is(network):
    told = []
    visualise_channel(
        network,
        "0",
        0,
        steps=9,
        progress=lambda done, steps: told.append((done, steps)),
        cancelled=lambda: len(told) == 3,
        **COLOUR,
    )
    assert told == [(1, 9), (2, 9), (3, 9)]


def test_no_hook_stays_when_the_watcher_raises(network):
    def leave(done, steps):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        visualise_channel(network, "0", 0, steps=2, progress=leave, **COLOUR)
    assert not network[0]._forward_hooks


@pytest.mark.parametrize(
    ("layer", "channel", "more", "error", "message"),
    [
        ("9", 0, {}, UnknownNameError, "no layer named '9'"),
        ("4", 6, {}, ConfigError, "channels 0 to 5, but 6"),
        ("4", -1, {}, ConfigError, "channels 0 to 5, but -1"),
        ("4", 0, {"steps": 0}, ConfigError, "but got 3 channels and 0 steps"),
        ("4", 0, {"input_shape": (4, 8, 8)}, ConfigError, "1 or 3 channels"),
    ],
)
def test_what_there_is_not_is_refused_in_a_sentence(network, layer, channel, more, error, message):
    with pytest.raises(error, match=message):
        visualise_channel(network, layer, channel, **{**COLOUR, "steps": 1, **more})
    assert all(not module._forward_hooks for module in network.modules())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_it_climbs_too(network):
    on_gpu = copy.deepcopy(network).cuda()
    found = visualise_channel(on_gpu, "4", 5, steps=96, **COLOUR)
    start = visualise_channel(network, "4", 5, cancelled=lambda: True, **COLOUR)
    assert answer(network, "4", 5, found, **COLOUR) > answer(network, "4", 5, start, **COLOUR)
