"""Events travel as JSON and come back as they were."""

import dataclasses
import json
import math

import pytest

from cnn_core.results.events import (
    CheckpointReady,
    EpochDone,
    RunFinished,
    RunStarted,
    StepsDone,
    StepSplit,
    event_from_json,
    event_to_json,
)

SPLIT = StepSplit(data=0.1, forward=0.2, backward=0.3, optimizer=0.1, samples=2)
STARTED = RunStarted(
    step=0,
    epoch=0,
    total_steps=10,
    total_epochs=2,
    steps_per_epoch=5,
    train_size=300,
    valid_size=20,
    device="cpu",
    threads=2,
    parameters=44_426,
)
STEPS = StepsDone(
    step=3,
    epoch=1,
    losses=[2.3, 1 / 3, 1e-9],
    images=192,
    window_seconds=0.1,
    train_seconds=0.1,
    elapsed_seconds=0.2,
    learning_rate=1e-3,
    split=SPLIT,
)
EPOCH = EpochDone(
    step=5,
    epoch=1,
    train_loss=1.0,
    valid_loss=0.9,
    valid_accuracy=0.75,
    epoch_seconds=0.3,
    evaluation_seconds=0.1,
    train_seconds=0.3,
    elapsed_seconds=0.5,
    best=True,
)
SAVED = CheckpointReady(step=5, epoch=1, file="c.safetensors", sha256="ab", seconds=0.01)
FINISHED = RunFinished(
    step=10,
    epoch=2,
    status="finished",
    train_seconds=0.6,
    elapsed_seconds=1.0,
    images_per_second=1_000.0,
    best_epoch=1,
    valid_accuracy=0.75,
    test_accuracy=0.7,
    test_loss=1.1,
    test_interval=[0.6, 0.8],
    test_size=60,
)
EVENTS = [STARTED, STEPS, dataclasses.replace(STEPS, split=None), EPOCH, SAVED, FINISHED]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_round_trip(event):
    body = json.loads(event_to_json(event))
    assert body["kind"] == type(event).__name__
    again = event_from_json(event_to_json(event))
    assert again == event
    assert type(again) is type(event)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_only_what_json_knows(value):
    with pytest.raises(ValueError, match="JSON"):
        event_to_json(dataclasses.replace(STEPS, losses=[value]))


def test_events_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        STEPS.step = 4
