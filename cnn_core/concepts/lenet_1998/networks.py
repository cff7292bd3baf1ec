"""LeNet-5 with each of four parts as in 1998 or as today.

With all parts and first weights of 1998 it is `models.lenet1998.LeNet51998`, up to the order of
additions. Section,
equation and table numbers are those of LeCun, Bottou, Bengio, Haffner 1998, Proc. IEEE 86(11).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.models.lenet1998 import LeNet51998
from cnn_core.models.lenet1998_constants import BACKGROUND, C3_TABLE, PADDING
from cnn_core.models.lenet1998_layers import SparseConvolution, Subsampling, draw_uniformly, squash

_RANGE = 2.4  # appendix A: first weights are drawn from +-2.4 / inputs


@dataclass(frozen=True, kw_only=True)
class Modern:
    """Which parts are today's."""

    relu: bool = False
    max_pool: bool = False
    softmax: bool = False
    full_c3: bool = False


PARTS = {
    "1998": Modern(),
    "relu": Modern(relu=True),
    "max-pool": Modern(max_pool=True),
    "softmax": Modern(softmax=True),
    "full-c3": Modern(full_c3=True),
    "today": Modern(relu=True, max_pool=True, softmax=True, full_c3=True),
}
"""By arm."""


class MixedLeNet5(LeNet51998):
    """C1, S2, C3, S4, C5, F6 and output on an input padded to 32x32, as in 1998.

    `relu`: max(0, a) behind C1, C3, C5 and F6 for the scaled tanh of Eq. (6), and nothing behind S2
    and S4, for a map with a negative coefficient would be all noughts; behind F6 the tanh stays
    where the output compares F6 with codes of -1 and +1, for no ReLU reaches -1. `max_pool`: the
    maximum of 2x2 for their sum times a trained coefficient plus a trained bias, squashed.
    `softmax`: ten trained linear outputs and cross entropy for the distances of Eq. (7) and the
    loss of Eq. (9). `full_c3`: every map of C3 sees all six of S2 for table I.

    For one state of torch's generator, parts that two such networks share begin equal.

    Shapes: float32 (batch, 1, 28, 28), background -0.1 and foreground 1.175, to (batch, 10), the
    larger the likelier.

    Args:
        modern: which parts are today's.
        initial: first weights from +-1 / sqrt(inputs) ("pytorch", the default of its layers) or
            +-2.4 / inputs ("1998", appendix A): the same draws in another range.

    >>> [sum(p.numel() for p in MixedLeNet5(PARTS[arm]).parameters()) for arm in PARTS]
    [60000, 60000, 59956, 60850, 60900, 61706]
    """

    def __init__(self, modern: Modern, *, initial: str = "pytorch") -> None:
        super().__init__(num_classes=10)
        self.modern = modern
        if modern.max_pool:
            self.add_module("s2", nn.MaxPool2d(2))
            self.add_module("s4", nn.MaxPool2d(2))
        if modern.full_c3:
            self.add_module("c3", _drawn(nn.Conv2d(6, 16, kernel_size=5)))
        if modern.softmax:
            self.add_module("output", _drawn(nn.Linear(84, 10)))
        if initial == "pytorch":
            _spread_as_pytorch(self)

    def forward(self, images: Tensor) -> Tensor:
        """Return outputs (batch, 10) of normalised images (batch, 1, 28, 28)."""
        act = F.relu if self.modern.relu else squash
        field = F.pad(images, [PADDING] * 4, value=BACKGROUND)
        maps = self._pooled(self.s2, act(self.c1(field)))
        maps = self._pooled(self.s4, act(self.c3(maps)))
        units = self.f6(act(self.c5(maps)).flatten(1))
        if self.modern.softmax:
            logits: Tensor = self.output(act(units))
            return logits
        penalties: Tensor = self.output(squash(units))
        return -penalties

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return cross entropy, or Eq. (9) where the outputs are those of 1998; a scalar."""
        if self.modern.softmax:
            return F.cross_entropy(outputs, labels)
        return super().loss(outputs, labels)

    def _pooled(self, pool: nn.Module, maps: Tensor) -> Tensor:
        """Return maps of half the side. A trained sum is taken by an average: a quarter sooner."""
        if not isinstance(pool, Subsampling):
            pooled: Tensor = pool(maps)
            return pooled
        sums = F.avg_pool2d(maps, 2, divisor_override=1)
        trained = pool.coefficient.view(-1, 1, 1) * sums + pool.bias.view(-1, 1, 1)
        return trained if self.modern.relu else squash(trained)


def _drawn(layer: nn.Conv2d | nn.Linear) -> nn.Module:
    """Draw a layer's weights and biases as appendix A does."""
    for parameter in layer.parameters():
        draw_uniformly(parameter, fan_in=layer.weight[0].numel())
    return layer


@torch.no_grad()
def _spread_as_pytorch(network: nn.Module) -> None:
    """Stretch what was drawn from +-2.4 / inputs to +-1 / sqrt(inputs): the same draws."""
    for layer in network.children():
        if isinstance(layer, SparseConvolution):
            by_map = torch.tensor([25.0 * len(row) for row in C3_TABLE])
            layer.bias.mul_(by_map.sqrt() / _RANGE)
            by_kernel = by_map.repeat_interleave(torch.tensor([len(row) for row in C3_TABLE]))
            layer.weight.mul_((by_kernel.sqrt() / _RANGE).view(-1, 1, 1))
            continue
        if isinstance(layer, Subsampling):
            inputs = 4.0
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            inputs = float(layer.weight[0].numel())
        else:
            continue
        for parameter in layer.parameters():
            parameter.mul_(inputs**0.5 / _RANGE)
