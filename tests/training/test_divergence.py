"""A run whose numbers are not finite: the step is named, the last finite weights are kept."""

import dataclasses
import math

import pytest
import torch

from cnn_core.results.events import (
    EpochDone,
    event_to_json,
)
from cnn_core.training import fit as loop
from cnn_core.training import leg, timing
from cnn_core.training.evaluate import Evaluation
from cnn_core.training.fit import fit
from cnn_core.training.state import weights_on_cpu
from cnn_core.training.step import epoch_order, train_step
from tests.training.reading import equal, losses_of, of


def diverging(begin, config):
    """By hand: the step whose loss is not finite, and the last finite weights before it."""
    state, splits = begin(config)
    kept, step = weights_on_cpu(state.model), 0
    for epoch in range(config.epochs):
        for indices in epoch_order(splits.train, config, epoch).split(config.batch_size):
            step += 1
            loss = train_step(
                state, splits.train, indices, config, step=step, total_steps=24, mark=lambda: None
            )
            if not math.isfinite(loss.item()):
                return step, kept
            if all(torch.isfinite(tensor).all() for tensor in state.model.state_dict().values()):
                kept = weights_on_cpu(state.model)
    raise AssertionError("this configuration does not diverge")


@pytest.mark.parametrize("rate", [3.0, 1e4, 1e30])
@pytest.mark.parametrize("window", [0.0, 10.0])
def test_a_diverging_run_names_the_step(begin, config, monkeypatch, rate, window):
    monkeypatch.setattr(timing, "WINDOW_SECONDS", window)
    monkeypatch.setattr(leg, "_SNAPSHOT_SHARE", 1e9)  # copies as often as there are windows
    config = dataclasses.replace(config, optimizer="sgd", learning_rate=rate)
    step, kept = diverging(begin, config)
    state, splits = begin(config)
    events = list(fit(state, splits, config))
    last = events[-1]
    assert (last.status, last.step) == ("diverged", step)
    assert state.diverged_at == step
    assert list(losses_of(events)) == list(range(1, step))
    assert all(math.isfinite(loss) for loss in losses_of(events).values())
    weights = weights_on_cpu(state.model)
    assert all(torch.isfinite(tensor).all() for tensor in weights.values())
    if window == 0.0:
        assert equal(weights, kept)
    for event in events:
        event_to_json(event)  # strict: raises where a number is not finite


def test_a_validation_loss_that_is_not_finite_is_a_divergence(begin, config, monkeypatch):
    def broken(model, examples, precision, places):
        nowhere = torch.zeros(2, 10)
        return Evaluation(loss=math.inf, accuracy=0.1, correct=1, logits=nowhere)

    monkeypatch.setattr(loop, "evaluate", broken)
    state, splits = begin(config)
    events = list(fit(state, splits, config))
    assert not of(EpochDone, events)
    last = events[-1]
    assert (last.status, last.step, last.epoch, last.best_epoch) == ("diverged", 8, 0, 0)


def test_weights_that_were_never_finite_do_not_break_the_ending(begin, config):
    state, splits = begin(config)
    with torch.no_grad():
        state.model.fc3.bias.fill_(math.nan)
    assert list(fit(state, splits, config))[-1].status == "diverged"
