"""Logits, loss and accuracy of a network in evaluation mode, without augmentation."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnn_core.training.objective import objective
from cnn_core.training.tensors import Examples, normalise

EVALUATION_BATCH = 1_000


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Scores over a set: mean `objective`, share right (0 to 1), logits float32 (N, classes)."""

    loss: float
    accuracy: float
    correct: int
    logits: Tensor


@torch.inference_mode()
def evaluate(model: nn.Module, examples: Examples) -> Evaluation:
    """Score `model` on all of `examples`; every module is in its own mode again afterwards."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        logits = torch.cat(
            [
                model(normalise(images, examples))
                for images in examples.images.split(EVALUATION_BATCH)
            ]
        )
    finally:
        for module in training:
            module.training = True
    loss = objective(model, logits, examples.labels).item()
    correct = int((logits.argmax(dim=1) == examples.labels).sum().item())
    return Evaluation(
        loss=loss, accuracy=correct / len(logits), correct=correct, logits=logits.float().cpu()
    )
