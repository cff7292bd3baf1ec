"""Curves and sanity check against loops and scipy; on real weights, whether the maps hold up."""

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage, stats
from torch import nn

from cnn_core.data.samples import sample_picture
from cnn_core.errors import UnknownNameError
from cnn_core.explain.attribute import attribute
from cnn_core.explain.attribution import heat_map
from cnn_core.explain.faithfulness import blurred, curves, random_order, sanity
from cnn_core.explain.prediction import predict
from cnn_core.models.preprocess import prepare
from cnn_core.models.registry import MODELS, build_model, class_names
from cnn_core.models.weights import load_weights
from cnn_core.results.inspection import METHODS
from tests.explain.slim import picture, slim
from tests.explain.test_ablation import trace, unchanged

SQUEEZENET = MODELS["squeezenet1_1"]
DRAW = np.random.default_rng(6)


class Corner(nn.Module):
    """Class 1 if the top left quarter of the picture has contrast."""

    def forward(self, images):
        corner = images[:, :, : images.shape[2] // 2, : images.shape[3] // 2]
        contrast = corner.flatten(1).std(1)
        return torch.stack([torch.zeros_like(contrast), 8 * contrast - 2], dim=1)


def test_curves_are_those_of_a_loop():
    network, inputs = slim("squeezenet1_1"), picture("squeezenet1_1", height=64, width=56)
    heat = DRAW.permutation(64 * 56).reshape(64, 56).astype(np.float32)
    deletion, insertion = curves(network, inputs, heat, 3, steps=4)
    soft = torch.from_numpy(ndimage.gaussian_filter(inputs[0].numpy(), 56 / 20, axes=(1, 2)))
    for step, share in enumerate((0, 0.25, 0.5, 0.75, 1)):
        first = torch.from_numpy(heat >= 64 * 56 * (1 - share))  # the hottest pixels
        gone, come = inputs.clone(), blurred(inputs)
        gone[0, :, first], come[0, :, first] = soft[:, first], inputs[0, :, first]
        for curve, changed in ((deletion, gone), (insertion, come)):
            assert curve.shares[step] == pytest.approx(share)
            expected = predict(network, changed)[3]
            assert curve.probabilities[step] == pytest.approx(expected, rel=0.01)
    for curve in (deletion, insertion):
        ends, between = curve.probabilities[[0, -1]].sum() / 2, curve.probabilities[1:-1].sum()
        assert curve.area == pytest.approx((ends + between) / 4)
    assert deletion.probabilities[0] == pytest.approx(predict(network, inputs)[3], rel=1e-4)
    np.testing.assert_allclose(
        deletion.probabilities[[0, -1]], insertion.probabilities[[-1, 0]], rtol=1e-4
    )


@pytest.mark.parametrize("shape", [(28, 28), (56, 64)])
def test_the_blur_is_scipys(shape):
    inputs = torch.rand(1, 2, *shape, generator=torch.Generator().manual_seed(7))
    expected = ndimage.gaussian_filter(
        inputs[0].double().numpy(), min(shape) / 20, axes=(1, 2), mode="mirror", truncate=3
    )
    np.testing.assert_allclose(blurred(inputs)[0], expected, atol=1e-6)


def test_a_map_that_is_right_beats_random_and_its_opposite():
    inputs = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(8))
    heat = np.zeros((28, 28), np.float32)
    heat[:14, :14] = 1
    right, wrong, random = (
        curves(Corner(), inputs, order, 1) for order in (heat, -heat, random_order(28, 28))
    )
    assert right[0].area < random[0].area < wrong[0].area
    assert right[1].area > random[1].area > wrong[1].area


def test_a_map_that_says_nothing_is_the_random_order():
    network, inputs = slim("lenet5"), picture("lenet5")
    constant = curves(network, inputs, np.zeros((28, 28), np.float32), 2, seed=3)
    random = curves(network, inputs, random_order(28, 28, seed=3), 2, seed=3)
    for found, expected in zip(constant, random, strict=True):
        assert np.array_equal(found.probabilities, expected.probabilities)
    assert not np.array_equal(random_order(28, 28, seed=3), random_order(28, 28, seed=4))


