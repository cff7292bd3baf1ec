"""The training accuracy, measured as validation is, and the running one, counted as it trains."""

import dataclasses

import numpy as np
import pytest
import torch

from cnn_core.models.registry import model_row
from cnn_core.results.events import EpochDone, StepsDone, event_to_json
from cnn_core.runtime.checkpoints import load_checkpoint, save_checkpoint
from cnn_core.training import step as step_module
from cnn_core.training.evaluate import evaluate
from cnn_core.training.examples import FrontAtEveryStep, PictureSquares
from cnn_core.training.fit import fit
from cnn_core.training.graphs import StepTaker
from cnn_core.training.sample import train_sample
from cnn_core.training.state import weights_on_cpu
from cnn_core.training.step import epoch_order
from cnn_core.training.timing import no_mark
from tests.training.backbone import base_tensors, settings
from tests.training.backbone import begin as begin_fine_tuning
from tests.training.reading import equal, losses_of, of


@pytest.fixture
def sampled(config):
    return dataclasses.replace(config, train_sample=50)


def test_the_sample_is_stratified_and_always_the_same(begin, sampled):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(10), 24))
    chosen = train_sample(labels, 60, seed=3)
    assert np.bincount(labels[chosen]).tolist() == [6] * 10
    np.testing.assert_array_equal(chosen, train_sample(labels, 60, seed=3))
    assert set(chosen) != set(train_sample(labels, 60, seed=4))
    assert len(train_sample(labels, 239, seed=0)) == 239
    assert train_sample(labels, 240, seed=0).tolist() == list(range(240))
    assert train_sample(np.array([7]), 5, seed=0).tolist() == [0]


def test_it_is_scored_as_validation_is(begin, sampled):
    """Against an evaluation of those pictures alone, with the weights after each epoch."""
    state, splits = begin(sampled)
    chosen = torch.from_numpy(train_sample(splits.train.labels.numpy(), 50, sampled.seed))
    part = dataclasses.replace(
        splits.train, images=splits.train.images[chosen], labels=splits.train.labels[chosen]
    )
    for event in fit(state, splits, sampled):
        if isinstance(event, EpochDone):
            expected = evaluate(state.model, part)
            assert event.train_accuracy == expected.accuracy
            assert event.train_sample_loss == pytest.approx(expected.loss, rel=1e-5)
            assert event.train_sample == 50
            assert event.evaluation_seconds > 0


def test_the_running_accuracy_counts_what_was_right_as_it_trained(begin, sampled, monkeypatch):
    right, sizes = [], []
    real = step_module.forward

    def spy(model, pixels, precision):
        outputs = real(model, pixels, precision)
        labels = labels_of.pop(0)
        right.append(int((outputs.argmax(dim=1) == labels).sum()))
        sizes.append(len(labels))
        return outputs

    state, splits = begin(sampled)
    labels_of = [
        splits.train.labels[indices]
        for epoch in range(sampled.epochs)
        for indices in epoch_order(splits.train, sampled, epoch).split(sampled.batch_size)
    ]
    monkeypatch.setattr(step_module, "forward", spy)
    epochs = of(EpochDone, list(fit(state, splits, sampled)))
    for place, event in enumerate(epochs):
        assert event.running_accuracy == sum(right[8 * place : 8 * place + 8]) / 238
    assert sum(sizes) == 3 * 238
    assert epochs[0].running_accuracy < epochs[0].train_accuracy  # it learns while it counts


def test_measuring_changes_nothing_that_is_trained(begin, config, sampled):
    plain, splits = begin(config)
    before = list(fit(plain, splits, config))
    state, splits = begin(sampled)
    after = list(fit(state, splits, sampled))
    assert losses_of(before) == losses_of(after)
    assert equal(weights_on_cpu(plain.model), weights_on_cpu(state.model))
    assert equal(plain.best_weights, state.best_weights)
    assert (before[-1].valid_accuracy, before[-1].test_loss) == (
        after[-1].valid_accuracy,
        after[-1].test_loss,
    )
    for event in of(EpochDone, before):
        assert event.running_accuracy is event.train_accuracy is event.train_sample_loss is None
        assert event.train_sample == 0


