"""A run of four epochs, told in events: what a history is made of."""

import math

from cnn_core.results.events import (
    CheckpointReady,
    EpochDone,
    RunFinished,
    RunStarted,
    StepsDone,
    StepSplit,
)

SPE, WINDOW, BATCH = 20, 5, 64


STEP_SECONDS, EVALUATION_SECONDS = 0.01, 0.5


def started(step=0, epochs=4):
    return RunStarted(
        step=step,
        epoch=step // SPE + 1,
        total_steps=epochs * SPE,
        total_epochs=epochs,
        steps_per_epoch=SPE,
        train_size=SPE * BATCH,
        valid_size=100,
        device="cpu",
        threads=1,
        parameters=44_426,
    )


def loss_of(step):
    return 2.3 * math.exp(-step / 30) + 0.05 * math.sin(step)


def elapsed_of(step):
    return step * STEP_SECONDS + EVALUATION_SECONDS * (step // SPE)


def steps_done(step, count=WINDOW):
    return StepsDone(
        step=step,
        epoch=(step - 1) // SPE + 1,
        losses=[loss_of(s) for s in range(step - count + 1, step + 1)],
        images=count * BATCH,
        window_seconds=count * STEP_SECONDS,
        train_seconds=step * STEP_SECONDS,
        elapsed_seconds=elapsed_of(step - 1) + STEP_SECONDS,
        learning_rate=1e-3,
        split=StepSplit(data=1e-3, forward=2e-3, backward=4e-3, optimizer=1e-3, samples=1)
        if step % 10 == 0
        else None,
    )


def epoch_done(epoch):
    return EpochDone(
        step=epoch * SPE,
        epoch=epoch,
        train_loss=loss_of(epoch * SPE),
        valid_loss=loss_of(epoch * SPE) + 0.01,
        valid_accuracy=1 - 0.1 / 2**epoch,
        epoch_seconds=SPE * STEP_SECONDS,
        evaluation_seconds=EVALUATION_SECONDS,
        train_seconds=epoch * SPE * STEP_SECONDS,
        elapsed_seconds=elapsed_of(epoch * SPE),
        best=True,
    )


def saved(step):
    return CheckpointReady(
        step=step, epoch=step // SPE, file=f"step-{step}.safetensors", sha256="0" * 64, seconds=0.1
    )


def leg(first, last):
    """The events of the steps after `first`, up to `last`, as the loop yields them."""
    for step in range(first + WINDOW, last + 1, WINDOW):
        yield steps_done(step)
        if step % SPE == 0:
            yield epoch_done(step // SPE)
            yield saved(step)


def finished(step):
    return RunFinished(
        step=step,
        epoch=step // SPE,
        status="finished",
        train_seconds=step * STEP_SECONDS,
        elapsed_seconds=elapsed_of(step) + EVALUATION_SECONDS,
        images_per_second=BATCH / STEP_SECONDS,
        best_epoch=step // SPE,
        valid_accuracy=0.99,
        test_accuracy=0.989,
        test_interval=[0.985, 0.992],
        test_size=10_000,
    )


WHOLE = [started(), *leg(0, 80), finished(80)]
