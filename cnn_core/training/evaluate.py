"""Logits, loss and accuracy of a network in evaluation mode, without augmentation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnn_core.models.stages import main_logits
from cnn_core.training.objective import objective
from cnn_core.training.precision import forward
from cnn_core.training.tensors import TrainingExamples


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Scores over a set: mean `objective`, share right (0 to 1), logits float32 (N, classes)."""

    loss: float
    accuracy: float
    correct: int
    logits: Tensor


@torch.inference_mode()
def evaluate(
    model: nn.Module,
    examples: TrainingExamples,
    precision: torch.dtype = torch.float32,
    places: Tensor | None = None,
) -> Evaluation:
    """Score `model` on all of `examples`, at least one of them, or on those at `places`.

    Every module is in its own mode again afterwards.

    Args:
        model: the network, or its trained part.
        examples: what it takes, with labels.
        precision: what it computes in; torch.bfloat16 is mixed precision.
        places: int64 (M,), on the examples' device; None for all.
    """
    labels = examples.labels if places is None else examples.labels.index_select(0, places)
    with _evaluating(model):
        batches = examples.evaluation_batches(places)
        logits = torch.cat([main_logits(forward(model, batch, precision)) for batch in batches])
    loss = objective(model, logits, labels).item()
    correct = int((logits.argmax(dim=1) == labels).sum().item())
    return Evaluation(
        loss=loss, accuracy=correct / len(logits), correct=correct, logits=logits.float().cpu()
    )


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Have every module in evaluation mode, and then in its own again."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True
