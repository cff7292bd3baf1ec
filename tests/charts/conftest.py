"""Runs as the loop would tell them, at the stages in which a chart is looked at."""

import math
from collections.abc import Callable

import pytest

from cnn_core.results.events import EpochDone, RunFinished, RunStarted, StepsDone, StepSplit
from cnn_core.results.history import History

STEPS_PER_EPOCH = 100
WINDOW = 10


def _events(
    upto: int,
    *,
    epochs: int = 10,
    ended: str | None = None,
    speed: float = 1.0,
    accuracy: Callable[[int], float] = lambda epoch: 1 - 0.05 * 0.8**epoch,
):
    yield RunStarted(
        step=0,
        epoch=1,
        total_steps=epochs * STEPS_PER_EPOCH,
        total_epochs=epochs,
        steps_per_epoch=STEPS_PER_EPOCH,
        train_size=12_800,
        valid_size=1_000,
        device="cpu",
        threads=1,
        parameters=44_426,
    )
    step, pace = 0, 0.004 / speed
    for step in range(WINDOW, upto + 1, WINDOW):
        epoch = (step - 1) // STEPS_PER_EPOCH + 1
        yield StepsDone(
            step=step,
            epoch=epoch,
            losses=[2.3 * math.exp(-s / 100) + 0.01 for s in range(step - WINDOW, step)],
            images=WINDOW * 128,
            window_seconds=WINDOW * pace,
            train_seconds=step * pace,
            elapsed_seconds=step * pace + 0.3 * (epoch - 1),
            learning_rate=1e-3,
            split=StepSplit(
                data=0.0002, forward=0.0011, backward=0.0022, optimizer=0.0005, samples=1
            ),
        )
        if step % STEPS_PER_EPOCH == 0:
            yield EpochDone(
                step=step,
                epoch=epoch,
                train_loss=0.1,
                valid_loss=0.1,
                valid_accuracy=accuracy(epoch),
                epoch_seconds=STEPS_PER_EPOCH * pace,
                evaluation_seconds=0.3,
                train_seconds=step * pace,
                elapsed_seconds=step * pace + 0.3 * epoch,
                best=True,
            )
    if ended:
        done = ended == "finished"
        yield RunFinished(
            step=step,
            epoch=step // STEPS_PER_EPOCH,
            status=ended,
            train_seconds=step * pace,
            elapsed_seconds=step * pace + 0.3 * epochs,
            images_per_second=128 / pace,
            best_epoch=max(1, step // STEPS_PER_EPOCH - 1),
            valid_accuracy=0.99,
            test_accuracy=0.9893 if done else None,
            test_loss=0.03 if done else None,
            test_interval=[0.9871, 0.9911] if done else [],
            test_size=10_000 if done else 0,
        )


@pytest.fixture
def make_history() -> Callable[..., History]:
    """Build a history: how many steps, and how it ended."""
    return lambda *args, **kwargs: History(_events(*args, **kwargs))


STAGES = {
    "before the start": lambda: History(),
    "started": lambda: History(_events(0)),
    "first window": lambda: History(_events(WINDOW)),
    "under way": lambda: History(_events(350)),
    "finished": lambda: History(_events(1_000, ended="finished")),
    "stopped": lambda: History(_events(350, ended="stopped")),
    "diverged": lambda: History(_events(50, ended="diverged")),
    "a hundred epochs": lambda: History(_events(10_000, epochs=100)),
    "a thousand epochs": lambda: History(_events(100_000, epochs=1_000)),
}


@pytest.fixture(params=STAGES, scope="session")
def stage(request: pytest.FixtureRequest) -> History:
    """Every stage in turn."""
    return STAGES[request.param]()