def test_sanity_is_scipys_spearman():
    first, second = (DRAW.normal(size=(20, 25)).astype(np.float32).round(1) for _ in range(2))
    second += first
    expected = stats.spearmanr(np.abs(first).ravel(), np.abs(second).ravel()).statistic
    assert sanity(first, second) == pytest.approx(expected)
    assert sanity(first, -first) == pytest.approx(1)
    assert sanity(first, np.zeros_like(first)) == 0


def test_sanity_compares_large_maps_by_the_means_of_their_parts():
    coarse = [DRAW.random((28, 28)).astype(np.float32) for _ in range(2)]
    fine = [values.repeat(8, 0).repeat(8, 1) for values in coarse]
    assert sanity(*fine) == pytest.approx(sanity(*coarse))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["lenet5", "lenet5-1998"])
def test_an_attribution_has_everything(name, method):
    network, inputs, done = slim(name), picture(name), []
    other = build_model(name, num_classes=10).eval()
    before, others = trace(network), trace(other)
    found = attribute(network, other, inputs, method, 2, progress=lambda *state: done.append(state))
    heat, layer = heat_map(network, inputs, method, 2)
    assert (found.method, found.target, found.layer) == (method, 2, layer)
    assert np.array_equal(found.heat, heat)
    assert found.signed == (method != "grad-cam")
    assert found.sanity == sanity(heat, heat_map(other, inputs, method, 2, layer)[0])
    ordered, random = (
        (found.deletion, found.insertion),
        (found.deletion_random, found.insertion_random),
    )
    for curve in ordered + random:
        assert len(curve.shares) == len(curve.probabilities) == 25
        assert 0 <= curve.area <= 1
    assert done == sorted(done)
    assert done[-1][0] == done[-1][1]
    assert {total for _, total in done} == {done[-1][1]}
    assert unchanged(network, before)
    assert unchanged(other, others)


def test_an_attribution_of_an_unknown_layer_is_refused():
    network = slim("lenet5")
    with pytest.raises(UnknownNameError, match="conv9"):
        attribute(network, network, picture("lenet5"), "grad-cam", 2, layer="conv9")


@pytest.fixture(scope="module")
def squeezenet(weights_home):
    network = build_model("squeezenet1_1", num_classes=1000).eval().requires_grad_(False)
    load_weights(network, SQUEEZENET, weights_home / "squeezenet1_1-imagenet.safetensors")
    return network


def prepared(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(prepare(pixels, SQUEEZENET).normalised)[None]


def index_of(name: str) -> int:
    return class_names(SQUEEZENET).index(name)


@pytest.mark.parametrize("cat_is_left", [True, False])
def test_each_class_is_found_where_it_is(squeezenet, cat_is_left):
    """A cat and a cup side by side: each map lies on its own half, though the picture is one."""
    pictures = [Image.fromarray(sample_picture(name)) for name in ("cat", "coffee")]
    halves = [np.asarray(picture.resize((112, 224))) for picture in pictures]
    inputs = prepared(np.concatenate(halves if cat_is_left else halves[::-1], axis=1))
    for name, left in (("Egyptian cat", cat_is_left), ("espresso", not cat_is_left)):
        heat, _ = heat_map(squeezenet, inputs, "grad-cam", index_of(name))
        half = heat[:, :112] if left else heat[:, 112:]
        assert half.sum() / heat.sum() > 0.6  # of a map that knows nothing: 0.5


def test_real_reasons_beat_a_random_order_and_random_weights(squeezenet):
    torch.manual_seed(9)
    untrained = build_model("squeezenet1_1", num_classes=1000).eval()
    inputs = prepared(sample_picture("coffee"))
    found = attribute(squeezenet, untrained, inputs, "grad-cam", index_of("espresso"))
    assert found.deletion.area < found.deletion_random.area
    assert found.insertion.area > found.insertion_random.area + 0.3
    assert abs(found.sanity) < 0.6
