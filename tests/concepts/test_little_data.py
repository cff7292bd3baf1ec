"""The experiment of little data: its plan, its draws, its networks and its trials."""

import dataclasses
import functools
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from cnn_core.concepts.little_data import learners, networks, trials
from cnn_core.concepts.little_data.pictures import LittleData, divided
from cnn_core.concepts.little_data.settings import (
    ALL,
    ARMS,
    EVERY,
    FROZEN,
    IN_IMAGENET,
    LAST_BLOCK,
    RANDOM,
    SCRATCH,
    SLOW,
    SMALL,
    LittleDataSettings,
)
from cnn_core.concepts.little_data.sizes import CLASSIFIER, FEATURES, head_parameters
from cnn_core.concepts.registry import find_experiment
from cnn_core.concepts.settings import from_text, to_text, validated
from cnn_core.concepts.training import trained
from cnn_core.errors import DataError
from cnn_core.models.registry import build_model

EXPERIMENT = find_experiment("little-data")
CPU = torch.device("cpu")
TINY = LittleDataSettings(
    seeds=1, slow_seeds=1, images=("5", "50", EVERY), slow_images=("5",), side=64, steps=2,
    small_steps=1, judged=4,
)  # fmt: skip


def made(each=14, classes=("daisy", "roses"), clusters=None, synthetic=False):
    """Return little pictures: bright on the left in one class, on the right in the other."""
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(len(classes)), each)
    images = rng.integers(0, 100, (len(labels), 64, 64, 3)).astype(np.uint8)
    for place, label in enumerate(labels):
        images[place, :, 32 * label : 32 * label + 32] += 120
    return LittleData(
        info=SimpleNamespace(),
        labels=labels,
        classes=classes,
        clusters=np.arange(len(labels)) if clusters is None else clusters,
        synthetic=synthetic,
        load=lambda: images,
        base=_base,
    )


@functools.cache
def _base():
    torch.manual_seed(0)
    return build_model("efficientnet-lite0").state_dict()


@pytest.fixture(scope="module")
def prepared():
    return trials.prepare(TINY, made(), CPU)


def ran(prepared, arm, condition="5", settings=TINY):
    planned = next(
        each for each in EXPERIMENT.plan(settings) if (each.arm, each.condition) == (arm, condition)
    )
    seen, running = [], trials.run_trial(planned, settings, prepared)
    while True:
        try:
            seen.append(next(running))
        except StopIteration as end:
            return seen, end.value


def test_every_preset_is_valid_and_survives_its_text():
    for preset in EXPERIMENT.presets.values():
        assert from_text(LittleDataSettings, to_text(validated(preset))) == preset


def test_frozen_features_have_all_seeds_and_slow_arms_fewer():
    settings = LittleDataSettings(seeds=4, slow_seeds=2, slow_images=("5", EVERY))
    plan = EXPERIMENT.plan(settings)
    count = {
        (arm, size): sum((p.arm, p.condition) == (arm, size) for p in plan)
        for arm in ARMS
        for size in settings.images
    }
    assert all(count[FROZEN, size] == 4 for size in settings.images)
    assert count[RANDOM, "5"] == count[LAST_BLOCK, "5"] == 4
    assert count[RANDOM, EVERY] == 2
    for arm in SLOW:
        assert [count[arm, size] for size in settings.images] == [2, 0, 0, 0, 2]
    assert [each.seed for each in plan] == sorted(each.seed for each in plan)


def test_held_out_pictures_are_learned_from_by_nobody():
    clusters = np.arange(28)
    clusters[[1, 15]] = 0  # near-duplicates of picture 0, one in the other class
    data = made(clusters=clusters)
    for seed in range(12):
        parts = divided(data, 4, seed)
        learned = parts.train(parts.largest)
        assert not set(data.clusters[parts.judged]) & set(data.clusters[learned])
        assert np.bincount(data.labels[parts.judged]).tolist() == [4, 4]
        assert set(parts.train(3)) < set(parts.train(5)) <= set(learned)
        assert len(set(learned)) == len(learned)


def test_at_most_a_third_is_held_out_and_too_few_are_refused():
    assert len(divided(made(each=9), 50, 0).judged) == 6
    with pytest.raises(DataError, match="'daisy' has 5"):
        divided(made(each=5), 50, 0)
    with pytest.raises(DataError, match="near-duplicates"):
        divided(made(each=6, clusters=np.repeat([0, 1], 6)), 50, 0)


