"""What evaluation reports and training makes small: one loss for both, unless asked otherwise.

It is cross entropy unless the network brings its own, a method `loss(outputs, labels)`. Class
weights, label smoothing and auxiliary heads (`Minimised`) change what training makes small, not
what is reported: the plain loss of the main head.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from cnn_core.errors import ConfigError
from cnn_core.models.stages import WithAuxiliary, main_logits
from cnn_core.results.config import TrainConfig


@runtime_checkable
class BringsItsLoss(Protocol):
    """A network whose paper defines the loss with the outputs (LeNet-5 of 1998, Eq. 9)."""

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss, a scalar, of outputs (batch, classes) and labels int64 (batch,)."""


def objective(model: nn.Module, outputs: Tensor | WithAuxiliary, labels: Tensor) -> Tensor:
    """Return the mean loss of the main head's `outputs`, a scalar on their device.

    Args:
        model: what gave the outputs; a wrapper (DistributedDataParallel, AveragedModel) is looked
            through, for the network that it holds has the loss.
        outputs: float32 (batch, classes), the larger the likelier; with those of auxiliary heads,
            which are not looked at, or without.
        labels: int64 (batch,), 0 to classes - 1.
    """
    network = getattr(model, "module", model)
    if isinstance(network, BringsItsLoss):
        return network.loss(main_logits(outputs), labels)
    return F.cross_entropy(main_logits(outputs), labels)


@dataclass(frozen=True, kw_only=True)
class Minimised:
    """Cross entropy with class weights and label smoothing, of the main head and auxiliary ones.

    Attributes:
        weights: float32 (classes,), their mean over the training examples is 1; None for none.
        smoothing: share of each label that is spread over all classes (Szegedy et al. 2016,
            section 7).
        auxiliary: what the loss of each auxiliary head counts for (Szegedy et al. 2015, section 5).
    """

    weights: Tensor | None
    smoothing: float
    auxiliary: float = 0.0

    def __call__(self, outputs: Tensor | WithAuxiliary, labels: Tensor) -> Tensor:
        """Return the mean loss, a scalar; of outputs (batch, classes) and labels int64 (batch,).

        With auxiliary heads it is that of the main head + `auxiliary` * (the sum of theirs).
        """
        loss = self._of_head(main_logits(outputs), labels)
        if isinstance(outputs, WithAuxiliary):
            for logits in outputs.auxiliary:
                loss = loss + self.auxiliary * self._of_head(logits, labels)
        return loss

    def _of_head(self, outputs: Tensor, labels: Tensor) -> Tensor:
        losses = F.cross_entropy(outputs, labels, reduction="none", label_smoothing=self.smoothing)
        # not cross_entropy's own weights: it divides by their sum, another one in each batch
        return (losses if self.weights is None else losses * self.weights[labels]).mean()


def minimised(model: nn.Module, config: TrainConfig, labels: Tensor) -> Minimised | None:
    """Return what training makes small, None where that is what is reported.

    Args:
        model: that is trained.
        config: with class weights, label smoothing and the weight of auxiliary heads.
        labels: int64 (N,), of all training examples: "balanced" weighs a class with N / (classes *
            its examples).

    Raises:
        ConfigError: the network brings its own loss.

    >>> config = TrainConfig(
    ...     epochs=1, batch_size=1, learning_rate=1e-3, class_weights="balanced"
    ... )
    >>> minimised(nn.Linear(1, 2), config, torch.tensor([0, 0, 0, 1])).weights
    tensor([0.6667, 2.0000])
    """
    balanced = config.class_weights == "balanced"
    if not balanced and not config.label_smoothing and not config.auxiliary:
        return None
    if isinstance(model, BringsItsLoss):
        raise ConfigError(
            "This network brings its own loss: expected class_weights=none, label_smoothing=0 and "
            f"auxiliary=0, but got {config.class_weights}, {config.label_smoothing:g} and "
            f"{config.auxiliary:g}."
        )
    weights = None
    if balanced:
        counts = torch.bincount(labels)
        present = counts > 0
        weights = torch.where(present, len(labels) / (present.sum() * counts.clamp(min=1)), 0.0)
    return Minimised(weights=weights, smoothing=config.label_smoothing, auxiliary=config.auxiliary)
