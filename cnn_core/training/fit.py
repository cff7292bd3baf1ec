"""The one training loop: a generator of events, for the page, the command line and the tests alike.

`fit` touches no file and no clock but a monotonic one. Whenever it has yielded, `state` is whole
(until `state.diverged_at` is set): it can be saved, and a `fit` on the loaded state goes on bit for
bit (same machine, torch version and thread count). Whoever drives it ends it by setting
`state.stop`; the table of endings is in `results.events`.

Processes of one `World` each drive a `fit` of their own, on equal data and states. Rank 0's events
and state are the run's. Of the others' only what decides how to go on is true (step, epoch, losses,
accuracy, `diverged_at`); their events are to be thrown away.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import torch

from cnn_core.results.config import TrainConfig
from cnn_core.results.events import EpochDone, RunFinished, RunStarted, StepsDone, TrainEvent
from cnn_core.results.metrics import wilson_interval
from cnn_core.training import timing
from cnn_core.training.distributed import ALONE, World, steps_until_due
from cnn_core.training.evaluate import Evaluation, evaluate
from cnn_core.training.graphs import StepTaker
from cnn_core.training.objective import minimised
from cnn_core.training.schedule import learning_rate
from cnn_core.training.state import TrainState, weights_on_cpu
from cnn_core.training.step import epoch_order
from cnn_core.training.tensors import Splits, TrainingExamples
from cnn_core.training.timing import Window
from cnn_core.training.unfreezing import set_learning

Ending = Literal["finished", "stopped", "diverged"]
_SNAPSHOT_SHARE = 0.02  # of the time may go into copies of the last finite weights


class _Leg:
    """What one call of `fit` needs beside the state: sizes, the clock of this leg, its world."""

    def __init__(
        self, state: TrainState, splits: Splits, config: TrainConfig, world: World
    ) -> None:
        self.state, self.splits, self.config = state, splits, config
        self.world = world
        self.window_steps = 1  # in a world of several: how many steps the next window has
        self.steps_per_epoch = math.ceil(len(splits.train) / config.batch_size)
        self.total_steps = self.steps_per_epoch * config.epochs
        self._minimised = minimised(state.model, config, splits.train.labels)
        self._large = state.large
        self.take_step = self._step_taker()
        self.device = splits.train.labels.device
        self._started = time.perf_counter() - state.progress.elapsed_seconds
        self.good_weights = dict(state.best_weights)
        self._snapshot_due = 0.0
        self.keep_finite_weights()

    def _step_taker(self) -> StepTaker:
        return StepTaker(
            self.state,
            self.splits.train,
            self.config,
            total_steps=self.total_steps,
            world=self.world,
            replica=self.world.replica(self.state.model),
            minimised=self._minimised,
        )

    def begin_epoch(self) -> None:
        """Have those blocks learn that do in this epoch."""
        self.state.model.train()
        if set_learning(self.state, self.config, self.state.progress.epoch):
            del self.take_step  # with it goes the replica that averages the old gradients
            self.take_step = self._step_taker()

    def tick(self) -> float:
        """Bring `elapsed_seconds` up to date and return it."""
        self.state.progress.elapsed_seconds = time.perf_counter() - self._started
        return self.state.progress.elapsed_seconds

    def keep_finite_weights(self) -> None:
        """Copy the weights if they are finite and the last copy is long enough ago.

        Of a large network the best weights are kept alone: a copy more might not fit.
        """
        if self._large:
            self.good_weights = self.state.best_weights
            return
        begun = time.perf_counter()
        if begun < self._snapshot_due or not self.world.leads:
            return
        if all(bool(torch.isfinite(p).all()) for p in self.state.model.parameters()):
            self.good_weights = weights_on_cpu(self.state.model)
        spent = time.perf_counter() - begun
        self._snapshot_due = begun + spent / _SNAPSHOT_SHARE

    def is_full(self, window: Window) -> bool:
        """Whether the window ends here: by the clock, which several processes do not share."""
        if self.world.size == 1:
            return window.due()
        return len(window.losses) >= self.window_steps

    def agree(self) -> None:
        """Stop if the driver of any process of the world said so; take equally long windows."""
        stop, self.window_steps = self.world.largest(int(self.state.stop), self.window_steps)
        self.state.stop = bool(stop)


def fit(
    state: TrainState, splits: Splits, config: TrainConfig, world: World = ALONE
) -> Iterator[TrainEvent]:
    """Train from where `state` stands to the end of `config.epochs`; then score the test set, once.

    So do `config.patience` epochs without a better validation. Without test examples: no score.

    Yields:
        RunStarted; StepsDone at most ten times a second; EpochDone after each validation;
        RunFinished.

    Raises:
        ConfigError: class weights or label smoothing for a network that brings its own loss.
        CnnLabError: another process of the world has gone.
    """
    with world.failures_in_words():
        leg = _Leg(state, splits, config, world)
        for event in _course(leg):
            yield event
            if not isinstance(event, RunFinished):
                leg.agree()


def _course(leg: _Leg) -> Iterator[TrainEvent]:
    """The events of `fit`; between two of them `state.stop` is what the world has agreed on."""
    state, splits, config, progress = leg.state, leg.splits, leg.config, leg.state.progress
    yield RunStarted(
        step=progress.step,
        epoch=progress.epoch,
        total_steps=leg.total_steps,
        total_epochs=config.epochs,
        steps_per_epoch=leg.steps_per_epoch,
        train_size=len(splits.train),
        valid_size=len(splits.valid),
        device=str(leg.device),
        threads=torch.get_num_threads(),
        parameters=sum(p.numel() for p in state.model.parameters() if p.requires_grad),
    )
    while progress.epoch < config.epochs and not state.stop:
        if config.patience and progress.epoch - progress.best_epoch >= config.patience:
            break  # early stopping
        yield from _train_epoch(leg)
        if not state.stop and not state.diverged_at:
            yield from _validate(leg)
        if state.diverged_at:
            if leg.good_weights:
                state.model.load_state_dict(leg.good_weights)
            yield _finished(leg, "diverged", step=state.diverged_at)
            return
    yield _finished(leg, "stopped") if state.stop else _test(leg)


def _train_epoch(leg: _Leg) -> Iterator[TrainEvent]:
    """Take the epoch's remaining steps, up to one whose loss is not finite."""
    state, config, progress = leg.state, leg.config, leg.state.progress
    leg.begin_epoch()
    order = epoch_order(leg.splits.train, config, progress.epoch)
    done = progress.step - progress.epoch * leg.steps_per_epoch
    batches = order.split(config.batch_size)[done:]
    window = Window(device=leg.device)
    for taken, indices in enumerate(batches, start=1):
        step = progress.step + len(window.losses) + 1
        window.losses.append(leg.take_step(indices, step=step, mark=window.clock(step)))
        window.counts.append(len(indices))
        if not leg.is_full(window) and taken < len(batches):
            continue
        event = _close(leg, window)
        if not state.diverged_at:
            leg.keep_finite_weights()
        if event.losses:
            yield event
        if state.stop or state.diverged_at:
            return
        window = Window(device=leg.device)


