"""What learns and what does not, in every mode; and that a cache changes no number."""

import dataclasses

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional as F  # noqa: N812

from cnn_core.errors import ConfigError
from cnn_core.models.registry import build_model
from cnn_core.results.events import EpochDone, RunFinished, StepsDone
from cnn_core.training import fit as loop
from cnn_core.training import rate_finder, timing
from cnn_core.training.evaluate import Evaluation
from cnn_core.training.examples import CachedViews
from cnn_core.training.fine_tuned import new_fine_tuned_state
from cnn_core.training.fit import fit
from cnn_core.training.objective import minimised
from cnn_core.training.precision import compute_precision
from cnn_core.training.rate_finder import find_rate
from cnn_core.training.state import weights_on_cpu
from tests.training.backbone import ROW, base_tensors, begin, settings


@pytest.fixture(scope="module")
def base():
    return base_tensors()


def losses(events):
    return [loss for event in events if isinstance(event, StepsDone) for loss in event.losses]


def moved(before, after):
    """Names of the blocks of which anything has changed, parameters and buffers alike."""
    names = {name for name in after if not torch.equal(before[name], after[name])}
    return {name.partition(".")[0] for name in names}


def test_a_head_learns_on_frozen_outputs(base):
    config = settings(epochs=6, learning_rate=1e-2)
    state, splits = begin(config, base)
    front = {name: tensor.clone() for name, tensor in state.front.state_dict().items()}
    events = list(fit(state, splits, config))
    assert events[-1].test_accuracy == 1.0
    assert {*state.best_weights} == {"fc.weight", "fc.bias"}
    after = state.front.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in front.items())


@pytest.mark.parametrize("mode", ["frozen", "last-block"])
def test_a_cache_changes_no_number(base, mode):
    config = settings(mode=mode, epochs=2)
    found = []
    for cached in (True, False):
        state, splits = begin(config, base, cached=cached)
        events = list(fit(state, splits, config))
        found.append((losses(events), events[-1].valid_accuracy, state.best_weights))
    assert len(found[0][0]) == 8
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-4)
    assert found[0][1] == found[1][1]
    for name, tensor in found[0][2].items():
        torch.testing.assert_close(found[1][2][name], tensor, rtol=1e-3, atol=1e-5)


def test_only_the_last_block_and_the_head_learn(base):
    config = settings(mode="last-block", epochs=1)
    state, splits = begin(config, base)
    front = {name: tensor.clone() for name, tensor in state.front.state_dict().items()}
    before = weights_on_cpu(state.model)
    list(fit(state, splits, config))
    assert moved(before, weights_on_cpu(state.model)) == {"layer4", "fc"}
    after = state.front.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in front.items())


def test_blocks_wait_for_their_epoch_and_then_learn_slower(base):
    config = settings(mode="all", epochs=3, unfreeze_epochs=1, backbone_rate=0.5)
    state, splits = begin(config, base)
    waiting, before = [], weights_on_cpu(state.model)
    for event in fit(state, splits, config):
        if isinstance(event, EpochDone):
            after = weights_on_cpu(state.model)
            waiting.append(moved(before, after))
            before = after
    assert waiting == [{"fc"}, {"layer4", "fc"}, {"layer3", "layer4", "fc"}]
    rates = {group["lr"] for group in state.optimizer.param_groups}
    assert rates == {1e-3 * 0.5**back for back in range(6)}


def test_everything_learns_from_scratch():
    config = settings(mode="scratch", epochs=1, cache="off")
    state, splits = begin(config, {}, cached=False)
    before = weights_on_cpu(state.model)
    list(fit(state, splits, config))
    changed = moved(before, weights_on_cpu(state.model))
    assert changed == {"conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"}
    rates = {group["lr"] for group in state.optimizer.param_groups}
    assert rates == {config.learning_rate}  # gentler rates are for layers that know something


def test_weights_to_begin_with_are_asked_for(base):
    with pytest.raises(ConfigError, match="no weights of ResNet-18 to begin with"):
        new_fine_tuned_state(ROW, settings(), num_classes=3, base=None, device=torch.device("cpu"))


def test_dropout_is_drawn_from_seed_and_step(base):
    config = settings(head="reference", epochs=1, views=1)
    found = []
    for noise in (1, 2):
        state, splits = begin(config, base)
        torch.manual_seed(noise)
        found.append(losses(fit(state, splits, config)))
    assert state.drops
    assert found[0] == found[1]
    other = dataclasses.replace(config, seed=1)
    state, splits = begin(other, base)
    assert losses(fit(state, splits, other)) != found[0]


