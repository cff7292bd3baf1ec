"""A run of 100,000 steps: drawn with as many points as a short one, kept small, exported whole."""

import csv
import io

import numpy as np
import pytest

from benchmarks.filled_store import past_events
from cnn_core.results.events import StepsDone
from cnn_core.results.history import History

STEPS = 100_000


@pytest.fixture(scope="module")
def events():
    return list(past_events(STEPS))


@pytest.fixture(scope="module")
def history(events):
    return History(events)


def test_memory_is_what_is_promised_a_step_and_a_window(history, events):
    windows = sum(isinstance(event, StepsDone) for event in events)
    assert history.step == STEPS
    assert history.nbytes <= 32 * STEPS + 240 * windows + 100_000


def test_what_is_drawn_is_bounded(history):
    assert len(history.loss_points(600).steps) <= 600
    assert len(history.split_table()) <= 120
    assert len(history.throughput_table()) <= 120


def test_a_single_spike_among_all_steps_is_drawn(events):
    history = History(events)
    last = history.step
    spike = StepsDone(
        step=last + 3,
        epoch=51,
        losses=[0.1, 77.0, 0.1],
        images=192,
        window_seconds=0.1,
        train_seconds=1_001.0,
        elapsed_seconds=1_001.0,
        learning_rate=1e-3,
    )
    history.extend([spike])
    points = history.loss_points(600)
    assert points.steps[points.raw == 77.0].tolist() == [last + 2]


def test_every_step_is_exported(history, events):
    rows = list(csv.DictReader(io.StringIO(history.to_csv("steps"))))
    assert [int(row["step"]) for row in rows] == list(range(1, STEPS + 1))
    measured = [loss for event in events if isinstance(event, StepsDone) for loss in event.losses]
    assert np.allclose([float(row["loss"]) for row in rows], measured, rtol=1e-6)