def _close(leg: _Leg, window: Window) -> StepsDone:
    """Count the window's steps, up to one whose loss is not finite (`state.diverged_at`)."""
    progress = leg.state.progress
    losses, seconds = window.close()
    leg.window_steps = steps_until_due(len(losses), seconds, timing.WINDOW_SECONDS)
    losses = leg.world.mean(losses)
    finite = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
    if finite < len(losses):
        leg.state.diverged_at = progress.step + finite + 1
    losses, counts = losses[:finite], window.counts[:finite]
    progress.step += len(losses)
    progress.train_seconds += seconds
    progress.epoch_seconds += seconds
    progress.images_seen += sum(counts)
    for loss, count in zip(losses, counts, strict=True):
        progress.loss_sum += loss * count
    return StepsDone(
        step=progress.step,
        epoch=progress.epoch + 1,
        losses=losses,
        images=sum(counts),
        window_seconds=seconds,
        train_seconds=progress.train_seconds,
        elapsed_seconds=leg.tick(),
        learning_rate=learning_rate(leg.config, progress.step, leg.total_steps),
        split=window.split(),
    )


def _validate(leg: _Leg) -> Iterator[EpochDone]:
    """Complete the epoch, unless the validation loss is not finite (`state.diverged_at`)."""
    state, progress = leg.state, leg.state.progress
    begun = time.perf_counter()
    scores = _scores(leg, leg.splits.valid)
    seconds = time.perf_counter() - begun
    if not math.isfinite(scores.loss):
        state.diverged_at = progress.step
        return
    best = (scores.accuracy, -scores.loss) > (progress.best_accuracy, -progress.best_loss)
    progress.epoch += 1
    if best:
        progress.best_epoch = progress.epoch
        progress.best_accuracy, progress.best_loss = scores.accuracy, scores.loss
        state.best_weights = weights_on_cpu(state.scored)
    event = EpochDone(
        step=progress.step,
        epoch=progress.epoch,
        train_loss=progress.loss_sum / len(leg.splits.train),
        valid_loss=scores.loss,
        valid_accuracy=scores.accuracy,
        epoch_seconds=progress.epoch_seconds,
        evaluation_seconds=seconds,
        train_seconds=progress.train_seconds,
        elapsed_seconds=leg.tick(),
        best=best,
    )
    progress.loss_sum = progress.epoch_seconds = 0.0
    yield event


def _scores(leg: _Leg, examples: TrainingExamples) -> Evaluation:
    """Evaluate on rank 0, while the others wait; they learn what ends a run: loss and accuracy."""
    if leg.world.leads:
        scores = evaluate(leg.state.scored, examples, leg.state.precision)
    else:
        scores = Evaluation(loss=0.0, accuracy=0.0, correct=0, logits=torch.empty(0))
    told = leg.world.from_rank_0
    return replace(scores, loss=told(scores.loss), accuracy=told(scores.accuracy))


def _test(leg: _Leg) -> RunFinished:
    """Score the best epoch's weights on the test set, if there is one: the only look at it."""
    state = leg.state
    state.scored.load_state_dict(state.best_weights)
    if not len(leg.splits.test):
        return _finished(leg, "finished")
    scores = _scores(leg, leg.splits.test)
    state.test_logits = scores.logits
    size = len(leg.splits.test)
    return _finished(
        leg,
        "finished",
        test_accuracy=scores.accuracy,
        test_loss=scores.loss,
        test_interval=list(wilson_interval(scores.correct, size)),
        test_size=size,
    )


def _finished(
    leg: _Leg,
    ending: Ending,
    *,
    step: int | None = None,
    test_accuracy: float | None = None,
    test_loss: float | None = None,
    test_interval: list[float] | None = None,
    test_size: int = 0,
) -> RunFinished:
    progress = leg.state.progress
    return RunFinished(
        step=progress.step if step is None else step,
        epoch=progress.epoch,
        status=ending,
        train_seconds=progress.train_seconds,
        elapsed_seconds=leg.tick(),
        images_per_second=progress.images_seen / max(progress.train_seconds, 1e-9),
        best_epoch=progress.best_epoch,
        valid_accuracy=progress.best_accuracy if progress.best_epoch else None,
        test_accuracy=test_accuracy,
        test_loss=test_loss,
        test_interval=test_interval or [],
        test_size=test_size,
    )
