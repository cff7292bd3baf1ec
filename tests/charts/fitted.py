"""Histories with both kinds of training accuracy, as a loop would tell them."""

import math

from cnn_core.results.events import EpochDone, LayersSeen, RunFinished, RunStarted, StepsDone
from cnn_core.results.history import History

STEPS = 10  # an epoch
LAYERS = ["conv1", "inception3a.branch1", "fc"]


def fitted(
    epochs=8,
    *,
    planned=None,
    seed=0,
    evaluated=True,
    ended=True,
    looks=False,
    parameters=44_426,
    break_loss=None,
):
    """Return a history whose validation accuracy lies lower with each seed."""
    return History(
        told(epochs, planned or epochs, seed, evaluated, ended, looks, parameters, break_loss)
    )


def told(
    epochs,
    planned,
    seed=0,
    evaluated=True,
    ended=True,
    looks=False,
    parameters=44_426,
    break_loss=None,
):
    """Yield the events of `fitted`."""
    break_loss = break_loss or {}
    yield RunStarted(
        step=0,
        epoch=1,
        total_steps=planned * STEPS,
        total_epochs=planned,
        steps_per_epoch=STEPS,
        train_size=900,
        valid_size=100,
        device="cpu",
        threads=1,
        parameters=parameters,
    )
    for epoch in range(1, epochs + 1):
        step, right = epoch * STEPS, 1 - 0.5 * 0.7**epoch
        yield StepsDone(
            step=step,
            epoch=epoch,
            losses=[2.3 * 0.8**epoch] * STEPS,
            images=900,
            window_seconds=2.0,
            train_seconds=2.0 * epoch,
            elapsed_seconds=2.5 * epoch,
            learning_rate=1e-3,
        )
        if looks:
            yield LayersSeen(
                step=step,
                epoch=epoch,
                layers=LAYERS,
                dead=[0.0, 0.25 + epoch / 100, -1.0],
                gradient_norms=[2.0, 0.5, 0.02 * epoch],
                update_ratios=[1e-3, 2e-3, 1e-2],
                seconds=0.01,
            )
        yield EpochDone(
            step=step,
            epoch=epoch,
            train_loss=2.0 * 0.8**epoch,
            valid_loss=break_loss.get(epoch, 1.0 * 0.8 ** min(epoch, 4) + 0.05 * max(0, epoch - 4)),
            valid_accuracy=0.8 * right - 0.02 * seed,
            epoch_seconds=2.0,
            evaluation_seconds=0.5,
            train_seconds=2.0 * epoch,
            elapsed_seconds=2.5 * epoch,
            best=epoch == 4,
            running_accuracy=0.9 * right if evaluated else None,
            train_accuracy=right if evaluated else None,
            train_sample_loss=1.5 * 0.7**epoch if evaluated else None,
            train_sample=500 if evaluated else 0,
        )
    if ended:
        yield RunFinished(
            step=epochs * STEPS,
            epoch=epochs,
            status="finished",
            train_seconds=2.0 * epochs,
            elapsed_seconds=2.5 * epochs,
            images_per_second=450.0,
            best_epoch=4,
            valid_accuracy=0.75,
            test_accuracy=0.74 - 0.01 * seed,
            test_loss=0.9,
            test_interval=[0.70, 0.78],
            test_size=500,
        )


def columns(option):
    """Return the frames of an option as lists of numbers, None where there is none."""
    return [
        {
            name: [None if math.isnan(value) else round(value, 6) for value in frame[name]]
            for name in frame
        }
        for frame in (dataset["source"] for dataset in option["baseOption"]["dataset"])
    ]