def test_daisy_is_one_of_imagenets_and_the_other_flowers_are_not():
    flowers = ("daisy", "dandelion", "roses", "sunflowers", "tulips")
    found = trials.in_imagenet(flowers)
    assert tuple(name for name, known in zip(flowers, found, strict=True) if known) == IN_IMAGENET


def test_as_many_weights_learn_as_the_page_says():
    with torch.device("meta"):
        whole = build_model("efficientnet-lite0")
    assert sum(each.numel() for each in whole.classifier.parameters()) == CLASSIFIER
    assert head_parameters(2) == FEATURES * 2 + 2


@pytest.mark.parametrize("arm", [FROZEN, RANDOM, LAST_BLOCK, SMALL])
def test_a_trial_tells_its_figures_and_only_what_learns_changes(arm, prepared):
    before = {name: tensor.clone() for name, tensor in prepared.base.items()}
    seen, figures = ran(prepared, arm)
    assert seen[-1].at == seen[-1].of
    assert 0 <= figures["accuracy"] <= 1
    assert 0 <= figures["elsewhere"] <= 1
    assert figures["pictures"] == 10
    assert figures["judged"] == 8
    assert figures["classes"] == 2
    assert figures["imagenet"] == 1
    assert figures["synthetic"] == 0
    assert figures["diverged"] == 0
    assert figures["seconds"] > 0
    if arm in (FROZEN, RANDOM):
        assert figures["parameters"] == head_parameters(2)
    assert all(torch.equal(before[name], tensor) for name, tensor in prepared.base.items())


def test_all_of_the_network_learns_from_trained_or_from_random_weights(prepared):
    train = np.arange(4)
    learner = {arm: learners.learner_of(arm, 0, prepared, train, train) for arm in (ALL, SCRATCH)}
    counts = {sum(each.numel() for each in one.network.parameters()) for one in learner.values()}
    assert counts == {4_652_008 - CLASSIFIER + head_parameters(2)}
    own = dict(learner[ALL].network.named_parameters())
    assert torch.equal(own["conv_stem.weight"], prepared.base["conv_stem.weight"])
    assert own["conv_stem.weight"].data_ptr() != prepared.base["conv_stem.weight"].data_ptr()
    other = dict(learner[SCRATCH].network.named_parameters())
    assert not torch.equal(other["conv_stem.weight"], own["conv_stem.weight"])


def test_features_are_those_of_the_network_cut_either_way(prepared):
    front, _ = networks.trained_network(prepared.base, FROZEN, 2, 0, CPU)
    see = networks.see_by(front, CPU)
    assert np.allclose(see(prepared.images[:3]), prepared.features[FROZEN][:3], atol=1e-5)


def test_the_same_seed_gives_the_same_figures_and_another_draws_other_weights(prepared):
    again = [ran(prepared, arm)[1] for arm in (SMALL, SMALL, RANDOM)]
    del again[0]["seconds"], again[1]["seconds"]
    assert again[0] == again[1]
    first = prepared.features[RANDOM].copy()
    learners.features_of(RANDOM, 7, prepared, np.arange(4))
    other = prepared.features[RANDOM]
    assert not np.allclose(first[:4], other[:4])
    assert not other[4:].any()
    assert ran(prepared, RANDOM)[1]["accuracy"] == again[2]["accuracy"]


def test_weights_are_drawn_without_touching_the_generator_of_the_process(prepared):
    before = torch.random.get_rng_state()
    networks.small_network(2, 3, CPU)
    networks.random_network(SCRATCH, 2, 3, CPU)
    learners.learner_of(FROZEN, 3, prepared, np.arange(4), np.arange(4))
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_training_that_diverged_is_not_judged(prepared, monkeypatch):
    def broken(network, *others):
        torch.nn.init.constant_(network[-1].weight, math.nan)
        return trained(network, *others)

    monkeypatch.setattr(trials, "trained", broken)
    _, figures = ran(prepared, SMALL)
    assert figures["diverged"] == 1
    assert not {"accuracy", "elsewhere"} & set(figures)
    assert figures["seconds"] > 0


def test_more_pictures_than_there_are_is_no_figure(prepared):
    seen, figures = ran(prepared, FROZEN, "50")
    assert not seen
    assert "accuracy" not in figures
    _, every = ran(prepared, FROZEN, EVERY)
    assert every["pictures"] == 20


def test_elsewhere_is_left_out_where_imagenet_has_every_class(prepared):
    known = dataclasses.replace(prepared.data, classes=("daisy", "zebra"))
    _, figures = ran(dataclasses.replace(prepared, data=known), FROZEN)
    assert figures["imagenet"] == 2
    assert "elsewhere" not in figures
