"""The layers that LeNet-5 had in 1998 and torch does not: squashing, subsampling, sparse C3, RBF.

Section, equation and table numbers are those of LeCun, Bottou, Bengio, Haffner 1998,
"Gradient-based learning applied to document recognition", Proc. IEEE 86(11), 2278-2324.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.models.lenet1998_constants import AMPLITUDE, C3_TABLE, SLOPE

_INIT_RANGE = 2.4  # appendix A


def squash(activations: Tensor) -> Tensor:
    """Return f(a) = A tanh(S a), Eq. (6), with A = 1.7159 and S = 2/3 (appendix A): f(1) is 1.

    >>> squash(torch.tensor([-1.0, 0.0, 1.0])).round(decimals=4).tolist()
    [-1.0, 0.0, 1.0]
    """
    return AMPLITUDE * torch.tanh(SLOPE * activations)


def draw_uniformly(parameter: Tensor, fan_in: int) -> None:
    """Draw weights or biases of units with `fan_in` inputs from +-2.4 / fan_in (appendix A)."""
    nn.init.uniform_(parameter, -_INIT_RANGE / fan_in, _INIT_RANGE / fan_in)


class Subsampling(nn.Module):
    """S2 and S4 (section II.B): the sum of 2x2 inputs, times a coefficient, plus a bias, a map.

    Shapes: float32 (batch, channels, height, width) to (batch, channels, height / 2, width / 2),
    not squashed yet.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))
        for parameter in (self.coefficient, self.bias):
            draw_uniformly(parameter, fan_in=4)

    def forward(self, maps: Tensor) -> Tensor:
        """Return coefficient * (sum of 2x2) + bias: a 2x2 kernel of one weight, four times."""
        kernels = self.coefficient.view(-1, 1, 1, 1).expand(-1, 1, 2, 2)
        return F.conv2d(maps, kernels, self.bias, stride=2, groups=len(kernels))


class SparseConvolution(nn.Module):
    """C3 (table I): a 5x5 convolution each of whose maps sees only some of the maps before.

    The kernels of the 60 connections there are stand one after the other, map by map, float32
    (60, 5, 5); where there is no connection a convolution with all of them finds nought.

    Shapes: float32 (batch, in_channels, height, width) to (batch, maps, height - 4, width - 4).
    """

    _slots: Tensor

    def __init__(self, table: tuple[tuple[int, ...], ...] = C3_TABLE, *, in_channels: int) -> None:
        super().__init__()
        self.dense_shape = (len(table), in_channels, 5, 5)
        slots = [map_ * in_channels + seen for map_, row in enumerate(table) for seen in row]
        self.register_buffer("_slots", torch.tensor(slots), persistent=False)
        self.weight = nn.Parameter(torch.empty(len(slots), 5, 5))
        self.bias = nn.Parameter(torch.empty(len(table)))
        connection = 0
        for map_, row in enumerate(table):
            kernels = self.weight.data[connection : connection + len(row)]
            draw_uniformly(kernels, fan_in=25 * len(row))
            draw_uniformly(self.bias.data[map_ : map_ + 1], fan_in=25 * len(row))
            connection += len(row)

    def dense_weight(self) -> Tensor:
        """Return the kernels as a full convolution's, float32 (maps, in_channels, 5, 5)."""
        maps, channels = self.dense_shape[:2]
        empty = self.weight.new_zeros(maps * channels, 5, 5)
        return empty.index_copy(0, self._slots, self.weight).view(self.dense_shape)

    def forward(self, maps: Tensor) -> Tensor:
        """Return the convolution, not squashed yet."""
        return F.conv2d(maps, self.dense_weight(), self.bias)


class RadialBasis(nn.Module):
    """The output layer, Eq. (7): how far the units of F6 are from each class's code.

    Shapes: float32 (batch, units) to penalties float32 (batch, classes), squared distances >= 0.
    """

    codes: Tensor

    def __init__(self, codes: Tensor) -> None:
        super().__init__()
        self.register_buffer("codes", codes)

    def forward(self, units: Tensor) -> Tensor:
        """Return y_i = sum over j of (x_j - w_ij)^2, Eq. (7)."""
        return (units[:, None] - self.codes).square().sum(dim=2)
