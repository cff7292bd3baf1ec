"""Logits, loss and accuracy of a network in evaluation mode, without augmentation."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnn_core.training.objective import objective
from cnn_core.training.tensors import TrainingExamples


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Scores over a set: mean `objective`, share right (0 to 1), logits float32 (N, classes)."""

    loss: float
    accuracy: float
    correct: int
    logits: Tensor


@torch.inference_mode()
def evaluate(model: nn.Module, examples: TrainingExamples) -> Evaluation:
    """Score `model` on all of `examples`; every module is in its own mode again afterwards."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        logits = torch.cat([model(batch) for batch in examples.evaluation_batches()])
    finally:
        for module in training:
            module.training = True
    loss = objective(model, logits, examples.labels).item()
    correct = int((logits.argmax(dim=1) == examples.labels).sum().item())
    return Evaluation(
        loss=loss, accuracy=correct / len(logits), correct=correct, logits=logits.float().cpu()
    )
