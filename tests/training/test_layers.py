"""A look at the layers against plain arithmetic, and that it leaves everything as it was."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from cnn_core.models.registry import model_row
from cnn_core.results.events import LayersSeen, StepsDone, event_from_json, event_to_json
from cnn_core.results.history import History
from cnn_core.training.fit import fit
from cnn_core.training.graphs import StepTaker
from cnn_core.training.layers import MOST_LOOKS, Look, dead_shares, looks_at
from cnn_core.training.state import new_state, weights_on_cpu
from cnn_core.training.step import epoch_order, load_batch
from cnn_core.training.tensors import split_examples
from cnn_core.training.timing import no_mark
from tests.training.backbone import base_tensors, settings
from tests.training.backbone import begin as begin_fine_tuning
from tests.training.reading import equal, losses_of, of

LENET = ["conv1", "conv2", "fc1", "fc2", "fc3"]


@pytest.fixture(scope="module")
def base():
    return base_tensors()


def named(model, name):
    return dict(model.named_modules())[name]


def test_gradients_and_updates_are_plain_arithmetic(begin, config):
    """Against autograd on a copy of the network, and the weights before and after the step."""
    config = dataclasses.replace(config, watch=1, optimizer="sgd", weight_decay=0.1, epochs=1)
    state, splits = begin(config)
    copy, _ = begin(config)
    order = epoch_order(splits.train, config, 0).split(config.batch_size)
    (first, *_) = of(LayersSeen, list(fit(state, splits, config)))
    pixels, labels, _ = load_batch(splits.train, order[0], config, step=1)
    F.cross_entropy(copy.model.train()(pixels), labels).backward()
    gradients = {name: named(copy.model, name).weight.grad.clone() for name in LENET}
    assert first.layers == LENET
    assert first.gradient_norms == pytest.approx(
        [float(gradients[name].double().norm()) for name in LENET], rel=1e-4
    )
    before = {name: named(copy.model, name).weight.detach().clone() for name in LENET}
    StepTaker(copy, splits.train, config, total_steps=8)(order[0], step=1, mark=no_mark)
    with torch.no_grad():
        expected = [
            float((named(copy.model, name).weight - before[name]).norm() / before[name].norm())
            for name in LENET
        ]
    assert first.update_ratios == pytest.approx(expected, rel=1e-4)
    assert (first.step, first.epoch) == (1, 1)
    assert first.seconds > 0


def test_a_unit_is_dead_if_it_gives_nothing_but_nought(begin, config):
    state, splits = begin(config)
    model = state.model.train()
    with torch.no_grad():
        model.conv1.weight[:2] = 0.0
        model.conv1.bias[:2] = -1.0
        model.fc1.bias[:30] = -1e3
    pixels, _, _ = load_batch(splits.train, torch.arange(32), config, step=1)
    layers = {name: named(model, name) for name in LENET}
    shares = dead_shares(model, layers, pixels, torch.float32)
    assert list(shares) == LENET
    assert shares["conv1"] == pytest.approx(2 / 6)
    with torch.no_grad():
        maps = F.relu(F.max_pool2d(model.conv1(pixels), 2))
        maps = F.relu(F.max_pool2d(model.conv2(maps), 2))
        units = F.relu(model.fc1(maps.flatten(1)))
    assert shares["fc1"] == pytest.approx(float((units == 0).all(dim=0).float().mean()))
    assert shares["fc1"] >= 30 / 120
    assert shares["fc3"] == -1.0  # no ReLU follows the last layer
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())


def test_batch_norm_is_seen_as_in_training_and_dropout_is_not_drawn():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout(0.9),
        nn.Conv2d(4, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2),
    ).train()  # fmt: skip
    net[1].running_mean += 100.0  # by these every unit would be dead
    net[5].bias.data[0] = -50.0
    net[5].eval()  # a block that does not learn yet keeps to its statistics
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    drawn = torch.random.get_rng_state()
    layers = {name: named(net, name) for name in ("0", "4", "8")}
    shares = dead_shares(net, layers, torch.randn(8, 3, 6, 6), torch.float32)
    assert shares == {"0": 0.0, "4": 0.5, "8": -1.0}
    assert equal(net.state_dict(), before)
    assert [net[1].training, net[3].training, net[5].training] == [True, True, False]
    assert [net[1].track_running_stats, net[5].track_running_stats] == [True, True]
    torch.random.set_rng_state(drawn)
    with pytest.raises(RuntimeError, match="channels"):
        dead_shares(net, layers, torch.randn(8, 5, 6, 6), torch.float32)
    assert net[1].training
    assert net[1].track_running_stats
    assert not any(module._forward_hooks for module in net.modules())


@pytest.mark.parametrize("changes", [{}, {"averaging": 0.9, "optimizer": "sgd", "shift": 2}])
def test_a_run_that_is_looked_at_trains_to_the_same_weights(begin, config, changes):
    config = dataclasses.replace(config, **changes)
    plain, splits = begin(config)
    expected = list(fit(plain, splits, config))
    watched = dataclasses.replace(config, watch=3)
    state, splits = begin(watched)
    events = list(fit(state, splits, watched))
    assert losses_of(events) == losses_of(expected)
    assert equal(weights_on_cpu(state.model), weights_on_cpu(plain.model))
    assert equal(state.best_weights, plain.best_weights)
    seen = of(LayersSeen, events)
    assert [event.step for event in seen] == [3, 6, 9, 12, 15, 18, 21, 24]
    assert [event.epoch for event in seen] == [1, 1, 2, 2, 2, 3, 3, 3]
    for place, event in enumerate(events):
        if isinstance(event, LayersSeen):
            told = events[place - 1]
            assert isinstance(told, StepsDone)
            assert told.step == event.step  # so a history knows the step already
            assert event_from_json(event_to_json(event)) == event
    series = History(events).layers()
    assert series.steps.tolist() == [event.step for event in seen]
    assert series.gradient_norms.shape == (8, 5)
    assert np.isnan(series.dead[:, 4]).all()
    assert series.seconds == pytest.approx(sum(event.seconds for event in seen))


@pytest.mark.parametrize("mode", ["last-block", "all"])
def test_a_fine_tuned_network_is_looked_at_and_trains_the_same(base, mode):
    config = settings(mode=mode, epochs=1, unfreeze_epochs=int(mode == "all"), learning_rate=1e-2)
    plain, splits = begin_fine_tuning(config, base, cached=mode != "all")
    expected = losses_of(list(fit(plain, splits, config)))
    watched = dataclasses.replace(config, watch=2, train_sample=9)
    state, splits = begin_fine_tuning(watched, base, cached=mode != "all")
    events = list(fit(state, splits, watched))
    assert losses_of(events) == expected
    assert equal(weights_on_cpu(state.model), weights_on_cpu(plain.model))
    first, second = of(LayersSeen, events)
    by_name = dict(zip(first.layers, first.gradient_norms, strict=True))
    assert by_name["fc"] > 0
    assert by_name["layer4.0.conv1"] > 0 or mode == "all"
    dead = dict(zip(second.layers, second.dead, strict=True))
    assert 0 <= dead["layer4.0.conv1"] <= 1
    assert dead["layer4.0.conv2"] == -1.0  # a sum comes before the ReLU
    if mode == "all":
        waiting = first.layers.index("layer1.0.conv1")
        assert (first.gradient_norms[waiting], first.update_ratios[waiting]) == (0.0, 0.0)


def test_a_step_that_is_looked_at_runs_as_it_is_between_replays(begin, config):
    state, splits = begin(config)
    replays = []
    take = StepTaker(
        state,
        splits.train,
        config,
        total_steps=24,
        record=lambda body: lambda: replays.append(1) or body(),
    )
    for step, indices in enumerate(epoch_order(splits.train, config, 0).split(32)[:7], 1):
        take(indices, step=step, mark=no_mark, eager=step == 6)
    assert len(replays) == 2  # of steps 5 to 7


def test_what_a_look_takes_is_not_training_time(begin, config, monkeypatch):
    state, splits = begin(config)
    monkeypatch.setattr(Look, "finish", _costing(100.0))
    watched = dataclasses.replace(config, watch=8, epochs=1)
    (window, *_) = reversed(of(StepsDone, list(fit(state, splits, watched))))
    assert window.train_seconds < 0


def _costing(seconds):
    def finish(look, *, step, epoch):
        return LayersSeen(
            step=step, epoch=epoch, layers=[], dead=[], gradient_norms=[], update_ratios=[],
            seconds=seconds,
        )  # fmt: skip

    return finish


def test_what_is_not_finite_is_told_as_unknown():
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 2)).train()
    nn.init.zeros_(model[2].weight)
    look = Look(model, torch.ones(4, 3), torch.float32)
    model[0].weight.grad = torch.full((2, 3), float("inf"))
    seen = look.finish(step=1, epoch=1)
    assert seen.gradient_norms == [-1.0, 0.0]
    assert seen.update_ratios == [0.0, -1.0]
    event_to_json(seen)


def test_a_run_is_not_looked_at_more_often_than_can_be_drawn(config):
    often = dataclasses.replace(config, watch=1)
    assert sum(looks_at(often, step, 80_000) for step in range(1, 80_001)) == MOST_LOOKS
    assert not any(looks_at(config, step, 10) for step in range(1, 11))


@pytest.mark.gpu
def test_looks_on_the_gpu_leave_the_graph_and_its_weights_alone(pictures, config):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    found, device = [], torch.device("cuda")
    for watch in (0, 5):
        watched = dataclasses.replace(config, watch=watch, train_sample=50)
        splits = split_examples(
            pictures, model_row("lenet5"), share=config.validation_share, seed=0, device=device
        )
        state = new_state("lenet5", watched, num_classes=10, device=device)
        events = list(fit(state, splits, watched))
        found.append(losses_of(events))
        seen = of(LayersSeen, events)
        assert [event.step for event in seen] == ([5, 10, 15, 20] if watch else [])
        assert all(min(event.gradient_norms) > 0 for event in seen)
    first, second = ([losses[step] for step in sorted(losses)] for losses in found)
    np.testing.assert_allclose(second, first, rtol=1e-3)
