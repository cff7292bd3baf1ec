"""When a checkpoint is saved: of small networks often, of large ones a tenth of the time."""

import pytest

from cnn_core.results.events import EpochDone, StepsDone
from cnn_core.runtime.execute import (
    CHECKPOINT_SECONDS,
    LARGE_CHECKPOINT_SECONDS,
    checkpoint_is_due,
)

STEPS = StepsDone(
    step=1, epoch=1, losses=[1.0], images=1, window_seconds=0.1, train_seconds=0.1,
    elapsed_seconds=0.1, learning_rate=0.1,
)  # fmt: skip
EPOCH = EpochDone(
    step=1, epoch=1, train_loss=1.0, valid_loss=1.0, valid_accuracy=0.5, epoch_seconds=1.0,
    evaluation_seconds=0.1, train_seconds=1.0, elapsed_seconds=1.1, best=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("event", "large", "waited", "took", "due"),
    [
        (EPOCH, False, 0.0, 5.0, True),
        (STEPS, False, CHECKPOINT_SECONDS - 1, 0.0, False),
        (STEPS, False, CHECKPOINT_SECONDS + 1, 0.0, True),
        (STEPS, True, 1e6, 0.0, False),
        (EPOCH, True, LARGE_CHECKPOINT_SECONDS - 1, 0.0, False),
        (EPOCH, True, LARGE_CHECKPOINT_SECONDS + 1, 0.0, True),
        (EPOCH, True, 45.0, 5.0, False),
        (EPOCH, True, 55.0, 5.0, True),
    ],
)
def test_when_a_checkpoint_is_saved(event, large, waited, took, due):
    assert checkpoint_is_due(event, large=large, waited=waited, took=took) is due
