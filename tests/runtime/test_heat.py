"""Where a network looked: Grad-CAM without gradients, beside gradients; what its figures say."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from cnn_core.results.films import SIDE
from cnn_core.runtime.heat import CAVEAT, class_map, heat_map, rank_correlation
from cnn_core.runtime.triage_model import Seen, read_model
from cnn_core.xray.zones import zone_mask
from tests.serving.small_model import write_small_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return read_model(write_small_model(tmp_path_factory.mktemp("triage") / "model"))


def seen_as(model, heat):
    """Return a film whose map of the first class is `heat`, float `(h, w)`."""
    head = model.head[0].astype(np.float64)
    maps = (head / (head @ head))[:, None, None] * np.asarray(heat, dtype=np.float64)
    maps = maps.astype(np.float32)[None]
    return Seen(logits=np.zeros((1, 3)), embeddings=maps.mean(axis=(2, 3)), maps=maps)


def shown(model, heat):
    view = np.random.default_rng(0).normal(size=(3, 224, 224)).astype(np.float32)
    return heat_map(model, view, seen_as(model, heat), model.classes[0])


def test_it_is_grad_cam_as_gradients_give_it():
    torch.manual_seed(0)
    head, maps = nn.Linear(6, 3), torch.rand(1, 6, 4, 5, requires_grad=True)
    logits = head(maps.mean(dim=(2, 3)))
    for label in range(3):
        (gradients,) = torch.autograd.grad(logits[0, label], maps, retain_graph=True)
        weights = gradients.mean(dim=(2, 3), keepdim=True) * maps[0, 0].numel()
        expected = (weights * maps).sum(dim=1)[0].detach().numpy()
        found = class_map(maps[0].detach().numpy(), head.weight.detach().numpy(), label)
        np.testing.assert_allclose(found, expected, atol=1e-6)
        bias = float(head.bias[label].detach())
        assert float(found.mean()) + bias == pytest.approx(logits[0, label].item(), abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_rank_correlation_is_scipys_with_ties_too(seed):
    draw = np.random.default_rng(seed)
    first, second = np.maximum(draw.normal(size=(2, 49)), 0).round(1).astype(np.float32)
    expected = spearmanr(first, second).statistic
    assert rank_correlation(first, second) == pytest.approx(expected, abs=1e-9)
    assert rank_correlation(first, first) == pytest.approx(1)
    assert rank_correlation(first, -first) == pytest.approx(-1)


def test_heat_lies_on_the_canonical_picture_and_its_greatest_value_is_one(model):
    heat = np.zeros((7, 7))
    heat[1, 5] = 3.0
    found = shown(model, heat).heat
    assert (found.shape, found.dtype) == ((SIDE, SIDE), np.float32)
    assert (found.min(), found.max()) == (0, 1)
    down, across = np.unravel_index(found.argmax(), found.shape)
    assert abs(down - 1.5 * SIDE / 7) < 5
    assert abs(across - 5.5 * SIDE / 7) < 5


def test_the_share_outside_the_centre_is_that_of_the_zone(model):
    even = shown(model, np.ones((7, 7)))
    assert even.outside == pytest.approx(float(zone_mask("no-centre").mean()), abs=1e-4)
    assert even.outside == pytest.approx(even.outside_even, abs=1e-4)
    inside, corner = np.zeros((7, 7)), np.zeros((7, 7))
    inside[3, 3], corner[0, 0] = 1, 1
    assert shown(model, inside).outside == 0
    assert shown(model, corner).outside > 0.95


def test_what_speaks_against_a_class_is_no_heat(model):
    heat = -np.ones((7, 7))
    heat[3, 3] = 1
    found = shown(model, heat)
    assert found.outside == 0
    assert "0 % of the heat lies outside the central zone (an even map has 50 %" in found.sentence
    empty = shown(model, -np.ones((7, 7)))
    assert not empty.heat.any()
    assert (empty.outside, empty.randomised) == (0, 0)
    assert (
        empty.sentence == f"No place of the film speaks for this class: the map is empty. {CAVEAT}"
    )


def test_a_map_that_random_weights_give_too_is_said_to_show_the_picture(model):
    view = np.random.default_rng(0).normal(size=(3, 224, 224)).astype(np.float32)
    at_random = model.ask_random(view[None])
    kept = class_map(at_random.maps[0], model.random_head, 0)
    assert kept.max() > 0
    same = heat_map(model, view, seen_as(model, kept), model.classes[0])
    assert same.randomised == pytest.approx(1, abs=1e-6)
    assert "shows the picture more than what was learned" in same.sentence
    assert CAVEAT in same.sentence
    other = dataclasses.replace(model, random_head=-model.random_head)
    turned = heat_map(other, view, seen_as(model, kept), model.classes[0])
    assert turned.randomised < 0.5
    assert "depends on what was learned" in turned.sentence


def test_there_is_no_map_of_a_class_that_is_none(model):
    with pytest.raises(ValueError, match="but got 'cat'"):
        heat_map(model, np.zeros((3, 224, 224), np.float32), seen_as(model, np.ones((7, 7))), "cat")