def test_a_run_without_test_pictures_finishes(base):
    config = settings(epochs=2)
    state, splits = begin(config, base, test=0)
    last = list(fit(state, splits, config))[-1]
    assert isinstance(last, RunFinished)
    assert (last.status, last.test_accuracy, last.test_size) == ("finished", None, 0)
    assert last.valid_accuracy is not None


def test_patience_ends_a_run_early(base, monkeypatch):
    answers = iter([0.5, 0.7, 0.6, 0.7, 0.9])

    def scripted(model, examples, precision, places):
        return Evaluation(loss=1.0, accuracy=next(answers), correct=1, logits=torch.zeros(9, 3))

    monkeypatch.setattr(loop, "evaluate", scripted)
    config = settings(epochs=9, patience=2)
    state, splits = begin(config, base, test=0)
    last = list(fit(state, splits, config))[-1]
    assert (last.status, last.epoch, last.best_epoch) == ("finished", 4, 2)


def test_balanced_weights_are_sklearns():
    labels = torch.tensor([0] * 7 + [1] * 2 + [3])
    loss = minimised(torch.nn.Linear(1, 4), settings(class_weights="balanced"), labels)
    present = compute_class_weight("balanced", classes=np.array([0, 1, 3]), y=labels.numpy())
    np.testing.assert_allclose(loss.weights[[0, 1, 3]], present, rtol=1e-6)
    outputs = torch.randn(10, 4)
    summed = F.cross_entropy(outputs, labels, weight=loss.weights, reduction="sum")
    assert loss(outputs, labels).item() == pytest.approx(summed.item() / 10, rel=1e-5)


def test_smoothed_labels_are_trained_on_and_not_reported(base):
    config = settings(label_smoothing=0.2, epochs=1)
    smoothed, splits = begin(config, base)
    plain, _ = begin(config, base)
    first = losses(fit(smoothed, splits, config))
    second = losses(fit(plain, splits, dataclasses.replace(config, label_smoothing=0.0)))
    assert first[0] == second[0]
    assert first[1:] != second[1:]
    assert minimised(plain.model, settings(), splits.train.labels) is None


def test_a_network_with_its_own_loss_refuses_another():
    config = settings(label_smoothing=0.1)
    with pytest.raises(ConfigError, match="brings its own loss"):
        minimised(build_model("lenet5-1998"), config, torch.tensor([0, 1]))


def test_the_rate_finder_leaves_everything_as_it_was(base, monkeypatch):
    monkeypatch.setattr(rate_finder, "STEPS", 20)
    config = settings(mode="last-block", rate_finder="on", epochs=1)
    state, splits = begin(config, base)
    before = weights_on_cpu(state.model)
    found = find_rate(state, splits.train, config)
    assert moved(before, weights_on_cpu(state.model)) == set()
    assert not state.optimizer.state
    assert all(parameter.grad is None for parameter in state.model.parameters())
    assert len(found.rates) == len(found.losses) > 10
    assert found.rates == sorted(found.rates)
    assert 1e-6 < found.suggestion < 0.1
    untouched, _ = begin(config, base)
    expected, events = (list(fit(each, splits, config)) for each in (untouched, state))
    assert losses(events) == losses(expected)


def test_bfloat16_comes_back_from_its_bits():
    numbers = torch.randn(4, 2, 6).bfloat16()
    bits = numbers.view(torch.int16).numpy().view(np.uint16)
    examples = CachedViews(features=bits, labels=torch.zeros(4, dtype=torch.int64))
    (batch,) = examples.evaluation_batches()
    assert batch.dtype == torch.float32
    assert torch.equal(batch, numbers[:, 0].float())


def test_mixed_precision_trains_to_nearly_the_same_losses(base, monkeypatch):
    monkeypatch.setattr(timing, "WINDOW_SECONDS", 0.0)
    found = []
    for precision in ("float32", "bfloat16"):
        config = settings(mode="last-block", epochs=1, precision=precision)
        state, splits = begin(config, base)
        found.append(losses(fit(state, splits, config)))
        assert state.precision == compute_precision(precision, torch.device("cpu"))
    assert found[0] != found[1]
    np.testing.assert_allclose(found[0], found[1], rtol=0.1)
