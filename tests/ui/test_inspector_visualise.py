"""A channel's picture in the making: a named thread that can be ended, and that ends unwatched."""

import threading

import numpy as np
import pytest

from cnn_core.errors import ConfigError
from cnn_core.results.inspection import ModelChoice
from cnn_core.ui.inspector import visualise
from cnn_core.ui.inspector.visualise import STEPS, Ascent

CHOICE = ModelChoice(name="lenet5")
PICTURE = np.full((4, 4, 3), 7, np.uint8)
WAIT = 20.0


class Climber:
    """An inspector whose ascent takes the steps that the test lets it take."""

    def __init__(self, *, error=None):
        self.error = error
        self.step = threading.Semaphore(0)
        self.taken = threading.Semaphore(0)

    def visualise_channel(self, choice, layer, channel, *, steps, progress, cancelled):
        assert (choice, layer, channel, steps) == (CHOICE, "conv1", 3, STEPS)
        if self.error:
            raise self.error
        for done in range(1, steps + 1):
            assert self.step.acquire(timeout=WAIT)
            if cancelled():
                break
            progress(done, steps)
            self.taken.release()
        return PICTURE

    def take(self, steps):
        self.step.release(steps)
        for _ in range(steps):
            assert self.taken.acquire(timeout=WAIT)


def test_it_goes_to_the_end_and_says_how_far_it_is():
    climber = Climber()
    ascent = Ascent(climber, CHOICE, "conv1", 3)
    assert ascent.running
    assert ascent.seconds_left is None
    climber.take(2)
    assert ascent.done == 2
    assert ascent.seconds_left >= 0
    climber.take(STEPS - 2)
    ascent.join(WAIT)
    assert not ascent.running
    assert ascent.picture is PICTURE
    assert not ascent.stopped


def test_it_can_be_ended_and_keeps_what_it_has():
    climber = Climber()
    ascent = Ascent(climber, CHOICE, "conv1", 3)
    climber.take(5)
    ascent.cancel()
    climber.step.release()
    ascent.join(WAIT)
    assert (ascent.running, ascent.done, ascent.stopped) == (False, 5, True)
    assert ascent.picture is PICTURE


def test_it_ends_when_nobody_looks(monkeypatch):
    monkeypatch.setattr(visualise, "UNWATCHED_SECONDS", -1.0)
    climber = Climber()
    ascent = Ascent(climber, CHOICE, "conv1", 3)
    climber.step.release()
    ascent.join(WAIT)
    assert (ascent.running, ascent.done, ascent.stopped) == (False, 0, True)


def test_what_goes_wrong_is_kept_for_the_page():
    error = ConfigError("No such channel.")
    ascent = Ascent(Climber(error=error), CHOICE, "conv1", 3)
    ascent.join(WAIT)
    assert not ascent.running
    assert ascent.error is error
    assert ascent.picture is None


@pytest.fixture(autouse=True)
def _no_thread_stays():
    before = set(threading.enumerate())
    yield
    stayed = set(threading.enumerate()) - before
    assert not [thread.name for thread in stayed if thread.name.startswith("visualise-")]
