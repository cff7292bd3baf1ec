"""What a test reads out of a run's events and weights."""

import torch

from cnn_core.results.events import (
    StepsDone,
)


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def losses_of(events):
    """The losses by step; a step that comes twice is an error."""
    losses = {}
    for event in of(StepsDone, events):
        first = event.step - len(event.losses) + 1
        for step, loss in enumerate(event.losses, start=first):
            assert step not in losses
            losses[step] = loss
    return losses


def equal(weights, others):
    return weights.keys() == others.keys() and all(
        torch.equal(weights[name], others[name]) for name in weights
    )
