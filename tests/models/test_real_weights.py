"""Real weights: that they classify photos, and that trained first layers look for orientations."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch

from cnn_core.models.preprocess import prepare
from cnn_core.models.registry import build_model, class_names, model_row
from cnn_core.models.weights import fitting_tensors, load_weights

CATS = {"tabby", "tiger cat", "Egyptian cat"}


@pytest.fixture(scope="module")
def lite0_file():
    """The file in the installed package that the app depends on."""
    folder, _, rest = model_row("efficientnet-lite0").weights[0].package.partition("/")
    spec = importlib.util.find_spec(folder)
    return Path(spec.submodule_search_locations[0]) / rest / "efficientnet-lite0-57934424.pth"


def top(name, path, picture, count=1):
    """The names of the most probable classes of a photo, and the first's probability."""
    row = model_row(name)
    network = build_model(name).eval()
    state = load_weights(network, row, path)
    assert (state.kind, state.sentence) == (
        "trained",
        next(s.sentence for s in row.weights if s.filename == path.name),
    )
    with torch.inference_mode():
        inputs = torch.from_numpy(prepare(picture, row).normalised)[None]
        probabilities, classes = network(inputs).softmax(1)[0].topk(count)
    return [class_names(row)[int(index)] for index in classes], float(probabilities[0])


@pytest.mark.parametrize("picture", ["cat", "coffee"])
def test_the_embedded_network_classifies(lite0_file, picture):
    names, first = top("efficientnet-lite0", lite0_file, getattr(skimage.data, picture)(), count=3)
    if picture == "cat":
        assert set(names) == CATS
    else:
        assert names[0] == "espresso"
        assert first > 0.9


def test_every_tensor_of_the_embedded_file_has_its_place(lite0_file):
    row = model_row("efficientnet-lite0")
    with torch.device("meta"):
        network = build_model(row.id)
    tensors, kind = fitting_tensors(network, row, lite0_file)
    assert (set(tensors), len(tensors), kind) == (set(network.state_dict()), 296, "trained")


@pytest.mark.parametrize("picture", ["cat", "coffee"])
def test_squeezenet_classifies(weights_home, picture):
    path = weights_home / "squeezenet1_1-imagenet.safetensors"
    names, _ = top("squeezenet1_1", path, getattr(skimage.data, picture)())
    assert names[0] in (CATS if picture == "cat" else {"espresso"})


def orientation_energy(kernels):
    """How far the spectrum of each kernel (out, in, side, side) lies along one orientation.

    The length of the mean of exp(2 i angle) over the power spectrum: 0 for a kernel that is alike
    in all directions, 1 for a grating (Bigun and Granlund 1987).
    """
    grey = kernels.numpy().astype(np.float64).mean(axis=1)
    grey -= grey.mean(axis=(1, 2), keepdims=True)
    power = np.abs(np.fft.fft2(grey, s=(44, 44))) ** 2
    y, x = np.meshgrid(np.fft.fftfreq(44), np.fft.fftfreq(44), indexing="ij")
    turned = np.exp(2j * np.arctan2(y, x))
    return np.abs((power * turned).sum(axis=(1, 2))) / power.sum(axis=(1, 2))


def test_the_measure_of_orientation():
    y, x = np.mgrid[0:11, 0:11] - 5.0
    grating = np.cos(1.5 * (x * np.cos(0.6) + y * np.sin(0.6)))
    rings = np.cos(1.5 * np.hypot(x, y))
    kernels = torch.tensor(np.stack([grating, rings])[:, None], dtype=torch.float32)
    along, round_ = orientation_energy(kernels)
    assert along > 0.8
    assert round_ < 0.05


def test_the_first_layer_of_2012_is_oriented(weights_home):
    """The trained filters against random ones: by far more of them look for one orientation."""
    row = model_row("alexnet-2012")
    torch.manual_seed(0)
    network = build_model(row.id).eval()
    untrained = network.features[0].weight.detach().clone()
    state = load_weights(network, row, weights_home / row.weights[0].filename)
    assert state.kind == "features"
    trained = network.features[0].weight.detach()
    assert trained.shape == (96, 3, 11, 11)
    before, after = orientation_energy(untrained), orientation_energy(trained)
    assert after.mean() > before.mean() + 0.4
    assert (after > before.max()).sum() >= 80  # of 96


def test_vgg16s_features_of_half_precision(weights_home):
    row = model_row("vgg16")
    with torch.device("meta"):
        network = build_model(row.id)
    tensors, kind = fitting_tensors(network, row, weights_home / row.weights[1].filename)
    assert kind == "features"
    assert {name for name in network.state_dict() if name.startswith("features.")} == set(tensors)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
