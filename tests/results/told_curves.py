"""Curves told by hand, as the analysis of curves takes them: a run for each seed."""

import math
from dataclasses import replace

from cnn_core.results.config import TrainConfig
from cnn_core.results.events import EpochDone, RunStarted, StepsDone
from cnn_core.results.history import History
from cnn_core.results.runs import DatasetInfo, RunRecord
from cnn_core.results.studied import Studied

CONFIG = TrainConfig(epochs=10, batch_size=64, learning_rate=1e-3, train_sample=2_000)
START = math.log(10)


def told_history(
    valid,
    train=None,
    running=None,
    losses=None,
    valid_losses=None,
    start=START,
    valid_size=2_000,
    sample=2_000,
):
    """Return the history of a run with these figures by epoch; losses fall unless they are told."""
    epochs = len(valid)
    losses = losses or [START / (place + 2) for place in range(epochs)]
    valid_losses = valid_losses or [START / (place + 2) + 0.1 for place in range(epochs)]
    events = [
        RunStarted(
            step=0, epoch=0, total_steps=max(1, 10 * epochs), total_epochs=epochs,
            steps_per_epoch=10, train_size=640 if sample == 640 else 20_000,
            valid_size=valid_size, device="cpu", threads=1, parameters=1,
        ),
        StepsDone(
            step=1, epoch=1, losses=[start], images=64, window_seconds=1.0, train_seconds=1.0,
            elapsed_seconds=1.0, learning_rate=1e-3,
        ),
    ]  # fmt: skip
    events += [
        EpochDone(
            step=10 * (place + 1), epoch=place + 1, train_loss=losses[place],
            valid_loss=valid_losses[place], valid_accuracy=valid[place], epoch_seconds=1.0,
            evaluation_seconds=0.1, train_seconds=place + 1.0, elapsed_seconds=place + 1.1,
            best=True, running_accuracy=running[place] if running else None,
            train_accuracy=train[place] if train else None,
            train_sample_loss=0.1 if train else None, train_sample=sample if train else 0,
        )
        for place in range(epochs)
    ]  # fmt: skip
    return History(events)


def told_record(seed=0, *, config=CONFIG, **changes):
    """Return the record of a finished run of LeNet-5 on MNIST."""
    record = RunRecord(
        id=f"lenet5-mnist-0101-{seed:06d}", name=f"LeNet-5 on MNIST, fast, seed {seed}",
        owner="me", group="lenet5-mnist-0101-000000", recipe="lenet5-mnist", preset="fast",
        config=replace(config, seed=seed),
        dataset=DatasetInfo(
            name="MNIST", source="mnist", location="", fingerprint="ab", official=True,
            train_size=640, valid_size=2_000, test_size=10_000,
        ),
        device="cpu", status="finished", created=0.0, started=0.0, ended=1.0, deleted=None,
        stop_requested=False, epochs_done=1, steps_done=1, total_steps=1, train_seconds=10.0,
        total_seconds=12.0 + seed, images_per_second=1.0, valid_accuracy=0.9, test_accuracy=0.9,
        test_interval=None, error="", hint="", provenance={},
    )  # fmt: skip
    return replace(record, **changes)


def told(*histories, config=CONFIG, **changes):
    """Return these histories as the seeds 0, 1, ... of one group."""
    records = [told_record(seed, config=config, **changes) for seed in range(len(histories))]
    return Studied(records=tuple(records), histories=histories)


def level(value, epochs=10):
    """Return a curve that has levelled off, with a little noise that has no order."""
    return [value + 0.002 * (-1) ** place for place in range(epochs)]
