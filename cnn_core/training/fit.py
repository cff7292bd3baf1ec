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
from typing import Literal, TypedDict

import torch
from torch import Tensor

from cnn_core.results.auroc import macro_auroc
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import EpochDone, RunFinished, RunStarted, StepsDone, TrainEvent
from cnn_core.results.metrics import wilson_interval
from cnn_core.training import timing
from cnn_core.training.distributed import ALONE, World, steps_until_due
from cnn_core.training.evaluate import Evaluation, evaluate
from cnn_core.training.leg import Leg
from cnn_core.training.schedule import learning_rate
from cnn_core.training.state import TrainState, weights_on_cpu
from cnn_core.training.step import epoch_order
from cnn_core.training.tensors import Splits, TrainingExamples
from cnn_core.training.timing import Window

Ending = Literal["finished", "stopped", "diverged"]


def fit(
    state: TrainState, splits: Splits, config: TrainConfig, world: World = ALONE
) -> Iterator[TrainEvent]:
    """Train from where `state` stands to the end of `config.epochs`; then score the test set, once.

    So do `config.patience` epochs without a better validation. Without test examples: no score.

    Yields:
        RunStarted; StepsDone at most ten times a second; LayersSeen after the StepsDone that ends
        with a step at which the layers were looked at; EpochDone after each validation;
        RunFinished.

    Raises:
        ConfigError: class weights or label smoothing for a network that brings its own loss.
        CnnLabError: another process of the world has gone.
    """
    with world.failures_in_words():
        leg = Leg(state, splits, config, world)
        for event in _course(leg):
            yield event
            if not isinstance(event, RunFinished):
                leg.agree()


def _course(leg: Leg) -> Iterator[TrainEvent]:
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


def _train_epoch(leg: Leg) -> Iterator[TrainEvent]:
    """Take the epoch's remaining steps, up to one whose loss is not finite."""
    state, config, progress = leg.state, leg.config, leg.state.progress
    leg.begin_epoch()
    order = epoch_order(leg.splits.train, config, progress.epoch)
    done = progress.step - progress.epoch * leg.steps_per_epoch
    batches = order.split(config.batch_size)[done:]
    window = Window(device=leg.device)
    for taken, indices in enumerate(batches, start=1):
        step = progress.step + len(window.told) + 1
        look = leg.look(indices, step)
        told = leg.take_step(indices, step=step, mark=window.clock(step), eager=look is not None)
        window.told.append(told)
        window.counts.append(len(indices))
        seen = None
        if look is not None:
            seen = look.finish(step=step, epoch=progress.epoch + 1)
            window.aside += seen.seconds
        if seen is None and not leg.is_full(window) and taken < len(batches):
            continue
        event = _close(leg, window)
        if not state.diverged_at:
            leg.keep_finite_weights()
        if event.losses:
            yield event
        if state.stop or state.diverged_at:
            return
        if seen is not None:
            yield seen
            if state.stop:
                return
        window = Window(device=leg.device)


def _close(leg: Leg, window: Window) -> StepsDone:
    """Count the window's steps, up to one whose loss is not finite (`state.diverged_at`)."""
    progress = leg.state.progress
    losses, rights, seconds = window.close()
    leg.window_steps = steps_until_due(len(losses), seconds, timing.WINDOW_SECONDS)
    told = leg.world.mean([*losses, *rights])
    losses, rights = told[: len(losses)], told[len(losses) :]
    finite = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
    if finite < len(losses):
        leg.state.diverged_at = progress.step + finite + 1
    losses, counts = losses[:finite], window.counts[:finite]
    progress.step += len(losses)
    progress.train_seconds += seconds
    progress.epoch_seconds += seconds
    progress.images_seen += sum(counts)
    progress.right_sum += round(sum(rights[:finite]) * leg.world.size)
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


def _validate(leg: Leg) -> Iterator[EpochDone]:
    """Complete the epoch, unless the validation loss is not finite (`state.diverged_at`)."""
    state, progress = leg.state, leg.state.progress
    begun = time.perf_counter()
    scores = _scores(leg, leg.splits.valid)
    if not math.isfinite(scores.loss):
        state.diverged_at = progress.step
        return
    auroc = _auroc(leg, scores)
    of_training = _of_training(leg)
    seconds = time.perf_counter() - begun
    if auroc is None:
        best = (scores.accuracy, -scores.loss) > (progress.best_accuracy, -progress.best_loss)
    else:
        best = (auroc, -scores.loss) > (progress.best_auroc, -progress.best_loss)
    progress.epoch += 1
    if best:
        progress.best_epoch = progress.epoch
        progress.best_accuracy, progress.best_loss = scores.accuracy, scores.loss
        progress.best_auroc = -1.0 if auroc is None else auroc
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
        valid_auroc=auroc,
        **of_training,
    )
    progress.loss_sum = progress.epoch_seconds = 0.0
    progress.right_sum = 0
    yield event


class _OfTraining(TypedDict, total=False):
    """The fields of EpochDone that say what is measured of the training pictures."""

    running_accuracy: float
    train_accuracy: float
    train_sample_loss: float | None
    train_sample: int


def _of_training(leg: Leg) -> _OfTraining:
    """Score the sample of the training pictures as validation is; nothing where none is asked."""
    if leg.sample is None:
        return {}
    scores = _scores(leg, leg.splits.train, leg.sample)
    return {
        "running_accuracy": leg.state.progress.right_sum / len(leg.splits.train),
        "train_accuracy": scores.accuracy,
        "train_sample_loss": scores.loss if math.isfinite(scores.loss) else None,
        "train_sample": len(leg.sample),
    }


def _scores(leg: Leg, examples: TrainingExamples, places: Tensor | None = None) -> Evaluation:
    """Evaluate on rank 0, while the others wait; they learn what ends a run: loss and accuracy."""
    if leg.world.leads:
        scores = evaluate(leg.state.scored, examples, leg.state.precision, places)
    else:
        scores = Evaluation(loss=0.0, accuracy=0.0, correct=0, logits=torch.empty(0))
    told = leg.world.from_rank_0
    return replace(scores, loss=told(scores.loss), accuracy=told(scores.accuracy))


def _auroc(leg: Leg, scores: Evaluation) -> float | None:
    """Return the macro-averaged AUROC of validation where the best epoch goes by it, else None.

    Rank 0 has the scores and tells the others. Where one class alone is validated on, accuracy
    decides: a number for all epochs of a run, or for none.
    """
    if leg.config.select != "auroc":
        return None
    found = None
    if leg.world.leads:
        probabilities = torch.softmax(scores.logits.double(), dim=1).numpy()
        found = macro_auroc(leg.splits.valid.labels.cpu().numpy(), probabilities)
    told = leg.world.from_rank_0(-1.0 if found is None else found)
    return None if told < 0 else told


def _test(leg: Leg) -> RunFinished:
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
    leg: Leg,
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
