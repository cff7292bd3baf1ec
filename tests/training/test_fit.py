"""The loop: its events, its endings, and what it leaves alone."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch

from cnn_core.data.images import fingerprint
from cnn_core.models.registry import model_row
from cnn_core.results.events import (
    EpochDone,
    RunFinished,
    RunStarted,
    StepsDone,
    event_from_json,
    event_to_json,
)
from cnn_core.results.metrics import wilson_interval
from cnn_core.training import fit as loop
from cnn_core.training import step as step_module
from cnn_core.training import timing
from cnn_core.training.evaluate import Evaluation, evaluate
from cnn_core.training.fit import fit
from cnn_core.training.state import weights_on_cpu
from cnn_core.training.tensors import to_examples
from tests.training.reading import equal, losses_of, of


def identities(examples):
    """The pictures' own numbers, from their first two pixels."""
    pair = examples.images[:, 0, 0, :2].to(torch.int64)
    return (pair[:, 0] * 256 + pair[:, 1]).tolist()


def leaves(value):
    if isinstance(value, dict):
        return list(itertools.chain.from_iterable(leaves(item) for item in value.values()))
    if isinstance(value, list):
        return list(itertools.chain.from_iterable(map(leaves, value)))
    return [value]


def test_a_finished_run(begin, config):
    state, splits = begin(config)
    events = list(fit(state, splits, config))
    first, *between, last = events
    assert isinstance(first, RunStarted)
    assert isinstance(last, RunFinished)
    kinds = [kind for kind, _ in itertools.groupby(type(event) for event in between)]
    assert kinds == [StepsDone, EpochDone] * config.epochs
    assert (first.step, first.epoch, first.total_steps, first.steps_per_epoch) == (0, 0, 24, 8)
    assert (first.train_size, first.valid_size) == (238, 22)
    assert (first.parameters, first.threads, first.device) == (44_426, 1, "cpu")
    assert (last.status, last.step, last.epoch, last.test_size) == ("finished", 24, 3, 60)
    assert last.test_interval == list(wilson_interval(round(last.test_accuracy * 60), 60))
    assert last.test_accuracy > 0.9  # squares in ten places are learned in three epochs
    assert state.test_logits.shape == (60, 10)


def test_events_are_plain_json(begin, config, every_step):
    state, splits = begin(config)
    for event in fit(state, splits, config):
        values = leaves(dataclasses.asdict(event))
        assert {type(value) for value in values} <= {int, float, str, bool, type(None)}
        assert event_from_json(event_to_json(event)) == event


@pytest.mark.parametrize("seconds", [0.0, 0.004, 10.0])
def test_every_step_is_reported_once_whatever_the_window(begin, config, monkeypatch, seconds):
    state, splits = begin(config)
    reference = losses_of(list(fit(state, splits, config)))
    monkeypatch.setattr(timing, "WINDOW_SECONDS", seconds)
    state, splits = begin(config)
    events = list(fit(state, splits, config))
    assert list(losses_of(events)) == list(range(1, 25))
    assert losses_of(events) == reference
    windows = of(StepsDone, events)
    assert sum(event.images for event in windows) == 3 * 238
    ends = {8, 16, 24}
    assert all(event.window_seconds >= seconds for event in windows if event.step not in ends)
    assert len(windows) == {0.0: 24, 10.0: 3}.get(seconds, len(windows))


def test_epochs_are_counted_from_one_and_seconds_add_up(begin, config, every_step):
    state, splits = begin(config)
    events = list(fit(state, splits, config))
    assert [event.epoch for event in of(StepsDone, events)] == [1] * 8 + [2] * 8 + [3] * 8
    assert [event.epoch for event in of(EpochDone, events)] == [1, 2, 3]
    timed = events[1:]
    assert all(0 < event.train_seconds <= event.elapsed_seconds for event in timed)
    for before, after in itertools.pairwise(timed):
        assert before.train_seconds <= after.train_seconds
        assert before.elapsed_seconds <= after.elapsed_seconds
    epochs = of(EpochDone, events)
    assert sum(event.epoch_seconds for event in epochs) == pytest.approx(timed[-1].train_seconds)
    evaluated = sum(event.evaluation_seconds for event in epochs)
    assert timed[-1].elapsed_seconds >= timed[-1].train_seconds + evaluated
    assert timed[-1].images_per_second == pytest.approx(3 * 238 / timed[-1].train_seconds)


