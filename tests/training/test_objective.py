"""One loss for training and evaluation: cross entropy, or the network's own."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.optim.swa_utils import AveragedModel

from cnn_core.models.registry import MODELS, build_model
from cnn_core.results.config import TrainConfig
from cnn_core.training.evaluate import evaluate
from cnn_core.training.objective import objective
from cnn_core.training.state import TrainState
from cnn_core.training.step import train_step
from cnn_core.training.tensors import normalise

OUTPUTS = torch.tensor([[-2.0, -9.0, -30.0], [-4.0, -3.0, -50.0]])
LABELS = torch.tensor([0, 1])


class Wrapped(nn.Module):
    """What DistributedDataParallel is to the network in it."""

    def __init__(self, module):
        super().__init__()
        self.module = module


@pytest.mark.parametrize("wrap", [lambda network: network, AveragedModel, Wrapped])
def test_the_networks_own_loss_through_every_wrapper(wrap):
    plain, old = (wrap(build_model(name, num_classes=3)) for name in ("lenet5", "lenet5-1998"))
    entropy = F.cross_entropy(OUTPUTS, LABELS)
    assert torch.equal(objective(plain, OUTPUTS, LABELS), entropy)
    own = objective(old, OUTPUTS, LABELS)
    assert torch.equal(own, build_model("lenet5-1998", num_classes=3).loss(OUTPUTS, LABELS))
    assert own > entropy + 0.5


@pytest.mark.parametrize("name", [row.id for row in MODELS.values() if row.classes == "digits"])
def test_training_and_evaluation_report_the_same_loss(begin, name):
    """A step at a rate of nearly nought, then evaluation of the same pictures."""
    config = TrainConfig(epochs=1, batch_size=60, learning_rate=1e-12, optimizer="sgd")
    _, splits = begin(config)
    torch.manual_seed(0)
    network = build_model(name, num_classes=10)
    state = TrainState(model=network, optimizer=torch.optim.SGD(network.parameters(), lr=1e-12))
    loss = train_step(
        state,
        splits.test,
        torch.arange(60),
        config,
        step=1,
        total_steps=1,
        mark=lambda: None,
    )
    assert evaluate(network, splits.test).loss == pytest.approx(loss.item(), rel=1e-4)
    with torch.no_grad():
        outputs = network(normalise(splits.test.images, splits.test))
        assert objective(network, outputs, splits.test.labels).item() == pytest.approx(
            loss.item(), rel=1e-4
        )