def test_without_it_a_step_tells_its_loss_alone(begin, config):
    state, splits = begin(config)
    take = StepTaker(state, splits.train, config, total_steps=24)
    told = take(torch.arange(32), step=1, mark=no_mark)
    assert told.dim() == 0


def test_a_resumed_run_counts_on_where_it_stood(begin, sampled, every_step, tmp_path):
    state, splits = begin(sampled)
    whole = of(EpochDone, list(fit(state, splits, sampled)))
    state, splits = begin(sampled)
    for event in fit(state, splits, sampled):
        state.stop = isinstance(event, StepsDone) and event.step == 12
    assert state.progress.right_sum > 0
    name, digest = save_checkpoint(tmp_path, state)
    again, splits = begin(sampled)
    load_checkpoint(tmp_path / name, digest, again)
    resumed = of(EpochDone, list(fit(again, splits, sampled)))
    measured = ("epoch", "running_accuracy", "train_accuracy", "train_sample_loss", "valid_loss")
    for expected, event in zip(whole[1:], resumed, strict=True):
        assert all(getattr(event, name) == getattr(expected, name) for name in measured)


def test_recorded_steps_count_as_those_that_are_not(begin, sampled):
    state, splits = begin(sampled)
    plain, _ = begin(sampled)
    recorded = StepTaker(
        state, splits.train, sampled, total_steps=24, record=lambda body: lambda: body()
    )
    eager = StepTaker(plain, splits.train, sampled, total_steps=24)
    batches = epoch_order(splits.train, sampled, 0).split(32)
    for step, indices in enumerate(batches, 1):
        told = recorded(indices, step=step, mark=no_mark)
        assert torch.equal(told, eager(indices, step=step, mark=no_mark))
        assert told.shape == (2,)
    assert recorded.replays


def test_the_average_is_what_is_scored(begin, sampled):
    config = dataclasses.replace(sampled, averaging=0.9, train_sample=1_000, epochs=1)
    state, splits = begin(config)
    (event,) = of(EpochDone, list(fit(state, splits, config)))
    expected = evaluate(state.scored, splits.train)
    assert event.train_sample == 238
    assert event.train_accuracy == expected.accuracy
    assert event.train_accuracy != evaluate(state.model, splits.train).accuracy


def test_a_loss_that_is_not_finite_does_not_reach_the_event(begin, sampled, monkeypatch):
    """The validation pictures are well, those of the sample are not: the run goes on."""
    config = dataclasses.replace(sampled, epochs=1)
    state, splits = begin(config)
    broken = torch.nn.CrossEntropyLoss()
    monkeypatch.setattr(
        "cnn_core.training.evaluate.objective",
        lambda model, outputs, labels: (
            broken(outputs, labels) * (1.0 if len(labels) != 50 else float("inf"))
        ),
    )
    (event,) = of(EpochDone, list(fit(state, splits, config)))
    assert event.train_sample_loss is None
    assert 0 <= event.train_accuracy <= 1
    event_to_json(event)


@pytest.mark.parametrize("cached", [True, False])
def test_a_fine_tuned_network_is_scored_on_the_plain_view(cached):
    config = settings(mode="frozen", epochs=2, train_sample=12)
    state, splits = begin_fine_tuning(config, base_tensors(), cached=cached)
    assert isinstance(splits.train, FrontAtEveryStep) != cached
    chosen = torch.from_numpy(train_sample(splits.train.labels.numpy(), 12, config.seed))
    for event in fit(state, splits, config):
        if isinstance(event, EpochDone):
            whole = evaluate(state.model, splits.train)
            right = whole.logits[chosen].argmax(dim=1) == splits.train.labels[chosen]
            assert event.train_accuracy == right.sum().item() / 12
            assert 0 <= event.running_accuracy <= 1


def test_pictures_as_bytes_give_a_part_as_they_give_all():
    row = model_row("resnet18")
    squares = np.random.default_rng(0).integers(0, 256, (5, 256, 256, 3), dtype=np.uint8)
    examples = PictureSquares(
        squares=squares, labels=torch.arange(5), mean=row.mean, std=row.std, size=32
    )
    (whole,) = examples.evaluation_batches()
    (part,) = examples.evaluation_batches(torch.tensor([4, 1]))
    assert torch.equal(part, whole[[4, 1]])