def test_training_loss_of_an_epoch_is_the_mean_over_its_images(begin, config):
    state, splits = begin(config)
    events = list(fit(state, splits, config))
    losses, sizes = losses_of(events), [32] * 7 + [14]
    for event in of(EpochDone, events):
        own = [losses[step] for step in range(event.step - 7, event.step + 1)]
        assert event.train_loss == pytest.approx(np.average(own, weights=sizes))


def test_the_split_of_a_step_is_sampled(begin, config):
    config = dataclasses.replace(config, batch_size=4, epochs=1)  # 60 steps
    state, splits = begin(config)
    windows = of(StepsDone, list(fit(state, splits, config)))
    sampled = 0
    for event in windows:
        steps = range(event.step - len(event.losses) + 1, event.step + 1)
        expected = sum(step % 20 == 11 for step in steps)
        assert (event.split.samples if event.split else 0) == expected
        if event.split:
            split = event.split
            phases = (split.data, split.forward, split.backward, split.optimizer)
            assert min(phases) > 0
            assert sum(phases) * split.samples <= event.window_seconds
            sampled += split.samples
    assert sampled == 3


def test_validation_is_held_out_and_the_test_set_apart(begin, config, pictures):
    _, splits = begin(config)
    train, valid, test = map(identities, (splits.train, splits.valid, splits.test))
    assert sorted(train + valid) == list(range(260))
    assert not set(train) & set(valid)
    assert test == list(range(260, 320))
    assert len(pictures.train) == len(train) + len(valid)


def test_the_test_set_is_looked_at_once_at_the_end(begin, config, monkeypatch):
    seen = []

    def spy(model, examples, precision, places):
        seen.append(examples)
        return evaluate(model, examples, precision, places)

    monkeypatch.setattr(loop, "evaluate", spy)
    state, splits = begin(config)
    list(fit(state, splits, config))
    assert [examples is splits.test for examples in seen] == [False, False, False, True]
    assert all(examples is splits.valid for examples in seen[:3])


@pytest.mark.parametrize(
    ("scores", "flags", "best"),
    [
        ([(0.5, 1.0), (0.9, 1.0), (0.7, 1.0)], [True, True, False], 2),
        ([(0.9, 1.0), (0.9, 1.0), (0.9, 0.5)], [True, False, True], 3),
        ([(0.0, 9.0), (0.0, 9.5), (0.0, 9.1)], [True, False, False], 1),
    ],
)
def test_the_best_epochs_weights_are_tested(begin, config, monkeypatch, scores, flags, best):
    """By accuracy, then by loss; of equals the first."""
    answers, weights = iter([*scores, (0.4, 2.0)]), []

    def scripted(model, examples, precision, places):
        accuracy, loss = next(answers)
        weights.append(weights_on_cpu(model))
        return Evaluation(loss=loss, accuracy=accuracy, correct=1, logits=torch.zeros(2, 10))

    monkeypatch.setattr(loop, "evaluate", scripted)
    state, splits = begin(config)
    events = list(fit(state, splits, config))
    assert [event.best for event in of(EpochDone, events)] == flags
    assert events[-1].best_epoch == best
    assert events[-1].valid_accuracy == scores[best - 1][0]
    assert equal(weights[3], weights[best - 1])
    assert not equal(weights[0], weights[1])
    assert equal(state.best_weights, weights[best - 1])


def stopped_after(state, events, wanted):
    """Drive the loop and ask it to stop after the event for which `wanted` holds."""
    seen = []
    for event in events:
        seen.append(event)
        if wanted(event):
            state.stop = True
    return seen


