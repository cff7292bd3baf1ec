"""What training makes small and evaluation reports: one loss for both.

It is cross entropy unless the network brings its own, a method `loss(outputs, labels)`.
"""

from typing import Protocol, runtime_checkable

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812


@runtime_checkable
class BringsItsLoss(Protocol):
    """A network whose paper defines the loss with the outputs (LeNet-5 of 1998, Eq. 9)."""

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss, a scalar, of outputs (batch, classes) and labels int64 (batch,)."""


def objective(model: nn.Module, outputs: Tensor, labels: Tensor) -> Tensor:
    """Return the mean loss of `outputs`, a scalar on their device.

    Args:
        model: what gave the outputs; a wrapper (DistributedDataParallel, AveragedModel) is looked
            through, for the network that it holds has the loss.
        outputs: float32 (batch, classes), the larger the likelier.
        labels: int64 (batch,), 0 to classes - 1.
    """
    network = getattr(model, "module", model)
    if isinstance(network, BringsItsLoss):
        return network.loss(outputs, labels)
    return F.cross_entropy(outputs, labels)