@pytest.mark.parametrize(
    ("wanted", "step", "epoch"),
    [
        (lambda event: isinstance(event, RunStarted), 0, 0),
        (lambda event: isinstance(event, StepsDone) and event.step == 3, 3, 0),
        (lambda event: isinstance(event, StepsDone) and event.step == 8, 8, 0),
        (lambda event: isinstance(event, EpochDone) and event.epoch == 2, 16, 2),
        (lambda event: isinstance(event, EpochDone) and event.epoch == 3, 24, 3),
    ],
)
def test_a_stopped_run_ends_at_once_without_a_test(begin, config, every_step, wanted, step, epoch):
    state, splits = begin(config)
    events = stopped_after(state, fit(state, splits, config), wanted)
    assert wanted(events[-2])
    last = events[-1]
    assert (last.status, last.step, last.epoch) == ("stopped", step, epoch)
    assert last.test_accuracy is None
    assert last.test_interval == []
    assert state.test_logits is None


def test_a_batch_larger_than_the_set_is_one_step(begin, config):
    config = dataclasses.replace(config, batch_size=8_192, epochs=2)
    state, splits = begin(config)
    events = list(fit(state, splits, config))
    assert [event.step for event in of(StepsDone, events)] == [1, 2]
    assert [event.images for event in of(StepsDone, events)] == [238, 238]


def test_the_network_trains_in_training_mode_and_is_scored_in_evaluation_mode(begin, config):
    state, splits = begin(config)
    modes = []
    state.model.register_forward_pre_hook(
        lambda module, inputs: modes.append((torch.is_grad_enabled(), module.training))
    )
    list(fit(state, splits, config))
    assert set(modes) == {(True, True), (False, False)}


def test_the_data_set_is_neither_changed_nor_aliased(begin, config, pictures):
    config = dataclasses.replace(config, shift=2, rotation=10.0, epochs=1)
    state, splits = begin(config)
    list(fit(state, splits, config))
    assert fingerprint(pictures.train, pictures.test) == pictures.fingerprint
    for part in (splits.train, splits.valid, splits.test):
        for tensor in (part.images, part.labels):
            for images in (pictures.train, pictures.test):
                for array in (images.images, images.labels):
                    assert not np.shares_memory(tensor.numpy(), array)


def test_reading_only_memory_is_enough(begin, config, pictures):
    """Arrays read from a file are often locked; torch would warn of them."""
    locked = dataclasses.replace(
        pictures.test, images=pictures.test.images.copy(), labels=pictures.test.labels.copy()
    )
    locked.images.setflags(write=False)
    locked.labels.setflags(write=False)
    _, splits = begin(config)
    examples = to_examples(locked, model_row("lenet5"), torch.device("cpu"))
    assert torch.equal(examples.images, splits.test.images)


def test_the_same_seed_gives_the_same_run_and_another_another(begin, config):
    runs = []
    for seed in (0, 0, 1):
        seeded = dataclasses.replace(config, seed=seed, epochs=1)
        state, splits = begin(seeded)
        runs.append(losses_of(list(fit(state, splits, seeded))))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_averaging_keeps_the_running_mean_of_the_weights(begin, config, monkeypatch):
    """Against the recursion written out: after each step, 0.75 of the past and 0.25 of the new."""
    config = dataclasses.replace(config, epochs=1, averaging=0.75)
    state, splits = begin(config)
    trail = []
    real = step_module.learning_rate

    def spy(*arguments):
        trail.append(weights_on_cpu(state.model)["fc3.bias"])  # as the step finds them
        return real(*arguments)

    monkeypatch.setattr(step_module, "learning_rate", spy)
    scored = []
    monkeypatch.setattr(loop, "evaluate", _recording(loop.evaluate, scored))
    list(fit(state, splits, config))
    trail.append(weights_on_cpu(state.model)["fc3.bias"])
    expected = trail[1]  # torch begins the average with the weights after the first step
    for weights in trail[2:]:
        expected = 0.75 * expected + 0.25 * weights
    assert len(trail) > 3
    torch.testing.assert_close(state.scored.fc3.bias.detach(), expected)
    assert not torch.equal(state.scored.fc3.bias, state.model.fc3.bias)
    assert [network is state.scored for network in scored] == [True, True]
    assert torch.equal(state.best_weights["fc3.bias"], state.scored.fc3.bias)


def test_without_averaging_the_network_itself_is_scored(begin, config):
    state, _ = begin(config)
    assert state.scored is state.model


def _recording(evaluate, seen):
    def recorded(network, examples, precision, places):
        seen.append(network)
        return evaluate(network, examples, precision, places)

    return recorded
